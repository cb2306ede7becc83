//! How a tenant words refusals and shows tokens, where nothing documents it.
use isc_simulator::{ErrorStyle, Fault, Operation, Shown, Switches};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::client::{Isc, PATS, credential};

/// Refusals of several operations, by the simulator itself and by a fault.
fn refusals(isc: &Isc) -> Vec<(RequestBuilder, u16)> {
    isc.control().add_fault(
        None,
        Fault { status: Some(500), ..Fault::on(Operation::PublicIdentities) }.once(),
    );
    vec![
        (isc.request(Method::POST, PATS).json(&json!({})), 400),
        (isc.http.get(format!("{}{PATS}?owner-id=me", isc.base)), 401),
        (isc.request(Method::DELETE, &format!("{PATS}/missing")), 404),
        (
            isc.http
                .post(format!("{}/oauth/token", isc.base))
                .form(&[("grant_type", "client_credentials")]),
            401,
        ),
        (
            isc.http.post(format!("{}/oauth/token", isc.base)).form(&[("grant_type", "password")]),
            400,
        ),
        (isc.http.get(format!("{}/api/users", isc.base)), 401),
        (isc.request(Method::GET, "/public-identities/v1"), 500),
        (isc.request(Method::GET, "/nowhere"), 404),
        (isc.request(Method::PUT, PATS), 405),
    ]
}

#[tokio::test]
async fn every_refusal_follows_the_style() {
    let isc = Isc::start().await;
    for style in ErrorStyle::ALL {
        isc.dialect(|dialect| dialect.errors = style);
        for (request, expected) in refusals(&isc) {
            let reply = request.send().await.expect("a reply");
            assert_eq!(reply.status(), expected, "{style:?}");
            let text = reply.text().await.expect("text");
            let body: Value = serde_json::from_str(&text).unwrap_or_default();
            let has = |field: &str| body[field].is_string();
            let right = match style {
                ErrorStyle::Vendor => has("error") || has("detailCode"),
                ErrorStyle::OAuth => has("error") && has("error_description"),
                ErrorStyle::ErrorMessage => has("errorMessage"),
                ErrorStyle::FormattedMsg => has("formatted_msg"),
                ErrorStyle::Empty => text.is_empty(),
            };
            assert!(right, "{style:?} {expected}: {text}");
        }
    }
}

#[tokio::test]
async fn a_refused_credential_has_the_status_of_the_dialect() {
    let isc = Isc::start().await;
    let wrong = credential(&json!({"id": "nobody", "secret": "wrong"}));
    assert_eq!(isc.sign_in(&wrong).await.status(), 401);
    isc.dialect(|dialect| dialect.refused_credential_status = 400);
    let reply = isc.sign_in(&wrong).await;
    assert_eq!(reply.status(), 400);
    assert_eq!(reply.json::<Value>().await.expect("JSON"), json!({"error": "invalid_client"}));
}

#[tokio::test]
async fn list_and_patch_show_scope_and_last_use_as_the_dialect_says() {
    let isc = Isc::start().await;
    let created = isc.create("shown").await;
    isc.access_token(&credential(&created)).await;
    let id = created["id"].as_str().expect("an id");
    for shown in Shown::ALL {
        isc.dialect(|dialect| (dialect.list_scope, dialect.list_last_used) = (shown, shown));
        let listed = isc.list().await.into_iter().find(|token| token["id"] == id).expect("listed");
        let change = json!([{"op": "replace", "path": "/name", "value": format!("{shown:?}")}]);
        let (_, patched) = isc.patch(id, change).await;
        for token in [listed, patched] {
            let (scope, used) = (token.get("scope"), token.get("lastUsed"));
            match shown {
                Shown::Value => {
                    assert!(
                        scope.is_some_and(Value::is_array) && used.is_some_and(Value::is_string),
                        "{token}"
                    );
                }
                Shown::Null => {
                    assert_eq!((scope, used), (Some(&Value::Null), Some(&Value::Null)), "{token}");
                }
                Shown::Absent => assert_eq!((scope, used), (None, None), "{token}"),
            }
        }
    }
    assert!(
        isc.create("made").await["scope"].is_array(),
        "the reply to POST shows them all the same"
    );
}

#[tokio::test]
async fn unknown_fields_of_every_type_are_in_every_reply() {
    let isc = Isc::start().await;
    let id = isc.create("plain").await["id"].as_str().expect("an id").to_owned();
    isc.dialect(|dialect| dialect.extra_fields = true);
    let change = json!([{"op": "replace", "path": "/name", "value": "renamed"}]);
    let mut replies = vec![
        isc.granted(&isc.seed()).await,
        isc.create("more").await,
        isc.patch(&id, change).await.1,
        isc.send(isc.http.get(format!("{}/oauth/info", isc.base))).await.1,
        isc.send(isc.request(Method::DELETE, &format!("{PATS}/missing"))).await.1,
    ];
    replies.extend(isc.list().await);
    assert_eq!(replies.len(), 8);
    for reply in replies {
        let unknown = |name: &str| &reply[format!("unknown{name}")];
        assert!(
            unknown("Text").is_string()
                && unknown("Number").is_u64()
                && unknown("Fraction").is_f64(),
            "{reply}"
        );
        assert!(
            unknown("Flag").is_boolean()
                && unknown("List").is_array()
                && unknown("Object").is_object(),
            "{reply}"
        );
        assert_eq!(reply.get("unknownNull"), Some(&Value::Null));
    }
}

#[tokio::test]
async fn success_has_the_status_of_the_dialect() {
    let isc = Isc::start().await;
    isc.dialect(|dialect| (dialect.created_status, dialect.deleted_status) = (201, 200));
    let (status, created) = isc.post(&isc.body("made")).await;
    assert_eq!(status, 201);
    let id = created["id"].as_str().expect("an id");
    isc.dialect(|dialect| dialect.changed_status = 204);
    let change = json!([{"op": "replace", "path": "/name", "value": "renamed"}]);
    assert_eq!(isc.patch(id, change).await.0, 204);
    assert_eq!(isc.names().await, ["renamed"]);
    assert_eq!(isc.delete(id).await, 200);
    assert_eq!(isc.names().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_token_lives_its_life_in_every_isc_that_can_be_drawn() {
    let isc = Isc::start().await;
    for number in 0..100 {
        let drawn = Switches::drawn_from(number);
        isc.switch(|switches| *switches = drawn.clone());
        let mut body = isc.body(&format!("drawn {number}"));
        body["expirationDate"] =
            json!((isc.control().now() + jiff::SignedDuration::from_hours(24 * 80)).to_string());
        let (status, created) = isc.post(&body).await;
        assert_eq!(status.as_u16(), drawn.dialect.created_status, "{drawn:?}");
        isc.control().advance(jiff::SignedDuration::from_secs(91));
        let id = created["id"].as_str().expect("an id");
        assert!(isc.list().await.iter().any(|token| token["id"] == id), "{drawn:?}");
        isc.granted(&credential(&created)).await;
        assert_eq!(isc.delete(id).await.as_u16(), drawn.dialect.deleted_status, "{drawn:?}");
        let refused = isc.sign_in(&credential(&created)).await.status();
        assert_eq!(refused.as_u16(), drawn.dialect.refused_credential_status, "{drawn:?}");
    }
}
