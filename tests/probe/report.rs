//! The report of a tenant that is as it should be.
use isc_simulator::Options;

use crate::document::timeless;
use crate::run::Told;
use crate::tenant::{TENANT, Tenant};

/// Every line: id, promises, answer.
const EXPECTED: [(&str, &str, &str); 35] = [
    ("scope-claim", "", "a bitmap"),
    ("scope-text", "", "yes, and no others"),
    ("check-token", "", "yes, with names"),
    ("expires-in", "figures", "yes, 43200 s"),
    ("identity", "P6", "yes, by the reply, the claims and LIST"),
    ("tenant-id", "P1", "yes, by the reply, the claims and /oauth/info"),
    ("tenant-name", "", "acme, in the pod sim01-loopback"),
    ("list-owner", "P6", "yes, one owner for all"),
    ("list-own-token", "P7", "yes"),
    ("own-expiry", "", "never"),
    ("list-life", "P1 P7", "yes"),
    ("list-scope", "", "yes, as they were asked for"),
    ("list-last-used", "P3", "yes"),
    ("create-reply", "P7", "yes (200)"),
    ("short-expiry", "P1", "yes"),
    ("unknown-scope", "", "yes (200)"),
    ("past-expiry", "P1 P4", "yes (400)"),
    ("duplicate-name", "P1", "yes (400)"),
    ("new-credential", "P2", "at once"),
    ("lag-create", "P1 P4", "at once"),
    ("patch-name", "P4", "yes"),
    ("patch-scope", "", "yes"),
    ("patch-expiry", "P7", "yes"),
    ("lag-change", "P4 P6", "at once"),
    ("delete", "P4", "yes (204)"),
    ("second-delete", "P4", "yes (404)"),
    ("credential-after-delete", "P4", "yes, at once (401)"),
    ("access-token-after-delete", "", "it works on, until its own end"),
    ("lag-delete", "P4", "at once"),
    ("date-header", "P1", "yes"),
    ("clock-offset", "", "less than 2 s"),
    ("rate-limit", "figures", "nothing"),
    ("deprecated", "", "yes"),
    ("tokens-and-limit", "figures", "1 of 10, by what is documented"),
    ("nerm", "", "yes (200)"),
];

fn nerm(tenant: &Tenant) -> String {
    format!("{}/api", tenant.simulator.tenant_url(TENANT))
}

#[test]
fn everything_holds_of_the_default_dialect_line_by_line() {
    let tenant = Tenant::new();
    let told = tenant.probe(&["--nerm-url", &nerm(&tenant)]);
    assert_eq!(told.code, Some(0), "{told:?}");
    let report: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(report["apiUrl"], tenant.simulator.tenant_url(TENANT));
    assert_eq!(report["clientId"], tenant.simulator.seed(TENANT).unwrap().client_id);
    assert_eq!((&report["user"], &report["stopped"]), (&tenant.user().into(), &false.into()));
    assert_eq!(report["counts"], serde_json::json!({"holds": 35, "doesNotHold": 0, "unknown": 0}));
    assert_eq!(report["left"], serde_json::json!([]));
    let lines = report["lines"].as_array().unwrap();
    assert_eq!(lines.len(), EXPECTED.len());
    for (line, (id, promises, answer)) in lines.iter().zip(EXPECTED) {
        let rests: Vec<&str> =
            line["promises"].as_array().unwrap().iter().map(|p| p.as_str().unwrap()).collect();
        assert_eq!((line["id"].as_str().unwrap(), rests.join(" ").as_str()), (id, promises));
        assert_eq!(timeless(line["answer"].as_str().unwrap()), timeless(answer), "{id}");
        assert_eq!(line["verdict"], "holds", "{id}");
    }
    assert_eq!(tenant.left(), []);
}

#[test]
fn the_text_has_a_line_for_each_question() {
    let tenant = Tenant::new();
    let told = tenant.probe(&["--nerm-url", &nerm(&tenant)]);
    let command = tenant.at(
        &tenant.simulator.tenant_url(TENANT),
        &["--allow-loopback-http", "--yes", "--nerm-url", &nerm(&tenant)],
    );
    let text = tenant.run(command);
    assert_eq!(text.code, Some(0), "{text:?}");
    let head = format!(
        "{}, as the user of client ID {}\n\nverdict ",
        tenant.simulator.tenant_url(TENANT),
        tenant.simulator.seed(TENANT).unwrap().client_id
    );
    assert!(text.out.starts_with(&head), "{}", text.out);
    let (_, end) = text.out.split_once("\n\nholds: 35, does not hold: 0, unknown: 0\n").unwrap();
    // The legend: what the columns mean.
    let legend: Vec<&str> = end.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(legend, ["holds", "for"], "{}", text.out);
    assert_eq!(text.out.lines().filter(|line| line.starts_with("holds  ")).count(), 35);
    let report: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    for line in report["lines"].as_array().unwrap() {
        let (question, answer) =
            (line["question"].as_str().unwrap(), line["answer"].as_str().unwrap());
        let shown = text
            .out
            .lines()
            .any(|shown| shown.contains(question) && shown.ends_with(&format!("  {answer}")));
        assert!(shown, "{question} {answer}: {}", text.out);
    }
}

#[test]
fn it_takes_as_many_requests_as_the_document_says() {
    let document =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/probe.md")).unwrap();
    assert!(document.contains("A probe takes 23 to 26 requests"));
    for with_nerm in [false, true] {
        let tenant = Tenant::new();
        let url = nerm(&tenant);
        let arguments = ["--nerm-url", url.as_str()];
        tenant.probe(if with_nerm { &arguments } else { &[] });
        assert!((23..=26).contains(&tenant.requests()), "{}", tenant.requests());
    }
}

#[test]
fn without_its_url_nerm_is_not_asked() {
    let tenant = Tenant::new();
    let told = tenant.probe(&[]);
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(!told.lines().contains_key("nerm"));
}

#[test]
fn the_certificate_is_checked_against_the_given_authorities() {
    let tenants = vec![isc_simulator::TenantSpec::named(TENANT)];
    let tenant = Tenant::started(Options { tenants, ..Options::with_https() });
    let ca_file = tenant.path("ca.pem");
    std::fs::write(&ca_file, tenant.simulator.ca_pem()).unwrap();
    let run = |arguments: &[&str]| -> Told {
        let mut command =
            tenant.at(&tenant.simulator.tenant_https_url(TENANT), &["--yes", "--output", "json"]);
        command.args(arguments);
        tenant.run(command)
    };
    let told = run(&["--ca-file", ca_file.to_str().unwrap()]);
    assert_eq!(told.code, Some(0), "{told:?}");
    run(&[]).assert_error(&[
        &tenant.simulator.tenant_https_url(TENANT),
        "failed to use",
        "check the URL",
    ]);
}
