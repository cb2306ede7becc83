//! What a test can make go wrong.
use std::time::{Duration, Instant};

use isc_simulator::{
    BadDate, Effect, Entry, Fault, GateSpec, Kind, Operation, Origin, RetryAfter, Simulator, When,
};
use reqwest::Method;
use serde_json::Value;

use crate::client::{Isc, PATS, minutes};

fn on_create(fault: Fault) -> Fault {
    Fault { operation: Some(Operation::Create), times: Some(1), ..fault }
}

/// How many tokens were made through the token API.
async fn created(isc: &Isc) -> usize {
    let entries = isc.control().record_since(0);
    let made = |entry: &&Entry| entry.kind == Kind::Effect && entry.effect == Some(Effect::Created);
    entries.iter().filter(made).filter(|entry| entry.origin == Origin::Api).count()
}

#[tokio::test]
async fn every_refusal_status_can_be_injected_without_effect() {
    let isc = Isc::start().await;
    for status in [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 502, 503, 504] {
        isc.control()
            .add_fault(None, on_create(Fault { status: Some(status), ..Fault::default() }));
        let (got, body) = isc.post(&isc.body("refused")).await;
        assert_eq!(got.as_u16(), status);
        let shape = match status {
            401 => &body["error"],
            429 => &body["message"],
            _ => &body["trackingId"],
        };
        assert!(shape.is_string(), "{status}: {body}");
    }
    assert_eq!(created(&isc).await, 0);
}

#[tokio::test]
async fn a_server_error_can_hide_an_effect() {
    let isc = Isc::start().await;
    isc.control().add_fault(
        None,
        on_create(Fault { status: Some(500), with_effect: true, ..Fault::default() }),
    );
    assert_eq!(isc.post(&isc.body("hidden")).await.0, 500);
    assert_eq!(isc.names().await, ["hidden"]);
}

#[tokio::test]
async fn a_connection_can_be_dropped_on_either_side_of_the_effect() {
    let isc = Isc::start().await;
    for (when, tokens) in [(When::Before, 0), (When::After, 1)] {
        isc.control().add_fault(None, on_create(Fault { drop: Some(when), ..Fault::default() }));
        let sent = isc.request(Method::POST, PATS).json(&isc.body("lost")).send().await;
        assert!(sent.is_err(), "{when:?}");
        assert_eq!(created(&isc).await, tokens, "{when:?}");
        let last = isc.control().record_since(0).pop().expect("an entry");
        assert_eq!((last.operation, last.status), (Some(Operation::Create), None), "{when:?}");
    }
}

#[tokio::test]
async fn retry_after_comes_as_seconds_a_date_any_text_or_not_at_all() {
    let isc = Isc::start().await;
    let cases = [
        (None, None),
        (Some(RetryAfter::Seconds(1200)), Some("1200")),
        (Some(RetryAfter::Text("99999999999999999999".into())), Some("99999999999999999999")),
        (Some(RetryAfter::Date(60)), Some("GMT")),
    ];
    for (retry_after, expected) in cases {
        isc.control().add_fault(
            None,
            on_create(Fault { status: Some(429), retry_after, ..Fault::default() }),
        );
        let reply =
            isc.request(Method::POST, PATS).json(&isc.body("x")).send().await.expect("a reply");
        let header = reply
            .headers()
            .get("retry-after")
            .map(|value| value.to_str().expect("text").to_owned());
        assert_eq!(header.is_some(), expected.is_some());
        assert!(header.unwrap_or_default().ends_with(expected.unwrap_or_default()));
    }
}

#[tokio::test]
async fn the_real_rate_limit_can_be_switched_on() {
    let isc = Isc::start().await;
    isc.switch(|switches| switches.requests_per_10s = Some(3));
    let call = async || {
        isc.request(Method::GET, &format!("{PATS}?owner-id=me")).send().await.expect("a reply")
    };
    for _ in 0..3 {
        assert_eq!(call().await.status(), 200);
    }
    let refused = call().await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    isc.control().advance(minutes(1));
    assert_eq!(call().await.status(), 200);
}

#[tokio::test]
async fn a_redirect_points_where_the_test_says_and_has_no_effect() {
    let isc = Isc::start().await;
    let elsewhere =
        Simulator::start(isc_simulator::Options::default()).expect("a second simulator");
    for status in [301, 302, 303, 307, 308] {
        let to = Some(elsewhere.url());
        isc.control().add_fault(
            None,
            on_create(Fault { status: Some(status), redirect_to: to, ..Fault::default() }),
        );
        let reply =
            isc.request(Method::POST, PATS).json(&isc.body("x")).send().await.expect("a reply");
        assert_eq!(reply.status(), status);
        assert_eq!(reply.headers()["location"], elsewhere.url().as_str());
    }
    assert_eq!(created(&isc).await, 0);
    assert!(elsewhere.control().record_since(0).iter().all(|entry| entry.request.is_none()));
}

#[tokio::test]
async fn latency_delays_the_effect_which_comes_even_if_the_caller_is_gone() {
    let isc = Isc::start().await;
    isc.control().add_fault(None, on_create(Fault { latency_ms: 300, ..Fault::default() }));
    let request =
        isc.request(Method::POST, PATS).json(&isc.body("late")).timeout(Duration::from_millis(50));
    assert!(request.send().await.expect_err("no reply").is_timeout());
    assert_eq!(created(&isc).await, 0);
    let patience = Instant::now();
    while created(&isc).await == 0 && patience.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(isc.names().await, ["late"]);
}

#[tokio::test]
async fn the_date_header_can_be_spoilt() {
    let isc = Isc::start().await;
    let next_year = (isc.control().now() + jiff::SignedDuration::from_hours(24 * 365))
        .strftime("%Y")
        .to_string();
    let cases = [
        (BadDate::Missing, None),
        (BadDate::Epoch, Some("1970")),
        (BadDate::NextYear, Some(next_year.as_str())),
        (BadDate::Garbage, Some("yesterday")),
    ];
    for (date, part) in cases {
        isc.control().add_fault(None, Fault { date: Some(date), ..Fault::default() }.once());
        let reply = isc.http.get(format!("{}/oauth/info", isc.base)).send().await.expect("a reply");
        let header =
            reply.headers().get("date").map(|value| value.to_str().expect("text").to_owned());
        assert_eq!(header.is_some(), part.is_some(), "{date:?}");
        assert!(header.unwrap_or_default().contains(part.unwrap_or_default()), "{date:?}");
    }
}

#[tokio::test]
async fn a_fault_is_limited_to_its_tenant_and_operation() {
    let isc = Isc::start().await;
    isc.control().add_tenant(&isc_simulator::TenantSpec::named("acme"));
    let fault = Fault { status: Some(503), ..Fault::on(Operation::OauthInfo) };
    let id = isc.control().add_fault(Some("acme"), fault);
    let info = async |base: &str| {
        isc.send(isc.http.get(format!("{}{base}/oauth/info", isc.base))).await.0.as_u16()
    };
    assert_eq!([info("/t/acme").await, info("").await, info("/t/default").await], [503, 200, 200]);
    isc.control().clear_faults(Some(id));
    assert_eq!(info("/t/acme").await, 200);
}

#[tokio::test]
async fn the_deprecation_header_is_on_token_replies_only_when_switched() {
    let isc = Isc::start().await;
    let deprecated = async || {
        let reply =
            isc.request(Method::GET, &format!("{PATS}?owner-id=me")).send().await.expect("a reply");
        reply.headers().get("x-deprecated").is_some_and(|value| value == "true")
    };
    assert!(!deprecated().await);
    isc.switch(|switches| switches.deprecated = true);
    assert!(deprecated().await);
}

#[tokio::test]
async fn a_gate_holds_a_request_on_the_chosen_side_of_its_effect() {
    for (when, effects) in [(When::Before, 0), (When::After, 1)] {
        let isc = Isc::start().await;
        let spec = GateSpec { tenant: None, operation: Some(Operation::Create), when };
        let gate = isc.control().close_gate(spec);
        let request = isc.request(Method::POST, PATS).json(&isc.body("held"));
        let reply = tokio::spawn(request.send());
        assert!(isc.control().wait_held(gate, 1, Duration::from_secs(10)).await, "{when:?}");
        assert_eq!(created(&isc).await, effects, "{when:?}");
        isc.control().release_gate(gate, 1).expect("a gate");
        let body: Value =
            reply.await.expect("a task").expect("a reply").json().await.expect("JSON");
        assert_eq!(body["name"], "held", "{when:?}");
        assert_eq!(isc.control().gates()[0].arrived, 1);
        isc.control().open_gate(gate).expect("a gate");
        isc.create("free").await;
    }
}

#[tokio::test]
async fn one_list_can_show_the_past() {
    let isc = Isc::start().await;
    isc.create("old").await;
    isc.control().advance(jiff::SignedDuration::from_mins(5));
    isc.create("new").await;
    isc.control()
        .add_fault(None, Fault { stale_seconds: 100, ..Fault::on(Operation::List) }.once());
    assert_eq!(isc.names().await, ["old"]);
    assert_eq!(isc.names().await, ["old", "new"]);
}
