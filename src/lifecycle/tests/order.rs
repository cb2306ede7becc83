//! The order of steps: of two things that could be done, the more urgent one is.
use super::*;
use crate::lifecycle::step::Extension;

/// `a` is deleted by its user and mentioned in the ledger.
fn dying(world: World) -> World {
    with(world, |world| world.declared.get_mut("a").unwrap().deleting = true)
}

/// `b` waits for its first token; its Secret is read.
fn minting(ledger: Ledger) -> World {
    read(World::new(ledger, &["a", "b"]), "b", Holds::Absent)
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn destroy_then_finish_then_mint_then_upkeep() {
    let list = || World::new(attempting(), &["a"]);
    let tomb = holding(&[("a", State::Tomb)]);
    let orphan = |ledger| {
        shows(World::new(with(ledger, |ledger: &mut Ledger| ledger.next = 9), &[]), 5, true)
    };
    let prepared = holding(&[("a", State::Prepared)]);
    let extend = Step::Call(Call::Extend(Extension {
        id: "id1".into(),
        until: NOW + 90 * 24 * 60 * MINUTE,
    }));
    let late = || token(sample::ledger(), |entry| entry.expires_at = NOW + 40 * sample::DAY);
    let dying_out = || token(sample::ledger(), |entry| entry.expires_at = NOW + 8 * sample::DAY);
    let renew = Step::Call(Call::Renew { id: "id1".into(), until: NOW + 90 * 24 * 60 * MINUTE });
    let other_scopes = |world| {
        with(world, |world: &mut World| {
            world.declared.get_mut("a").unwrap().wanted.name = "b".into();
        })
    };
    let unchecked =
        |ledger| token(ledger, |entry| (entry.missing_scopes, entry.applied_at) = (None, 0));
    check([
        (
            "one's own attempt before a deletion",
            own(dying(list()), Stage::Intended),
            Some(Step::Look(Look::Confirm("a".into()))),
        ),
        (
            "a deletion before a fence",
            dying(list()),
            Some(Step::Record(Record::MarkDeleting { uid: "a".into(), retain: false })),
        ),
        (
            "a fence before LIST",
            with(list(), |world| world.listing = None),
            Some(Step::Record(Record::Fence)),
        ),
        (
            "LIST before a DELETE",
            with(World::new(tomb.clone(), &[]), |world| world.listing = None),
            Some(Step::Look(Look::List)),
        ),
        ("a DELETE before a sweep", orphan(tomb), Some(Step::Call(Call::Delete("id1".into())))),
        (
            "a sweep before a raise",
            shows(orphan(sample::empty()), 20, false),
            Some(Step::Call(Call::Sweep { id: "id5".into(), n: 5 })),
        ),
        (
            "a raise before an extension",
            shows(World::new(prepared.clone(), &["a"]), 20, false),
            Some(Step::Record(Record::Raise(21))),
        ),
        ("an extension before a mint", minting(prepared), Some(extend)),
        (
            "the Secret of a deleted resource before a mint",
            minting(deleting(sample::ledger())),
            Some(Step::Look(Look::ReadSecret("a".into()))),
        ),
        (
            "a renewal that cannot wait before a first mint",
            minting(dying_out()),
            Some(renew.clone()),
        ),
        (
            "a first mint before a renewal",
            minting(late()),
            Some(Step::Record(Record::Intent(attempt(2, "b"), place("b")))),
        ),
        ("a renewal before a change", other_scopes(World::new(late(), &["a"])), Some(renew)),
        (
            "a change before a look at the scopes",
            other_scopes(World::new(unchecked(sample::ledger()), &["a"])),
            step(&other_scopes(World::new(sample::ledger(), &["a"])).facts()),
        ),
        ("nothing to do", World::new(sample::ledger(), &["a"]), None),
    ]);
}

#[test]
fn a_token_with_which_isc_fails_lets_the_others_go_first() {
    let aside = |world: World| {
        with(world, |world| {
            world.set_aside.insert("id1".into());
        })
    };
    let late = || {
        with(holding(&[("a", State::Current), ("b", State::Current)]), |ledger| {
            ledger.entries.iter_mut().for_each(|entry| entry.expires_at = NOW + MINUTE);
        })
    };
    let tombs = || holding(&[("a", State::Tomb), ("a", State::Tomb)]);
    let prepared = || holding(&[("a", State::Prepared), ("b", State::Prepared)]);
    let until = NOW + 90 * sample::DAY;
    check([
        (
            "a DELETE",
            aside(World::new(tombs(), &["a"])),
            Some(Step::Call(Call::Delete("id2".into()))),
        ),
        (
            "an extension",
            aside(World::new(prepared(), &["a", "b"])),
            Some(Step::Call(Call::Extend(Extension { id: "id2".into(), until }))),
        ),
        (
            "a renewal",
            aside(World::new(late(), &["a", "b"])),
            Some(Step::Call(Call::Renew { id: "id2".into(), until })),
        ),
        (
            "a sweep",
            aside(shows(World::new(with(sample::empty(), |ledger| ledger.next = 9), &[]), 1, true)),
            None,
        ),
    ]);
}
