//! The spare slot of an owner: one rotation at a time, and nobody forced out (R17).
use super::*;
use crate::lifecycle::capacity;
use crate::lifecycle::rotate::{Blocked, blocked};

/// `b` was asked to rotate; its Secret is read.
fn asked(ledger: Ledger) -> World {
    with(read(World::new(ledger, &["a", "b"]), "b", Holds::Ours), |world| {
        world.declared.get_mut("b").unwrap().rotate = request("x", NOW);
    })
}

fn with_b(a: &[State]) -> Ledger {
    let all: Vec<_> = a.iter().map(|state| ("a", *state)).chain([("b", State::Current)]).collect();
    holding(&all)
}

/// The replaced token of `a` lives out its overlap.
fn overlapping() -> Ledger {
    with(with_b(&[State::Retired, State::Current]), |ledger| {
        ledger.entries[1].published_at = Some(NOW);
    })
}

fn limit(world: World, tokens: u32) -> World {
    with(world, |world| world.ledger.endpoint.tokens_per_user = tokens)
}

/// `b` is in another namespace than `a`.
fn elsewhere(world: World) -> World {
    with(world, |world| {
        world.ledger.resources.get_mut("b").unwrap().namespace = "another".into();
    })
}

#[test]
fn r17_a_rotation_needs_a_slot_and_two_while_another_is_under_way() {
    let prepared = |world| {
        with(world, |w: &mut World| w.ledger.resources.get_mut("a").unwrap().deleting = true)
    };
    let free = || asked(with_b(&[State::Current]));
    let taken = || asked(overlapping());
    let intent = Some(Step::Record(Record::Intent(
        Attempt { answers: Some("x".into()), ..attempt(3, "b") },
        place("b"),
    )));
    let fourth = Some(Step::Record(Record::Intent(
        Attempt { answers: Some("x".into()), ..attempt(4, "b") },
        place("b"),
    )));
    check([
        ("the spare is free", free(), intent.clone()),
        (
            "the replaced token of `a` lives out its overlap, and two are free",
            limit(taken(), 6),
            fourth,
        ),
        ("one is free, and their namespace holds one already", limit(taken(), 5), None),
        ("none is free", limit(elsewhere(taken()), 4), None),
        ("three slots for two tokens and the operator's own: none is left", limit(free(), 3), None),
        ("the spare is the fourth", limit(free(), 4), intent),
    ]);
    let last = limit(elsewhere(taken()), 5);
    assert_eq!(
        blocked(&last.facts(), &"b".into()),
        None,
        "a request of another namespace may take the last"
    );
    let scheduled = with(limit(elsewhere(taken()), 5), |world| {
        let declared = world.declared.get_mut("b").unwrap();
        (declared.rotate, declared.rotation.every) = (None, Some(1));
    });
    assert_eq!(
        blocked(&scheduled.facts(), &"b".into()),
        Some(Blocked::Spare("a".into())),
        "a schedule may not"
    );
    let first = prepared(asked(with_b(&[State::Prepared])));
    assert_eq!(blocked(&first.facts(), &"b".into()), None, "a first token is no rotation");
}

#[test]
fn r17_a_blocked_rotation_is_reported() {
    let b = "b".into();
    let spare = limit(asked(with_b(&[State::Retired, State::Current])), 5);
    assert_eq!(blocked(&spare.facts(), &b), Some(Blocked::Spare("a".into())));
    let replacing = limit(asked(with_b(&[State::Current, State::Prepared])), 5);
    assert_eq!(
        blocked(&replacing.facts(), &b),
        Some(Blocked::Spare("a".into())),
        "its replacement is prepared"
    );
    let pending = with(limit(asked(with_b(&[State::Current])), 4), |world| {
        world.ledger.pending = Some(attempt(3, "a"));
    });
    assert_eq!(
        blocked(&pending.facts(), &b),
        Some(Blocked::Spare("a".into())),
        "its replacement is being made"
    );
    let own = with(asked(with_b(&[State::Current])), |world| {
        world.ledger.pending = Some(attempt(3, "b"));
    });
    assert_eq!(blocked(&own.facts(), &b), None, "it is under way itself");
    let full = limit(asked(with_b(&[State::Current])), 3);
    let capacity = capacity::of(&full.ledger, full.listing.as_ref().unwrap());
    assert_eq!((blocked(&full.facts(), &b), capacity.room()), (Some(Blocked::Full(capacity)), 0));
    assert_eq!(blocked(&asked(with_b(&[State::Current])).facts(), &b), None, "nothing keeps it");
    assert_eq!(blocked(&full.facts(), &"a".into()), None, "who is not due is not blocked");
}

#[test]
fn r17_the_spare_is_not_kept_free_a_second_time_while_a_rotation_uses_it() {
    let free = |ledger: Ledger| capacity::of(&ledger, &sample::listing(&ledger)).free;
    assert_eq!(free(with_b(&[State::Current])), 6);
    assert_eq!(free(with_b(&[State::Retired, State::Current])), 6, "in an overlap");
    assert_eq!(free(with_b(&[State::Current, State::Prepared])), 6, "before the promotion");
    assert_eq!(free(with_b(&[State::Prepared])), 6, "a first token is none");
    assert_eq!(free(with_b(&[State::Current, State::Tomb])), 5, "a condemned one is not yet gone");
}

#[test]
fn r18_a_revoked_resource_comes_back_into_its_own_slot_although_the_spare_is_used() {
    let world = limit(World::new(overlapping(), &["a", "b", "c"]), 5);
    check([(
        "three of ours, the operator's own, and one slot",
        world,
        Some(Step::Look(Look::ReadSecret("c".into()))),
    )]);
}

#[test]
fn r17_a_resource_whose_current_token_died_in_an_overlap_gets_a_new_one() {
    let dead = || holding(&[("a", State::Retired)]);
    let go = Some(Step::Look(Look::ReadSecret("a".into())));
    check([
        ("only the replaced one is left", World::new(dead(), &["a"]), go.clone()),
        ("in the last slot", limit(World::new(dead(), &["a"]), 3), go),
        ("it is suspended", declares(World::new(dead(), &["a"]), |a| a.suspended = true), None),
    ]);
}
