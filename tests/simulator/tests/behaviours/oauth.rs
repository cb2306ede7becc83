//! The token endpoint and what an access token is worth.
use isc_simulator::{ACCESS_TOKEN_MARKER, Credential, DEFAULT_TENANT, Fault, Operation};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Isc, PATS, claims, credential, minutes};

#[tokio::test]
async fn a_form_a_multipart_form_and_a_query_all_get_an_access_token() {
    let isc = Isc::start().await;
    let seed = isc.seed();
    assert_eq!(isc.sign_in(&seed).await.status(), 200);

    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let form = [
        part("grant_type", "client_credentials"),
        part("client_id", &seed.client_id),
        part("client_secret", &seed.client_secret),
    ];
    let multipart =
        isc.http.post(format!("{}/oauth/token", isc.base)).body(form.concat() + "--b--\r\n");
    let multipart = multipart.header("content-type", "multipart/form-data; boundary=b");
    assert_eq!(isc.send(multipart).await.0, 200);
    assert!(isc.control().violations().is_empty());

    let query = [
        ("grant_type", "client_credentials"),
        ("client_id", &seed.client_id),
        ("client_secret", &seed.client_secret),
    ];
    let query = isc.http.post(format!("{}/oauth/token", isc.base)).query(&query);
    assert_eq!(isc.send(query).await.0, 200);
    assert_eq!(isc.control().violations().len(), 1, "a client secret in a URL goes on record");
}

#[tokio::test]
async fn the_reply_and_the_claims_say_who_and_what() {
    let isc = Isc::start().await;
    let reply: Value = isc.sign_in(&isc.seed()).await.json().await.expect("JSON");
    let token = reply["access_token"].as_str().expect("a string");
    let claims = claims(token);
    assert!(token.starts_with(ACCESS_TOKEN_MARKER));
    assert_eq!(reply["token_type"], "bearer");
    assert_eq!(reply["expires_in"], 43_200);
    assert_eq!(claims["authorities"], json!(["ORG_ADMIN"]));
    assert_eq!(claims["client_id"], isc.seed().client_id);
    for field in ["identity_id", "tenant_id", "jti", "org", "user_name"] {
        assert_eq!(reply[field], claims[field], "{field}");
        assert!(reply[field].is_string(), "{field}");
    }
}

#[tokio::test]
async fn a_wrong_deleted_expired_or_unknown_credential_gets_401_and_an_error() {
    let isc = Isc::start().await;
    let deleted = isc.create("deleted").await;
    isc.delete(deleted["id"].as_str().expect("an id")).await;
    let expired = isc.create("expired").await;
    let wrong = Credential { client_secret: "0".repeat(64), ..isc.seed() };
    isc.control().advance(minutes(25 * 60));
    for (case, bad) in
        [("wrong", wrong), ("deleted", credential(&deleted)), ("expired", credential(&expired))]
    {
        let reply = isc.sign_in(&bad).await;
        assert_eq!(reply.status(), 401, "{case}");
        assert!(reply.json::<Value>().await.expect("JSON")["error"].is_string(), "{case}");
    }
}

#[tokio::test]
async fn scopes_are_stored_unchecked_and_cut_to_the_user_level_in_the_access_token() {
    let isc = Isc::start().await;
    let helpdesk = isc
        .user(&["HELPDESK"], &["idn:accounts:read", "idn:transform:manage", "idn:nonsense:read"]);
    let reply: Value = isc.sign_in(&helpdesk).await.json().await.expect("JSON");
    assert_eq!(reply["scope"], "idn:accounts:read");
    let stored = isc.control().tokens(DEFAULT_TENANT).expect("tokens");
    let stored = stored.iter().find(|token| token.id == helpdesk.client_id).expect("the token");
    assert_eq!(stored.scope.as_ref().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_patched_scope_reaches_new_access_tokens_after_twenty_minutes_and_old_ones_never() {
    let isc = Isc::start().await;
    let created = isc.create("lagging").await;
    let changes = json!([{"op": "replace", "path": "/scope", "value": ["sp:scopes:default"]}]);
    assert_eq!(isc.patch(created["id"].as_str().expect("an id"), changes).await.0, 200);
    let granted = async || {
        isc.sign_in(&credential(&created)).await.json::<Value>().await.expect("JSON")["scope"]
            .clone()
    };
    isc.control().advance(minutes(19));
    assert_eq!(granted().await, "idn:accounts:read sp:scopes:default");
    isc.control().advance(minutes(2));
    assert_eq!(granted().await, "sp:scopes:default");
}

#[tokio::test]
async fn an_access_token_outlives_its_token_unless_switched_and_ends_at_its_own_time() {
    let isc = Isc::start().await;
    let created = isc.create("short").await;
    let bearer = isc.access_token(&credential(&created)).await;
    isc.delete(created["id"].as_str().expect("an id")).await;
    let probe = async || {
        let request =
            isc.http.get(format!("{}/public-identities/v1?limit=1", isc.base)).bearer_auth(&bearer);
        isc.send(request).await.0
    };
    assert_eq!(probe().await, 200);
    isc.switch(|switches| switches.access_tokens_die_with_token = true);
    assert_eq!(probe().await, 401);
    isc.switch(|switches| switches.access_tokens_die_with_token = false);
    isc.control().advance(minutes(12 * 60 + 1));
    assert_eq!(probe().await, 401);
}

#[tokio::test]
async fn a_new_pair_can_be_refused_for_a_while() {
    let isc = Isc::start().await;
    isc.switch(|switches| switches.new_pair_delay_seconds = 30);
    let created = isc.create("slow").await;
    assert_eq!(isc.sign_in(&credential(&created)).await.status(), 401);
    isc.control().advance(minutes(1));
    assert_eq!(isc.sign_in(&credential(&created)).await.status(), 200);
}

#[tokio::test]
async fn last_used_moves_at_most_once_a_day() {
    let isc = Isc::start().await;
    let seen = async || isc.list().await[0]["lastUsed"].clone();
    let first = seen().await;
    isc.control().advance(minutes(60));
    isc.access_token(&isc.seed()).await;
    assert_eq!(seen().await, first);
    isc.control().advance(minutes(10 * 60));
    isc.control().advance(minutes(14 * 60));
    let isc_after = isc.access_token(&isc.seed()).await;
    let list = isc.http.get(format!("{}{PATS}?owner-id=me", isc.base)).bearer_auth(isc_after);
    assert_ne!(isc.send(list).await.1[0]["lastUsed"], first);
}

#[tokio::test]
async fn an_api_client_signs_in_but_cannot_manage_tokens() {
    let isc = Isc::start().await;
    let client = isc.control().add_api_client(DEFAULT_TENANT).expect("an API client");
    assert_eq!(client.client_id.split('-').count(), 5);
    let bearer = isc.access_token(&client).await;
    let request = isc.http.get(format!("{}{PATS}?owner-id=me", isc.base)).bearer_auth(bearer);
    let (status, body) = isc.send(request).await;
    assert_eq!(status, 403);
    assert!(
        body["detailCode"].is_string()
            && body["trackingId"].is_string()
            && body["messages"].is_array()
    );
}

#[tokio::test]
async fn the_small_reads_answer() {
    let isc = Isc::start().await;
    let info = isc.http.get(format!("{}/oauth/info", isc.base));
    assert_eq!(isc.send(info).await.1["tenantName"], DEFAULT_TENANT);
    let get = |path| isc.request(Method::GET, path);
    assert_eq!(
        isc.send(get("/public-identities/v1?limit=1")).await.1.as_array().map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn an_access_token_of_one_tenant_is_refused_by_another() {
    let isc = Isc::start().await;
    isc.control().add_tenant(&isc_simulator::TenantSpec::named("acme"));
    let (status, _) =
        isc.send(isc.request(Method::GET, &format!("/t/acme{PATS}?owner-id=me"))).await;
    assert_eq!(status, 401);
    assert_eq!(isc.send(isc.request(Method::GET, "/t/nobody/oauth/info")).await.0, 404);
}

#[tokio::test]
async fn a_401_at_the_token_endpoint_can_be_injected() {
    let isc = Isc::start().await;
    isc.control()
        .add_fault(None, Fault { status: Some(401), ..Fault::on(Operation::Oauth) }.once());
    assert_eq!(isc.sign_in(&isc.seed()).await.status(), 401);
    assert_eq!(isc.sign_in(&isc.seed()).await.status(), 200);
}
