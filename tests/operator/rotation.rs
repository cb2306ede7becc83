//! Rotation and revocation on request, by schedule and by change; time is moved in ISC, on a stage
//! of its own.
use jiff::SignedDuration;
use serde_json::json;
use stage::{Place, REVOKE, ROTATE, Stage, WATCHFUL, eventually, play, ready_message};

#[test]
fn credentials_are_replaced_while_the_old_ones_live_on() {
    play(async {
        let stage = Stage::running(&WATCHFUL).await;
        let scheduled = stage.place("scheduled").await;
        let rotation = json!({"rotation": {"every": "4h", "overlap": "1h"}});
        scheduled.served(rotation).await;
        on_request(&stage).await;
        a_changed_validity_rotates(&stage).await;
        while_the_old_one_is_used(&stage).await;
        by_schedule(&scheduled).await;
        assert_eq!(stage.simulator.control().violations(), []);
    });
}

async fn on_request(stage: &Stage) {
    let place = stage.place("requested").await;
    place.served(json!({"rotation": {"every": "30d", "overlap": "1h"}})).await;
    let (old, new) = place.rotates().await;
    let rotated = place.overlaps().await;
    assert_eq!(
        rotated.data["status"]["previous"]["clientId"], old.client_id,
        "{:#}",
        rotated.data["status"]
    );
    assert!(place.accepts(&old).await && place.accepts(&new).await, "both live during the overlap");
    stage.simulator.control().advance(SignedDuration::from_mins(59));
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    assert!(place.accepts(&old).await, "the overlap is not over");
    stage.simulator.control().advance(SignedDuration::from_mins(2));
    place.only(&new).await;
    assert!(!place.accepts(&old).await && place.accepts(&new).await);
    // An event that a kill prevents is not made up for.
    place.tells("sync", &["Rotated"]).await;
    place.tells("sync", &["PreviousRevoked"]).await;
    stage.restart_operator();
    place.request(ROTATE, "2026-01-01T00:00:00Z").await;
    place
        .patch(
            "PersonalAccessToken",
            "sync",
            json!({"metadata": {"annotations": {ROTATE: null, "x": "y"}}}),
        )
        .await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!((place.created(), place.pair().await), (2, new), "one request is one rotation");
    let token = place.ready("sync").await;
    assert_eq!(token.data["status"]["lastHandled"]["rotate"], "2026-01-01T00:00:00Z");
    assert!(
        token.data["status"]["lastRotation"].is_string()
            && token.data["status"]["previous"].is_null()
    );
}

async fn a_changed_validity_rotates(stage: &Stage) {
    let place = stage.place("validity").await;
    place.served(json!({})).await;
    let old = place.pair().await;
    place
        .token(
            "sync",
            json!({"accessTokenValidity": "15m", "rotation": {"every": "30d", "overlap": "1h"}}),
        )
        .await;
    let new = place.replaced(&old).await;
    let minted = place.minted();
    let token = minted.iter().find(|token| token.id == new.client_id).unwrap();
    assert_eq!((token.access_token_validity_seconds, minted.len()), (900, 2));
}

async fn while_the_old_one_is_used(stage: &Stage) {
    let control = stage.simulator.control();
    let place = stage.place("used").await;
    control.edit_switches(Some("used"), |switches| switches.last_used_seconds = 0).unwrap();
    place.served(json!({"rotation": {"every": "30d", "overlap": "1h", "maxOverlap": "3h"}})).await;
    let (old, new) = place.rotates().await;
    place.overlaps().await;
    control.advance(SignedDuration::from_mins(30));
    assert!(place.accepts(&old).await);
    control.advance(SignedDuration::from_mins(31));
    let token = place.shows("sync", "True", "OverlapExtended").await;
    assert!(place.accepts(&old).await, "what is still used lives on");
    let message = ready_message(&token);
    assert!(message.contains("at the latest"), "{message}");
    place.tells("sync", &["OverlapExtended"]).await;
    control.advance(SignedDuration::from_hours(2));
    place.only(&new).await;
}

/// Its schedule ran while the others were looked at.
async fn by_schedule(place: &Place<'_>) {
    place.stage.simulator.control().advance(SignedDuration::from_hours(4));
    eventually("a rotation by schedule", async || (place.created() > 1).then_some(())).await;
    place.ready("sync").await;
    let next =
        place.get("PersonalAccessToken", "sync").await.unwrap().data["status"]["nextRotation"]
            .clone();
    assert!(next.is_string(), "the next rotation is told");
}

#[test]
fn a_revoke_request_ends_all_tokens_at_once_and_mints_anew() {
    play(async {
        let place = Stage::shared().await.place("compromised").await;
        place.served(json!({})).await;
        let old = place.pair().await;
        place.request(REVOKE, "2026-01-01T00:00:00Z").await;
        let new = place.replaced(&old).await;
        assert!(!place.accepts(&old).await && place.accepts(&new).await);
        place.only(&new).await;
        let order: Vec<String> = place.record().iter().filter_map(effect).collect();
        let at = |what: &str| {
            order.iter().position(|effect| effect == what).unwrap_or_else(|| panic!("{order:?}"))
        };
        assert!(
            at(&format!("Deleted {}", old.client_id)) < at(&format!("Created {}", new.client_id)),
            "{order:?}"
        );
        place.ready("sync").await;
        assert_eq!(place.created(), 2);
        place.tells("sync", &["Revoked"]).await;
    });
}

#[test]
fn a_request_that_is_no_time_is_told_and_mints_nothing() {
    play(async {
        let place = Stage::shared().await.place("misread").await;
        place.served(json!({})).await;
        place.request(ROTATE, "now").await;
        place.shows("sync", "True", "InvalidRequest").await;
        place.request(ROTATE, "2126-01-01T00:00:00Z").await;
        place.shows("sync", "True", "RequestInFuture").await;
        assert_eq!(place.posts(), 1);
    });
}

#[test]
fn schedules_that_cannot_fit_are_told_when_declared() {
    play(async {
        let place = Stage::shared().await.place("infeasible").await;
        // Three tokens, the operator's own, and one free slot.
        place.tenant(json!({"limits": {"tokensPerUser": 5}})).await;
        for name in ["a", "b", "c"] {
            place.token(name, json!({"rotation": {"every": "2h", "overlap": "1h"}})).await;
        }
        for name in ["a", "b", "c"] {
            let token = place.shows(name, "True", "RotationInfeasible").await;
            let message = ready_message(&token);
            assert!(message.contains("150 %"), "{message}");
        }
    });
}

fn effect(entry: &isc_simulator::Entry) -> Option<String> {
    Some(format!("{:?} {}", entry.effect?, entry.token_id.as_ref()?))
}
