//! Who may know whom, and what decisions may not touch.
use crate::code::{Path, paths};

/// A module of the crate, and the others that it may use.
const LAYERS: [(&str, &[&str]); 10] = [
    ("api", &[]),
    ("lifecycle", &["api", "credential", "redacted"]),
    ("isc", &["credential", "metrics", "redacted"]),
    ("kubernetes", &["api", "credential", "lifecycle", "metrics", "redacted"]),
    (
        "controllers",
        &["api", "credential", "lifecycle", "isc", "kubernetes", "metrics", "redacted"],
    ),
    ("probe", &["api", "credential", "isc", "kubernetes", "redacted"]),
    ("process", &["api", "credential", "lifecycle", "controllers", "metrics", "probe", "redacted"]),
    ("credential", &["redacted"]),
    ("metrics", &[]),
    ("redacted", &[]),
];

/// A part of `controllers`, and the others that it may use. `controllers/mod.rs` starts them all.
const CONTROLLERS: [(&str, &[&str]); 17] = [
    ("keyed", &[]),
    ("outside", &[]),
    ("subject", &[]),
    ("wait", &[]),
    ("guard", &["wait"]),
    ("secret_read", &[]),
    ("transitions", &[]),
    ("trouble", &[]),
    ("wake", &[]),
    ("written", &[]),
    ("board", &["keyed", "subject", "trouble", "wait"]),
    ("context", &["board", "outside", "subject", "wake"]),
    ("housekeeping", &["context", "tenant", "token"]),
    ("owner", &["board", "context", "keyed", "secret_read", "subject", "trouble", "wait", "wake"]),
    ("tenant", &["board", "context", "keyed", "transitions", "trouble", "wait", "written"]),
    (
        "token",
        &[
            "board",
            "context",
            "keyed",
            "secret_read",
            "subject",
            "transitions",
            "trouble",
            "written",
        ],
    ),
    (
        "watches",
        &[
            "board",
            "context",
            "guard",
            "housekeeping",
            "owner",
            "subject",
            "tenant",
            "token",
            "wake",
        ],
    ),
];

/// The modules that decide.
pub const PURE: [&str; 2] = ["api", "lifecycle"];

/// I/O, async, clocks, randomness and clients.
const EFFECTS: [&str; 29] = [
    "async",
    "await",
    "futures",
    "tokio",
    "reqwest",
    "axum",
    "http",
    "governor",
    "tracing",
    "prometheus_client",
    "kube::Client",
    "kube::Api",
    "kube::api",
    "kube::client",
    "kube::runtime",
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "Instant",
    "SystemTime",
    "Timestamp::now",
    "Zoned::now",
    "rand",
    "RandomState",
    "println",
    "eprintln",
];

/// What a file of a pure module mentions all the same: line and name.
pub fn effects(source: &str) -> Vec<(usize, String)> {
    let told = |path: &Path| {
        EFFECTS.iter().find(|effect| path.mentions(effect)).map(|e| (path.line, (*e).to_owned()))
    };
    paths(source).iter().filter_map(told).collect()
}

/// The modules of the crate that a file of `module` uses and may not: line and name.
pub fn strangers(module: &str, source: &str) -> Vec<(usize, String)> {
    let (_, allowed) =
        LAYERS.iter().find(|(name, _)| *name == module).expect("every module has its layer");
    let forbidden = LAYERS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| *name != module && !allowed.contains(name));
    let paths = paths(source);
    let used = |name: &str| {
        let ways = ["crate", "super", "pat_operator"].map(|root| format!("{root}::{name}"));
        let path = paths.iter().find(|path| ways.iter().any(|way| path.mentions(way)));
        path.map(|path| (path.line, name.to_owned()))
    };
    forbidden.filter_map(used).collect()
}

/// The parts of `controllers` that a file of one of them uses and may not: line and name.
fn strangers_inside(part: &str, source: &str) -> Vec<(usize, String)> {
    let (_, allowed) =
        CONTROLLERS.iter().find(|(name, _)| *name == part).expect("every part has its layer");
    let forbidden = CONTROLLERS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| *name != part && !allowed.contains(name));
    let paths = paths(source);
    let used = |name: &str| {
        let ways = ["controllers", "super"].map(|root| format!("{root}::{name}"));
        let path = paths.iter().find(|path| ways.iter().any(|way| path.mentions(way)));
        path.map(|path| (path.line, name.to_owned()))
    };
    forbidden.filter_map(used).collect()
}

#[test]
fn controllers_know_each_other_one_way() {
    let mut wrong = Vec::new();
    for file in crate::files::below("src/controllers")
        .into_iter()
        .filter(|file| file.path != "src/controllers/mod.rs")
    {
        let name =
            file.path.trim_start_matches("src/controllers/").split('/').next().unwrap_or_default();
        let found = strangers_inside(name.trim_end_matches(".rs"), &file.text);
        wrong.extend(
            found.into_iter().map(|(line, name)| format!("{}:{line}: uses {name}", file.path)),
        );
        let top = ["run", "run_in", "Error", "Config", "Outside"]
            .map(|name| format!("controllers::{name}"));
        let from_top =
            paths(&file.text).into_iter().filter(|path| top.iter().any(|name| path.mentions(name)));
        wrong
            .extend(from_top.map(|path| {
                format!("{}:{}: uses the module that starts it", file.path, path.line)
            }));
    }
    assert!(
        wrong.is_empty(),
        "ARCHITECTURE.md, \"Invariants\", says in which order controllers stand: {wrong:#?}"
    );
}

#[test]
fn a_controller_that_uses_another_is_found() {
    for (part, source, stranger) in [
        ("board", "use super::owner::Memory;", "owner"),
        ("tenant", "use crate::controllers::owner::outage;", "owner"),
        ("owner", "use crate::controllers::{context::Context, watches};", "watches"),
        ("trouble", "fn f(context: &super::context::Context) {}", "context"),
    ] {
        let found: Vec<String> =
            strangers_inside(part, source).into_iter().map(|(_, name)| name).collect();
        assert_eq!(found, [stranger], "{part}: {source}");
    }
}

#[test]
fn every_effect_is_found() {
    for (source, effect) in [
        ("pub async fn f() {}", "async"),
        ("x.await", "await"),
        ("use tokio::time::sleep;", "tokio"),
        ("reqwest::get(url)", "reqwest"),
        ("use kube::{Client, CustomResource};", "kube::Client"),
        ("fn f(api: kube::Api<X>) {}", "kube::Api"),
        ("use kube::runtime::watcher;", "kube::runtime"),
        ("std::fs::read(path)", "std::fs"),
        ("use std::{collections::BTreeMap, net::TcpStream};", "std::net"),
        ("std::env::var(name)", "std::env"),
        ("use std::time::{Duration, Instant};", "Instant"),
        ("std::time::SystemTime::now()", "SystemTime"),
        ("jiff::Timestamp::now()", "Timestamp::now"),
        ("rand::random()", "rand"),
    ] {
        assert_eq!(effects(&format!("//! Bad.\n{source}")), [(2, effect.to_owned())], "{source}");
    }
}

#[test]
fn data_is_no_effect() {
    let source = "use jiff::Timestamp; use std::time::Duration; use kube::{CustomResource, ResourceExt}; // tokio";
    assert_eq!(effects(source), []);
}

#[test]
fn every_use_against_the_direction_is_found() {
    for (module, source, stranger) in [
        ("api", "use crate::lifecycle::Step;", "lifecycle"),
        ("lifecycle", "use crate::{api, isc};", "isc"),
        ("lifecycle", "use crate::{\n    kubernetes::status,\n};", "kubernetes"),
        ("lifecycle", "fn f(m: &crate::metrics::Metrics) {}", "metrics"),
        ("isc", "use crate::kubernetes::events;", "kubernetes"),
        ("kubernetes", "use super::isc;", "isc"),
        ("controllers", "use crate::process::run;", "process"),
        ("process", "use crate::isc::Client;", "isc"),
        ("probe", "use crate::lifecycle::Step;", "lifecycle"),
        ("controllers", "use crate::probe::Target;", "probe"),
        ("redacted", "use crate::metrics::Metrics;", "metrics"),
    ] {
        let found: Vec<String> =
            strangers(module, source).into_iter().map(|(_, name)| name).collect();
        assert_eq!(found, [stranger], "{module}: {source}");
    }
    assert_eq!(strangers("controllers", "use crate::{api, isc, kubernetes, lifecycle};"), []);
}
