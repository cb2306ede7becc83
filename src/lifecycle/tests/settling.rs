//! `settle`: what goes into the ledger after an intent, a POST, and an outcome that does not fit
//! (R1, R4, R15).
use super::*;
use crate::credential::Credential;
use crate::lifecycle::ledger::Provisional;
use crate::lifecycle::ledger::TokenId;
use crate::lifecycle::settle::{Extended, Patched, Posted};
use crate::lifecycle::step::Extension;
use crate::redacted::Redacted;

fn post(then: Option<(Attempt, Place)>) -> Step {
    Step::Call(Call::Post { attempt: attempt(1, "a"), extend: None, then })
}

fn yes() -> Posted {
    Posted::Yes {
        credential: Credential::new("id1", Redacted::new("c4n4ry".into())),
        expires_at: NOW + MINUTE,
        made_at: None,
    }
}

fn posted(post: Posted) -> Outcome {
    Outcome::Posted { post, extended: None }
}

#[test]
fn r1_an_intent_mentions_its_resource_and_uses_up_its_number() {
    let intent = Step::Record(Record::Intent(attempt(1, "a"), place("a")));
    let after = settled(&with(fenced(0), |ledger| ledger.next = 1), &intent, &Outcome::Decided);
    assert_eq!((after.next, after.pending), (2, Some(attempt(1, "a"))));
    assert_eq!(after.unresolved, None, "what came before is resolved by now");
    let first = settled(&sample::empty(), &intent, &Outcome::Decided);
    assert_eq!(first.resources["a"], sample::resource("a"), "one write for mention and intent");
    let failed = with(waits(mentioning(&["a"]), 5), |ledger| {
        ledger.resources.get_mut("a").unwrap().failures = 2;
    });
    let again = settled(&failed, &intent, &Outcome::Decided);
    assert_eq!(
        (again.resources["a"].failures, again.resources["a"].not_before),
        (2, 5),
        "its failures stay known"
    );
}

#[test]
fn r4_a_yes_is_recorded_with_its_client_secret_before_use() {
    let after = settled(&attempting(), &post(None), &posted(yes()));
    let entry = &after.entries[0];
    assert_eq!((entry.n, &*entry.id, &*entry.uid, entry.state), (1, "id1", "a", State::Prepared));
    assert_eq!(entry.client_secret.expose(), "c4n4ry");
    assert_eq!(
        (entry.created_at, entry.expires_at, &entry.applied),
        (NOW, NOW + MINUTE, &sample::wanted())
    );
    assert_eq!((after.pending.clone(), after.unresolved.clone()), (None, None));
    assert!(!after.is_spent(1), "a recorded number is no orphan's");
}

#[test]
fn r4_a_no_ends_the_attempt_and_starts_a_back_off() {
    for (sentence, step, outcome) in [
        ("a definite refusal", post(None), posted(Posted::No { wait: 0, is_bad: false })),
        (
            "a 400 that LIST confirmed",
            Step::Record(Record::Refused(attempt(1, "a"))),
            Outcome::Decided,
        ),
    ] {
        let known = with(attempting(), |ledger| ledger.provisional = Provisional::Either);
        let after = settled(&known, &step, &outcome);
        assert_eq!(
            (after.pending, after.unresolved, after.entries),
            (None, None, vec![]),
            "{sentence}"
        );
        assert_eq!(
            (after.resources["a"].failures, after.resources["a"].not_before),
            (1, NOW + MINUTE),
            "{sentence}"
        );
    }
}

#[test]
fn the_next_intent_rides_on_a_commit_only_if_the_latest_ledger_has_room() {
    let next = || (Attempt { nonce: 8, ..attempt(2, "b") }, place("b"));
    let rides =
        |ledger: &Ledger| settled(ledger, &post(Some(next())), &posted(yes())).pending.is_some();
    let knows_b = |change: fn(&mut Ledger)| {
        with(attempting(), |ledger| {
            ledger.resources.extend(mentioning(&["b"]).resources);
            change(ledger);
        })
    };
    for (sentence, ledger, expected) in [
        ("a first token", attempting(), true),
        ("a resource that is known", knows_b(|_| ()), true),
        (
            "its deletion was recorded",
            knows_b(|ledger| ledger.resources.get_mut("b").unwrap().deleting = true),
            false,
        ),
        ("its number is taken", knows_b(|ledger| ledger.next = 3), false),
        (
            "an attempt is unresolved",
            knows_b(|ledger| ledger.unresolved = fenced(NOW).unresolved),
            false,
        ),
        (
            "it has a token by now",
            knows_b(|l| l.entries.push(sample::entry(0, "b", State::Current))),
            false,
        ),
        (
            "its old token is condemned",
            knows_b(|l| l.entries.push(sample::entry(0, "b", State::Tomb))),
            true,
        ),
    ] {
        assert_eq!(rides(&ledger), expected, "{sentence}");
    }
    let refused =
        settled(&attempting(), &post(Some(next())), &posted(Posted::No { wait: 0, is_bad: false }));
    assert_eq!(refused.pending.map(|pending| pending.n), Some(2), "one's refusal is not another's");
}

#[test]
fn no_intent_rides_while_isc_does_not_extend_what_was_made_before() {
    let ledger =
        with(attempting(), |ledger| ledger.entries.push(sample::entry(9, "c", State::Prepared)));
    let extend = Some(Extension { id: "id9".into(), until: NOW });
    let next = Some((Attempt { nonce: 8, ..attempt(2, "b") }, place("b")));
    let step = Step::Call(Call::Post { attempt: attempt(1, "a"), extend, then: next });
    for (extended, expected) in [
        (Some(Extended::Yes { missing_scopes: None }), true),
        (Some(Extended::No), true),
        (Some(Extended::Unclear), true),
        (None, false),
    ] {
        let after =
            settled(&ledger, &step, &Outcome::Posted { post: yes(), extended: extended.clone() });
        assert_eq!(after.pending.is_some(), expected, "{extended:?}");
        assert!(after.entry("id1").is_some(), "{extended:?}: what was made is recorded");
    }
}

#[test]
fn an_extension_beside_a_post_is_recorded_with_it() {
    let ledger = with(attempting(), |ledger| {
        ledger.entries.push(sample::entry(9, "b", State::Prepared));
    });
    let extend = Some(Extension { id: "id9".into(), until: NOW });
    let step = Step::Call(Call::Post { attempt: attempt(1, "a"), extend, then: None });
    for (extended, expected) in [
        (Some(Extended::Yes { missing_scopes: Some(sample::wanted().scopes) }), State::Current),
        (Some(Extended::No), State::Tomb),
        (Some(Extended::Unclear), State::Prepared),
        (None, State::Prepared),
    ] {
        let after =
            settled(&ledger, &step, &Outcome::Posted { post: yes(), extended: extended.clone() });
        let states: Vec<_> = after.entries.iter().map(|entry| entry.state).collect();
        assert_eq!(states, [expected, State::Prepared], "{extended:?}");
    }
}

#[test]
fn r15_an_outcome_that_does_not_fit_its_step_changes_nothing() {
    let id: TokenId = "id1".into();
    let ledger = with(sample::ledger(), |ledger| ledger.pending = Some(attempt(2, "a")));
    for (step, outcome) in [
        (post(None), Outcome::Gone),
        (post(None), Outcome::Decided),
        (
            Step::Call(Call::Extend(Extension { id: id.clone(), until: 1 })),
            Outcome::Patched(Patched::Yes),
        ),
        (Step::Call(Call::Renew { id: id.clone(), until: 1 }), Outcome::Gone),
        (Step::Call(Call::Sweep { id: id.clone(), n: 1 }), Outcome::Decided),
        (Step::Call(Call::Delete(id)), Outcome::Gone),
        (Step::Look(Look::List), Outcome::Decided),
        (Step::Look(Look::Confirm("a".into())), Outcome::Decided),
        (
            Step::Record(Record::MarkDeleting { uid: "unknown".into(), retain: false }),
            Outcome::Decided,
        ),
    ] {
        assert_eq!(settled(&ledger, &step, &outcome), ledger, "{step:?} {outcome:?}");
    }
}

#[test]
fn a_token_is_never_recorded_as_older_than_isc_says() {
    let step = Step::Call(Call::Post { attempt: attempt(1, "a"), extend: None, then: None });
    let made = |at: Option<i64>| {
        let post = Posted::Yes {
            credential: Credential::new("id1", Redacted::new("c4n4ry".into())),
            expires_at: NOW + 99 * MINUTE,
            made_at: at,
        };
        settled(&attempting(), &step, &Outcome::Posted { post, extended: None }).entries[0]
            .created_at
    };
    assert_eq!(made(None), NOW);
    assert_eq!(made(Some(NOW - MINUTE)), NOW, "its clock is behind, or the reply took long");
    assert_eq!(
        made(Some(NOW + 12 * MINUTE)),
        NOW + 12 * MINUTE,
        "the operator's view of the clock has not followed yet"
    );
}
