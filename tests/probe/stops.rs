//! Ctrl-C and SIGTERM: the first one has the tokens removed, the second one ends at once.
use isc_simulator::{Operation, When};
use rustix::process::Signal;

use crate::stage::{Stage, eventually};
use crate::told::{Running, Told};

const ASKED: &str = "a second signal ends at once";

/// Holds a request of the probe, and sends a signal meanwhile.
fn interrupted(operation: Operation, when: When, after: usize, signal: Signal) -> (Stage, Told) {
    let stage = Stage::new();
    let err = stage.path("stderr");
    let start = || {
        let mut command = stage.command(&[]);
        command.stderr(std::fs::File::create(&err).unwrap()).spawn().unwrap()
    };
    let (gate, child) = stage.hold(operation, when, after, start);
    let running = Running::of(&stage, child);
    running.signal(signal);
    // Where nothing was made yet, it has ended before it could say so.
    let told = || std::fs::read_to_string(&err).unwrap();
    eventually("the word that it stops", || [ASKED, "stopped"].iter().any(|word| told().contains(word)));
    stage.open(gate);
    let mut told = running.end();
    told.err = std::fs::read_to_string(&err).unwrap();
    told.assert_error(&["stopped on request"]);
    (stage, told)
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
            let (stage, told) = interrupted(operation, when, after, signal);
            assert_eq!(stage.left(), [], "{operation:?} {after} {when:?}: {told:?}");
        }
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    let stage = Stage::new();
    let start = || stage.command(&[]).spawn().unwrap();
    let (gate, child) = stage.hold(Operation::Delete, When::Before, 0, start);
    let running = Running::of(&stage, child);
    running.signal(Signal::INT);
    let deletes = || stage.control().gates().iter().any(|state| state.arrived >= 2);
    eventually("the DELETE of the removal", deletes);
    running.signal(Signal::INT);
    let told = running.end();
    assert_eq!((told.code, told.out.as_str()), (Some(130), ""), "{told:?}");
    stage.control().open_gate(gate).unwrap();
    assert_eq!(stage.probe(&[]).code, Some(0));
    assert_eq!(stage.left(), []);
}
