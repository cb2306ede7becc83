//! A canary scan: no client secret and no access token in anything that the operator writes for
//! people.
use isc_simulator::{ACCESS_TOKEN_MARKER, CLIENT_SECRET_MARKER, Fault, Hostile, Operation};
use serde_json::json;
use stage::{OWN, Place, Stage, eventually, play};

/// Successes and failures of every kind that handles a client secret.
async fn scenario(place: &Place<'_>) {
    let control = place.stage.simulator.control();
    place.token("plain", json!({})).await;
    place.token("sdk", json!({"secret": {"format": "SailPointSdk"}})).await;
    place.ready("plain").await;
    place.ready("sdk").await;
    let bodies =
        [Hostile::AlteredName, Hostile::WrongShape, Hostile::TwoDocuments, Hostile::SecretArray];
    for (n, body) in bodies.into_iter().enumerate() {
        let name = format!("unlucky-{n}");
        control.add_fault(
            Some(&place.name),
            Fault { body: Some(body), ..Fault::on(Operation::Create) }.once(),
        );
        place.token(&name, json!({})).await;
        // Not before: what became of the attempt before it may still be awaited.
        eventually(&format!("the POST for {name}"), async || (place.posts() > 2 + n).then_some(()))
            .await;
        place.tells(&name, &["IscUnavailable", "Unresolved", "BackOff"]).await;
        place.delete("PersonalAccessToken", &name).await;
    }
    let refused = Fault { status: Some(401), ..Fault::on(Operation::Oauth) };
    control.add_fault(Some(&place.name), Fault { times: Some(2), ..refused });
    place.patch("Secret", "plain", json!({"data": {"clientSecret": "eHg="}})).await;
    eventually("the altered Secret put right", async || {
        place.authenticates("plain").await.then_some(())
    })
    .await;
    place.remove("sdk").await;
}

#[test]
fn no_client_secret_and_no_access_token_is_ever_told() {
    play(async {
        let timings = ["--attempt-expiry", "20s", "--list-lag", "1s", "--drift-interval", "4s"];
        let stage =
            Stage::running(&[&timings[..], &["--recheck", "1s", "--secret-poll", "1s"]].concat())
                .await;
        let place = stage.place("secrecy").await;
        scenario(&place).await;
        let mut canaries = stage.simulator.control().client_secrets();
        assert!(canaries.len() >= 4, "the scenario made too few client secrets");
        canaries.extend([CLIENT_SECRET_MARKER.to_owned(), ACCESS_TOKEN_MARKER.to_owned()]);
        let log = stage.log();
        assert!(
            log.contains("\"level\":\"DEBUG\"")
                && log.contains("it is unknown whether a token was created")
        );
        let secrets = ["get", "secrets", "-A", "-o"];
        let kinds =
            "personalaccesstokens,tenants,events,configmaps,leases,namespaces,serviceaccounts";
        let told = [
            ("the log", log),
            ("the metrics", stage.metrics().await),
            (
                "an object",
                stage.kubectl(&["get", kinds, "-A", "-o", "json", "--show-managed-fields"]),
            ),
            (
                "the metadata of a Secret",
                stage.kubectl(&[&secrets[..], &["jsonpath={.items[*].metadata}"]].concat()),
            ),
        ];
        for (place, text) in &told {
            assert!(text.len() > 100, "{place} is empty");
            for canary in &canaries {
                assert!(!holds(text, canary), "{place} holds a secret value: {canary}");
            }
        }
        let holders = stage.kubectl(&[&secrets[..], &["json"]].concat());
        let holders: serde_json::Value = serde_json::from_str(&holders).unwrap();
        let holds_any = |object: &&serde_json::Value| {
            canaries.iter().any(|canary| holds(&object["data"].to_string(), canary))
        };
        let mut names: Vec<_> =
            holders["items"].as_array().unwrap().iter().filter(holds_any).map(name).collect();
        names.sort();
        let expected =
            [format!("{OWN}/ledger"), format!("{OWN}/secrecy-seed"), "secrecy/plain".into()];
        assert_eq!(names, expected, "only ledger, seed and published Secret hold one");
    });
}

/// Whether a text holds a value, plain or as base64 at any offset.
fn holds(text: &str, value: &str) -> bool {
    use base64::Engine;
    let shifted = |skip: usize| {
        let padded = [vec![b'.'; skip], value.as_bytes().to_vec()].concat();
        let encoded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(padded);
        // The first characters mix with what stands before the value, the last with what follows
        // it.
        let from = [0, 2, 3][skip];
        encoded[from..encoded.len() - 2].to_owned()
    };
    text.contains(value) || (0..3).any(|skip| text.contains(&shifted(skip)))
}

/// Namespace and name; a ledger's varies behind its first word.
fn name(object: &serde_json::Value) -> String {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
    let ledger = text("name").starts_with("ledger-");
    format!("{}/{}", text("namespace"), if ledger { "ledger".into() } else { text("name") })
}

#[test]
fn the_scan_finds_a_value_plain_and_encoded() {
    use base64::Engine;
    for before in ["", "a", "ab", "abc", "{\"clientSecret\":\""] {
        let text = format!("{before}{CLIENT_SECRET_MARKER}0123 and more");
        let encoded = base64::engine::general_purpose::STANDARD.encode(&text);
        assert!(
            holds(&text, CLIENT_SECRET_MARKER) && holds(&encoded, CLIENT_SECRET_MARKER),
            "{before:?}"
        );
        assert!(!holds(&encoded, "another value"), "{before:?}");
    }
}
