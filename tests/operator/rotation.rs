//! Rotation and revocation on request, by schedule and by change; time is moved in ISC, on a stage of its own.
use isc_simulator::TokenState;
use jiff::SignedDuration;
use kube::core::DynamicObject;
use serde_json::{Value, json};

use crate::place::condition;
use crate::stage::{Place, Stage, WATCHFUL, eventually, play};

/// Annotations of requests.
pub const ROTATE: &str = "pat-operator.dev/rotate-requested-at";
pub const REVOKE: &str = "pat-operator.dev/revoke-requested-at";

#[test]
fn credentials_are_replaced_while_the_old_ones_live_on() {
    play(async {
        let stage = Stage::set(&WATCHFUL).await;
        stage.start_operator();
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
    let old = place.pair().await;
    place.request(ROTATE, "2026-01-01T00:00:00Z").await;
    let new = place.replaced(&old).await;
    let rotated = place.overlaps().await;
    assert_eq!(rotated.data["status"]["previous"]["clientId"], old[0], "{:#}", rotated.data["status"]);
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
    stage.kill_operator();
    stage.start_operator();
    place.request(ROTATE, "2026-01-01T00:00:00Z").await;
    place.patch("PersonalAccessToken", "sync", json!({"metadata": {"annotations": {ROTATE: null, "x": "y"}}})).await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!((place.created(), place.pair().await), (2, new), "one request is one rotation");
    let token = place.ready("sync").await;
    assert_eq!(token.data["status"]["lastHandled"]["rotate"], "2026-01-01T00:00:00Z");
    assert!(token.data["status"]["lastRotation"].is_string() && token.data["status"]["previous"].is_null());
}

async fn a_changed_validity_rotates(stage: &Stage) {
    let place = stage.place("validity").await;
    place.served(json!({})).await;
    let old = place.pair().await;
    place.token("sync", json!({"accessTokenValidity": "15m", "rotation": {"every": "30d", "overlap": "1h"}})).await;
    let new = place.replaced(&old).await;
    let minted = place.minted();
    let token = minted.iter().find(|token| token.id == new[0]).unwrap();
    assert_eq!((token.access_token_validity_seconds, minted.len()), (900, 2));
}

async fn while_the_old_one_is_used(stage: &Stage) {
    let control = stage.simulator.control();
    let place = stage.place("used").await;
    control.edit_switches(Some("used"), |switches| switches.last_used_seconds = 0).unwrap();
    place.served(json!({"rotation": {"every": "30d", "overlap": "1h", "maxOverlap": "3h"}})).await;
    let old = place.pair().await;
    place.request(ROTATE, "2026-01-01T00:00:00Z").await;
    let new = place.replaced(&old).await;
    place.overlaps().await;
    control.advance(SignedDuration::from_mins(30));
    assert!(place.accepts(&old).await);
    control.advance(SignedDuration::from_mins(31));
    let token = place.shows("sync", "True", "OverlapExtended").await;
    assert!(place.accepts(&old).await, "what is still used lives on");
    let message = condition(&token, "Ready")["message"].as_str().unwrap().to_owned();
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
    let next = place.get("PersonalAccessToken", "sync").await.unwrap().data["status"]["nextRotation"].clone();
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
        let at = |what: &str| order.iter().position(|effect| effect == what).unwrap_or_else(|| panic!("{order:?}"));
        assert!(at(&format!("Deleted {}", old[0])) < at(&format!("Created {}", new[0])), "{order:?}");
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
        for name in ["a", "b", "c"] {
            place.token(name, json!({"rotation": {"every": "2h", "overlap": "1h"}})).await;
        }
        for name in ["a", "b", "c"] {
            let token = place.shows(name, "True", "RotationInfeasible").await;
            let message = condition(&token, "Ready")["message"].as_str().unwrap().to_owned();
            assert!(message.contains("150 %"), "{message}");
        }
    });
}

fn effect(entry: &isc_simulator::Entry) -> Option<String> {
    Some(format!("{:?} {}", entry.effect?, entry.token_id.as_ref()?))
}

impl Place<'_> {
    /// A resource `sync` that is ready.
    pub async fn served(&self, spec: Value) {
        self.token("sync", spec).await;
        self.ready("sync").await;
    }

    /// Client ID and client secret as published.
    pub async fn pair(&self) -> [String; 2] {
        let secret = self.secret("sync").await.unwrap();
        [secret["clientId"].clone(), secret["clientSecret"].clone()]
    }

    pub async fn request(&self, annotation: &str, at: &str) {
        self.patch("PersonalAccessToken", "sync", json!({"metadata": {"annotations": {annotation: at}}})).await;
    }

    /// Waits until another pair is published; gives it.
    pub async fn replaced(&self, old: &[String; 2]) -> [String; 2] {
        eventually(&format!("another pair in {}", self.name), async || Some(self.pair().await).filter(|p| p != old))
            .await
    }

    /// Waits until the new pair's publication is recorded: the overlap counts from then. Gives the resource.
    pub async fn overlaps(&self) -> DynamicObject {
        eventually(&format!("an overlap in {}", self.name), async || {
            let token = self.get("PersonalAccessToken", "sync").await?;
            let counts = token.data["status"]["previous"]["revokeAfter"].is_string();
            (counts && condition(&token, "Ready")["reason"] == "Published").then_some(token)
        })
        .await
    }

    /// Waits until this is the only token that the operator made.
    pub async fn only(&self, pair: &[String; 2]) {
        let ids = |all: Vec<TokenState>| all.into_iter().map(|token| token.id).collect::<Vec<_>>();
        eventually(&format!("one token in {}", self.name), async || {
            (ids(self.minted()) == [pair[0].clone()]).then_some(())
        })
        .await;
    }

    /// Whether ISC takes this pair.
    pub async fn accepts(&self, pair: &[String; 2]) -> bool {
        let form = [("grant_type", "client_credentials"), ("client_id", &pair[0]), ("client_secret", &pair[1])];
        let url = format!("{}/oauth/token", self.stage.simulator.tenant_url(&self.name));
        reqwest::Client::new().post(url).form(&form).send().await.unwrap().status().is_success()
    }
}
