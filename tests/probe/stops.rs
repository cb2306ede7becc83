//! Ctrl-C and SIGTERM: the first one has the tokens removed, the second one ends at once.
use isc_simulator::{Operation, When};
use rustix::process::Signal;

use crate::run::{Running, Told};
use crate::tenant::{Tenant, eventually};

const ASKED: &str = "a second signal ends at once";

/// Holds a request of the probe, and sends a signal meanwhile.
fn interrupted(operation: Operation, when: When, after: usize, signal: Signal) -> (Tenant, Told) {
    let tenant = Tenant::new();
    let err = tenant.path("stderr");
    let start = || {
        let mut command = tenant.command(&[]);
        command.stderr(std::fs::File::create(&err).unwrap()).spawn().unwrap()
    };
    let (gate, child) = tenant.hold(operation, when, after, start);
    let running = Running::of(&tenant, child);
    running.signal(signal);
    // Where nothing was made yet, it has ended before it could say so.
    let told = || std::fs::read_to_string(&err).unwrap();
    eventually("the word that it stops", || {
        [ASKED, "stopped"].iter().any(|word| told().contains(word))
    });
    tenant.open(gate);
    let mut told = running.end();
    told.err = std::fs::read_to_string(&err).unwrap();
    let last = told.err.lines().last().unwrap_or_default();
    assert!(told.code == Some(2) && last.contains("stopped on request"), "{told:?}");
    (tenant, told)
}

#[test]
fn whatever_is_under_way_the_first_signal_has_all_tokens_removed() {
    for (operation, after) in [
        (Operation::OauthInfo, 0),
        (Operation::Oauth, 0),
        (Operation::List, 0),
        (Operation::Create, 0),
        (Operation::Oauth, 1),
        (Operation::List, 1),
        (Operation::Create, 1),
        (Operation::Create, 3),
        (Operation::Patch, 0),
        (Operation::Patch, 2),
        (Operation::Delete, 0),
        (Operation::Delete, 1),
    ] {
        for (when, signal) in [(When::Before, Signal::INT), (When::After, Signal::TERM)] {
            let (tenant, told) = interrupted(operation, when, after, signal);
            assert_eq!(tenant.left(), [], "{operation:?} {after} {when:?}: {told:?}");
            let is_early =
                operation == Operation::OauthInfo || (operation, after) == (Operation::Oauth, 0);
            assert_eq!(told.out.is_empty(), is_early, "{operation:?} {after} {when:?}: {told:?}");
        }
    }
}

#[test]
fn what_was_answered_before_a_stop_is_reported_and_nothing_else() {
    let (_, told) = interrupted(Operation::Patch, When::Before, 0, Signal::INT);
    let report: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(report["stopped"], true);
    let lines = told.lines();
    assert_eq!(
        report["counts"]["holds"],
        lines.values().filter(|(verdict, ..)| verdict == "holds").count()
    );
    for id in [
        "scope-text",
        "identity",
        "list-own-token",
        "short-expiry",
        "past-expiry",
        "new-credential",
        "lag-create",
    ] {
        assert_eq!(lines[id].0, "holds", "{id}: {told:?}");
    }
    let not_asked =
        ["patch-name", "patch-scope", "patch-expiry", "lag-change", "delete", "second-delete"];
    for id in not_asked.into_iter().chain([
        "credential-after-delete",
        "access-token-after-delete",
        "lag-delete",
    ]) {
        let (verdict, answer, note) = &lines[id];
        assert_eq!((verdict.as_str(), answer.as_str()), ("unknown", "not asked"), "{id}");
        assert_eq!(note.as_deref(), Some("the probe was stopped before"), "{id}");
    }
    assert!(lines.values().all(|(verdict, ..)| verdict != "does not hold"), "{told:?}");
}

#[test]
fn a_refusal_is_not_judged_before_it_was_compared() {
    for (after, when, id) in [(2, When::After, "duplicate-name"), (3, When::Before, "past-expiry")]
    {
        let (_, told) = interrupted(Operation::Create, when, after, Signal::INT);
        assert_eq!(told.lines()[id].0, "unknown", "{told:?}");
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    let tenant = Tenant::new();
    let start = || tenant.command(&[]).spawn().unwrap();
    let (gate, child) = tenant.hold(Operation::Delete, When::Before, 0, start);
    let running = Running::of(&tenant, child);
    running.signal(Signal::INT);
    let deletes = || tenant.control().gates().iter().any(|state| state.arrived >= 2);
    eventually("the DELETE of the removal", deletes);
    running.signal(Signal::INT);
    let told = running.end();
    assert_eq!((told.code, told.out.as_str()), (Some(130), ""), "{told:?}");
    tenant.control().open_gate(gate).unwrap();
    assert_eq!(tenant.probe(&[]).code, Some(0));
    assert_eq!(tenant.left(), []);
}
