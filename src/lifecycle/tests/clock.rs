//! ISC's time (R20): what two replies must agree on, how often it is asked meanwhile, and when a
//! pass wakes by itself.
use std::time::Duration;

use super::*;
use crate::lifecycle::sample::DAY;
use crate::lifecycle::schedule::rest;

#[test]
fn r20_the_end_of_an_overlap_needs_two_replies() {
    let over = |by: i64| World::new(rotating(Some(NOW - DAY - by)), &["a"]);
    check([
        ("two replies agree", over(0), Some(Step::Look(Look::ReadSecret("a".into())))),
        ("one reply alone does not end it", by_one_reply(over(0)), None),
        (
            "ISC is asked again soon",
            by_one_reply(listed_ago(over(0), 15_001)),
            Some(Step::Look(Look::List)),
        ),
        ("it was asked just now", by_one_reply(listed_ago(over(0), 15_000)), None),
        ("nothing waits for it before the end", by_one_reply(listed_ago(over(-1), 15_001)), None),
    ]);
    assert_eq!(
        rest(&by_one_reply(over(0)).facts()),
        Duration::from_secs(30),
        "and the pass comes back for that"
    );
}

#[test]
fn r20_the_beginning_of_an_overlap_needs_two_replies() {
    let published = || shown(World::new(rotating(None), &["a"]), false, Some(pair(2)));
    check([
        ("two replies agree", published(), Some(Step::Record(Record::Published("id2".into())))),
        (
            "one reply alone, which may be behind, does not begin it",
            by_one_reply(published()),
            None,
        ),
        (
            "ISC is asked again soon",
            by_one_reply(listed_ago(published(), 15_001)),
            Some(Step::Look(Look::List)),
        ),
    ]);
}

#[test]
fn r20_a_pass_wakes_when_a_rotation_is_due_or_ends() {
    let a = |change: fn(&mut Declared)| declares(World::new(sample::ledger(), &["a"]), change);
    let minute = Duration::from_secs(61);
    let due = |age: i64| {
        let old = token(sample::ledger(), |entry| entry.created_at = NOW - age);
        declares(World::new(old, &["a"]), |a| a.rotation.every = Some(8 * DAY))
    };
    let early = crate::lifecycle::rotate::due(&sample::ledger().entries[0], Some(8 * DAY)).unwrap();
    let age = early - sample::ledger().entries[0].created_at;
    let overlap = |published: i64| World::new(rotating(Some(NOW - published)), &["a"]);
    let longest = declares(overlap(2 * DAY - MINUTE), |a| a.rotation.max_overlap = Some(2 * DAY));
    for (sentence, world, expected) in [
        (
            "a request to rotate is for in a minute",
            a(|a| a.rotate = request("x", NOW + MINUTE)),
            minute,
        ),
        ("a request to revoke too", a(|a| a.revoke = request("x", NOW + MINUTE)), minute),
        ("the schedule too", due(age - MINUTE), minute),
        ("an overlap ends in a minute", overlap(DAY - MINUTE), minute),
        ("an overlap ends tomorrow", overlap(0), Duration::from_secs(600)),
        (
            "a longest overlap ends in half a minute",
            with(longest, |w| w.ledger.entries[1].published_at = Some(NOW - 2 * DAY + 20_000)),
            Duration::from_secs(21),
        ),
        ("publication is waited for", World::new(rotating(None), &["a"]), Duration::from_secs(30)),
        ("the correction of the Secret too", overlap(DAY), Duration::from_secs(30)),
        (
            "a condemned token",
            World::new(holding(&[("a", State::Tomb)]), &["a"]),
            Duration::from_secs(30),
        ),
        (
            "a released token",
            World::new(holding(&[("a", State::Released)]), &["a"]),
            Duration::from_secs(30),
        ),
        (
            "a fenced attempt that is final",
            World::new(fenced(NOW - 121_000), &["a"]),
            Duration::from_secs(600),
        ),
    ] {
        assert_eq!(rest(&world.facts()), expected, "{sentence}");
    }
}

#[test]
fn r20_a_pass_wakes_for_the_second_look_at_what_is_gone() {
    let gone = |ago: i64| {
        with(World::new(sample::ledger(), &[]), |world| {
            world
                .sightings
                .insert("a".into(), Sighting::Absent { first: NOW - ago, last: NOW - ago });
        })
    };
    assert_eq!(rest(&gone(9 * MINUTE).facts()), Duration::from_secs(61));
    let lacking = with(World::new(sample::ledger(), &["a"]), |w| {
        drop(w.listing.as_mut().unwrap().tokens.remove(0));
    });
    assert_eq!(
        rest(&lacking.facts()),
        Duration::from_secs(30),
        "and for a second LIST where one lacks a current token"
    );
}
