//! Waiting: the back-off in the ledger (R7), and when to look again (R20).
use std::time::Duration;

use super::*;
use crate::lifecycle::schedule::rest;
use crate::lifecycle::settle::Posted;

/// The back-off after a refusal, in milliseconds.
fn back_off(failures: u32, retry_after: i64) -> i64 {
    let ledger =
        with(attempting(), |ledger| ledger.resources.get_mut("a").unwrap().failures = failures);
    let step = Step::Call(Call::Post { attempt: attempt(1, "a"), extend: None, then: None });
    let outcome =
        Outcome::Posted { post: Posted::No { wait: retry_after, is_bad: false }, extended: None };
    let after = settled(&ledger, &step, &outcome);
    assert_eq!(after.resources["a"].failures, failures.saturating_add(1));
    after.resources["a"].not_before - NOW
}

#[test]
fn r7_the_back_off_doubles_from_one_minute_to_six_hours() {
    let expected = [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360];
    for (failures, minutes) in (0..).zip(expected) {
        assert_eq!(back_off(failures, 0), minutes * MINUTE, "after {failures} failures");
    }
    assert_eq!(back_off(1_000, 0), 360 * MINUTE, "it never overflows");
    assert_eq!(back_off(u32::MAX, 0), 360 * MINUTE, "nor does the count");
}

#[test]
fn r7_isc_may_ask_for_a_longer_wait_but_not_for_a_shorter_one() {
    assert_eq!(back_off(0, 20 * MINUTE), 20 * MINUTE);
    assert_eq!(back_off(3, MINUTE), 8 * MINUTE);
}

#[test]
fn r20_a_pass_rests_until_time_alone_could_change_a_decision() {
    let quiet = || World::new(sample::ledger(), &["a"]);
    let live = |change: fn(&mut Entry)| World::new(token(sample::ledger(), change), &["a"]);
    for (sentence, world, seconds) in [
        ("nothing is due before the next LIST", quiet(), 600),
        ("LIST is four minutes old", listed_ago(quiet(), 4 * MINUTE), 361),
        ("LIST is overdue", listed_ago(quiet(), 60 * MINUTE), 1),
        ("the time of ISC is not known", with(quiet(), |world| world.now = None), 30),
        ("a fenced attempt waits for ISC time", World::new(fenced(NOW), &["a"]), 30),
        ("a condemned token too", World::new(holding(&[("a", State::Tomb)]), &[]), 30),
        ("a fenced attempt is final in four seconds", World::new(fenced(NOW - 116_000), &["a"]), 5),
        (
            "a back-off ends in twenty seconds",
            World::new(waits(sample::ledger(), NOW + 20_000), &["a"]),
            21,
        ),
        ("a back-off that is over", World::new(waits(sample::ledger(), NOW - 1), &["a"]), 600),
        (
            "scopes are to be looked at in a minute",
            live(|e| (e.missing_scopes, e.applied_at) = (None, NOW - 19 * MINUTE)),
            61,
        ),
        (
            "a renewal is due in a minute",
            live(|e| e.expires_at = NOW + (45 * 24 * 60 + 1) * MINUTE),
            61,
        ),
    ] {
        assert_eq!(rest(&world.facts()), Duration::from_secs(seconds), "{sentence}");
    }
}

#[test]
fn r20_what_a_wrong_clock_recorded_keeps_nobody_waiting() {
    let next_year = World::new(waits(sample::ledger(), NOW + 365 * sample::DAY), &["a"]);
    assert!(next_year.facts().has_waited("a"), "no back-off is that long");
    let hours = World::new(waits(sample::ledger(), NOW + 360 * MINUTE), &["a"]);
    assert!(!hours.facts().has_waited("a"));
    let from_the_future = with(World::new(sample::ledger(), &["a"]), |world| {
        world.listing.as_mut().unwrap().at = NOW + 365 * sample::DAY;
    });
    check([(
        "a LIST from the future is read again",
        from_the_future,
        Some(Step::Look(Look::List)),
    )]);
}
