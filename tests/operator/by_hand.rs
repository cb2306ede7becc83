//! What people change behind the operator's back, in ISC and in the cluster, and what deletion may
//! leave to them.
use std::time::Duration;

use isc_simulator::TokenEdit;
use jiff::SignedDuration;
use judge::Pair;
use kube::core::DynamicObject;
use serde_json::{Value, json};
use stage::{OWN, Place, ROTATE, Stage, WATCHFUL, condition, eventually, play};

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
        assert_eq!(
            (place.created(), place.ready("sync").await.data["status"]["failures"].clone()),
            (1, Value::Null)
        );
    });
}

#[test]
fn a_token_that_was_deleted_in_isc_is_replaced() {
    play(async {
        let place = Stage::watchful().await.place("deleted-in-isc").await;
        place.served(json!({})).await;
        let old = place.pair().await;
        place.stage.simulator.control().delete_token(&place.name, &old.client_id).unwrap();
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
        place.remove("sync").await;
        let token = place
            .all_tokens()
            .into_iter()
            .find(|token| token.id == pair.client_id)
            .expect("the token lives on");
        assert!(
            token.name.starts_with("released NERM sync [") && place.minted().is_empty(),
            "{}",
            token.name
        );
        let secret = place.get("Secret", "sync").await.expect("the Secret stays");
        let marks = secret
            .metadata
            .annotations
            .unwrap_or_default()
            .into_keys()
            .any(|name| name.contains("pat-operator"));
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
        place.remove("sync").await;
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
        place.remove("sync").await;
        assert!(place.minted().is_empty() && place.get("Secret", "sync").await.is_none());
        assert_eq!(place.created(), 1);
    });
}

#[test]
fn what_was_done_while_no_operator_ran_is_put_in_order() {
    play(async {
        let stage = Stage::running(&WATCHFUL).await;
        let (forced, restored) = (stage.place("forced").await, stage.place("restored").await);
        forced.served(json!({})).await;
        restored.served(json!({})).await;
        let (old, pair) = (restored.ledger().await.unwrap(), restored.pair().await);
        restored.request(ROTATE, "2026-01-01T00:00:00Z").await;
        let new = restored.replaced(&pair).await;
        restored.overlaps().await;
        stage.kill_operator();
        is_removed_by_force(&forced).await;
        gets_back(&restored, &old).await;
        stage.start_operator();
        is_finished_from_the_ledger(&forced).await;
        takes_the_published_pair_over(&restored, &new).await;
    });
}

async fn is_removed_by_force(place: &Place<'_>) {
    place.patch("PersonalAccessToken", "sync", json!({"metadata": {"finalizers": null}})).await;
    place.remove("sync").await;
}

async fn is_finished_from_the_ledger(place: &Place<'_>) {
    eventually("the end of the resource is recorded", async || {
        let ledger = place.document().await;
        ledger["resources"]
            .as_object()?
            .values()
            .all(|resource| resource["deleting"] == true)
            .then_some(())
    })
    .await;
    // The cluster's garbage collector does so too, which on a new cluster takes its time.
    let secrets = place.stage.api("Secret", Some(&place.name));
    let _ = secrets.delete("sync", &Default::default()).await;
    eventually("its token is revoked", async || place.minted().is_empty().then_some(())).await;
    eventually("its record is gone", async || {
        (place.document().await["resources"] == json!({})).then_some(())
    })
    .await;
    assert_eq!(place.destroyed().len(), 1);
}

/// The ledger as a backup has it.
async fn gets_back(place: &Place<'_>, old: &DynamicObject) {
    let mut ledger = place.ledger().await.unwrap();
    ledger.data["data"] = old.data["data"].clone();
    let ledgers = place.stage.api("Secret", Some(OWN));
    ledgers
        .replace(old.metadata.name.as_ref().unwrap(), &Default::default(), &ledger)
        .await
        .unwrap();
}

/// The ledger lost the rotation to this pair.
async fn takes_the_published_pair_over(place: &Place<'_>, new: &Pair) {
    eventually("the published pair is recorded again", async || {
        let ledger = place.document().await;
        let current =
            ledger["entries"].as_array()?.iter().find(|entry| entry["state"] == "Current")?.clone();
        (current["id"] == new.client_id).then_some(())
    })
    .await;
    assert_eq!(place.pair().await, *new);
    assert!(place.accepts(new).await);
    assert_eq!(condition(&place.ready("sync").await, "Ready")["status"], "True");
    assert_eq!(place.created(), 2, "nothing was minted for it");
}
