//! What somebody changed in ISC is put back (R22), and a life that ISC cut is not asked for again
//! and again (R16).
use super::*;
use crate::lifecycle::ledger::{TokenSpec, scopes};
use crate::lifecycle::listing::Listed;
use crate::lifecycle::sample::DAY;
use crate::lifecycle::schedule::rest;
use crate::lifecycle::settle::Patched;
use crate::lifecycle::upkeep::{full_name, long_life};

fn listed(change: impl FnOnce(&mut Listed)) -> World {
    with(World::new(sample::ledger(), &["a"]), |world| {
        change(&mut world.listing.as_mut().unwrap().tokens[0]);
    })
}

fn told(world: World, ago: i64) -> World {
    with(world, |world| world.ledger.entries[0].changed_at = NOW - ago)
}

fn renew() -> Option<Step> {
    Some(Step::Call(Call::Renew { id: "id1".into(), until: NOW + 90 * DAY }))
}

#[test]
fn r22_a_name_or_scope_that_somebody_changed_in_isc_is_put_back() {
    let apply = |name: Option<String>, scopes| {
        Some(Step::Call(Call::Apply { id: "id1".into(), name, scopes, wanted: sample::wanted() }))
    };
    let ours = full_name(&sample::ledger(), "inst", "a", 1, "integrations/a");
    let renamed = || listed(|token| token.name = "pat1 by hand".into());
    check([
        ("the name", renamed(), apply(Some(ours), None)),
        (
            "the scopes",
            listed(|token| token.scopes = Some(scopes(["idn:x:read"]))),
            apply(None, Some(sample::wanted().scopes)),
        ),
        ("ISC does not say which scopes", listed(|token| token.scopes = None), None),
        ("LIST may be from before what was told last", told(renamed(), 2 * MINUTE), None),
        ("suspended", declares(renamed(), |a| a.suspended = true), None),
    ]);
}

#[test]
fn r16_an_expiry_that_somebody_changed_in_isc_is_put_back() {
    let expires = |by: i64| listed(move |token| token.expires = token.expires.map(|at| at + by));
    check([
        ("an hour earlier", expires(-60 * MINUTE), renew()),
        ("an hour later", expires(60 * MINUTE), renew()),
        ("never", listed(|token| token.expires = None), renew()),
        ("rounded by ISC", expires(-MINUTE), None),
        (
            "LIST may be from before what was told last",
            told(expires(-60 * MINUTE), 2 * MINUTE),
            None,
        ),
        ("it had to show it", told(expires(-60 * MINUTE), 2 * MINUTE + 1), renew()),
    ]);
}

#[test]
fn r16_a_life_that_isc_cuts_is_recorded_and_not_asked_for_again_before_its_half() {
    let step = renew().unwrap();
    let cut =
        settled(&sample::ledger(), &step, &Outcome::Patched(Patched::Shorter(NOW + 30 * DAY)));
    assert_eq!(
        (cut.entries[0].expires_at, cut.entries[0].longest),
        (NOW + 30 * DAY, Some(30 * DAY))
    );
    assert_eq!((cut.entries[0].changed_at, cut.resources["a"].failures), (NOW, 0));
    let left = |left: i64| {
        World::new(
            with(cut.clone(), |l| {
                (l.entries[0].expires_at, l.entries[0].changed_at) = (NOW + left, 0);
            }),
            &["a"],
        )
    };
    check([
        ("all of it is left", left(30 * DAY), None),
        ("half of it is left", left(15 * DAY), None),
        ("less than half of it is left", left(15 * DAY - 1), renew()),
    ]);
    assert_eq!(rest(&left(15 * DAY + MINUTE).facts()).as_secs(), 61, "the pass wakes at its half");
    let whole = settled(&cut, &step, &Outcome::Patched(Patched::Yes));
    assert_eq!(
        (whole.entries[0].expires_at, whole.entries[0].longest),
        (NOW + 90 * DAY, None),
        "ISC gives all of it again"
    );
}

#[test]
fn r16_the_long_life_is_three_rotations_between_ninety_and_a_hundred_and_eighty_days() {
    for (every, days) in
        [(None, 90), (Some(7), 90), (Some(40), 120), (Some(60), 180), (Some(365), 180)]
    {
        let world = declares(World::new(sample::ledger(), &["a"]), |a| {
            a.rotation.every = every.map(|days| days * DAY);
        });
        assert_eq!(long_life(&world.facts(), "a"), days * DAY, "{every:?}");
    }
}

#[test]
fn r16_a_replaced_token_is_kept_alive_through_its_overlap() {
    let dying = with(rotating(Some(NOW)), |ledger| ledger.entries[0].expires_at = NOW + DAY);
    check([("it has a day left", World::new(dying, &["a"]), renew())]);
}

#[test]
fn r22_in_an_overlap_only_the_current_token_is_changed() {
    let world = declares(World::new(rotating(Some(NOW)), &["a"]), |a| {
        a.wanted = TokenSpec { name: "new".into(), ..sample::wanted() }
    });
    let name = full_name(&sample::ledger(), "inst", "a", 2, "new");
    let wanted = TokenSpec { name: "new".into(), ..sample::wanted() };
    check([(
        "renamed",
        world,
        Some(Step::Call(Call::Apply { id: "id2".into(), name: Some(name), scopes: None, wanted })),
    )]);
}
