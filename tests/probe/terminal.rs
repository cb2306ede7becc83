//! The question on the terminal: only `y` sends anything.
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::run::{Running, Told};
use crate::tenant::{TENANT, Tenant};

/// Runs the probe on a terminal of its own until it asks: the run, its terminal, and what that
/// shows.
fn asking(tenant: &Tenant) -> (Running<'_>, File, String) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let slave: OwnedFd =
        rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let mut command = tenant
        .at(&tenant.simulator.tenant_url(TENANT), &["--allow-loopback-http", "--output", "json"]);
    command.stdin(slave.try_clone().unwrap()).stderr(slave);
    let running = tenant.start(command);
    let mut terminal = File::from(master);
    let mut shown = String::new();
    while !shown.contains("Continue? [y/N]") {
        let mut some = [0; 4096];
        let count = terminal.read(&mut some).unwrap();
        shown.push_str(std::str::from_utf8(&some[..count]).unwrap());
    }
    assert_eq!(tenant.requests(), 0, "nothing is sent before it is answered");
    (running, terminal, shown)
}

/// Types this as the answer.
fn asked(tenant: &Tenant, typed: &str) -> (Told, String) {
    let (running, mut terminal, shown) = asking(tenant);
    terminal.write_all(typed.as_bytes()).unwrap();
    (running.end(), shown)
}

#[test]
fn an_answer_that_is_not_y_sends_nothing() {
    // The last one is the end of the input.
    for typed in ["n\n", "\n", "yy\n", "no\n", "ja\n", "\u{4}"] {
        let tenant = Tenant::new();
        let (told, shown) = asked(&tenant, typed);
        assert_eq!((told.code, told.out.as_str()), (Some(2), ""), "{typed:?}: {told:?}");
        for words in [
            "makes at most three tokens",
            "one with a name in use, one whose expiry is past",
            "tries whether its credential and its access token still work",
        ] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        assert_eq!(tenant.requests(), 0, "{typed:?}");
    }
}

#[test]
fn y_goes_on() {
    for typed in ["y\n", "Y\n", " yes \n"] {
        let tenant = Tenant::new();
        let (told, _) = asked(&tenant, typed);
        assert_eq!(told.code, Some(0), "{typed:?}: {told:?}");
    }
}

#[test]
fn a_signal_at_the_question_ends_it_and_sends_nothing() {
    let tenant = Tenant::new();
    let (running, _terminal, _) = asking(&tenant);
    // Not SIGINT, which whoever starts the tests in the background has them inherit as ignored.
    running.signal(Signal::TERM);
    let told = running.end();
    assert_eq!((told.code, told.signal, told.out.as_str()), (None, Some(15), ""), "{told:?}");
    assert_eq!(tenant.requests(), 0);
}
