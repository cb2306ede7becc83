//! What one namespace user does costs no other resource of the ISC user anything.
use isc_simulator::TokenEdit;
use kube::api::{Patch, PatchParams};
use serde_json::json;
use stage::{REVOKE, ROTATE, Stage, WATCHFUL, eventually, play, ready_message};

#[test]
fn an_immutable_secret_is_told_blocks_nobody_and_heals_once_it_is_deleted() {
    play(async {
        let place = Stage::watchful().await.place("immutable").await;
        place.served(json!({})).await;
        let old = place.pair().await;
        place.patch("Secret", "sync", json!({"immutable": true})).await;
        place.token("other", json!({})).await;
        let other = place.ready("other").await.data["status"]["current"]["clientId"].clone();
        place.request(ROTATE, "2026-01-01T00:00:00Z").await;
        let told = place.shows("sync", "True", "RotationBlocked").await;
        let message = ready_message(&told);
        assert!(message.contains("its Secret is immutable; delete that Secret"), "{message}");
        assert_eq!(place.created(), 2, "nothing is minted that cannot be published");

        let request = json!({"metadata": {"annotations": {ROTATE: "2026-01-01T00:00:01Z"}}});
        place.patch("PersonalAccessToken", "other", request).await;
        eventually("the other one is rotated", async || {
            let now = place.get("PersonalAccessToken", "other").await?;
            (now.data["status"]["current"]["clientId"] != other).then_some(())
        })
        .await;

        place.delete("Secret", "sync").await;
        eventually("the Secret comes back, and is then rotated", async || {
            place.secret("sync").await?;
            let pair = place.pair().await;
            (pair != old && place.accepts(&pair).await).then_some(())
        })
        .await;
    });
}

#[test]
fn an_overlap_is_bounded_and_retain_is_allowed_by_the_tenant_alone() {
    play(async {
        let place = Stage::shared().await.place("bounded").await;
        let grant = json!({"namespaces": ["bounded"], "scopes": ["idn:nelm:*"]});
        place.tenant(json!({"grants": [grant], "limits": {"maxOverlap": "48h"}})).await;
        place.token("long", json!({"rotation": {"every": "365d", "overlap": "182d"}})).await;
        let token = place.ready("long").await;
        assert_eq!(token.data["status"]["effective"]["overlap"], "48h");

        place.token("kept", json!({"reclaimPolicy": "Retain"})).await;
        let token = place.shows("kept", "False", "RetainNotAllowed").await;
        let message = ready_message(&token);
        assert!(message.contains("does not allow reclaimPolicy Retain"), "{message}");
        assert_eq!(place.created(), 1, "nothing is minted that would stay");

        place.token("long", json!({"reclaimPolicy": "Retain"})).await;
        place.remove("long").await;
        assert!(place.minted().is_empty(), "a late Retain keeps nothing either");
    });
}

#[test]
fn a_token_that_a_person_renamed_in_isc_is_revoked_all_the_same() {
    play(async {
        let place = Stage::shared().await.place("renamed").await;
        place.served(json!({})).await;
        let leaked = place.pair().await;
        let edit = TokenEdit { name: Some("mine now".into()), ..TokenEdit::default() };
        let control = place.stage.simulator.control();
        control.edit_token(&place.name, &leaked.client_id, edit.clone()).unwrap();
        place.request(REVOKE, "2026-01-01T00:00:00Z").await;
        let new = place.replaced(&leaked).await;
        let gone = |id: &str| !place.all_tokens().iter().any(|token| token.id == id);
        eventually("the renamed token is gone", async || gone(&leaked.client_id).then_some(()))
            .await;

        control.edit_token(&place.name, &new.client_id, edit).unwrap();
        place.remove("sync").await;
        assert!(gone(&new.client_id), "nor does it outlive its resource");
    });
}

#[test]
fn an_object_that_does_not_decode_keeps_no_other_from_being_served() {
    play(async {
        let stage = Stage::running(&WATCHFUL).await;
        let place = stage.place("odd-objects").await;
        place.served(json!({})).await;
        let condition = json!({"type": "Odd", "status": "True", "reason": "Odd", "message": "", "lastTransitionTime": "2026-01-01T00:00:00+99:99"});
        let status = json!({"status": {"conditions": [condition]}});
        let api = stage.api("PersonalAccessToken", Some(&place.name));
        api.patch_status("sync", &PatchParams::default(), &Patch::Merge(&status)).await.unwrap();
        stage.restart_operator();
        place.token("after", json!({})).await;
        place.ready("after").await;
        place.delete("Secret", "sync").await;
        eventually("the one with the odd status is served too", async || {
            place.secret("sync").await.map(|_| ())
        })
        .await;
    });
}
