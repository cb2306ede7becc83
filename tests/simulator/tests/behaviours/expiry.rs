//! Expiration dates: what is accepted, and what time does.
use isc_simulator::{DateStyle, Effect, Origin};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Isc, PATS, credential, minutes};

#[tokio::test]
async fn an_expired_token_is_deleted_by_the_tenant_at_its_date() {
    let isc = Isc::start().await;
    let created = isc.create("mortal").await;
    isc.control().advance(minutes(24 * 60 + 1));
    let gone = isc
        .control()
        .record_since(0)
        .into_iter()
        .find(|entry| entry.effect == Some(Effect::Expired));
    let gone = gone.expect("an expiry on record");
    assert_eq!(gone.token_id.as_deref(), created["id"].as_str());
    assert_eq!((gone.origin, Some(gone.at)), (Origin::Clock, gone.expiration_date));
    assert_eq!(isc.control().tokens("default").expect("tokens").len(), 1);
}

#[tokio::test]
async fn a_tenant_that_does_not_delete_expired_tokens_lists_and_refuses_them() {
    let isc = Isc::start().await;
    isc.switch(|switches| switches.delete_expired = false);
    let created = isc.create("undead").await;
    isc.control().advance(minutes(24 * 60 + 1));
    assert_eq!(isc.sign_in(&credential(&created)).await.status(), 401);
    let bearer = isc.access_token(&isc.seed()).await;
    let list = isc.http.get(format!("{}{PATS}?owner-id=me", isc.base)).bearer_auth(bearer);
    assert_eq!(isc.send(list).await.1.as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn what_an_absent_date_means_depends_on_the_version() {
    let isc = Isc::start().await;
    let create = async |path: &str, never: Option<bool>| {
        let body = json!({"name": format!("{path} {never:?}"), "scope": ["a:b:c"], "userAwareTokenNeverExpires": never});
        isc.send(isc.request(Method::POST, path).json(&body)).await
    };
    for path in [PATS, "/v2025/personal-access-tokens", "/v2026/personal-access-tokens"] {
        assert_eq!(create(path, None).await.0, 400, "{path}");
        let (status, body) = create(path, Some(true)).await;
        assert_eq!((status.as_u16(), &body["expirationDate"]), (200, &Value::Null), "{path}");
    }
    for path in ["/v3/personal-access-tokens", "/v2024/personal-access-tokens"] {
        let (status, body) = create(path, None).await;
        let date: jiff::Timestamp =
            body["expirationDate"].as_str().expect("a date").parse().expect("a date");
        let days = date.duration_since(isc.control().now()).as_hours() / 24;
        assert!(status == 200 && (180..=184).contains(&days), "{path}: {days} days");
    }
}

#[tokio::test]
async fn the_latest_date_depends_on_the_version_and_the_tenant() {
    let isc = Isc::start().await;
    let create = async |path: &str, days: i64| {
        let date = isc.control().now() + SignedDuration::from_hours(24 * days);
        let body = json!({"name": format!("{path} {days}"), "scope": ["a:b:c"], "expirationDate": date.to_string()});
        isc.send(isc.request(Method::POST, path).json(&body)).await.0.as_u16()
    };
    let v3 = "/v3/personal-access-tokens";
    assert_eq!(
        [create(v3, 180).await, create(v3, 190).await, create(PATS, 3000).await],
        [200, 400, 200]
    );
    isc.switch(|switches| switches.max_expiry_days = Some(90));
    isc.switch(|switches| switches.min_expiry_seconds = Some(86_400 * 2));
    assert_eq!(
        [create(PATS, 89).await, create(PATS, 91).await, create(PATS, 1).await],
        [200, 400, 400]
    );
}

#[tokio::test]
async fn the_expiry_can_be_patched_where_the_version_knows_it() {
    let isc = Isc::start().await;
    let created = isc.create("extended").await;
    let id = created["id"].as_str().expect("id");
    let date = |value: Value| json!([{"op": "replace", "path": "/expirationDate", "value": value}]);
    let (status, body) = isc.patch(id, date(json!("2029-01-01T02:00:00+02:00"))).await;
    assert_eq!(
        (status.as_u16(), &body["expirationDate"]),
        (200, &json!("2029-01-01T00:00:00.000Z"))
    );
    assert_eq!(isc.patch(id, date(json!("2020-01-01T00:00:00Z"))).await.0, 400);
    assert_eq!(isc.patch(id, date(Value::Null)).await.0, 400, "null without the acknowledgement");
    let never = json!([
        {"op": "replace", "path": "/expirationDate", "value": null},
        {"op": "replace", "path": "/userAwareTokenNeverExpires", "value": true},
    ]);
    assert_eq!(isc.patch(id, never).await.1["expirationDate"], Value::Null);
    let old = isc.request(Method::PATCH, &format!("/v3/personal-access-tokens/{id}"));
    let old = old.body(date(json!("2029-01-01T00:00:00Z")).to_string());
    assert_eq!(isc.send(old.header("content-type", "application/json-patch+json")).await.0, 400);
}

#[tokio::test]
async fn a_past_date_is_accepted_only_by_a_tenant_switched_so() {
    let isc = Isc::start().await;
    isc.switch(|switches| (switches.accept_past_dates, switches.delete_expired) = (true, false));
    let mut body = isc.body("late");
    body["expirationDate"] = json!("2020-01-01T00:00:00Z");
    assert_eq!(isc.post(&body).await.0, 200);
}

#[tokio::test]
async fn dates_come_in_every_style_isc_is_known_for() {
    let isc = Isc::start().await;
    let endings =
        [(DateStyle::Seconds, "Z"), (DateStyle::Offset, "+02:00"), (DateStyle::Millis, "Z")];
    for (style, ending) in endings {
        isc.switch(|switches| switches.date_style = style);
        let created = isc.list().await[0]["created"].as_str().expect("a date").to_owned();
        assert!(created.ends_with(ending), "{created}");
        assert_eq!(created.contains('.'), style != DateStyle::Seconds, "{created}");
    }
}

#[tokio::test]
async fn the_date_header_follows_the_moved_clock() {
    let isc = Isc::start().await;
    isc.control().advance(SignedDuration::from_hours(24 * 400));
    let reply = isc.http.get(format!("{}/oauth/info", isc.base)).send().await.expect("a reply");
    let date = reply.headers()["date"].to_str().expect("text").to_owned();
    let year = isc.control().now().strftime("%Y").to_string();
    assert!(date.contains(&year), "{date}");
}
