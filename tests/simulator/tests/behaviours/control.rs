//! The control API over HTTP, and the router without sockets.
use axum::body::Body;
use isc_simulator::{ClockSource, Control, Dropped, Fault, Operation, TenantSpec, When};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::client::{Isc, PATS};

async fn control(isc: &Isc, method: Method, path: &str, body: Value) -> (u16, Value) {
    let request = isc.http.request(method, format!("{}/_sim{path}", isc.base));
    let (status, reply) =
        isc.send(if body.is_null() { request } else { request.json(&body) }).await;
    (status.as_u16(), reply)
}

#[tokio::test]
async fn the_clock_moves_by_words_or_seconds() {
    let isc = Isc::start().await;
    let before = isc.control().now();
    control(&isc, Method::POST, "/clock", json!({"advance": "11m"})).await;
    control(&isc, Method::POST, "/clock", json!({"advance": 60})).await;
    assert_eq!(isc.control().now().duration_since(before).as_mins(), 12);
}

#[tokio::test]
async fn tenants_users_and_tokens_are_made_and_changed_over_http() {
    let isc = Isc::start().await;
    let user = json!({"name": "ann", "levels": ["USER"], "seeds": [{"name": "s", "scope": ["sp:scopes:all"]}]});
    let (_, made) =
        control(&isc, Method::POST, "/tenants", json!({"name": "acme", "users": [user]})).await;
    let (owner, seed) = (&made["users"][0]["id"], &made["users"][0]["seeds"][0]);
    assert!(seed["clientId"].is_string() && seed["clientSecret"].is_string());
    let token = json!({"owner": owner, "name": "foreign", "scope": ["a:b:c"]});
    let (_, token) = control(&isc, Method::POST, "/tenants/acme/tokens", token).await;
    let path = format!("/tenants/acme/tokens/{}", token["clientId"].as_str().expect("id"));
    let (_, edited) =
        control(&isc, Method::PATCH, &path, json!({"name": "renamed", "scope": null})).await;
    assert_eq!((&edited["name"], &edited["scope"]), (&json!("renamed"), &Value::Null));
    let (_, tokens) = control(&isc, Method::GET, "/tenants/acme/tokens", Value::Null).await;
    assert_eq!(tokens.as_array().map(Vec::len), Some(2));
    assert_eq!(control(&isc, Method::DELETE, &path, Value::Null).await.0, 204);
    let user = format!("/tenants/acme/users/{}", owner.as_str().expect("id"));
    let (_, users) = control(&isc, Method::PATCH, &user, json!({"levels": ["HELPDESK"]})).await;
    assert_eq!(users[0]["levels"], json!(["HELPDESK"]));
    assert_eq!(control(&isc, Method::DELETE, &user, Value::Null).await.0, 204);
    assert_eq!(control(&isc, Method::GET, "/tenants/nobody/tokens", Value::Null).await.0, 404);
}

#[tokio::test]
async fn switches_are_merged_and_unknown_ones_refused() {
    let isc = Isc::start().await;
    isc.control().add_tenant(&TenantSpec::named("acme"));
    let (_, one) =
        control(&isc, Method::PATCH, "/tenants/acme/switches", json!({"listLagSeconds": 5})).await;
    assert_eq!((&one["listLagSeconds"], &one["tokensPerUser"]), (&json!(5), &json!(10)));
    assert_eq!(isc.control().switches(Some("default")).expect("switches").list_lag_seconds, 0);
    control(&isc, Method::PATCH, "/switches", json!({"tokensPerUser": 3})).await;
    let acme = isc.control().switches(Some("acme")).expect("switches");
    assert_eq!((acme.list_lag_seconds, acme.tokens_per_user), (5, 3));
    assert_eq!(control(&isc, Method::PATCH, "/switches", json!({"typo": 3})).await.0, 400);
}

#[tokio::test]
async fn a_dialect_is_merged_field_by_field() {
    let isc = Isc::start().await;
    let patch = async |path: &str, body| control(&isc, Method::PATCH, path, body).await;
    patch("/switches", json!({"dialect": {"scopeClaim": "absent"}})).await;
    let (_, all) =
        patch("/tenants/default/switches", json!({"dialect": {"tenant": "claims"}})).await;
    assert_eq!(
        (&all["dialect"]["scopeClaim"], &all["dialect"]["tenant"]),
        (&json!("absent"), &json!("claims"))
    );
    assert_eq!(
        isc.control().switches(None).expect("switches").dialect.tenant,
        isc_simulator::Presence::Both
    );
    for wrong in [
        json!({"dialect": {"typo": 1}}),
        json!({"dialect": {"tenant": "typo"}}),
        json!({"dialect": 1}),
        json!([]),
    ] {
        let (status, body) = patch("/switches", wrong.clone()).await;
        assert!(
            status == 400
                && body["error"].as_str().is_some_and(|text| text.contains("listLagSeconds")),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn faults_and_gates_are_set_over_http() {
    let isc = Isc::start().await;
    let fault =
        json!({"operation": "create", "status": 429, "retryAfter": {"seconds": 7}, "times": 1});
    assert_eq!(control(&isc, Method::POST, "/faults", fault).await.0, 200);
    assert_eq!(isc.post(&isc.body("x")).await.0, 429);
    assert_eq!(control(&isc, Method::POST, "/faults", json!({"typo": 1})).await.0, 422);
    let gate = json!({"operation": "create", "when": "after"});
    let id = control(&isc, Method::POST, "/gate", gate).await.1["id"].as_u64().expect("a number");
    let held = tokio::spawn(isc.request(Method::POST, PATS).json(&isc.body("held")).send());
    while control(&isc, Method::GET, "/gate", Value::Null).await.1[0]["held"] != 1 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let (_, left) = control(&isc, Method::POST, &format!("/gate/{id}/release"), json!({})).await;
    assert_eq!(left, json!([]));
    assert_eq!(held.await.expect("a task").expect("a reply").status(), 200);
}

#[tokio::test(start_paused = true)]
async fn the_router_serves_without_sockets_on_a_paused_clock() {
    let start = "2026-10-05T07:00:00Z".parse().expect("a time");
    let world = Control::new(ClockSource::Tokio(start), 7);
    world.add_tenant(&TenantSpec::named("acme"));
    let info =
        || axum::http::Request::get("/t/acme/oauth/info").body(Body::empty()).expect("a request");
    let call = async |request| world.router().oneshot(request).await.expect("a response");
    assert_eq!(call(info()).await.headers()["date"], "Mon, 05 Oct 2026 07:00:00 GMT");
    world
        .add_fault(None, Fault { latency_ms: 3_600_000, ..Fault::on(Operation::OauthInfo) }.once());
    let late = call(info()).await;
    assert_eq!(
        (late.status(), &late.headers()["date"]),
        (StatusCode::OK, &"Mon, 05 Oct 2026 08:00:00 GMT".parse().expect("a value"))
    );
    world.add_fault(None, Fault { drop: Some(When::Before), ..Fault::default() }.once());
    assert!(call(info()).await.extensions().get::<Dropped>().is_some());
}

#[test]
fn the_same_seed_makes_the_same_world() {
    let credentials = |seed| {
        Control::new(ClockSource::System, seed).add_tenant(&TenantSpec::named("acme")).users[0]
            .seeds
            .clone()
    };
    assert!(credentials(1) == credentials(1));
    assert!(credentials(1) != credentials(2));
}
