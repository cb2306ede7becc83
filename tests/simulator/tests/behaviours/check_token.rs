//! What `check_token` tells of an access token.
use isc_simulator::{CheckToken, Credential, DEFAULT_TENANT, Operation, Presence, TenantSpec};
use serde_json::{Value, json};

use crate::client::{Isc, claims, minutes};

async fn check(isc: &Isc, path: &str, token: &str) -> (u16, Value) {
    let request = isc.http.post(format!("{}{path}", isc.base)).form(&[("token", token)]);
    let (status, body) = isc.send(request).await;
    (status.as_u16(), body)
}

async fn signed_in(isc: &Isc, scopes: &[&str]) -> (Credential, String) {
    let user = isc.user(&["HELPDESK"], scopes);
    let token = isc.access_token(&user).await;
    (user, token)
}

#[tokio::test]
async fn it_names_the_scopes_that_the_access_token_really_carries() {
    let isc = Isc::start().await;
    let (user, token) =
        signed_in(&isc, &["idn:accounts:read", "idn:transform:manage", "no:such:scope"]).await;
    for path in ["/oauth/check_token", "/oauth/check_token/", "/t/default/oauth/check_token"] {
        let (status, told) = check(&isc, path, &token).await;
        assert_eq!((status, &told["scope"]), (200, &json!(["idn:accounts:read"])), "{path}");
        assert_eq!(told["encoded_scope"], claims(&token)["scope"], "the claim of the JWT");
        assert_eq!(told["client_id"], user.client_id);
        assert_eq!(told["authorities"], json!(["HELPDESK"]));
        assert_eq!(told["exp"], claims(&token)["exp"]);
        assert!(told.get("sim").is_none(), "{told}");
    }
    let last = isc.control().record_since(0).pop().expect("an entry");
    assert_eq!(
        (last.operation, last.client_id),
        (Some(Operation::CheckToken), Some(user.client_id))
    );
}

#[tokio::test]
async fn it_tells_no_more_of_the_user_than_the_claims_do() {
    let isc = Isc::start().await;
    for presence in Presence::ALL {
        isc.dialect(|dialect| dialect.identity = presence);
        let (_, token) = signed_in(&isc, &["sp:scopes:default"]).await;
        let (_, told) = check(&isc, "/oauth/check_token/", &token).await;
        assert_eq!(told.get("identity_id"), claims(&token).get("identity_id"), "{presence:?}");
    }
}

#[tokio::test]
async fn a_worthless_access_token_is_invalid() {
    let isc = Isc::start().await;
    isc.control().add_tenant(&TenantSpec::named("acme"));
    let (user, token) = signed_in(&isc, &["sp:scopes:default"]).await;
    let invalid = (400, json!({"error": "invalid_token"}));
    for (case, path, token) in [
        ("none", "/oauth/check_token/", ""),
        ("garbage", "/oauth/check_token/", "x.y.z"),
        ("of another tenant", "/t/acme/oauth/check_token/", &token),
    ] {
        assert_eq!(check(&isc, path, token).await, invalid, "{case}");
    }
    isc.control().delete_token(DEFAULT_TENANT, &user.client_id).expect("a token");
    assert_eq!(check(&isc, "/oauth/check_token/", &token).await.0, 200, "it outlives its token");
    isc.switch(|switches| switches.access_tokens_die_with_token = true);
    assert_eq!(check(&isc, "/oauth/check_token/", &token).await, invalid);
    isc.switch(|switches| switches.access_tokens_die_with_token = false);
    isc.control().advance(minutes(12 * 60 + 1));
    assert_eq!(check(&isc, "/oauth/check_token/", &token).await, invalid);
}

#[tokio::test]
async fn it_may_be_refused_or_missing() {
    let isc = Isc::start().await;
    for form in CheckToken::ALL {
        isc.dialect(|dialect| dialect.check_token = form);
        let expected = match form {
            CheckToken::Answers => 200,
            CheckToken::Refuses401 => 401,
            CheckToken::Refuses403 => 403,
            CheckToken::Missing => 404,
        };
        assert_eq!(check(&isc, "/oauth/check_token/", &isc.bearer).await.0, expected, "{form:?}");
    }
}
