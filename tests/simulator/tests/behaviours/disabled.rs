//! Users that are disabled, and what their credentials are worth meanwhile.
use isc_simulator::{DEFAULT_TENANT, NewToken, Operation};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::client::{Isc, PATS, credential};

fn disable(isc: &Isc, disabled: bool) {
    isc.control().set_disabled(DEFAULT_TENANT, &isc.admin(), disabled).expect("a user");
}

#[tokio::test]
async fn every_credential_of_a_disabled_user_is_refused_until_it_is_enabled() {
    let isc = Isc::start().await;
    let second = isc
        .control()
        .create_token(DEFAULT_TENANT, NewToken::named(&isc.admin(), "second"))
        .expect("a token");
    let other = isc.user(&["USER"], &["sp:scopes:all"]);
    disable(&isc, true);
    for credential in [&isc.seed(), &second] {
        assert_eq!(isc.sign_in(credential).await.status(), 401);
        let last = isc.control().record_since(0).pop().expect("an entry");
        assert_eq!((last.operation, last.status), (Some(Operation::Oauth), Some(401)));
        assert_eq!(last.token_id.as_ref(), Some(&credential.client_id));
    }
    let used = isc
        .control()
        .tokens(DEFAULT_TENANT)
        .expect("tokens")
        .into_iter()
        .find(|t| t.id == second.client_id);
    assert_eq!(used.expect("the token").last_used, None, "a refusal is no use");
    isc.dialect(|dialect| dialect.refused_credential_status = 400);
    assert_eq!(isc.sign_in(&second).await.status(), 400);
    assert_eq!(isc.sign_in(&other).await.status(), 200, "another user's");
    disable(&isc, false);
    assert_eq!(isc.sign_in(&second).await.status(), 200);
}

#[tokio::test]
async fn access_tokens_of_a_disabled_user_live_on_unless_they_die_with_their_token() {
    let isc = Isc::start().await;
    let list = async || isc.send(isc.request(Method::GET, &format!("{PATS}?owner-id=me"))).await.0;
    disable(&isc, true);
    assert_eq!(list().await, 200);
    isc.switch(|switches| switches.access_tokens_die_with_token = true);
    assert_eq!(list().await, 401);
    disable(&isc, false);
    assert_eq!(list().await, 200);
}

#[tokio::test]
async fn a_user_is_disabled_over_http_and_shown_so() {
    let isc = Isc::start().await;
    let path = format!("{}/_sim/tenants/default/users/{}", isc.base, isc.admin());
    let patch = async |body| isc.send(isc.http.patch(&path).json(&body)).await;
    let (_, users) = patch(json!({"disabled": true})).await;
    assert_eq!((&users[0]["disabled"], &users[0]["levels"]), (&json!(true), &json!(["ORG_ADMIN"])));
    let (_, users) = patch(json!({"levels": ["USER"]})).await;
    assert_eq!((&users[0]["disabled"], &users[0]["levels"]), (&json!(true), &json!(["USER"])));
    assert_eq!(patch(json!({"disabeld": false})).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(isc.control().users(DEFAULT_TENANT).expect("users")[0].disabled);
    assert!(isc.control().set_disabled(DEFAULT_TENANT, "nobody", true).is_err());
}

#[tokio::test]
async fn a_seed_made_by_hand_may_expire() {
    let isc = Isc::start().await;
    let date = isc.control().now() + jiff::SignedDuration::from_hours(2);
    let seed = json!({"name": "mortal", "scope": ["sp:scopes:all"], "expirationDate": date});
    let user = isc.http.post(format!("{}/_sim/tenants/default/users", isc.base));
    let (_, made) = isc.send(user.json(&json!({"name": "ann", "seeds": [seed]}))).await;
    let seed = &made["seeds"][0];
    let seed = credential(&json!({"id": seed["clientId"], "secret": seed["clientSecret"]}));
    assert_eq!(isc.sign_in(&seed).await.status(), 200);
    isc.control().advance(jiff::SignedDuration::from_hours(2));
    assert_eq!(isc.sign_in(&seed).await.status(), 401);
}
