//! One attempt: intent, confirmation, POST, commit or fence (R1, R3, R4, R5, R14).
use super::*;
use crate::lifecycle::step::Extension;

#[test]
fn r1_nothing_is_sent_before_an_intent_is_recorded() {
    let free = || read(World::new(sample::empty(), &["a"]), "a", Holds::Absent);
    let intent = Some(Step::Record(Record::Intent(attempt(1, "a"), place("a"))));
    check([
        ("a resource without token gets an intent that ends in ten minutes", free(), intent),
        (
            "its number is the ledger's next",
            read(World::new(holding(&[("b", State::Current)]), &["a", "b"]), "a", Holds::Absent),
            Some(Step::Record(Record::Intent(attempt(2, "a"), place("a")))),
        ),
        (
            "an intent that only this pass believes in is not executed",
            own(free(), Stage::Confirmed),
            Some(Step::Record(Record::Intent(attempt(1, "a"), place("a")))),
        ),
    ]);
}

#[test]
fn r14_a_resource_is_read_live_between_intent_and_post() {
    let world = |stage| own(World::new(attempting(), &["a"]), stage);
    let post = Step::Call(Call::Post { attempt: attempt(1, "a"), extend: None, then: None });
    check([
        (
            "an intent just recorded",
            world(Stage::Intended),
            Some(Step::Look(Look::Confirm("a".into()))),
        ),
        ("the resource is alive", world(Stage::Confirmed), Some(post)),
        (
            "the resource is being deleted",
            world(Stage::Withdrawn),
            Some(Step::Record(Record::Withdraw { attempt: attempt(1, "a"), waits: true })),
        ),
        (
            "the live read failed",
            world(Stage::Unread),
            Some(Step::Record(Record::Withdraw { attempt: attempt(1, "a"), waits: false })),
        ),
    ]);
}

#[test]
fn r23_an_attempt_that_was_not_sent_is_withdrawn_and_leaves_nothing_unresolved() {
    let withdraw = |n, waits| Step::Record(Record::Withdraw { attempt: attempt(n, "a"), waits });
    let after = settled(&attempting(), &withdraw(1, false), &Outcome::Decided);
    assert_eq!((&after.pending, &after.unresolved, after.next), (&None, &None, 2));
    assert_eq!(after.resources["a"].failures, 0, "nothing is wrong with its resource");
    let waiting = settled(&attempting(), &withdraw(1, true), &Outcome::Decided);
    assert_eq!((&waiting.pending, waiting.resources["a"].failures), (&None, 1));
    let other = settled(&attempting(), &withdraw(2, true), &Outcome::Decided);
    assert_eq!(other, attempting(), "another pass's attempt stays");
    let twice = settled(&after, &withdraw(1, true), &Outcome::Decided);
    assert_eq!(twice, after, "it was fenced or withdrawn before");
}

#[test]
fn r23_a_namespace_whose_resources_are_not_as_they_must_be_waits_for_a_moment() {
    let unsteady = with(read(World::new(sample::empty(), &["a"]), "a", Holds::Absent), |world| {
        world.unsteady.insert("integrations".into());
    });
    check([("its last resource lost its finalizer", unsteady, None)]);
}

#[test]
fn r14_an_intent_needs_the_finalizer_and_a_free_name() {
    let fresh = || World::new(sample::empty(), &["a"]);
    let declared = |change: fn(&mut Declared)| {
        with(fresh(), |world| change(world.declared.get_mut("a").unwrap()))
    };
    check([
        (
            "the Secret's name is looked up first",
            fresh(),
            Some(Step::Look(Look::ReadSecret("a".into()))),
        ),
        ("the Secret's name is somebody else's", read(fresh(), "a", Holds::Foreign), None),
        (
            "the Secret is already the resource's own",
            read(fresh(), "a", Holds::Ours),
            Some(Step::Record(Record::Intent(attempt(1, "a"), place("a")))),
        ),
        ("there is no finalizer yet", declared(|a| a.finalizer = false), None),
        ("it is being deleted", declared(|a| a.deleting = true), None),
    ]);
}

#[test]
fn r3_a_400_is_a_refusal_only_after_a_list_that_began_after_it() {
    let doubted = |by| {
        let world = own(World::new(attempting(), &["a"]), Stage::Doubted);
        with(world, |world| world.listing.as_mut().unwrap().doubted = by)
    };
    check([
        ("LIST is from before", doubted(None), Some(Step::Look(Look::List))),
        ("LIST is from after another doubt", doubted(Some(8)), Some(Step::Look(Look::List))),
        (
            "LIST shows no such token",
            doubted(Some(7)),
            Some(Step::Record(Record::Refused(attempt(1, "a")))),
        ),
        (
            "LIST shows the token after all",
            shows(doubted(Some(7)), 1, true),
            Some(Step::Record(Record::Fence)),
        ),
    ]);
}

#[test]
fn r4_an_outcome_is_recorded_only_for_an_attempt_that_is_still_pending() {
    let pending = |n, nonce| {
        with(attempting(), |ledger| {
            ledger.pending = Some(Attempt { nonce, ..attempt(n, "a") });
        })
    };
    for (sentence, ledger, expected) in [
        ("my number and my nonce", pending(1, 7), true),
        ("my number, the nonce of another replica", pending(1, 8), false),
        ("my nonce, a later number", pending(2, 7), false),
        ("fenced", fenced(NOW), false),
    ] {
        assert_eq!(ledger.is_pending(&attempt(1, "a")), expected, "{sentence}");
    }
}

#[test]
fn r5_a_pending_attempt_of_another_is_fenced_before_anything_else() {
    let world = || World::new(attempting(), &["a"]);
    let nonce = |nonce| {
        with(world(), |world| world.executing = Some(Executing { nonce, stage: Stage::Confirmed }))
    };
    check([
        ("nobody here executes it", world(), Some(Step::Record(Record::Fence))),
        ("this pass executes another one", nonce(8), Some(Step::Record(Record::Fence))),
        (
            "LIST shows its token: not swept before the fence",
            shows(world(), 1, true),
            Some(Step::Record(Record::Fence)),
        ),
    ]);
}

#[test]
fn r5_a_fence_retires_the_number_and_remembers_its_end() {
    let before = attempting();
    let after = settled(&before, &Step::Record(Record::Fence), &Outcome::Decided);
    assert!(!before.is_spent(1), "a pending number can still be recorded");
    assert!(after.is_spent(1), "a fenced number never can");
    assert!(!after.is_spent(2), "a number that is still to come can");
    let left = Unresolved { n: 1, uid: "a".into(), expiry: NOW + 10 * MINUTE };
    assert_eq!((after.pending, after.unresolved), (None, Some(left)));
    let resource = &after.resources["a"];
    assert_eq!(
        (resource.failures, resource.not_before),
        (1, NOW + MINUTE),
        "r7: a restart does not mint in a loop"
    );
}

#[test]
fn the_next_intent_and_the_last_extension_ride_with_a_post() {
    let ledger =
        || with(attempting(), |ledger| ledger.resources.extend(mentioning(&["b"]).resources));
    let world = || own(World::new(ledger(), &["a", "b"]), Stage::Confirmed);
    let free = || read(world(), "b", Holds::Absent);
    let next = Attempt { nonce: 8, ..attempt(2, "b") };
    let post =
        |extend, then| Some(Step::Call(Call::Post { attempt: attempt(1, "a"), extend, then }));
    let prepared =
        with(free(), |world| world.ledger.entries.push(sample::entry(0, "c", State::Prepared)));
    let prepared = with(prepared, |world| {
        world.ledger.resources.insert("c".into(), sample::resource("c"));
    });
    let until = NOW + 90 * 24 * 60 * MINUTE;
    check([
        (
            "the Secret of the next is read before the POST",
            world(),
            Some(Step::Look(Look::ReadSecret("b".into()))),
        ),
        (
            "the next intent has the next number and a nonce of its own",
            free(),
            post(None, Some((next.clone(), place("b")))),
        ),
        (
            "its Secret's name is somebody else's",
            read(world(), "b", Holds::Foreign),
            post(None, None),
        ),
        ("LIST is too old for an intent", listed_ago(free(), 2 * MINUTE), post(None, None)),
        (
            "an orphan is to be swept first",
            with(shows(free(), 9, true), |world| {
                let listing = world.listing.as_mut().unwrap();
                listing.read_with = std::sync::Arc::new(with(ledger(), |ledger| ledger.next = 10));
            }),
            post(None, None),
        ),
        (
            "one slot is left",
            with(free(), |world| world.ledger.endpoint.tokens_per_user = 3),
            post(None, None),
        ),
        (
            "a prepared token is extended meanwhile",
            prepared,
            post(Some(Extension { id: "id0".into(), until }), Some((next, place("b")))),
        ),
    ]);
}
