//! A URL that is not the API's: one error that says what answered, and the seed is not sent there.
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use isc_simulator::{Front, Operation};

use crate::run::Told;
use crate::tenant::{TENANT, Tenant};

#[test]
fn what_is_no_isc_is_named_and_gets_no_credential() {
    for front in Front::ALL {
        let words = match front {
            Front::Api | Front::HtmlUnavailable => continue,
            Front::LoginRedirect => "a redirect (302) to \"https://sso.example\"",
            Front::HtmlNotFound => "a page for people (404)",
            Front::MethodNotAllowed => "a page for people (405)",
            Front::HtmlOk => "a page for people (200)",
        };
        let tenant = Tenant::with(|switches| switches.front = front);
        let told = tenant.probe(&[]);
        let url = tenant.simulator.tenant_url(TENANT);
        told.assert_error(&[
            &url,
            "GET /oauth/info was answered with",
            words,
            "https://<tenant>.api.identitynow.com",
        ]);
        let asked: Vec<_> =
            tenant.control().record_since(0).into_iter().filter_map(|entry| entry.path).collect();
        assert_eq!(asked, [format!("GET /t/{TENANT}/oauth/info")], "{front:?}");
    }
}

#[test]
fn a_host_that_fails_is_no_wrong_url() {
    let tenant = Tenant::with(|switches| switches.front = Front::HtmlUnavailable);
    let told = tenant.probe(&[]);
    told.assert_error(&[&tenant.simulator.tenant_url(TENANT), "it answers 503"]);
    assert_eq!(tenant.requests(), 1, "the seed is not sent there");
}

#[test]
fn what_ends_in_a_version_or_in_the_way_to_the_token_endpoint_is_refused_unsent() {
    let ends = [
        "/v3",
        "/v3.1",
        "/v3/.",
        "/beta",
        "/latest",
        "/cc/api",
        "/v2025",
        "/V2026/",
        "/oauth",
        "/oauth/token",
        "/oauth/token/",
        "/oauth/check_token",
        "/personal-access-tokens/v1",
    ];
    for path in ends {
        let tenant = Tenant::new();
        let url = format!("{}{path}", tenant.simulator.tenant_url(TENANT));
        let told = tenant.run(tenant.at(&url, &["--allow-loopback-http", "--yes"]));
        let url = url.trim_end_matches(['/', '.']);
        told.assert_error(&[
            url,
            "the probe sent nothing",
            "without a version",
            "https://<tenant>.api.identitynow.com",
        ]);
        assert_eq!(tenant.requests(), 0, "{path}");
    }
}

#[test]
fn a_path_behind_the_host_is_no_base_url() {
    for path in ["/v3/x", "/api", "/oauth/x/y"] {
        let tenant = Tenant::new();
        let url = format!("{}{path}", tenant.simulator.tenant_url(TENANT));
        let told = tenant.run(tenant.at(&url, &["--allow-loopback-http", "--yes"]));
        told.assert_error(&[
            &url,
            "without anything behind the host",
            "https://<tenant>.api.identitynow.com",
        ]);
        let issued = |entry: &isc_simulator::Entry| entry.operation == Some(Operation::Oauth);
        assert!(!tenant.control().record_since(0).iter().any(issued), "{path}");
    }
}

#[test]
fn nobody_at_all() {
    let tenant = Tenant::new();
    for url in ["http://127.0.0.1:1", "http://localhost:1/x"] {
        tenant.run(tenant.at(url, &["--allow-loopback-http", "--yes"])).assert_error(&[
            url,
            "no connection",
            "check the URL, the network and the certificate",
        ]);
    }
}

#[test]
fn an_isc_that_fails() {
    for operation in [Operation::OauthInfo, Operation::Oauth] {
        let tenant = Tenant::new();
        let fault =
            isc_simulator::Fault { status: Some(503), ..isc_simulator::Fault::on(operation) };
        tenant.control().add_fault(None, fault);
        tenant.probe(&[]).assert_error(&["failed to use", "it answers 503", "try again later"]);
    }
}

/// A reply of `/oauth/info`: status, content type, body.
type Info = (&'static str, &'static str, &'static str);

/// A server that answers each request so, and the heads of those that came. It serves until the
/// test ends.
fn server((status, kind, body): Info) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heads = Arc::new(Mutex::new(Vec::new()));
    let noted = heads.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while reader.read_line(&mut head).is_ok_and(|count| count > 2) {}
            noted.lock().unwrap().push(head.lines().next().unwrap_or_default().to_owned());
            let kind =
                if kind.is_empty() { String::new() } else { format!("content-type: {kind}\r\n") };
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\n{kind}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
        }
    });
    (url, heads)
}

/// Probes such a server, and says which requests came.
fn probed(info: Info) -> (String, Told, Vec<String>) {
    let (url, heads) = server(info);
    let tenant = Tenant::new();
    let told = tenant.run(tenant.at(&url, &["--allow-loopback-http", "--yes"]));
    let heads = heads.lock().unwrap().clone();
    (url, told, heads)
}

const JSON: &str = "application/json; charset=utf-8";

#[test]
fn a_host_that_does_not_speak_as_isc_does_gets_no_credential() {
    for info in [
        ("404 Not Found", "text/plain", "404 page not found"),
        ("404 Not Found", "", ""),
        ("404 Not Found", "text/plain", "{\"error\":\"none\"}"),
        ("401 Unauthorized", "text/plain", "no"),
        ("403 Forbidden", "", ""),
        ("200 OK", JSON, "{}"),
        ("200 OK", JSON, "[]"),
        ("200 OK", JSON, "{\"status\":\"UP\"}"),
        ("200 OK", JSON, "{\"tenantId\":\"\",\"pod\":7}"),
        ("200 OK", "text/plain", "{\"tenantId\":\"a\"}"),
        ("202 Accepted", JSON, "{\"tenantId\":\"a\"}"),
        ("204 No Content", "", ""),
        ("405 Method Not Allowed", JSON, "{}"),
        ("410 Gone", JSON, "{}"),
    ] {
        let (url, told, heads) = probed(info);
        let status = format!("status {}", &info.0[..3]);
        told.assert_error(&[
            &url,
            "GET /oauth/info was answered with",
            &status,
            "https://<tenant>.api.identitynow.com",
        ]);
        assert_eq!(heads, ["GET /oauth/info HTTP/1.1"], "{info:?}");
    }
}

#[test]
fn whatever_may_be_isc_is_asked_for_an_access_token() {
    for info in [
        ("200 OK", JSON, "{\"tenantId\":\"a\"}"),
        ("200 OK", "application/hal+json", "{\"org\":\"acme\"}"),
        ("200 OK", JSON, "{\"pod\":\"p1\"}"),
        ("400 Bad Request", JSON, "{}"),
        ("401 Unauthorized", JSON, "{}"),
        ("403 Forbidden", JSON, "{\"error\":\"no\"}"),
        ("404 Not Found", JSON, ""),
    ] {
        let (url, told, heads) = probed(info);
        told.assert_error(&[&url]);
        assert_eq!(heads, ["GET /oauth/info HTTP/1.1", "POST /oauth/token HTTP/1.1"], "{info:?}");
    }
}
