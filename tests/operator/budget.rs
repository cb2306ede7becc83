//! What the operator may spend on a create, a restart, a resync and what others do.
use std::time::Duration;

use isc_simulator::Operation::{Create, List, Oauth, Patch};
use isc_simulator::When::Before;
use isc_simulator::{GateSpec, Operation};
use serde_json::json;
use stage::{Place, Spent, Stage, condition, eventually, play, settled, writes};

use crate::restarts;

/// Resources of the restart; `PAT_OPERATOR_TEST_RESOURCES` says another number.
const RESOURCES: usize = 400;
/// Resources of one owner: ten slots, less the operator's own token and the spare.
const PER_OWNER: usize = 8;

#[test]
fn creates_keep_to_their_budget() {
    play(async {
        let stage = Stage::running(&["--recheck=2s"]).await;
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
    place.served(json!({})).await;
    place.tells("sync", &["Published"]).await;
    settled(stage).await;
    let spent = Spent::by(&place).await.less(&before);
    assert_eq!(spent.events(), 1, "{spent:?}");
    assert!(spent.without_events() <= 7, "{spent:?}");
    assert_eq!(
        (spent.calls(Create), spent.calls(Patch), spent.calls(Oauth)),
        (1, 1, 1),
        "{spent:?}"
    );
    assert!(spent.calls(List) <= 1, "{spent:?}");
}

/// At most 6 writes and 1 event each; LIST and the operator's own access token are shared.
async fn eight_in_a_row(stage: &Stage) {
    let place = stage.bare("eight").await;
    place.seed().await;
    // The Tenant exists, so that nothing is wrong, but has not reached ISC: all eight wait for it.
    // The operator starts when all are there, since it does not wait for ISC for long.
    stage.kill_operator();
    let gate = hold(&place, Oauth);
    place.tenant(json!({})).await;
    for n in 0..PER_OWNER {
        place.token(&format!("t{n}"), json!({})).await;
    }
    stage.start_operator();
    for n in 0..PER_OWNER {
        place.shows(&format!("t{n}"), "False", "Minting").await;
    }
    stage.simulator.control().open_gate(gate).unwrap();
    for n in 0..PER_OWNER {
        place.ready(&format!("t{n}")).await;
        place.tells(&format!("t{n}"), &["Published"]).await;
    }
    settled(stage).await;
    let spent = Spent::by(&place).await;
    assert_eq!(spent.events(), PER_OWNER, "{spent:?}");
    assert!(spent.without_events() <= 6 * PER_OWNER, "{spent:?}");
    assert_eq!(
        (spent.calls(Create), spent.calls(Patch), spent.calls(Oauth)),
        (8, 8, 8 + 1),
        "{spent:?}"
    );
    assert!(spent.calls(List) <= 2, "{spent:?}");
}

/// A resource without status counts as done to GitOps tools: it has one before ISC is reached.
async fn first_status(stage: &Stage) {
    let place = stage.bare("first").await;
    stage.kill_operator();
    let gate = hold(&place, Oauth);
    place.seed().await;
    place.declare().await;
    stage.start_operator();
    let token = place.shows("sync", "False", "Minting").await;
    assert_eq!(token.data["status"]["observedGeneration"], 1);
    assert_eq!(condition(&token, "Reconciling")["status"], "True");
    assert_eq!(Spent::by(&place).await.isc.values().sum::<usize>(), 0, "ISC has answered already");
    stage.simulator.control().open_gate(gate).unwrap();
    place.ready("sync").await;
}

/// An edit of the status is no reason to do anything.
async fn status_edit(stage: &Stage) {
    let place = stage.place("edited").await;
    place.serve("t0", json!({})).await;
    place.tells("t0", &["Published"]).await;
    settled(stage).await;
    let before = Spent::by(&place).await;
    noise("status", std::slice::from_ref(&place)).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let spent = Spent::by(&place).await.less(&before);
    assert_eq!(
        (spent.kubernetes.values().sum::<usize>(), spent.calls(Create)),
        (0, 0),
        "{spent:?}"
    );
}

#[test]
fn a_restart_a_resync_and_noise_write_and_mint_nothing() {
    play(async {
        let stage = Stage::running(&[
            "--recheck=5s",
            "--secret-poll=15s",
            "--drift-interval=15s",
            "--attempt-expiry=20s",
            "--list-lag=2s",
            "--backoff-first=1s",
        ])
        .await;
        let places = many(&stage).await;
        let posts = || places.iter().map(Place::posts).sum::<usize>();
        let minted = posts();
        let quiet = async |what: &str, passes: usize| {
            let ((_, offset), seq) = (stage.requests(0), stage.simulator.control().last_seq());
            if what == "restart" {
                stage.restart_operator();
            }
            noise(what, &places).await;
            for place in &places {
                listed(place, seq, passes).await;
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
            let writes = writes(&stage, offset).0;
            assert!(writes.is_empty(), "{what}: {writes:#?}");
            assert_eq!(posts(), minted, "{what}");
        };
        quiet("restart", 1).await;
        quiet("resync", 2).await;
        quiet("label and annotation", 1).await;
        // What a status says wrongly is corrected when its turn comes, and not because it was
        // edited.
        let before = Spent::by(&places[0]).await;
        noise("status", &places[..1]).await;
        eventually("the status is as before", async || {
            let token = places[0].get("PersonalAccessToken", "t0").await.unwrap();
            token.data["status"]["failures"].is_null().then_some(())
        })
        .await;
        settled(&stage).await;
        let spent = Spent::by(&places[0]).await.less(&before);
        assert_eq!((spent.without_events(), spent.calls(Create)), (1, 0), "{spent:?}");
        restarts::restart_again_and_again(&stage, &places).await;
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

/// What others do to the first resource of each place.
async fn noise(what: &str, places: &[Place<'_>]) {
    for place in places {
        match what {
            "label and annotation" => {
                let metadata =
                    json!({"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}});
                place.patch("PersonalAccessToken", "t0", metadata).await;
            }
            "status" => {
                let api = place.stage.api("PersonalAccessToken", Some(&place.name));
                let patch =
                    kube::api::Patch::Merge(json!({"status": {"failures": 7, "current": null}}));
                api.patch_status("t0", &Default::default(), &patch).await.unwrap();
            }
            _ => {}
        }
    }
}

fn hold(place: &Place<'_>, operation: Operation) -> u64 {
    let spec =
        GateSpec { tenant: Some(place.name.clone()), operation: Some(operation), when: Before };
    place.stage.simulator.control().close_gate(spec)
}

/// Waits until the owner was looked through so often since an entry of the record.
async fn listed(place: &Place<'_>, since: u64, times: usize) {
    eventually(&format!("{} LISTs of {}", times, place.name), async || {
        let lists =
            |entry: &&isc_simulator::Entry| entry.seq > since && entry.operation == Some(List);
        (place.record().iter().filter(lists).count() >= times).then_some(())
    })
    .await;
}
