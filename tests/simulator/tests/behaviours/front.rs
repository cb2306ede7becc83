//! Hosts that somebody took for the tenant's API.
use isc_simulator::{Fault, Front, Kind, Operation};
use reqwest::Method;

use crate::client::{Isc, PATS};

#[tokio::test]
async fn every_path_shows_the_page_and_nothing_takes_effect() {
    let isc = Isc::start().await;
    let expected = [
        (Front::LoginRedirect, 302),
        (Front::HtmlNotFound, 404),
        (Front::MethodNotAllowed, 405),
        (Front::HtmlOk, 200),
        (Front::HtmlUnavailable, 503),
    ];
    assert_eq!(expected.len() + 1, Front::ALL.len());
    for (front, status) in expected {
        isc.switch(|switches| switches.front = front);
        let before = isc.control().last_seq();
        let calls = [
            isc.request(Method::POST, PATS).json(&isc.body("x")),
            isc.request(Method::GET, "/oauth/info"),
            isc.http
                .post(format!("{}/oauth/token", isc.base))
                .form(&[("grant_type", "client_credentials")]),
            isc.request(Method::GET, "/"),
            isc.request(Method::PUT, "/ui/a%20b"),
        ];
        let count = calls.len();
        for call in calls {
            let reply = call.send().await.expect("a reply");
            assert_eq!(reply.status(), status, "{front:?}");
            assert!(
                reply.headers()["content-type"].to_str().expect("text").starts_with("text/html"),
                "{front:?}"
            );
            assert!(!reply.headers().contains_key("slpt-request-id"), "{front:?}");
            let to = reply
                .headers()
                .get("location")
                .map(|value| value.to_str().expect("text").to_owned());
            assert_eq!(to.is_some(), front == Front::LoginRedirect, "{front:?}");
            assert!(
                to.is_none_or(|to| to.starts_with("https://sso.example/login?goto=%2F")),
                "{front:?}"
            );
            assert!(reply.text().await.expect("text").contains("<html>"), "{front:?}");
        }
        let entries = isc.control().record_since(before);
        assert!(
            entries.iter().all(|entry| entry.kind == Kind::Request && entry.status == Some(status)),
            "{entries:?}"
        );
        assert_eq!(entries.len(), count);
        assert_eq!(entries[0].operation, Some(Operation::Create));
    }
    isc.switch(|switches| switches.front = Front::Api);
    assert_eq!(isc.names().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_front_belongs_to_its_tenant_and_faults_go_before_it() {
    let isc = Isc::start().await;
    isc.control().add_tenant(&isc_simulator::TenantSpec::named("acme"));
    isc.control()
        .edit_switches(Some("acme"), |switches| switches.front = Front::HtmlOk)
        .expect("switches");
    let info = async |base: &str| {
        let reply =
            isc.http.get(format!("{}{base}/oauth/info", isc.base)).send().await.expect("a reply");
        (
            reply.status().as_u16(),
            reply.headers()["content-type"].to_str().expect("text").starts_with("text/html"),
        )
    };
    assert_eq!(info("").await, (200, false));
    assert_eq!(info("/t/acme").await, (200, true));
    isc.control().add_fault(Some("acme"), Fault { status: Some(503), ..Fault::default() }.once());
    assert_eq!(info("/t/acme").await, (503, false));
}
