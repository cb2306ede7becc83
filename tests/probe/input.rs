//! Where URL and seed come from, and what is refused before anything is sent.
use std::fs;

use isc_simulator::Options;
use serde_json::json;

use crate::tenant::{TENANT, Tenant};

#[test]
fn the_seed_comes_from_a_file_of_any_form() {
    use base64::Engine;
    let tenant = Tenant::new();
    let seed = tenant.simulator.seed(TENANT).unwrap();
    let (id, value) = (&seed.client_id, &seed.client_secret);
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    for text in [
        json!({"clientId": id, "clientSecret": value}).to_string(),
        format!("clientId: {id}\nclientSecret: {value}\n"),
        json!({"kind": "Secret", "stringData": {"clientId": id, "clientSecret": value}})
            .to_string(),
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: seed\ndata:\n  clientId: {}\n  clientSecret: {}\n",
            encode(id),
            encode(value)
        ),
    ] {
        fs::write(tenant.seed_file(), &text).unwrap();
        assert_eq!(tenant.probe(&[]).code, Some(0), "{text}");
    }
}

#[test]
fn the_variables_of_the_vendors_clients_are_enough() {
    let tenant = Tenant::new();
    let seed = tenant.simulator.seed(TENANT).unwrap();
    let mut command = Tenant::bare(&["--allow-loopback-http", "--yes", "--output", "json"]);
    command.env("SAIL_BASE_URL", tenant.simulator.tenant_url(TENANT));
    command.env("SAIL_NERM_BASE_URL", format!("{}/api", tenant.simulator.tenant_url(TENANT)));
    command.env("SAIL_CLIENT_ID", &seed.client_id).env("SAIL_CLIENT_SECRET", &seed.client_secret);
    let told = tenant.run(command);
    assert_eq!(told.code, Some(0), "{told:?}");
    assert_eq!(told.lines()["nerm"].1, "yes (200)");
}

#[test]
fn a_flag_wins_over_its_variable() {
    let tenant = Tenant::new();
    let mut command = tenant.command(&[]);
    command
        .env("SAIL_BASE_URL", "http://127.0.0.1:1")
        .env("SAIL_CLIENT_ID", "x")
        .env("SAIL_CLIENT_SECRET", "y");
    let told = tenant.run(command);
    assert_eq!(told.code, Some(0), "{told:?}");
}

#[test]
fn what_is_wrong_or_missing_is_told_before_anything_is_sent() {
    let tenant = Tenant::new();
    let url = tenant.simulator.tenant_url(TENANT);
    let seed = tenant.seed_file().display().to_string();
    let swapped = tenant.path("swapped.json");
    let credential = tenant.simulator.seed(TENANT).unwrap();
    let text = json!({"clientId": credential.client_secret, "clientSecret": credential.client_id})
        .to_string();
    fs::write(&swapped, text).unwrap();
    let broken = tenant.path("broken.json");
    fs::write(&broken, format!("{{\"clientId\": {}", credential.client_secret)).unwrap();
    let path = |path: &std::path::Path| path.display().to_string();
    let base = ["--allow-loopback-http", "--yes"];
    for (arguments, words) in [
        (vec!["--seed-file", &seed], "give --api-url, SAIL_BASE_URL, or --tenant"),
        (
            vec!["--api-url", &url],
            "give --seed-file, the variables SAIL_CLIENT_ID and SAIL_CLIENT_SECRET, or --tenant",
        ),
        (vec!["--api-url", &url, "--seed-file", "/nonexistent"], "check --seed-file"),
        (
            vec!["--api-url", &url, "--seed-file", &path(&swapped)],
            "has clientId and clientSecret swapped",
        ),
        (vec!["--api-url", &url, "--seed-file", &path(&broken)], "neither JSON nor YAML"),
        (vec!["--api-url", "acme", "--seed-file", &seed], "is not a URL"),
        (vec!["--api-url", "http://acme.example", "--seed-file", &seed], "is not https"),
        (vec!["--api-url", &url, "--seed-file", &seed, "--nerm-url", "acme"], "is not a URL"),
        (
            vec!["--api-url", &url, "--seed-file", &seed, "--ca-file", "/nonexistent"],
            "check --ca-file",
        ),
        (
            vec!["--api-url", &url, "--seed-file", &seed, "--ca-file", &seed],
            "the CA bundle has no certificate",
        ),
        (
            vec!["--api-url", &url, "--seed-file", &seed, "--pat-path", "v1"],
            "start it with a slash",
        ),
    ] {
        let told = tenant.run(Tenant::bare(&[&base[..], &arguments].concat()));
        told.assert_error(&[words]);
    }
    for (arguments, words) in [
        (vec!["--tenant", "acme"], "--namespace"),
        (vec!["--tenant", "acme", "--namespace", "ns", "--api-url", &url], "cannot be used with"),
        (vec!["--api-url", &url, "--list-lag", "1h"], "3m or less"),
        (vec!["--client-secret", "x"], "unexpected argument"),
    ] {
        let told = tenant.run(Tenant::bare(&arguments));
        assert!(told.code == Some(2) && told.err.contains(words), "{arguments:?}: {told:?}");
    }
    assert_eq!(tenant.requests(), 0);
}

#[test]
fn the_help_names_yes_and_every_exit_code() {
    let tenant = Tenant::new();
    let told = tenant.run(Tenant::bare(&["--help"]));
    assert_eq!(told.code, Some(0), "{told:?}");
    for words in
        ["is not a terminal", "--yes", "\n  0  ", "\n  1  ", "\n  2  ", "\n  130  ", "\n  143  "]
    {
        assert!(told.out.contains(words), "{words}: {}", told.out);
    }
}

#[test]
fn a_query_of_a_url_is_not_repeated() {
    let tenant = Tenant::new();
    for url in ["https://acme.example/?x=c4n4ry", "acme?x=c4n4ry", "https://u:c4n4ry@acme.example"]
    {
        let told = tenant.run(tenant.at(url, &["--yes"]));
        told.assert_error(&["acme"]);
        assert!(!told.err.contains("c4n4ry"), "{}", told.err);
    }
}

#[test]
fn without_a_terminal_and_without_yes_nothing_is_sent() {
    let tenant = Tenant::new();
    let url = tenant.simulator.tenant_url(TENANT);
    let told = tenant.run(tenant.at(&url, &["--allow-loopback-http"]));
    told.assert_error(&["the probe sent nothing", "not a terminal", "--yes"]);
    for words in [
        url.as_str(),
        &tenant.simulator.seed(TENANT).unwrap().client_id,
        "at most three tokens",
        "ten minutes",
    ] {
        assert!(told.err.contains(words), "the plan comes first: {}", told.err);
    }
    assert_eq!(tenant.requests(), 0);
}

#[test]
fn a_credential_that_cannot_do_it_is_told() {
    let tenant = Tenant::new();
    let client = tenant.control().add_api_client(TENANT).unwrap();
    let text =
        json!({"clientId": client.client_id, "clientSecret": client.client_secret}).to_string();
    fs::write(tenant.seed_file(), text).unwrap();
    tenant.probe(&[]).assert_error(&["API client", "personal access token"]);
    assert_eq!(tenant.requests(), 0);
    let seed = tenant.simulator.seed(TENANT).unwrap();
    let text =
        json!({"clientId": seed.client_id, "clientSecret": "0123456789abcdef0123456789abcdef"})
            .to_string();
    fs::write(tenant.seed_file(), text).unwrap();
    tenant.probe(&[]).assert_error(&[&seed.client_id, "status 401", "live personal access token"]);
    let disabled = Tenant::new();
    disabled.control().set_disabled(TENANT, disabled.user(), true).unwrap();
    disabled.probe(&[]).assert_error(&["refuses the credential"]);
}

#[test]
fn a_certificate_is_shown_to_nobody_else() {
    let tenants = vec![isc_simulator::TenantSpec::named(TENANT)];
    let tenant = Tenant::started(Options {
        tenants,
        certificate: isc_simulator::Certificate::WrongHost,
        ..Options::with_https()
    });
    let ca_file = tenant.path("ca.pem");
    fs::write(&ca_file, tenant.simulator.ca_pem()).unwrap();
    let url = tenant.simulator.tenant_https_url(TENANT);
    let mut command = tenant.at(&url, &["--yes"]);
    command.arg("--ca-file").arg(&ca_file);
    tenant.run(command).assert_error(&[&url, "no connection", "certificate"]);
    assert_eq!(tenant.requests(), 0);
}
