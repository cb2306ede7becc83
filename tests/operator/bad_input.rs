//! What is wrong in Kubernetes: nothing is minted, somebody is told what to do, and all goes on
//! once it is done.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use stage::{OWN, Place, Stage, condition, eventually, play, ready_message};

/// The cause is still there.
fn nothing_was_minted(place: &Place<'_>) {
    assert_eq!(place.posts(), 0, "something was asked of ISC before the cause was gone");
}

/// The cause is gone: one POST in all gives the one token.
async fn heals(place: &Place<'_>, name: &str) {
    place.ready(name).await;
    assert_eq!((place.posts(), place.created(), place.minted().len()), (1, 1, 1));
    assert!(place.authenticates(name).await);
}

#[test]
fn without_its_tenant_a_resource_waits_and_the_tenant_created_later_heals_it() {
    play(async {
        let place = Stage::shared().await.bare("no-tenant").await;
        place.token("sync", json!({})).await;
        place.refused("sync", "TenantNotFound", &["Tenant \"no-tenant\"", "create it"]).await;
        nothing_was_minted(&place);
        place.seed().await;
        place.tenant(json!({})).await;
        heals(&place, "sync").await;
    });
}

#[test]
fn a_seed_secret_that_is_missing_empty_or_wrong_is_named_on_tenant_and_resource() {
    play(async {
        let place = Stage::shared().await.bare("no-seed").await;
        place.declare().await;
        let secret = format!("Secret \"{OWN}/no-seed-seed\"");
        let all = [
            ("SeedMissing", None, "create it with the keys clientId and clientSecret"),
            ("SeedInvalid", Some(json!({})), "has no value under \"clientId\""),
            (
                "SeedInvalid",
                Some(json!({"clientId": place.client_id, "clientSecret": " "})),
                "under \"clientSecret\"",
            ),
            (
                "SeedInvalid",
                Some(json!({"client_id": "x", "client_secret": "y"})),
                "under \"clientId\"",
            ),
        ];
        let seeds = place.stage.api("Secret", Some(OWN));
        let all = all.into_iter().chain(spoilt(&place.client_id));
        for (reason, body, remedy) in all {
            if let Some(body) = body {
                let _ = seeds.delete(&place.seed_name(), &Default::default()).await;
                place
                    .apply("Secret", Some(OWN), &place.seed_name(), json!({"stringData": body}))
                    .await;
            }
            eventually(&format!("{reason}: {remedy}"), async || {
                let message = place.tenant_shows("False", reason).await;
                (message.contains(&secret) && message.contains(remedy)).then_some(())
            })
            .await;
            eventually(&format!("{reason} on the resource: {remedy}"), async || {
                place.refused("sync", reason, &[&secret]).await.contains(remedy).then_some(())
            })
            .await;
        }
        nothing_was_minted(&place);
        place.seed().await;
        heals(&place, "sync").await;
        place.tenant_shows("True", "Connected").await;
    });
}

/// Seeds with both values, of which each could work if it were written otherwise.
fn spoilt(client_id: &str) -> [(&'static str, Option<Value>, &'static str); 5] {
    let client_secret = "c4n4ry00".repeat(8);
    let seed = |id: &str, secret: &str| Some(json!({"clientId": id, "clientSecret": secret}));
    [
        ("SeedInvalid", seed(&client_secret, client_id), "has clientId and clientSecret swapped"),
        (
            "SeedInvalid",
            seed(&format!("\u{feff}{client_id}"), &client_secret),
            "has a byte order mark before the value under \"clientId\"",
        ),
        (
            "SeedInvalid",
            seed(client_id, &format!("\"{client_secret}\"")),
            "has quotes around the value under \"clientSecret\"",
        ),
        (
            "SeedInvalid",
            seed(client_id, &format!("{client_secret}\n{client_secret}")),
            "has more than one line under \"clientSecret\"",
        ),
        (
            "SeedInvalid",
            seed(client_id, &STANDARD.encode(&client_secret)),
            "is encoded in base64 once too often",
        ),
    ]
}

#[test]
fn a_credential_that_isc_refuses_is_named_by_its_seed_secret() {
    play(async {
        let place = Stage::shared().await.bare("refused-credential").await;
        place.seed_with(&place.client_id, &"x".repeat(64)).await;
        place.declare().await;
        let words = [
            "Tenant \"refused-credential\"",
            "refused-credential-seed",
            "put a live personal access token",
        ];
        place.refused("sync", "CredentialRefused", &words).await;
        place.tenant_shows("False", "CredentialRefused").await;
        nothing_was_minted(&place);
        place.seed().await;
        heals(&place, "sync").await;
    });
}

#[test]
fn a_namespace_or_a_scope_that_is_not_granted_gets_nothing() {
    play(async {
        let place = Stage::shared().await.bare("grants").await;
        place.seed().await;
        let grant = |namespace: &str, scopes: &[&str]| json!({"grants": [{"namespaces": [namespace], "scopes": scopes}]});
        place.tenant(grant("elsewhere", &["idn:nelm:*"])).await;
        place.token("sync", json!({"scopes": ["idn:nelm:read", "sp:scopes:all"]})).await;
        let nobody = "Tenant \"grants\" grants nothing to namespace \"grants\"";
        place.refused("sync", "NotGranted", &[nobody, "ask the platform team for a grant"]).await;
        place.tenant(grant("grants", &["idn:nelm:*", "sp:*", "sp:scopes:*"])).await;
        eventually("the scope that no star covers", async || {
            let message = place.refused("sync", "NotGranted", &[]).await;
            message
                .contains("does not grant sp:scopes:all to namespace \"grants\"; remove them from spec.scopes")
                .then_some(())
        })
        .await;
        nothing_was_minted(&place);
        place.tenant(grant("grants", &["idn:nelm:*", "sp:scopes:all"])).await;
        heals(&place, "sync").await;
    });
}

#[test]
fn a_narrowed_grant_leaves_the_live_token_alone() {
    play(async {
        let place = Stage::shared().await.place("narrowed").await;
        place.served(json!({})).await;
        let before = (place.minted()[0].id.clone(), place.secret("sync").await.unwrap());
        place
            .tenant(
                json!({"grants": [{"namespaces": ["narrowed"], "scopes": ["idn:accounts:read"]}]}),
            )
            .await;
        let token = place.shows("sync", "True", "NotGranted").await;
        let message = ready_message(&token);
        assert!(
            message.contains("holds a live credential") && message.contains("idn:nelm:read"),
            "{message}"
        );
        assert_eq!(condition(&token, "Stalled")["reason"], "NotGranted");
        place.tells("sync", &["NotGranted"]).await;
        assert!(place.authenticates("sync").await);
        place.tenant(json!({})).await;
        place.ready("sync").await;
        assert_eq!((place.minted()[0].id.clone(), place.secret("sync").await.unwrap()), before);
        assert_eq!(place.posts(), 1);
    });
}

#[test]
fn a_foreign_secret_keeps_its_bytes_and_its_name() {
    play(async {
        let place = Stage::shared().await.place("foreign-secret").await;
        place
            .create("Secret", "root-ca", json!({"data": {"clientId": "eHg=", "ca.crt": "eHg="}}))
            .await;
        let before = place.get("Secret", "root-ca").await.unwrap();
        place.token("sync", json!({"secret": {"name": "root-ca"}})).await;
        place
            .refused(
                "sync",
                "SecretConflict",
                &["Secret \"root-ca\"", "delete that Secret", "spec.secret.name"],
            )
            .await;
        assert_eq!(place.get("Secret", "root-ca").await.unwrap(), before);
        place.remove("sync").await;
        assert_eq!(
            place.get("Secret", "root-ca").await.unwrap(),
            before,
            "not even deletion touches it"
        );
        place.token("sync", json!({"secret": {"name": "root-ca"}})).await;
        place.shows("sync", "False", "SecretConflict").await;
        assert_eq!(place.posts(), 0);
        place.delete("Secret", "root-ca").await;
        place.ready("sync").await;
        assert_eq!((place.posts(), place.secret("root-ca").await.unwrap().len()), (1, 4));
    });
}

#[test]
fn of_two_resources_with_one_secret_name_the_older_has_it_and_the_other_comes_next() {
    play(async {
        let place = Stage::shared().await.place("rivals").await;
        place.serve("first", json!({"secret": {"name": "shared"}})).await;
        let before = place.get("Secret", "shared").await.unwrap();
        // Creation times have whole seconds.
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        place.token("second", json!({"secret": {"name": "shared"}})).await;
        let words = ["Secret \"shared\"", "PersonalAccessToken \"first\"", "spec.secret.name"];
        place.refused("second", "SecretConflict", &words).await;
        assert_eq!((place.get("Secret", "shared").await.unwrap(), place.posts()), (before, 1));
        place.remove("first").await;
        place.ready("second").await;
        assert_eq!((place.posts(), place.minted().len()), (2, 1));
        let current = place.get("PersonalAccessToken", "second").await.unwrap();
        assert_eq!(
            place.secret("shared").await.unwrap()["clientId"],
            current.data["status"]["current"]["clientId"].as_str().unwrap()
        );
    });
}

#[test]
fn a_secret_that_the_cluster_refuses_is_published_once_it_does_not() {
    play(async {
        let place = Stage::shared().await.place("refused-secret").await;
        let policy = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(policy.path(), POLICY).unwrap();
        let file = policy.path().display().to_string();
        place.stage.kubectl(&["apply", "-f", &file]);
        eventually("the policy in force", async || {
            let secret = serde_json::from_value(json!({"metadata": {"name": "probe"}})).unwrap();
            let probe = kube::api::PostParams { dry_run: true, ..Default::default() };
            place.stage.api("Secret", Some(&place.name)).create(&probe, &secret).await.err()
        })
        .await;
        place.token("sync", json!({})).await;
        let words = [
            "refuses Secret \"sync\"",
            "no Secrets here",
            "change the quota, admission policy or right",
        ];
        place.refused("sync", "SecretRefused", &words).await;
        place.stage.kubectl(&["delete", "-f", &file]);
        place.ready("sync").await;
        assert_eq!(
            (place.posts(), place.created()),
            (1, 1),
            "the token that was minted is the one published"
        );
        assert!(place.authenticates("sync").await);
    });
}

/// Forbids Secrets in the namespace of the test above.
const POLICY: &str = r#"
{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, metadata: {name: no-secrets}, spec: {
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [secrets]}]},
  matchConditions: [{name: here, expression: "request.namespace == 'refused-secret'"}],
  validations: [{expression: "false", message: "no Secrets here"}]}}
---
{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding, metadata: {name: no-secrets},
  spec: {policyName: no-secrets, validationActions: [Deny]}}
"#;
