//! Making, listing, changing and destroying tokens.
use isc_simulator::{CLIENT_SECRET_MARKER, DEFAULT_TENANT, NewToken, Operation, TokenEdit};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Isc, PATS, SCOPES, minutes};

#[tokio::test]
async fn the_client_secret_is_shown_once_and_carries_the_marker() {
    let isc = Isc::start().await;
    let created = isc.create("once").await;
    let (id, value) =
        (created["id"].as_str().expect("id"), created["secret"].as_str().expect("secret"));
    assert!(id.len() == 32 && value.starts_with(CLIENT_SECRET_MARKER));
    assert_eq!(created["owner"]["id"], isc.admin());
    assert_eq!(created["scope"], json!(SCOPES));
    assert!(isc.control().client_secrets().iter().any(|issued| issued == value));
    let listed = isc.list().await.into_iter().find(|token| token["id"] == id).expect("listed");
    assert!(!listed.to_string().contains(value));
    let (_, patched) =
        isc.patch(id, json!([{"op": "replace", "path": "/name", "value": "renamed"}])).await;
    assert_eq!(patched["name"], "renamed");
    assert!(!patched.to_string().contains(value));
}

#[tokio::test]
async fn every_published_path_serves_the_same_tokens() {
    let isc = Isc::start().await;
    for path in [
        PATS,
        "/v3/personal-access-tokens",
        "/beta/personal-access-tokens",
        "/v2026/personal-access-tokens",
    ] {
        let (status, _) = isc.send(isc.request(Method::POST, path).json(&isc.body(path))).await;
        assert_eq!(status, 200, "{path}");
    }
    assert_eq!(isc.names().await.len(), 4);
}

#[tokio::test]
async fn a_post_without_scope_is_refused_and_on_record() {
    let isc = Isc::start().await;
    for scope in [None, Some(Value::Null), Some(json!([]))] {
        let mut body = isc.body("greedy");
        body.as_object_mut().expect("an object").remove("scope");
        if let Some(scope) = &scope {
            body["scope"] = scope.clone();
        }
        let before = isc.control().violations().len();
        assert_eq!(isc.post(&body).await.0, 400, "{scope:?}");
        assert_eq!(isc.control().violations().len(), before + 1, "{scope:?}");
    }
    assert_eq!(isc.names().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_a_post_is_refused_for() {
    let isc = Isc::start().await;
    isc.create("taken").await;
    let cases = [
        ("no name", "name", Value::Null),
        ("an empty name", "name", json!(" ")),
        ("a name in use", "name", json!("taken")),
        ("14 seconds", "accessTokenValiditySeconds", json!(14)),
        ("43201 seconds", "accessTokenValiditySeconds", json!(43_201)),
        ("a fraction of seconds", "accessTokenValiditySeconds", json!(60.5)),
        ("scopes that are no strings", "scope", json!([1])),
        ("a date in the past", "expirationDate", json!("2020-01-01T00:00:00Z")),
        ("no date at all", "expirationDate", json!("soon")),
        ("neither a date nor the acknowledgement", "expirationDate", Value::Null),
    ];
    for (case, field, value) in cases {
        let mut body = isc.body("fresh");
        body[field] = value;
        let (status, reply) = isc.post(&body).await;
        assert_eq!(status, 400, "{case}");
        assert!(
            reply["messages"][0]["text"].is_string() && reply["trackingId"].is_string(),
            "{case}"
        );
    }
    let plain = isc.request(Method::POST, PATS).body("{}").header("content-type", "text/plain");
    assert_eq!(isc.send(plain).await.0, 415);
    let broken =
        isc.request(Method::POST, PATS).body("{").header("content-type", "application/json");
    assert_eq!(isc.send(broken).await.0, 400);
    assert_eq!(isc.names().await, ["taken"]);
    for bound in [15, 43_200] {
        let mut body = isc.body(&format!("bound {bound}"));
        body["accessTokenValiditySeconds"] = json!(bound);
        assert_eq!(isc.post(&body).await.0, 200, "{bound}");
    }
}

#[tokio::test]
async fn the_eleventh_token_is_refused_with_the_status_of_the_switch() {
    let isc = Isc::start().await;
    for n in 2..=10 {
        isc.create(&format!("token {n}")).await;
    }
    assert_eq!(isc.post(&isc.body("eleventh")).await.0, 400);
    isc.switch(|switches| switches.cap_status = 422);
    assert_eq!(isc.post(&isc.body("eleventh")).await.0, 422);
    isc.switch(|switches| switches.tokens_per_user = 11);
    assert_eq!(isc.post(&isc.body("eleventh")).await.0, 200);
}

#[tokio::test]
async fn a_name_is_unique_per_owner_only_and_after_a_rename_too() {
    let isc = Isc::start().await;
    let other = isc.user(&["USER"], &["sp:my-personal-access-tokens:manage"]);
    let bearer = isc.access_token(&other).await;
    isc.create("shared").await;
    let request =
        isc.http.post(format!("{}{PATS}", isc.base)).bearer_auth(bearer).json(&isc.body("shared"));
    assert_eq!(isc.send(request).await.0, 200);
    let second = isc.create("second").await;
    let rename = json!([{"op": "replace", "path": "/name", "value": "shared"}]);
    assert_eq!(isc.patch(second["id"].as_str().expect("id"), rename).await.0, 400);
}

#[tokio::test]
async fn each_operation_needs_its_scope() {
    const MY: &str = "sp:my-personal-access-tokens:manage";
    const ALL: &str = "sp:all-personal-access-tokens:manage";
    let read = "sp:my-personal-access-tokens:read";
    let isc = Isc::start().await;
    let expected = [
        ("sp:scopes:default", [403, 403, 403, 403]),
        (read, [200, 403, 403, 403]),
        (MY, [200, 200, 404, 404]),
        (ALL, [200, 200, 403, 404]),
        ("sp:scopes:all", [200, 200, 404, 404]),
    ];
    for (scope, statuses) in expected {
        let bearer = isc.access_token(&isc.user(&["ORG_ADMIN"], &[scope])).await;
        let call = |method, path: &str| {
            isc.http.request(method, format!("{}{PATS}{path}", isc.base)).bearer_auth(&bearer)
        };
        let patch = call(Method::PATCH, "/missing")
            .body("[]")
            .header("content-type", "application/json-patch+json");
        let calls = [
            call(Method::GET, "?owner-id=me"),
            call(Method::POST, "").json(&isc.body("scoped")),
            patch,
            call(Method::DELETE, "/missing"),
        ];
        for (n, request) in calls.into_iter().enumerate() {
            assert_eq!(isc.send(request).await.0, statuses[n], "{scope}, call {n}");
        }
    }
}

#[tokio::test]
async fn a_list_is_limited_to_the_owner_asked_for_and_to_the_filter() {
    let isc = Isc::start().await;
    let other = isc.user(&["USER"], &["sp:scopes:all"]);
    isc.create("mine").await;
    let list =
        async |query: &str| isc.send(isc.request(Method::GET, &format!("{PATS}{query}"))).await;
    assert_eq!(list("?owner-id=me").await.1.as_array().map(Vec::len), Some(2));
    assert_eq!(
        list("").await.1.as_array().map(Vec::len),
        Some(3),
        "everyone's, for an administrator"
    );
    assert_eq!(list("?owner-id=me&filters=lastUsed%20isnull").await.1[0]["name"], "mine");
    let used = list("?owner-id=me&filters=lastUsed%20le%202999-01-01T00:00:00Z").await.1;
    assert_eq!((used.as_array().map(Vec::len), &used[0]["name"]), (Some(1), &json!("seed")));
    assert_eq!(list("?owner-id=me&limit=1&offset=1").await.1[0]["name"], "mine");
    assert_eq!(list("?owner-id=me&filters=name%20eq%20x").await.0, 400);
    assert_eq!(list("?limit=251").await.0, 400);
    let bearer = isc.access_token(&other).await;
    let all = isc.http.get(format!("{}{PATS}", isc.base)).bearer_auth(bearer);
    assert_eq!(isc.send(all).await.0, 403, "everyone's, for a user");
}

#[tokio::test]
async fn a_list_can_lag_behind() {
    let isc = Isc::start().await;
    let old = isc.create("old").await;
    isc.control().advance(minutes(5));
    isc.switch(|switches| switches.list_lag_seconds = 120);
    isc.create("new").await;
    isc.delete(old["id"].as_str().expect("id")).await;
    assert_eq!(isc.names().await, ["old"]);
    isc.control().advance(minutes(3));
    assert_eq!(isc.names().await, ["new"]);
}

#[tokio::test]
async fn a_patch_changes_only_what_it_may() {
    let isc = Isc::start().await;
    let created = isc.create("patched").await;
    let id = created["id"].as_str().expect("id");
    let change =
        |path: &str, value: Value| json!([{"op": "replace", "path": path, "value": value}]);
    assert_eq!(
        isc.patch(id, change("/scope", json!(["x:y:z"]))).await.1["scope"],
        json!(["x:y:z"])
    );
    assert_eq!(isc.patch(id, change("/accessTokenValiditySeconds", json!(60))).await.0, 400);
    assert_eq!(isc.patch(id, change("/owner", json!("x"))).await.0, 400);
    assert_eq!(
        isc.patch(id, json!([{"op": "move", "path": "/name", "from": "/scope"}])).await.0,
        400
    );
    assert_eq!(isc.patch("missing", change("/name", json!("x"))).await.0, 404);
    let json_type =
        isc.request(Method::PATCH, &format!("{PATS}/{id}")).json(&change("/name", json!("x")));
    assert_eq!(isc.send(json_type).await.0, 415);
}

#[tokio::test]
async fn a_deleted_token_is_gone_and_deleting_it_again_says_404() {
    let isc = Isc::start().await;
    let created = isc.create("doomed").await;
    let id = created["id"].as_str().expect("id");
    assert_eq!(isc.delete(id).await, StatusCode::NO_CONTENT);
    assert_eq!(isc.delete(id).await, StatusCode::NOT_FOUND);
    assert_eq!(isc.names().await, Vec::<String>::new());
}

#[tokio::test]
async fn touching_a_managed_token_is_refused_and_on_record() {
    let isc = Isc::start().await;
    let managed = NewToken { managed: true, ..NewToken::named(&isc.admin(), "workflow") };
    let id = isc.control().create_token(DEFAULT_TENANT, managed).expect("a token").client_id;
    assert_eq!(isc.list().await[1]["managed"], true);
    isc.switch(|switches| switches.list_managed = false);
    assert_eq!(isc.list().await.len(), 1);
    assert_eq!(isc.delete(&id).await, 403);
    assert_eq!(
        isc.patch(&id, json!([{"op": "replace", "path": "/name", "value": "x"}])).await.0,
        403
    );
    let operations: Vec<_> =
        isc.control().violations().iter().filter_map(|entry| entry.operation).collect();
    assert_eq!(operations, [Operation::Delete, Operation::Patch]);
}

#[tokio::test]
async fn a_token_made_renamed_and_deleted_by_hand_shows_in_the_list() {
    let isc = Isc::start().await;
    let made = isc
        .control()
        .create_token(DEFAULT_TENANT, NewToken::named(&isc.admin(), "by hand"))
        .expect("a token");
    assert_eq!(isc.names().await, ["by hand"]);
    assert_eq!(isc.list().await[1]["scope"], Value::Null);
    let edit = TokenEdit { name: Some("other".into()), ..TokenEdit::default() };
    isc.control().edit_token(DEFAULT_TENANT, &made.client_id, edit).expect("an edit");
    assert_eq!(isc.names().await, ["other"]);
    isc.control().delete_token(DEFAULT_TENANT, &made.client_id).expect("a deletion");
    assert_eq!(isc.names().await, Vec::<String>::new());
}
