//! When the next attempt may begin (R2), for whom (R17, fairness), and what people are told
//! meanwhile.
use super::*;
use crate::lifecycle::capacity::{self, Capacity};
use crate::lifecycle::facts::Admission;
use crate::lifecycle::mint::{Obstacle, obstacle};

const LAG: i64 = 2 * MINUTE;

fn fresh(ledger: Ledger) -> World {
    World::new(ledger, &["a"])
}

#[test]
fn r2_an_intent_needs_every_earlier_number_resolved() {
    let go = Some(Step::Look(Look::ReadSecret("a".into())));
    check([
        ("a fenced attempt may still take effect", fresh(fenced(NOW - LAG)), None),
        ("it is final", fresh(fenced(NOW - LAG - 1)), go.clone()),
        (
            "r20: one reply alone does not make it final",
            with(fresh(fenced(NOW - LAG - 1)), |world| {
                world.now = Some(Now { ms: NOW, consistent: false });
            }),
            None,
        ),
        (
            "it is final, but LIST is from before",
            listed_ago(fresh(fenced(NOW - LAG - 1)), 1),
            Some(Step::Look(Look::List)),
        ),
        ("LIST is a minute old", listed_ago(fresh(sample::empty()), MINUTE), go),
        (
            "LIST is older than a minute",
            listed_ago(fresh(sample::empty()), MINUTE + 1),
            Some(Step::Look(Look::List)),
        ),
        (
            "an orphan was deleted: LIST again",
            with(shows(fresh(with(sample::empty(), |ledger| ledger.next = 2)), 1, true), |world| {
                world.destroyed.insert("id1".into());
            }),
            Some(Step::Look(Look::List)),
        ),
    ]);
}

#[test]
fn r2_an_unresolved_attempt_blocks_minting_only() {
    let blocked = with(sample::ledger(), |ledger| {
        ledger.unresolved = fenced(NOW).unresolved;
        ledger.entries[0].expires_at = NOW + MINUTE;
    });
    let renew = Step::Call(Call::Renew { id: "id1".into(), until: NOW + 90 * 24 * 60 * MINUTE });
    check([("a renewal goes on", World::new(blocked, &["a", "b"]), Some(renew))]);
}

#[test]
fn only_an_admitted_resource_is_minted_for() {
    let declared = |change: fn(&mut Declared)| {
        with(fresh(sample::empty()), |world| change(world.declared.get_mut("a").unwrap()))
    };
    let go = Some(Step::Look(Look::ReadSecret("a".into())));
    check([
        ("admitted", fresh(sample::empty()), go.clone()),
        ("not granted", declared(|a| a.admission = Admission::NotGranted), None),
        ("refused", declared(|a| a.admission = Admission::Refused), None),
        ("suspended", declared(|a| a.suspended = true), None),
        (
            "minting is off for the owner",
            with(fresh(sample::empty()), |world| world.may_mint = false),
            None,
        ),
        (
            "its deletion is recorded",
            fresh(deleting(mentioning(&["a"]))),
            Some(Step::Record(Record::Finish("a".into()))),
        ),
        ("r7: it backs off", fresh(waits(mentioning(&["a"]), NOW + 1)), None),
        ("r7: its back-off is over", fresh(waits(mentioning(&["a"]), NOW)), go.clone()),
        ("its last token is condemned", destroyed_and_listed(), go),
    ]);
}

/// Token 1 of `a` is condemned, was deleted, and LIST shows it still.
fn destroyed_and_listed() -> World {
    with(fresh(holding(&[("a", State::Tomb)])), |world| {
        world.destroyed.insert("id1".into());
        world.listing.as_mut().unwrap().after.insert("id1".into());
    })
}

#[test]
fn namespaces_and_failures_decide_who_is_first() {
    let world = |ledger: Ledger| {
        with(World::new(ledger, &["a", "b", "c"]), |world| {
            world.declared.get_mut("b").unwrap().namespace = "quiet".into();
        })
    };
    let failed = |uid: &str| {
        with(mentioning(&["a", "b", "c"]), |l| l.resources.get_mut(uid).unwrap().failures = 3)
    };
    let next = |uid: &str| Some(Step::Look(Look::ReadSecret(uid.into())));
    check([
        (
            "a namespace without tokens goes first",
            world(holding(&[("a", State::Current)])),
            next("b"),
        ),
        (
            "who never failed goes first",
            with(world(failed("a")), |world| {
                world.declared.remove("b");
            }),
            next("c"),
        ),
        ("else the first by uid", world(sample::empty()), next("a")),
    ]);
}

#[test]
fn r17_slots_are_counted_from_list_and_ledger() {
    let world = || World::new(sample::ledger(), &["a"]);
    let of = |world: &World| capacity::of(&world.ledger, world.listing.as_ref().unwrap());
    let recorded_since =
        with(world(), |world| world.ledger.entries.push(sample::entry(2, "b", State::Prepared)));
    let crowded = with(world(), |world| world.ledger.endpoint.tokens_per_user = 2);
    let gone = with(world(), |world| {
        world.listing.as_mut().unwrap().tokens.remove(0);
    });
    for (sentence, world, expected) in [
        (
            "one of ours, the operator's own, one spare",
            world(),
            Capacity { limit: 10, ours: 1, others: 1, free: 7 },
        ),
        (
            "an orphan takes a slot",
            shows(world(), 9, true),
            Capacity { limit: 10, ours: 2, others: 1, free: 6 },
        ),
        (
            "a token recorded since LIST",
            recorded_since,
            Capacity { limit: 10, ours: 2, others: 1, free: 6 },
        ),
        (
            "a recorded token that LIST misses",
            gone,
            Capacity { limit: 10, ours: 1, others: 1, free: 7 },
        ),
        ("more than the limit", crowded, Capacity { limit: 2, ours: 1, others: 1, free: 0 }),
    ] {
        assert_eq!(of(&world), expected, "{sentence}");
    }
}

#[test]
fn r17_the_spare_slot_is_never_minted_into() {
    let limit = |tokens| {
        with(fresh(sample::empty()), |world| world.ledger.endpoint.tokens_per_user = tokens)
    };
    check([
        (
            "the operator's own, the spare, and one",
            limit(3),
            Some(Step::Look(Look::ReadSecret("a".into()))),
        ),
        ("the operator's own and the spare", limit(2), None),
    ]);
}

#[test]
fn a_waiting_resource_is_told_why() {
    let full = with(fresh(sample::empty()), |world| world.ledger.endpoint.tokens_per_user = 2);
    for (sentence, world, expected) in [
        ("nothing", fresh(sample::empty()), None),
        ("it has its token", World::new(sample::ledger(), &["a"]), None),
        (
            "its Secret's name is taken",
            read(fresh(sample::empty()), "a", Holds::Foreign),
            Some(Obstacle::SecretTaken),
        ),
        (
            "its back-off",
            fresh(waits(mentioning(&["a"]), NOW + 5)),
            Some(Obstacle::BackOff(NOW + 5)),
        ),
        ("a fenced attempt", fresh(fenced(NOW)), Some(Obstacle::Unresolved(NOW + LAG))),
        (
            "both, the attempt for longer",
            fresh(waits(fenced(NOW), NOW + 5)),
            Some(Obstacle::Unresolved(NOW + LAG)),
        ),
        (
            "both, the back-off for longer",
            fresh(waits(fenced(NOW), NOW + 9 * LAG)),
            Some(Obstacle::BackOff(NOW + 9 * LAG)),
        ),
        ("no slot", full, Some(Obstacle::Full(Capacity { limit: 2, ours: 0, others: 1, free: 0 }))),
        (
            "it is being deleted",
            with(fresh(sample::empty()), |w| w.declared.get_mut("a").unwrap().deleting = true),
            None,
        ),
    ] {
        assert_eq!(obstacle(&world.facts(), &"a".into()), expected, "{sentence}");
    }
}
