//! What comes late, or by another clock.
use isc_simulator::{BadDate, Fault, Kind, Operation};
use jiff::SignedDuration;

use crate::dialects::expect;
use crate::stage::{Stage, eventually};
use crate::switches::{ON_A_TOKEN, unknown};

#[test]
fn a_list_that_lags_is_measured() {
    let stage = Stage::with(|switches| switches.list_lag_seconds = 2);
    let told = stage.probe(&["--list-lag", "60s"]);
    // LIST first shows the seed as it was before it was ever used.
    assert_eq!(told.code, Some(0), "{told:?}");
    for id in ["lag-create", "lag-change", "lag-delete"] {
        let (verdict, answer, _) = told.lines()[id].clone();
        let seconds: u64 = answer.trim_start_matches("within ").trim_end_matches(" s").parse().unwrap();
        assert!(verdict == "holds" && seconds >= 2, "{id}: {answer}");
    }
    assert_eq!(stage.left(), []);
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
    let stage = Stage::with(|switches| switches.new_pair_delay_seconds = 2);
    let told = stage.probe(&["--list-lag", "60s"]);
    let (verdict, answer, _) = told.lines()["new-credential"].clone();
    assert!(verdict == "holds" && answer.starts_with("within "), "{answer}");
    assert_eq!(told.code, Some(0), "{told:?}");
    let late = ["new-credential", "credential-after-delete", "access-token-after-delete"];
    expect("an hour", |switches| switches.new_pair_delay_seconds = 3_600, &unknown(&late));
}

#[test]
fn a_clock_that_is_off_by_minutes_is_ok_and_by_hours_makes_no_token() {
    let stage = Stage::new();
    stage.control().advance(SignedDuration::from_mins(5));
    let told = stage.probe(&[]);
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(told.lines()["clock-offset"].1.ends_with("s ahead; the operator goes by ISC's"), "{told:?}");
    let stage = Stage::new();
    stage.control().advance(SignedDuration::from_hours(2));
    let told = stage.probe(&[]);
    let lines = told.lines();
    assert_eq!((told.code, lines["clock-offset"].0.as_str()), (Some(1), "does not hold"), "{told:?}");
    assert!(ON_A_TOKEN.iter().all(|id| lines[*id].0 == "unknown"), "{told:?}");
    assert_eq!(stage.effects(), []);
}

#[test]
fn without_a_date_that_can_be_relied_on_no_token_is_made() {
    for (date, verdict, words) in [
        (BadDate::Missing, "does not hold", "no"),
        (BadDate::Garbage, "does not hold", "no"),
        (BadDate::NextYear, "holds", "yes"),
        (BadDate::Epoch, "holds", "yes"),
    ] {
        let stage = Stage::new();
        stage.control().add_fault(None, Fault { date: Some(date), ..Fault::default() });
        let told = stage.probe(&[]);
        let lines = told.lines();
        assert!(lines["date-header"].0 == verdict && lines["date-header"].1.contains(words), "{date:?}: {told:?}");
        assert_ne!(lines["clock-offset"].0, "holds", "{date:?}: {told:?}");
        assert!(ON_A_TOKEN.iter().all(|id| lines[*id].0 == "unknown"), "{date:?}: {told:?}");
        assert_eq!(stage.effects(), [], "{date:?}");
    }
    let stage = Stage::new();
    stage.control().add_fault(None, Fault { date: Some(BadDate::NextYear), ..Fault::on(Operation::List) });
    let told = stage.probe(&[]);
    assert_eq!(told.lines()["date-header"].1, "yes, but they contradict each other", "{told:?}");
    assert_eq!(stage.effects(), []);
}

#[test]
fn by_a_clock_that_jumps_no_further_token_is_made() {
    let stage = Stage::new();
    stage.control().add_fault(None, Fault { latency_ms: 300, ..Fault::on(Operation::Create) }.once());
    let running = stage.start(stage.command(&[]));
    eventually("the requests before the first POST", || stage.requests() >= 4);
    stage.control().advance(SignedDuration::from_mins(3));
    let told = running.end();
    assert_eq!(told.lines()["date-header"].1, "yes, but they contradict each other", "{told:?}");
    let posts = stage.control().record_since(0).into_iter().filter(|entry| entry.operation == Some(Operation::Create));
    assert_eq!(posts.filter(|entry| entry.kind == Kind::Request).count(), 1);
    assert_eq!(stage.left(), []);
}
