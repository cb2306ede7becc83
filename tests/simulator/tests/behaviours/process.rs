//! The simulator as a process, with the options that choose its dialect.
use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

use isc_simulator::{ScopeClaim, Switches};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_isc-simulator");

/// The line of JSON that a simulator prints once it serves.
fn ready(options: &[&str]) -> Value {
    let mut process = Command::new(BINARY)
        .args(["--listen", "127.0.0.1:0", "--json"])
        .args(options)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    process.kill().expect("it runs");
    process.wait().expect("it ends");
    serde_json::from_str(&line).expect("JSON")
}

fn refused(dialect: &str) -> String {
    let Output { status, stderr, .. } = Command::new(BINARY)
        .args(["--listen", "127.0.0.1:0", "--dialect", dialect])
        .output()
        .expect("a process");
    assert!(!status.success(), "{dialect}");
    String::from_utf8(stderr).expect("text")
}

#[test]
fn a_drawn_isc_is_the_same_each_time_and_the_given_switches_are_put_on_top() {
    assert_eq!(ready(&["--draw", "7"])["switches"], json!(Switches::drawn_from(7)));
    let patch = r#"{"listLagSeconds": 77, "dialect": {"scopeClaim": "text"}}"#;
    let mut expected = Switches { list_lag_seconds: 77, ..Switches::drawn_from(7) };
    expected.dialect.scope_claim = ScopeClaim::Text;
    assert_eq!(ready(&["--draw", "7", "--dialect", patch])["switches"], json!(expected));
    assert_eq!(ready(&[])["switches"], json!(Switches::default()));
}

#[test]
fn what_does_not_fit_is_refused_with_what_would() {
    assert!(refused("{").contains("this is no JSON"));
    assert!(refused("[]").contains("JSON object such as"));
    let misplaced = refused(r#"{"scopeClaim": "absent"}"#);
    assert!(
        misplaced.contains("unknown field `scopeClaim`") && misplaced.contains(r#""dialect": {"#),
        "{misplaced}"
    );
    assert!(refused(r#"{"dialect": {"scopeClaim": "none"}}"#).contains("expected one of `bitmap`"));
}
