//! A token's life from manifest to revocation, judged by the simulator's record.
use serde_json::json;
use stage::{Stage, condition, eventually, play, ready_message};

#[test]
fn a_manifest_becomes_a_credential_that_isc_accepts() {
    play(async {
        let place = Stage::shared().await.place("creates").await;
        place.token("sync", json!({})).await;
        let token = place.ready("sync").await;
        assert_eq!(condition(&token, "ScopesEffective")["status"], "True");
        assert!(place.authenticates("sync").await);
        let secret = place.secret("sync").await.unwrap();
        assert_eq!(
            secret.keys().collect::<Vec<_>>(),
            ["apiUrl", "clientId", "clientSecret", "tokenUrl"]
        );
        assert_eq!(
            secret["clientId"],
            token.data["status"]["current"]["clientId"].as_str().unwrap()
        );
        assert_eq!((place.created(), place.posts()), (1, 1));
        let minted = place.minted();
        let life = minted[0]
            .expiration_date
            .unwrap()
            .duration_since(place.stage.simulator.control().now());
        assert!((89 * 86_400..=90 * 86_400).contains(&life.as_secs()), "{life:#}");
        assert!(minted[0].name.ends_with(" creates/sync"), "{}", minted[0].name);
        place.tells("sync", &["Published"]).await;
        assert_eq!(place.events("sync").await, ["Published"]);
    });
}

#[test]
fn the_sdk_format_has_the_variables_of_the_official_clients() {
    play(async {
        let place = Stage::shared().await.place("formats").await;
        place
            .token("sync", json!({"secret": {"name": "other", "format": "SailPointSdk", "labels": {"team": "iam"}}}))
            .await;
        place.ready("sync").await;
        let secret = place.secret("other").await.unwrap();
        assert_eq!(
            secret.keys().collect::<Vec<_>>(),
            ["SAIL_BASE_URL", "SAIL_CLIENT_ID", "SAIL_CLIENT_SECRET"]
        );
        place
            .token(
                "sync",
                json!({"secret": {"name": "other", "format": "Plain", "labels": {"team": "iam"}}}),
            )
            .await;
        eventually("the keys of the other format", async || {
            place.secret("other").await.unwrap().contains_key("clientId").then_some(())
        })
        .await;
        let secret = place.secret("other").await.unwrap();
        assert_eq!(
            secret.keys().collect::<Vec<_>>(),
            ["apiUrl", "clientId", "clientSecret", "tokenUrl"]
        );
        assert_eq!(place.created(), 1);
    });
}

#[test]
fn scopes_and_name_change_in_place() {
    play(async {
        let place = Stage::shared().await.place("changes").await;
        place.served(json!({})).await;
        let before = place.minted()[0].id.clone();
        place
            .token(
                "sync",
                json!({"name": "NERM sync", "scopes": ["idn:nelm:manage", "idn:nelm:read"]}),
            )
            .await;
        let token = eventually("the change in ISC", async || {
            let minted = place.minted();
            let scopes = minted[0].scope.clone().unwrap_or_default();
            (minted[0].name.ends_with(" NERM sync") && scopes.len() == 2).then(|| minted[0].clone())
        })
        .await;
        assert_eq!((token.id, place.created()), (before, 1));
    });
}

#[test]
fn a_deleted_or_altered_secret_is_restored_without_a_new_token() {
    play(async {
        let place = Stage::shared().await.place("repairs").await;
        place.served(json!({})).await;
        let first = place.secret("sync").await.unwrap();
        place.delete("Secret", "sync").await;
        eventually("the deleted Secret", async || place.secret("sync").await).await;
        assert_eq!(place.secret("sync").await.unwrap(), first);
        place.patch("Secret", "sync", json!({"data": {"clientSecret": "eHg=", "own": "eHg="}, "metadata": {"annotations": {"pat-operator.dev/client-id": "x", "mine": "1"}}})).await;
        eventually("the altered key", async || {
            (place.secret("sync").await?["clientSecret"] == first["clientSecret"]).then_some(())
        })
        .await;
        let repaired = place.get("Secret", "sync").await.unwrap();
        assert_eq!(
            repaired.data["data"]["own"], "eHg=",
            "what is not the operator's is left alone"
        );
        assert_eq!(repaired.metadata.annotations.unwrap()["mine"], "1");
        assert_eq!((place.created(), place.minted().len()), (1, 1));
    });
}

#[test]
fn deletion_revokes_and_leaves_nothing() {
    play(async {
        let place = Stage::shared().await.place("deletes").await;
        place.served(json!({})).await;
        place.remove("sync").await;
        assert!(place.minted().is_empty(), "the token is revoked before the finalizer goes");
        assert!(place.get("Secret", "sync").await.is_none());
        place.served(json!({})).await;
        assert_eq!(place.created(), 2);
    });
}

#[test]
fn deleting_the_whole_namespace_revokes() {
    play(async {
        let place = Stage::shared().await.place("namespace-goes").await;
        place.token("a", json!({})).await;
        place.token("b", json!({})).await;
        place.ready("a").await;
        place.ready("b").await;
        place
            .stage
            .api("Namespace", None)
            .delete("namespace-goes", &Default::default())
            .await
            .unwrap();
        eventually("the namespace is gone", async || {
            place
                .stage
                .api("Namespace", None)
                .get_opt("namespace-goes")
                .await
                .unwrap()
                .is_none()
                .then_some(())
        })
        .await;
        assert!(place.minted().is_empty());
    });
}

#[test]
fn a_suspended_resource_waits_and_is_revoked_all_the_same() {
    play(async {
        let place = Stage::shared().await.place("suspended").await;
        place.token("sync", json!({"suspend": true})).await;
        place.shows("sync", "False", "Suspended").await;
        assert_eq!(place.posts(), 0);
        place.served(json!({"suspend": false})).await;
        place.token("sync", json!({"suspend": true, "scopes": ["idn:nelm:manage"]})).await;
        place.shows("sync", "True", "Suspended").await;
        assert_eq!(place.minted()[0].scope.clone().unwrap(), ["idn:nelm:read"]);
        place.remove("sync").await;
        assert!(place.minted().is_empty());
    });
}

#[test]
fn eight_of_ten_slots_are_used_and_the_ninth_says_so() {
    play(async {
        let place = Stage::shared().await.place("slots").await;
        for n in 0..9 {
            place.token(&format!("t{n}"), json!({})).await;
        }
        let full = eventually("one resource without a slot", async || {
            let all = place.resources().await;
            let ready =
                all.iter().filter(|token| condition(token, "Ready")["status"] == "True").count();
            all.into_iter()
                .find(|t| ready == 8 && condition(t, "Ready")["reason"] == "CapacityExhausted")
        })
        .await;
        let message = ready_message(&full);
        assert!(
            message.contains("9 of 10 tokens, 1 of them not made by this operator"),
            "{message}"
        );
        assert_eq!((place.created(), place.minted().len()), (8, 8));
    });
}
