//! Two replicas take turns by the Lease: one works, the other follows a stop at once and a silence
//! after its term.
use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use kube::Api;
use rustix::process::Signal;
use serde_json::json;
use stage::{OWN, Place, Replica, Stage, eventually, play};

const ELECT: [&str; 4] =
    ["--leader-elect", "--lease-retry=500ms", "--secret-poll=1s", "--recheck=1s"];

#[test]
fn a_leader_that_is_told_to_stop_hands_over_at_once() {
    play(async {
        // So long that only a release explains a change of the leader.
        let stage = Stage::set(
            &[&ELECT[..], &["--lease-duration=10m", "--lease-renew-deadline=9m"]].concat(),
        )
        .await;
        let mut first = leading(&stage, "pod-a").await;
        let second = standing_by(&stage, "pod-b").await;
        let place = stage.place("turns").await;
        mints(&place, "one", 1).await;
        assert_eq!(
            (leads(&first).await, leads(&second).await),
            (Some(true), Some(false)),
            "who works"
        );
        let held = lease(&stage).await;
        assert_eq!(
            (held.holder_identity.as_deref(), held.lease_transitions),
            (Some("pod-a"), Some(0))
        );

        let stopped = Instant::now();
        first.signal(Signal::TERM);
        let status = eventually("the end of the first leader", async || first.ended()).await;
        assert_eq!(status.code(), Some(0), "{}", stage.log());
        holds(&stage, "pod-b").await;
        eventually("the second replica leads", async || {
            leads(&second).await.filter(|leads| *leads)
        })
        .await;
        eprintln!("handed over in {:?}", stopped.elapsed());
        mints(&place, "two", 2).await;
        assert_eq!(lease(&stage).await.lease_transitions, Some(1));
        assert!(place.authenticates("one").await, "the credential of the first leader is dead");
    });
}

#[test]
fn a_leader_that_falls_silent_is_replaced_once_its_lease_has_run_out() {
    play(async {
        let stage = Stage::set(
            &[&ELECT[..], &["--lease-duration=15s", "--lease-renew-deadline=12s"]].concat(),
        )
        .await;
        let first = leading(&stage, "pod-a").await;
        let mut second = standing_by(&stage, "pod-b").await;
        let place = stage.place("silence").await;
        mints(&place, "one", 1).await;

        drop(first);
        let killed = takes_over(&stage, "pod-b").await;
        mints(&place, "two", 2).await;

        // Frozen, it believes to lead still when it wakes up; it must notice, and end.
        let third = standing_by(&stage, "pod-c").await;
        second.signal(Signal::STOP);
        let frozen = takes_over(&stage, "pod-c").await;
        mints(&place, "three", 3).await;
        second.signal(Signal::CONT);
        let status =
            eventually("the end of the leader of yesterday", async || second.ended()).await;
        assert_eq!(status.code(), Some(1), "{}", stage.log());
        assert!(stage.log().contains("this replica lost the lease"));
        assert_eq!(leads(&third).await, Some(true));
        mints(&place, "four", 4).await;
        for secret in ["one", "two", "three", "four"] {
            assert!(place.authenticates(secret).await, "the credential of {secret} is dead");
        }
        eprintln!(
            "replaced {killed:?} after SIGKILL and {frozen:?} after SIGSTOP, counted from the last renewal"
        );
    });
}

/// A resource becomes ready, and ISC has created this many tokens in all, each by one POST.
async fn mints(place: &Place<'_>, name: &str, created: usize) {
    place.serve(name, json!({})).await;
    assert_eq!(
        (place.created(), place.posts(), place.minted().len()),
        (created, created, created),
        "{name}"
    );
}

async fn leading(stage: &Stage, identity: &str) -> Replica {
    let replica = stage.replica(identity, &[]);
    eventually("a leader", async || leads(&replica).await.filter(|leads| *leads)).await;
    replica
}

/// Ready as a standby: it has seen the Lease.
async fn standing_by(stage: &Stage, identity: &str) -> Replica {
    let replica = stage.replica(identity, &[]);
    eventually("a standby", async || replica.answer("/readyz").await).await;
    assert_eq!(leads(&replica).await, Some(false));
    replica
}

async fn leads(replica: &Replica) -> Option<bool> {
    let page = replica.answer("/metrics").await?;
    Some(page.lines().any(|line| line == "pat_operator_leader 1"))
}

/// How long the Lease had not been renewed when the replica got it, by what the two holders wrote
/// into it.
async fn takes_over(stage: &Stage, identity: &str) -> Duration {
    let before = lease(stage).await;
    let after = holds(stage, identity).await;
    assert_eq!(after.lease_transitions, before.lease_transitions.map(|count| count + 1));
    let silence = after.acquire_time.unwrap().0.duration_since(before.renew_time.unwrap().0);
    let silence = Duration::try_from(silence).unwrap();
    assert!(
        silence >= Duration::from_secs(15),
        "{identity} took the Lease after {silence:?} of its 15 s"
    );
    silence
}

async fn holds(stage: &Stage, identity: &str) -> LeaseSpec {
    eventually(&format!("{identity} holds the Lease"), async || {
        Some(lease(stage).await).filter(|lease| lease.holder_identity.as_deref() == Some(identity))
    })
    .await
}

async fn lease(stage: &Stage) -> LeaseSpec {
    let leases: Api<Lease> = Api::namespaced(stage.client.clone(), OWN);
    leases.get("pat-operator").await.unwrap().spec.unwrap()
}
