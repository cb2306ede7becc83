//! What people change behind the operator's back, in ISC and in the cluster, and what deletion may leave to them.
use std::time::Duration;

use isc_simulator::{TokenEdit, TokenState};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::place::condition;
use crate::stage::{Place, Stage, eventually, play, within};

/// What Kubernetes may need for its own part.
const MINUTES: Duration = Duration::from_secs(150);

#[test]
fn a_token_that_was_changed_in_isc_is_put_right() {
    play(async {
        let place = Stage::watchful().await.place("changed-in-isc").await;
        place.served(json!({})).await;
        let before = place.minted().remove(0);
        let control = place.stage.simulator.control();
        let soon = control.now() + SignedDuration::from_hours(48);
        for edit in [
            TokenEdit { name: Some("mine now".into()), ..TokenEdit::default() },
            TokenEdit { scope: Some(Some(vec!["sp:scopes:all".into()])), ..TokenEdit::default() },
            TokenEdit { expiration_date: Some(Some(soon)), ..TokenEdit::default() },
        ] {
            control.edit_token(&place.name, &before.id, edit.clone()).unwrap();
            eventually(&format!("{edit:?} is undone"), async || {
                let now = place.all_tokens().into_iter().find(|token| token.id == before.id)?;
                let lives = now.expiration_date? > soon + SignedDuration::from_hours(24 * 80);
                (now.name == before.name && now.scope == before.scope && lives).then_some(())
            })
            .await;
        }
        assert_eq!((place.created(), place.ready("sync").await.data["status"]["failures"].clone()), (1, Value::Null));
    });
}

#[test]
fn a_token_that_was_deleted_in_isc_is_replaced() {
    play(async {
        let place = Stage::watchful().await.place("deleted-in-isc").await;
        place.served(json!({})).await;
        let old = place.pair().await;
        place.stage.simulator.control().delete_token(&place.name, &old[0]).unwrap();
        let new = place.replaced(&old).await;
        assert!(place.accepts(&new).await);
        place.only(&new).await;
        assert_eq!(place.created(), 2);
    });
}

#[test]
fn retain_leaves_token_and_secret_as_they_are() {
    play(async {
        let place = Stage::watchful().await.place("retains").await;
        place.served(json!({"reclaimPolicy": "Retain", "name": "NERM sync"})).await;
        let (pair, data) = (place.pair().await, place.secret("sync").await.unwrap());
        place.delete("PersonalAccessToken", "sync").await;
        place.gone("PersonalAccessToken", "sync").await;
        let token = place.all_tokens().into_iter().find(|token| token.id == pair[0]).expect("the token lives on");
        assert!(token.name.starts_with("NERM sync [") && place.minted().is_empty(), "{}", token.name);
        let secret = place.get("Secret", "sync").await.expect("the Secret stays");
        let marks =
            secret.metadata.annotations.unwrap_or_default().into_keys().any(|name| name.contains("pat-operator"));
        assert!(!marks && secret.metadata.owner_references.unwrap_or_default().is_empty());
        assert_eq!(place.secret("sync").await.unwrap(), data);
        assert!(place.accepts(&pair).await);
        assert_eq!(place.document().await["resources"], json!({}), "the ledger has forgotten it");
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert!(place.accepts(&pair).await, "and leaves it alone");
    });
}

#[test]
fn retain_has_nothing_to_leave_once_the_secret_is_somebody_elses() {
    play(async {
        let place = Stage::watchful().await.place("retains-nothing").await;
        place.token("sync", json!({"reclaimPolicy": "Retain", "suspend": true})).await;
        place.shows("sync", "False", "Suspended").await;
        place.delete("PersonalAccessToken", "sync").await;
        place.gone("PersonalAccessToken", "sync").await;
        assert_eq!(place.posts(), 0);
    });
}

#[test]
fn a_policy_that_changes_changes_who_owns_the_secret() {
    play(async {
        let place = Stage::watchful().await.place("repolicied").await;
        place.served(json!({})).await;
        let owned = async || {
            let secret = place.get("Secret", "sync").await.unwrap();
            !secret.metadata.owner_references.unwrap_or_default().is_empty()
        };
        assert!(owned().await);
        place.token("sync", json!({"reclaimPolicy": "Retain"})).await;
        eventually("no owner", async || (!owned().await).then_some(())).await;
        place.token("sync", json!({"reclaimPolicy": "Revoke"})).await;
        eventually("an owner again", async || owned().await.then_some(())).await;
        place.delete("PersonalAccessToken", "sync").await;
        place.gone("PersonalAccessToken", "sync").await;
        assert!(place.minted().is_empty() && place.get("Secret", "sync").await.is_none());
        assert_eq!(place.created(), 1);
    });
}

#[test]
fn a_resource_that_was_removed_by_force_is_finished_from_the_ledger() {
    play(async {
        let place = Stage::watchful().await.place("forced").await;
        place.served(json!({})).await;
        place.stage.kill_operator();
        place.patch("PersonalAccessToken", "sync", json!({"metadata": {"finalizers": null}})).await;
        place.delete("PersonalAccessToken", "sync").await;
        place.gone("PersonalAccessToken", "sync").await;
        place.stage.start_operator();
        // Its Secret goes first, by the cluster's garbage collector, which on a new cluster takes its time.
        within(MINUTES, "its token is revoked", async || place.minted().is_empty().then_some(())).await;
        eventually("its record is gone", async || (place.document().await["resources"] == json!({})).then_some(()))
            .await;
        assert_eq!(place.destroyed().len(), 1);
    });
}

#[test]
fn a_ledger_that_lost_a_rotation_takes_the_published_pair_over() {
    play(async {
        let place = Stage::watchful().await.place("restored").await;
        place.served(json!({})).await;
        let (old, pair) = (place.ledger().await.unwrap(), place.pair().await);
        place.request("pat-operator.dev/rotate-requested-at", "2026-01-01T00:00:00Z").await;
        let new = place.replaced(&pair).await;
        place.only_published(&new).await;
        place.stage.kill_operator();
        let mut ledger = place.ledger().await.unwrap();
        ledger.data["data"] = old.data["data"].clone();
        let ledgers = place.stage.api("Secret", Some(crate::stage::OWN));
        ledgers.replace(old.metadata.name.as_ref().unwrap(), &Default::default(), &ledger).await.unwrap();
        place.stage.start_operator();
        eventually("the published pair is recorded again", async || {
            let ledger = place.document().await;
            let current = ledger["entries"].as_array()?.iter().find(|entry| entry["state"] == "Current")?.clone();
            (current["id"] == *new[0]).then_some(())
        })
        .await;
        assert_eq!(place.pair().await, new);
        assert!(place.accepts(&new).await);
        assert_eq!(condition(&place.ready("sync").await, "Ready")["status"], "True");
        assert_eq!(place.created(), 2, "nothing was minted for it");
    });
}

impl Place<'_> {
    fn all_tokens(&self) -> Vec<TokenState> {
        self.stage.simulator.control().tokens(&self.name).unwrap()
    }

    async fn only_published(&self, pair: &[String; 2]) {
        eventually("the new pair is shown", async || {
            let token = self.get("PersonalAccessToken", "sync").await?;
            (token.data["status"]["current"]["clientId"] == *pair[0]).then_some(())
        })
        .await;
    }
}
