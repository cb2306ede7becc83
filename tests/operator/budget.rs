//! What the operator spends: writes by the audit log, calls by the simulator's record.
use std::collections::BTreeMap;
use std::time::Duration;

use control_plane::audit::Request;
use isc_simulator::Operation::{Create, List, Oauth, Patch};
use isc_simulator::When::Before;
use isc_simulator::{GateSpec, Kind, Operation};
use kube::ResourceExt;
use serde_json::json;

use crate::place::condition;
use crate::stage::{OWN, Place, Stage, eventually, play};
use crate::storm;

/// Resources of the restart; `PAT_OPERATOR_TEST_RESOURCES` says another number.
const RESOURCES: usize = 1_000;
/// Resources of one owner: ten slots, less the operator's own token and the spare.
const PER_OWNER: usize = 8;

#[test]
fn creates_keep_to_their_budget() {
    play(async {
        let stage = Stage::set(&["--recheck=2s"]).await;
        stage.start_operator();
        one_create(&stage).await;
        eight_in_a_row(&stage).await;
        first_status(&stage).await;
        status_edit(&stage).await;
    });
}

/// At most 7 writes and 1 event, and 4 calls: LIST, POST, PATCH, access token.
async fn one_create(stage: &Stage) {
    let place = stage.place("one").await;
    place.connected().await;
    let before = Spent::by(&place).await;
    place.token("sync", json!({})).await;
    place.ready("sync").await;
    settled(stage).await;
    let spent = Spent::by(&place).await.less(&before);
    assert_eq!(spent.writes["events"], 1, "{spent:?}");
    assert!(spent.kubernetes() <= 7, "{spent:?}");
    assert_eq!((spent.calls(Create), spent.calls(Patch), spent.calls(Oauth)), (1, 1, 1), "{spent:?}");
    assert!(spent.calls(List) <= 1, "{spent:?}");
}

/// At most 6 writes and 1 event each; LIST and the operator's own access token are shared.
async fn eight_in_a_row(stage: &Stage) {
    let place = stage.bare("eight").await;
    place.seed().await;
    // The Tenant exists, so that nothing is wrong, but has not reached ISC: all eight wait for it.
    let gate = hold(&place, Oauth);
    place.tenant(json!({})).await;
    for n in 0..PER_OWNER {
        place.token(&format!("t{n}"), json!({})).await;
    }
    for n in 0..PER_OWNER {
        place.shows(&format!("t{n}"), "False", "Minting").await;
    }
    stage.simulator.control().open_gate(gate).unwrap();
    for n in 0..PER_OWNER {
        place.ready(&format!("t{n}")).await;
    }
    settled(stage).await;
    let spent = Spent::by(&place).await;
    assert_eq!(spent.writes["events"], PER_OWNER, "{spent:?}");
    assert!(spent.kubernetes() <= 6 * PER_OWNER, "{spent:?}");
    assert_eq!((spent.calls(Create), spent.calls(Patch), spent.calls(Oauth)), (8, 8, 8 + 1), "{spent:?}");
    assert!(spent.calls(List) <= 2, "{spent:?}");
}

/// A resource without status counts as done to GitOps tools: it has one before ISC is reached.
async fn first_status(stage: &Stage) {
    let place = stage.bare("first").await;
    let gate = hold(&place, Oauth);
    place.seed().await;
    place.tenant(json!({})).await;
    place.token("sync", json!({})).await;
    let token = place.shows("sync", "False", "Minting").await;
    assert_eq!(token.data["status"]["observedGeneration"], 1);
    assert_eq!(condition(&token, "Reconciling")["status"], "True");
    assert_eq!(Spent::by(&place).await.calls.values().sum::<usize>(), 0, "ISC has answered already");
    stage.simulator.control().open_gate(gate).unwrap();
    place.ready("sync").await;
}

/// An edit of the status is no reason to do anything.
async fn status_edit(stage: &Stage) {
    let place = stage.place("edited").await;
    place.token("t0", json!({})).await;
    place.ready("t0").await;
    settled(stage).await;
    let before = Spent::by(&place).await;
    noise("status", std::slice::from_ref(&place)).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let spent = Spent::by(&place).await.less(&before);
    assert_eq!((spent.writes.values().sum::<usize>(), spent.calls(Create)), (0, 0), "{spent:?}");
}

#[test]
fn a_restart_a_resync_and_noise_write_and_mint_nothing() {
    play(async {
        let stage = Stage::set(&[
            "--recheck=5s",
            "--secret-poll=15s",
            "--drift-interval=15s",
            "--attempt-expiry=20s",
            "--list-lag=2s",
            "--backoff-first=1s",
        ])
        .await;
        stage.start_operator();
        let places = many(&stage).await;
        let quiet = async |what: &str, passes: usize| {
            let ((_, offset), seq) = (stage.requests(0), stage.simulator.control().last_seq());
            if what == "restart" {
                stage.kill_operator();
                stage.start_operator();
            }
            noise(what, &places).await;
            for place in &places {
                place.listed(seq, passes).await;
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
            let writes = writes(&stage, offset).0;
            assert!(writes.is_empty(), "{what}: {writes:#?}");
            let posts: usize = places.iter().map(Place::posts).sum();
            assert_eq!(posts, resources(), "{what}");
        };
        quiet("restart", 1).await;
        quiet("resync", 2).await;
        quiet("label and annotation", 1).await;
        // What a status says wrongly is corrected when its turn comes, and not because it was edited.
        let before = Spent::by(&places[0]).await;
        noise("status", &places[..1]).await;
        eventually("the status is as before", async || {
            let token = places[0].get("PersonalAccessToken", "t0").await.unwrap();
            token.data["status"]["failures"].is_null().then_some(())
        })
        .await;
        settled(&stage).await;
        let spent = Spent::by(&places[0]).await.less(&before);
        assert_eq!((spent.kubernetes(), spent.calls(Create)), (1, 0), "{spent:?}");
        storm::of_restarts(&stage, &places).await;
    });
}

/// Places with up to eight ready resources each.
async fn many(stage: &Stage) -> Vec<Place<'_>> {
    let all: Vec<usize> = (0..resources()).collect();
    let mut places = Vec::new();
    for (n, share) in all.chunks(PER_OWNER).enumerate() {
        let place = stage.place(&format!("many-{n}")).await;
        for k in 0..share.len() {
            place.token(&format!("t{k}"), json!({})).await;
        }
        places.push(place);
    }
    for (place, share) in places.iter().zip(all.chunks(PER_OWNER)) {
        for k in 0..share.len() {
            place.ready(&format!("t{k}")).await;
        }
    }
    settled(stage).await;
    places
}

fn resources() -> usize {
    std::env::var("PAT_OPERATOR_TEST_RESOURCES").map_or(RESOURCES, |number| number.parse().unwrap())
}

/// Waits until the operator has written nothing for some time.
async fn settled(stage: &Stage) {
    let mut offset = stage.requests(0).1;
    loop {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let (writes, end) = writes(stage, offset);
        if writes.is_empty() {
            return;
        }
        offset = end;
    }
}

/// The writes behind an offset of the audit log that count, and the offset to go on from.
fn writes(stage: &Stage, offset: u64) -> (Vec<Request>, u64) {
    let (mut all, end) = stage.requests(offset);
    all.retain(|request| request.is_write() && counts(&request.target()));
    (all, end)
}

/// What others do to the first resource of each place.
async fn noise(what: &str, places: &[Place<'_>]) {
    for place in places {
        match what {
            "label and annotation" => {
                let metadata = json!({"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}});
                place.patch("PersonalAccessToken", "t0", metadata).await;
            }
            "status" => {
                let api = place.stage.api("PersonalAccessToken", Some(&place.name));
                let patch = kube::api::Patch::Merge(json!({"status": {"failures": 7, "current": null}}));
                api.patch_status("t0", &Default::default(), &patch).await.unwrap();
            }
            _ => {}
        }
    }
}

fn hold(place: &Place<'_>, operation: Operation) -> u64 {
    let spec = GateSpec { tenant: Some(place.name.clone()), operation: Some(operation), when: Before };
    place.stage.simulator.control().close_gate(spec)
}

/// Neither the Lease nor the Tenant's status is counted.
fn counts(target: &str) -> bool {
    !matches!(target, "leases" | "tenants/status")
}

/// Writes and calls for one place.
#[derive(Debug)]
struct Spent {
    writes: BTreeMap<String, usize>,
    calls: BTreeMap<String, usize>,
}

impl Spent {
    /// All that was spent so far.
    async fn by(place: &Place<'_>) -> Self {
        let ledger = place.ledger().await.map(|ledger| ledger.name_any());
        let mut writes = BTreeMap::new();
        for request in place.stage.requests(0).0 {
            let object = request.object_ref.clone().unwrap_or_default();
            let of_ledger =
                object.namespace == OWN && ledger.as_ref().is_some_and(|name| request.uri.contains(name.as_str()));
            if request.is_write() && counts(&request.target()) && (object.namespace == place.name || of_ledger) {
                let target = if of_ledger { "ledger".to_owned() } else { request.target() };
                *writes.entry(target).or_default() += 1;
            }
        }
        let mut calls = BTreeMap::new();
        for entry in place.record().iter().filter(|entry| entry.kind == Kind::Request) {
            let operation = entry.operation.map(|operation| format!("{operation:?}"));
            *calls.entry(operation.unwrap_or_default()).or_default() += 1;
        }
        Self { writes, calls }
    }

    fn less(mut self, before: &Self) -> Self {
        for (all, old) in [(&mut self.writes, &before.writes), (&mut self.calls, &before.calls)] {
            for (what, number) in all {
                *number -= old.get(what).copied().unwrap_or(0);
            }
        }
        self
    }

    /// Writes, the events left out.
    fn kubernetes(&self) -> usize {
        self.writes.iter().filter(|(target, _)| *target != "events").map(|(_, number)| number).sum()
    }

    fn calls(&self, operation: Operation) -> usize {
        self.calls.get(&format!("{operation:?}")).copied().unwrap_or(0)
    }
}

impl Place<'_> {
    /// Waits until the owner was looked through so often since an entry of the record.
    async fn listed(&self, since: u64, times: usize) {
        eventually(&format!("{} LISTs of {}", times, self.name), async || {
            let lists = |entry: &&isc_simulator::Entry| entry.seq > since && entry.operation == Some(List);
            (self.record().iter().filter(lists).count() >= times).then_some(())
        })
        .await;
    }
}
