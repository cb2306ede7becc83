//! Restarts again and again while half of all resources are due to be rotated: nothing is minted
//! twice, and no owner's budget of requests is exceeded.
use std::time::Duration;

use futures::future::join_all;
use isc_simulator::Kind;
use serde_json::json;
use stage::{Place, ROTATE, Stage, eventually};

/// Restarts in a minute.
const RESTARTS: u32 = 10;
/// What `--isc-requests` allows in ten seconds.
const BUDGET: usize = 80;

/// Asks for every other resource to be rotated, restarts the operator again and again, and looks at
/// what came of it.
pub async fn restart_again_and_again(stage: &Stage, places: &[Place<'_>]) {
    let patch = json!({"metadata": {"annotations": {ROTATE: "2026-01-01T00:00:00Z"}}});
    let ask = async |place: &Place<'_>, names: &[String]| {
        for name in names.iter().step_by(2) {
            place.patch("PersonalAccessToken", name, patch.clone()).await;
        }
    };
    let names = join_all(places.iter().map(names)).await;
    let made: Vec<usize> = names.iter().map(Vec::len).collect();
    for (group, names) in places.chunks(10).zip(names.chunks(10)) {
        join_all(group.iter().zip(names).map(|(place, names)| ask(place, names))).await;
    }
    for _ in 0..RESTARTS {
        tokio::time::sleep(Duration::from_secs(60) / RESTARTS).await;
        stage.restart_operator();
    }
    for (place, made) in places.iter().zip(&made) {
        // One of the owner's rotations is under way, until its overlap is over; the others wait for
        // the spare slot.
        eventually(&format!("one rotation in {}", place.name), async || {
            is_rotated(place, *made).await
        })
        .await;
    }
    let lost: usize =
        places.iter().zip(&made).map(|(place, made)| place.created() - made - 1).sum();
    eprintln!(
        "{RESTARTS} restarts, {} owners: {lost} attempts were lost to a kill, and their tokens deleted",
        made.len()
    );
    for place in places {
        let most = most_in_ten_seconds(place);
        assert!(most <= BUDGET, "{}: {most} requests in ten seconds", place.name);
    }
}

async fn names(place: &Place<'_>) -> Vec<String> {
    place.resources().await.into_iter().filter_map(|token| token.metadata.name).collect()
}

/// All tokens of the place are recorded, and exactly one resource has two.
async fn is_rotated(place: &Place<'_>, made: usize) -> Option<()> {
    let ledger = place.document().await;
    let entries = ledger["entries"].as_array()?;
    let in_state = |state: &str| entries.iter().filter(|entry| entry["state"] == state).count();
    let is_done =
        in_state("Current") == made && in_state("Retired") == 1 && entries.len() == made + 1;
    (is_done && ledger["pending"].is_null() && place.minted().len() == made + 1).then_some(())
}

fn most_in_ten_seconds(place: &Place<'_>) -> usize {
    let record = place.record();
    let sent: Vec<_> =
        record.iter().filter(|entry| entry.kind == Kind::Request).map(|entry| entry.wall).collect();
    let within = |first: usize| {
        sent[first..].iter().take_while(|at| at.duration_since(sent[first]).as_secs() < 10).count()
    };
    (0..sent.len()).map(within).max().unwrap_or(0)
}
