//! A URL that is not the API's: one error that says what answered, and the seed is not sent there.
use isc_simulator::{Front, Operation};

use crate::stage::{Stage, TENANT};

#[test]
fn what_is_no_isc_is_named_and_gets_no_credential() {
    for front in Front::ALL {
        let words = match front {
            Front::Api => continue,
            Front::LoginRedirect => "a redirect (302) to \"https://sso.example\"",
            Front::HtmlNotFound => "a page for people (404)",
            Front::MethodNotAllowed => "a page for people (405)",
            Front::HtmlOk => "a page for people (200)",
            Front::HtmlUnavailable => "a page for people (503)",
        };
        let stage = Stage::with(|switches| switches.front = front);
        let told = stage.probe(&[]);
        let url = stage.simulator.tenant_url(TENANT);
        told.assert_error(&[&url, "GET /oauth/info was answered with", words, "https://<tenant>.api.identitynow.com"]);
        let asked: Vec<_> = stage.control().record_since(0).into_iter().filter_map(|entry| entry.path).collect();
        assert_eq!(asked, [format!("GET /t/{TENANT}/oauth/info")], "{front:?}");
    }
}

#[test]
fn a_path_behind_the_host_is_no_base_url() {
    for path in ["/v3", "/v2026", "/oauth", "/personal-access-tokens/v1"] {
        let stage = Stage::new();
        let url = format!("{}{path}", stage.simulator.tenant_url(TENANT));
        let mut command = Stage::bare(&["--allow-loopback-http", "--yes", "--api-url", &url]);
        command.arg("--seed-file").arg(stage.seed_file());
        let told = stage.run(command);
        told.assert_error(&[&url, "without anything behind the host", "https://<tenant>.api.identitynow.com"]);
        let issued = |entry: &isc_simulator::Entry| entry.operation == Some(Operation::Oauth);
        assert!(!stage.control().record_since(0).iter().any(issued), "{path}");
    }
}

#[test]
fn nobody_at_all() {
    let stage = Stage::new();
    for url in ["http://127.0.0.1:1", "http://localhost:1/x"] {
        let mut command = Stage::bare(&["--allow-loopback-http", "--yes", "--api-url", url]);
        command.arg("--seed-file").arg(stage.seed_file());
        stage.run(command).assert_error(&[url, "no connection", "check the URL, the network and the certificate"]);
    }
}

#[test]
fn an_isc_that_fails() {
    for operation in [Operation::OauthInfo, Operation::Oauth] {
        let stage = Stage::new();
        let fault = isc_simulator::Fault { status: Some(503), ..isc_simulator::Fault::on(operation) };
        stage.control().add_fault(None, fault);
        stage.probe(&[]).assert_error(&["failed to use", "it answers 503", "try again later"]);
    }
}
