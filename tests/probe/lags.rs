//! What comes late, or by another clock.
use isc_simulator::{BadDate, Fault, Kind, Operation};
use jiff::SignedDuration;
use rustix::process::Signal;

use crate::dialects::expect;
use crate::switches::{ON_A_TOKEN, unknown};
use crate::tenant::{TENANT, Tenant, eventually};

#[test]
fn a_list_that_lags_is_measured() {
    let tenant = Tenant::with(|switches| switches.list_lag_seconds = 2);
    let told = tenant.probe(&["--list-lag", "60s"]);
    // LIST first shows the seed as it was before it was ever used.
    assert_eq!(told.code, Some(0), "{told:?}");
    for id in ["lag-create", "lag-change", "lag-delete"] {
        let (verdict, answer, _) = told.lines()[id].clone();
        let seconds: u64 =
            answer.trim_start_matches("within ").trim_end_matches(" s").parse().unwrap();
        assert!(verdict == "holds" && seconds >= 2, "{id}: {answer}");
    }
    assert_eq!(tenant.left(), []);
}

#[test]
fn a_list_that_lags_for_too_long_is_not_waited_for() {
    let mut expected = unknown(&["list-life", "list-scope", "list-last-used"]);
    expected.extend(["lag-create", "lag-change"].map(|id| (id, "unknown", "not within 1 s")));
    expected.push(("lag-delete", "unknown", "not known"));
    expect("an hour", |switches| switches.list_lag_seconds = 3_600, &expected);
}

#[test]
fn a_new_credential_that_is_accepted_late() {
    let tenant = Tenant::with(|switches| switches.new_pair_delay_seconds = 2);
    let told = tenant.probe(&["--list-lag", "60s"]);
    let (verdict, answer, _) = told.lines()["new-credential"].clone();
    assert!(verdict == "holds" && answer.starts_with("within "), "{answer}");
    assert_eq!(told.code, Some(0), "{told:?}");
    let late = ["new-credential", "credential-after-delete", "access-token-after-delete"];
    expect("an hour", |switches| switches.new_pair_delay_seconds = 3_600, &unknown(&late));
}

#[test]
fn a_clock_that_is_off_by_minutes_is_ok_and_by_hours_makes_no_token() {
    let tenant = Tenant::new();
    tenant.control().advance(SignedDuration::from_mins(5));
    let told = tenant.probe(&[]);
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(
        told.lines()["clock-offset"].1.ends_with("s ahead; the operator goes by ISC's"),
        "{told:?}"
    );
    let tenant = Tenant::new();
    tenant.control().advance(SignedDuration::from_hours(2));
    let told = tenant.probe(&[]);
    let lines = told.lines();
    assert_eq!(
        (told.code, lines["clock-offset"].0.as_str()),
        (Some(1), "does not hold"),
        "{told:?}"
    );
    assert!(ON_A_TOKEN.iter().all(|id| lines[*id].0 == "unknown"), "{told:?}");
    assert_eq!(tenant.effects(), []);
}

#[test]
fn without_a_date_that_can_be_relied_on_no_token_is_made() {
    for (date, verdict, words) in [
        (BadDate::Missing, "does not hold", "no"),
        (BadDate::Garbage, "does not hold", "no"),
        (BadDate::NextYear, "holds", "yes"),
        (BadDate::Epoch, "holds", "yes"),
    ] {
        let tenant = Tenant::new();
        tenant.control().add_fault(None, Fault { date: Some(date), ..Fault::default() });
        let told = tenant.probe(&[]);
        let lines = told.lines();
        assert!(
            lines["date-header"].0 == verdict && lines["date-header"].1.contains(words),
            "{date:?}: {told:?}"
        );
        assert_ne!(lines["clock-offset"].0, "holds", "{date:?}: {told:?}");
        assert!(ON_A_TOKEN.iter().all(|id| lines[*id].0 == "unknown"), "{date:?}: {told:?}");
        assert_eq!(tenant.effects(), [], "{date:?}");
    }
    let tenant = Tenant::new();
    tenant
        .control()
        .add_fault(None, Fault { date: Some(BadDate::NextYear), ..Fault::on(Operation::List) });
    let told = tenant.probe(&[]);
    assert_eq!(told.lines()["date-header"].1, "yes, but they contradict each other", "{told:?}");
    assert_eq!(tenant.effects(), []);
}

#[test]
fn by_a_clock_that_jumps_no_further_token_is_made() {
    let tenant = Tenant::new();
    tenant
        .control()
        .add_fault(None, Fault { latency_ms: 300, ..Fault::on(Operation::Create) }.once());
    let running = tenant.start(tenant.command(&[]));
    eventually("the requests before the first POST", || tenant.requests() >= 4);
    tenant.control().advance(SignedDuration::from_mins(3));
    let told = running.end();
    assert_eq!(told.lines()["date-header"].1, "yes, but they contradict each other", "{told:?}");
    let posts = tenant
        .control()
        .record_since(0)
        .into_iter()
        .filter(|entry| entry.operation == Some(Operation::Create));
    assert_eq!(posts.filter(|entry| entry.kind == Kind::Request).count(), 1);
    assert_eq!(tenant.left(), []);
}

/// What a person reads on standard error.
const STEPS: [&str; 8] = [
    "asking whether an ISC answers",
    "getting an access token for the seed",
    "reading the user's tokens",
    "making a token that ends in ten minutes",
    "trying its credential, and looking for it in LIST",
    "asking for tokens that ISC should refuse",
    "changing the token's name, scopes and expiry",
    "deleting the token",
];

#[test]
fn each_step_is_told_in_order_whatever_the_output() {
    for output in ["text", "json"] {
        let tenant = Tenant::new();
        let command = tenant.at(
            &tenant.simulator.tenant_url(TENANT),
            &["--allow-loopback-http", "--yes", "--output", output],
        );
        let told = tenant.run(command);
        let lines: Vec<&str> =
            told.err.lines().filter_map(|line| line.strip_prefix("pat-operator: ")).collect();
        let steps: Vec<&str> = lines.into_iter().filter(|line| STEPS.contains(line)).collect();
        assert_eq!(steps, STEPS, "{output}: {told:?}");
        assert!(STEPS.iter().all(|step| !told.out.contains(step)), "{output}: {told:?}");
    }
}

#[test]
fn it_says_again_and_again_what_it_waits_for() {
    let tenant = Tenant::with(|switches| switches.list_lag_seconds = 3_600);
    let err = tenant.path("stderr");
    let mut command = tenant.command(&["--list-lag", "60s"]);
    command.stderr(std::fs::File::create(&err).unwrap());
    let running = tenant.start(command);
    let waits = || {
        std::fs::read_to_string(&err)
            .unwrap()
            .matches("waiting for LIST to show the new token, since")
            .count()
    };
    eventually("the second word of waiting", || waits() >= 2);
    running.signal(Signal::INT);
    assert_eq!(running.end().code, Some(2));
}

#[test]
fn the_clock_of_nerm_is_not_that_of_isc() {
    let tenant = Tenant::new();
    tenant
        .control()
        .add_fault(None, Fault { date: Some(BadDate::NextYear), ..Fault::on(Operation::Nerm) });
    let nerm = format!("{}/api", tenant.simulator.tenant_url(TENANT));
    let told = tenant.probe(&["--nerm-url", &nerm]);
    assert_eq!(told.code, Some(0), "{told:?}");
    assert_eq!(told.lines()["date-header"].1, "yes");
}
