//! A tenant that refuses a short expiry (R21): a definite 400 has the next attempt ask for 25
//! hours.
use super::*;
use crate::credential::Credential;
use crate::lifecycle::ledger::Provisional;
use crate::lifecycle::settle::Posted;
use crate::redacted::Redacted;

const DAY_AND_HOUR: i64 = 25 * 60 * MINUTE;

fn knows(provisional: Provisional) -> Ledger {
    with(mentioning(&["a"]), |ledger| ledger.provisional = provisional)
}

fn after(provisional: Provisional, post: Posted) -> Ledger {
    let pending = with(attempting(), |ledger| ledger.provisional = provisional);
    let step = Step::Call(Call::Post { attempt: attempt(1, "a"), extend: None, then: None });
    settled(&pending, &step, &Outcome::Posted { post, extended: None })
}

fn bad() -> Posted {
    Posted::No { wait: 0, is_bad: true }
}

#[test]
fn r21_an_attempt_asks_for_the_life_that_isc_is_known_to_take() {
    let long = Attempt {
        expiry: NOW + DAY_AND_HOUR,
        give_up_after: Some(NOW + 30 * MINUTE),
        ..attempt(1, "a")
    };
    for (provisional, expected) in [
        (Provisional::Short, attempt(1, "a")),
        (Provisional::TryLong, long.clone()),
        (Provisional::Long, long),
        (Provisional::Either, attempt(1, "a")),
    ] {
        let world = read(World::new(knows(provisional), &["a"]), "a", Holds::Absent);
        assert_eq!(
            step(&world.facts()),
            Some(Step::Record(Record::Intent(expected, place("a")))),
            "{provisional:?}"
        );
    }
}

#[test]
fn r21_a_definite_400_is_tried_once_more_at_once_with_a_longer_life() {
    let first = after(Provisional::Short, bad());
    assert_eq!(
        (first.provisional, first.resources["a"].failures, first.pending),
        (Provisional::TryLong, 0, None)
    );
    let doubted =
        settled(&attempting(), &Step::Record(Record::Refused(attempt(1, "a"))), &Outcome::Decided);
    assert_eq!(
        (doubted.provisional, doubted.resources["a"].failures),
        (Provisional::TryLong, 0),
        "a 400 that LIST confirmed"
    );
    let second = after(Provisional::TryLong, bad());
    assert_eq!(
        (second.provisional, second.resources["a"].failures),
        (Provisional::Either, 1),
        "once: then it backs off"
    );
    let other = after(Provisional::Short, Posted::No { wait: 0, is_bad: false });
    assert_eq!(
        (other.provisional, other.resources["a"].failures),
        (Provisional::Short, 1),
        "another refusal says nothing of it"
    );
}

#[test]
fn r21_while_isc_takes_neither_the_two_lives_take_turns_with_a_back_off_each() {
    let third = after(Provisional::Either, bad());
    assert_eq!((third.provisional, third.resources["a"].failures), (Provisional::TryLong, 1));
    for known in [Provisional::TryLong, Provisional::Either, Provisional::Long] {
        let throttled = after(known, Posted::No { wait: 0, is_bad: false });
        assert_eq!(
            (throttled.provisional, throttled.resources["a"].failures),
            (known, 1),
            "another refusal takes no turn"
        );
    }
    assert_eq!(
        after(Provisional::Long, bad()).provisional,
        Provisional::Long,
        "what ISC took once stays known"
    );
}

#[test]
fn r21_what_isc_takes_is_remembered_once() {
    let yes = || Posted::Yes {
        credential: Credential::new("id1", Redacted::new("c4n4ry".into())),
        expires_at: NOW,
        made_at: None,
    };
    for (before, expected) in [
        (Provisional::Short, Provisional::Short),
        (Provisional::TryLong, Provisional::Long),
        (Provisional::Long, Provisional::Short),
        (Provisional::Either, Provisional::Short),
    ] {
        assert_eq!(after(before, yes()).provisional, expected, "{before:?}");
    }
}

#[test]
fn r21_an_attempt_with_a_long_expiry_is_given_up_after_thirty_minutes() {
    let pending = with(attempting(), |ledger| {
        let expiry = NOW + DAY_AND_HOUR;
        ledger.pending =
            Some(Attempt { expiry, give_up_after: Some(NOW + 30 * MINUTE), ..attempt(1, "a") });
    });
    let left = Some(Unresolved { n: 1, uid: "a".into(), expiry: NOW + 30 * MINUTE });
    for step in [
        Step::Record(Record::Fence),
        Step::Record(Record::MarkDeleting { uid: "a".into(), retain: false }),
    ] {
        assert_eq!(settled(&pending, &step, &Outcome::Decided).unresolved, left, "{step:?}");
    }
}
