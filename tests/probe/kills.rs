//! SIGKILL before and after each effect: what is left is little, ends by itself, and goes with the
//! next run.
use isc_simulator::{Operation, When};
use jiff::SignedDuration;
use rustix::process::Signal;

use crate::leftovers::lookalikes;
use crate::run::Running;
use crate::tenant::{TENANT, Tenant};

/// Kills a probe while one of its requests is held, lets that request come to its end, and probes
/// again.
fn killed(operation: Operation, when: When, after: usize) {
    let what = format!("{operation:?} {after} {when:?}");
    let tenant = Tenant::with(|switches| switches.tokens_per_user = 20);
    let others = lookalikes(&tenant);
    let (gate, child) =
        tenant.hold(operation, when, after, || tenant.command(&[]).spawn().unwrap());
    let running = Running::of(&tenant, child);
    running.signal(Signal::KILL);
    assert_eq!(running.end().code, None, "{what}");
    // What was sent takes effect, although nobody waits for it any more.
    tenant.open(gate);
    let seed = &tenant.simulator.seed(TENANT).unwrap().client_id;
    let all = || -> Vec<_> {
        tenant.control().tokens(TENANT).unwrap().into_iter().filter(|t| t.id != *seed).collect()
    };
    let now = tenant.control().now();
    let left: Vec<_> = all().into_iter().filter(|token| !others.contains(token)).collect();
    assert!(left.len() <= 3, "{what}: {left:?}");
    for token in &left {
        assert!(
            token.expiration_date.unwrap() <= now + SignedDuration::from_mins(10),
            "{what}: {token:?}"
        );
    }
    let told = tenant.probe(&[]);
    assert_eq!(told.lines()["short-expiry"].0, "holds", "{what}: {told:?}");
    assert_eq!(all(), others, "{what}");
}

#[test]
fn before_and_after_each_post() {
    for after in 0..4 {
        killed(Operation::Create, When::Before, after);
        killed(Operation::Create, When::After, after);
    }
}

#[test]
fn before_and_after_each_patch() {
    for after in 0..3 {
        killed(Operation::Patch, When::Before, after);
        killed(Operation::Patch, When::After, after);
    }
}

#[test]
fn before_and_after_each_delete() {
    for after in 0..3 {
        killed(Operation::Delete, When::Before, after);
        killed(Operation::Delete, When::After, after);
    }
}

#[test]
fn what_a_kill_leaves_ends_by_itself() {
    let tenant = Tenant::new();
    let (gate, child) =
        tenant.hold(Operation::Delete, When::Before, 0, || tenant.command(&[]).spawn().unwrap());
    let running = Running::of(&tenant, child);
    running.signal(Signal::KILL);
    running.end();
    assert_eq!(tenant.left().len(), 2);
    tenant.control().advance(SignedDuration::from_mins(10));
    assert_eq!(tenant.left(), []);
    tenant.open(gate);
}

/// A tenant whose LIST lags so, where a probe was killed once its first token was made.
fn killed_where_list_lags(seconds: i64) -> Tenant {
    let tenant = Tenant::with(|switches| switches.list_lag_seconds = seconds);
    let (gate, child) =
        tenant.hold(Operation::Create, When::After, 0, || tenant.command(&[]).spawn().unwrap());
    let running = Running::of(&tenant, child);
    running.signal(Signal::KILL);
    running.end();
    tenant.open(gate);
    assert_eq!(tenant.left().len(), 1);
    tenant
}

#[test]
fn what_list_shows_only_later_goes_at_the_end() {
    let tenant = killed_where_list_lags(4);
    let told = tenant.probe(&["--list-lag", "60s"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    assert_eq!(tenant.left(), [], "{told:?}");
    assert!(!told.err.contains("earlier probe left a token"), "{told:?}");
}

#[test]
fn what_list_may_hide_is_told() {
    let tenant = killed_where_list_lags(3_600);
    let told = tenant.probe(&[]);
    assert_eq!((told.code, tenant.left().len()), (Some(2), 1), "{told:?}");
    assert!(
        told.err.contains("LIST does not show yet whether an earlier probe left a token"),
        "{told:?}"
    );
    let report: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    let left = report["left"].as_array().unwrap();
    let until: jiff::Timestamp = left[0]["until"].as_str().unwrap().parse().unwrap();
    assert!(left.len() == 1 && until >= tenant.left()[0].expiration_date.unwrap(), "{told:?}");
}
