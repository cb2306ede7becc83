//! A request to stop while ISC is creating a token: its reply is waited for and recorded, but not
//! for ever.
use std::time::Instant;

use isc_simulator::{GateSpec, Operation, When};
use rustix::process::Signal;
use serde_json::{Value, json};
use stage::{Place, Replica, Stage, eventually, play, recorded};

const FLAGS: [&str; 5] = [
    "--secret-poll=1s",
    "--recheck=1s",
    "--list-lag=1s",
    "--backoff-first=1s",
    "--attempt-expiry=40s",
];

#[test]
fn a_stop_waits_for_a_post_that_is_under_way() {
    play(async {
        let stage = Stage::set(&FLAGS).await;
        for (name, when) in [("before", When::Before), ("after", When::After)] {
            let mut operator = stage.replica("pod-0", &[]);
            let place = stage.place(name).await;
            let gate = post_held(&place, when).await;
            told_to_stop(&stage, &operator).await;
            assert_eq!(operator.ended(), None, "{when:?}: it ended although a POST is under way");
            stage.simulator.control().open_gate(gate).unwrap();
            let status = eventually("its end", async || operator.ended()).await;
            // Past the deadline it would be 1.
            assert_eq!(status.code(), Some(0), "{when:?}: {}", place.log());

            let (ledger, minted) = (place.document().await, place.minted());
            assert_eq!((place.created(), place.posts(), minted.len()), (1, 1, 1), "{when:?}");
            assert_eq!(recorded(&ledger), [minted[0].id.as_str()], "{when:?}: what is recorded");
            assert_eq!(ledger["pending"], Value::Null, "{when:?}");

            let _again = stage.replica("pod-0", &[]);
            place.ready("sync").await;
            assert_eq!(
                (place.created(), place.posts()),
                (1, 1),
                "{when:?}: the next start mints again"
            );
            assert_eq!(place.secret("sync").await.unwrap()["clientId"], minted[0].id, "{when:?}");
        }
    });
}

#[test]
fn a_stop_does_not_wait_for_ever_and_the_next_start_cleans_up() {
    play(async {
        let stage = Stage::set(&FLAGS).await;
        let mut operator = stage.replica("pod-0", &["--shutdown-deadline=2s"]);
        let place = stage.place("stuck").await;
        let gate = post_held(&place, When::After).await;
        let stopped = told_to_stop(&stage, &operator).await;
        let status = eventually("its end", async || operator.ended()).await;
        assert_eq!(status.code(), Some(1));
        eprintln!("given up after {:?}", stopped.elapsed());
        assert!(stage.log().contains("raise --shutdown-deadline"), "{}", place.log());
        stage.simulator.control().open_gate(gate).unwrap();

        let _again = stage.replica("pod-0", &[]);
        place.ready("sync").await;
        let minted = place.minted();
        assert_eq!(
            (place.created(), minted.len()),
            (2, 1),
            "the token whose reply nobody read is swept"
        );
        assert_eq!(recorded(&place.document().await), [minted[0].id.as_str()]);
    });
}

/// Applies a resource and waits until ISC holds its POST; gives the gate.
async fn post_held(place: &Place<'_>, when: When) -> u64 {
    let control = place.stage.simulator.control();
    let spec =
        GateSpec { tenant: Some(place.name.clone()), operation: Some(Operation::Create), when };
    let gate = control.close_gate(spec);
    place.token("sync", json!({})).await;
    eventually("the POST", async || {
        control.gates().iter().any(|state| state.id == gate && state.held == 1).then_some(())
    })
    .await;
    gate
}

/// SIGTERM, which it has seen when this returns.
async fn told_to_stop(stage: &Stage, operator: &Replica) -> Instant {
    let stops = || stage.log().matches("stopping: the operator finishes passes under way").count();
    let (before, sent) = (stops(), Instant::now());
    operator.signal(Signal::TERM);
    eventually("the operator has seen the signal", async || (stops() > before).then_some(())).await;
    sent
}
