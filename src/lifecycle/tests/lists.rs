//! What LIST tells: reliability (R11), orphans (R6), numbers from the future (R13), and its age
//! (R6, R20).
use std::sync::Arc;

use super::*;
use crate::lifecycle::listing::{Listed, RawToken, Unreliable, judge};
use crate::lifecycle::upkeep::full_name;

const HOUR: i64 = 60 * MINUTE;

fn raw<'a>(id: &'a str, name: &'a str) -> RawToken<'a> {
    RawToken {
        id,
        name,
        owner_id: Some("u1"),
        created: Some(NOW),
        expires: None,
        last_used: None,
        scopes: None,
        managed: false,
    }
}

fn judged(tokens: &[RawToken<'_>]) -> Result<Vec<Listed>, Unreliable> {
    judge(tokens, &sample::empty(), "seed", "inst", &Timings::default())
}

#[test]
fn r11_a_list_counts_only_with_the_operators_own_token_and_nobody_elses() {
    let seed = || raw("seed", "human");
    for (sentence, tokens, expected) in [
        ("complete", vec![seed(), raw("x", "other")], Ok(2)),
        ("empty", vec![], Err(Unreliable::SentinelMissing)),
        (
            "without the operator's own token",
            vec![raw("x", "other")],
            Err(Unreliable::SentinelMissing),
        ),
        (
            "with a token of another user",
            vec![seed(), RawToken { owner_id: Some("u2"), ..raw("x", "other") }],
            Err(Unreliable::ForeignOwner),
        ),
        (
            "with a token of nobody",
            vec![seed(), RawToken { owner_id: None, ..raw("x", "other") }],
            Err(Unreliable::ForeignOwner),
        ),
    ] {
        assert_eq!(judged(&tokens).map(|listed| listed.len()), expected, "{sentence}");
    }
}

#[test]
fn r10_a_listed_token_is_ours_by_installation_and_incarnation() {
    let other = with(sample::empty(), |ledger| ledger.incarnation = "another".into());
    for (sentence, name, expected) in [
        ("made by this ledger", full_name(&sample::empty(), "inst", "a", 5, "x"), Some(5)),
        ("made by another incarnation", full_name(&other, "inst", "a", 5, "x"), None),
        (
            "made by another installation",
            full_name(&sample::empty(), "elsewhere", "a", 5, "x"),
            None,
        ),
        ("made by a person", "integrations/a".to_owned(), None),
        (
            "as far ahead as a backup is old",
            full_name(&sample::empty(), "inst", "a", 1 << 20, "x"),
            Some(1 << 20),
        ),
        (
            "forged to use up all numbers",
            full_name(&sample::empty(), "inst", "a", u64::MAX, "x"),
            None,
        ),
    ] {
        let listed = judged(&[raw("seed", "human"), raw("x", &name)]).unwrap();
        assert_eq!(listed[1].ours.as_ref().map(|part| part.n), expected, "{sentence}");
    }
}

#[test]
fn r6_a_token_is_provisional_by_the_life_it_was_given() {
    for (sentence, created, expires, expected) in [
        ("ten minutes", Some(NOW), Some(NOW + 10 * MINUTE), true),
        ("26 hours", Some(NOW), Some(NOW + 26 * HOUR), true),
        ("ninety days", Some(NOW), Some(NOW + 90 * 24 * HOUR), false),
        ("ninety days, nearly over", Some(NOW - 90 * 24 * HOUR + HOUR), Some(NOW + HOUR), false),
        ("for ever", Some(NOW), None, false),
        ("unknown birth", None, Some(NOW), false),
    ] {
        let listed = judged(&[RawToken { created, expires, ..raw("seed", "human") }]).unwrap();
        assert_eq!(listed[0].provisional, expected, "{sentence}");
    }
}

/// `a` is served by token 1; number 2 is retired.
fn served() -> World {
    World::new(with(sample::ledger(), |ledger| ledger.next = 3), &["a"])
}

#[test]
fn r6_only_provisional_tokens_with_a_retired_number_are_swept() {
    let sweep = Some(Step::Call(Call::Sweep { id: "id2".into(), n: 2 }));
    let changed = |change: fn(&mut Listed)| {
        with(shows(served(), 2, true), |world| {
            change(world.listing.as_mut().unwrap().tokens.last_mut().unwrap());
        })
    };
    check([
        ("an unrecorded token with a spent number", shows(served(), 2, true), sweep),
        ("a long-lived one is never deleted by itself", shows(served(), 2, false), None),
        ("a platform token", changed(|token| token.managed = true), None),
        ("a name that is not ours", changed(|token| token.ours = None), None),
        (
            "a recorded token",
            with(served(), |world| world.listing.as_mut().unwrap().tokens[0].provisional = true),
            None,
        ),
        (
            "one that this pass has deleted already",
            with(shows(served(), 2, true), |world| {
                world.destroyed.insert("id2".into());
            }),
            None,
        ),
    ]);
}

#[test]
fn r6_orphans_are_judged_by_the_ledger_read_before_list() {
    let before = |change: fn(&mut Ledger)| {
        with(shows(served(), 2, true), |world| {
            let ledger = with(world.ledger.clone(), change);
            world.listing.as_mut().unwrap().read_with = Arc::new(ledger);
        })
    };
    check([
        ("the number was still to come then", before(|ledger| ledger.next = 2), None),
        (
            "the number was pending then",
            before(|ledger| ledger.pending = Some(attempt(2, "a"))),
            None,
        ),
        (
            "the number was recorded then",
            before(|l| l.entries.push(sample::entry(2, "a", State::Prepared))),
            None,
        ),
    ]);
}

#[test]
fn r6_a_swept_token_resolves_its_attempt_and_no_other() {
    let sweep = |n| Step::Call(Call::Sweep { id: "x".into(), n });
    let after = |n| settled(&fenced(NOW), &sweep(n), &Outcome::Gone).unresolved;
    assert_eq!(after(1), None, "the attempt that was fenced");
    assert_eq!(after(5), fenced(NOW).unresolved, "an older orphan");
}

#[test]
fn r6_nothing_is_decided_without_a_list_that_is_young_enough() {
    check([
        ("at start-up", with(served(), |world| world.listing = None), Some(Step::Look(Look::List))),
        ("after ten minutes", listed_ago(served(), 10 * MINUTE + 1), Some(Step::Look(Look::List))),
        ("before that", listed_ago(served(), 10 * MINUTE), None),
        (
            "r20: the time of ISC is not known",
            with(served(), |world| world.now = None),
            Some(Step::Look(Look::List)),
        ),
        (
            "r20: an attempt waits for ISC's time",
            listed_ago(World::new(fenced(NOW), &[]), 15_001),
            Some(Step::Look(Look::List)),
        ),
        (
            "r20: it was asked just now",
            listed_ago(looked_for(World::new(fenced(NOW), &[])), 15_000),
            None,
        ),
        (
            "r2: after a fence",
            with(served(), |world| world.ledger.unresolved = fenced(NOW).unresolved),
            Some(Step::Look(Look::List)),
        ),
    ]);
}

#[test]
fn r13_a_number_from_the_future_raises_next() {
    check([
        (
            "our token 7 is seen when 3 is next",
            shows(served(), 7, false),
            Some(Step::Record(Record::Raise(8))),
        ),
        (
            "the number is exactly the next",
            shows(served(), 3, true),
            Some(Step::Record(Record::Raise(4))),
        ),
        ("the number is in the past", shows(served(), 2, false), None),
    ]);
    assert_eq!(
        settled(&sample::ledger(), &Step::Record(Record::Raise(8)), &Outcome::Decided).next,
        8
    );
    assert_eq!(
        settled(&sample::ledger(), &Step::Record(Record::Raise(1)), &Outcome::Decided).next,
        2,
        "it only grows"
    );
}
