//! A Secret that the API server refuses to show or to have written: nothing is decided on it, and
//! nobody waits for it.
use super::*;
use crate::lifecycle::sample::DAY;
use crate::lifecycle::schedule::rest;

fn refused(world: World) -> World {
    let seen = SecretSeen {
        holds: Holds::Refused,
        deleting: true,
        overlap_over: true,
        listed: true,
        held: None,
    };
    with(world, |world| drop(world.secrets.insert("a".into(), seen)))
}

#[test]
fn a_secret_that_cannot_be_read_keeps_only_its_own_resource_waiting() {
    let next = Some(Step::Look(Look::ReadSecret("b".into())));
    let due = |world| {
        with(world, |world: &mut World| {
            for declared in world.declared.values_mut() {
                declared.rotate = request("x", NOW);
            }
        })
    };
    let both = holding(&[("a", State::Current), ("b", State::Current)]);
    check([
        ("a first token", refused(World::new(sample::empty(), &["a"])), None),
        (
            "the next in line has one",
            refused(World::new(sample::empty(), &["a", "b"])),
            next.clone(),
        ),
        ("a rotation", refused(due(World::new(sample::ledger(), &["a"]))), None),
        ("the next rotation", refused(due(World::new(both, &["a", "b"]))), next.clone()),
        ("the end of an overlap", refused(World::new(rotating(Some(NOW - DAY)), &["a"])), None),
        (
            "a question",
            with(refused(World::new(sample::ledger(), &["a"])), |w| {
                w.questions.extend(["a".into()]);
            }),
            None,
        ),
    ]);
}

#[test]
fn r12_a_secret_that_cannot_be_read_licenses_no_destruction() {
    let retained = |ledger| {
        with(deleting(ledger), |l: &mut Ledger| l.resources.get_mut("a").unwrap().retain = true)
    };
    let released = with(World::new(retained(holding(&[("a", State::Released)])), &[]), |world| {
        world.listing.as_mut().unwrap().tokens[0].ours = None;
    });
    check([
        ("its resource is deleted", refused(World::new(deleting(sample::ledger()), &[])), None),
        ("with Retain", refused(World::new(retained(sample::ledger()), &[])), None),
        ("its token is released, and cannot be stripped", refused(released), None),
    ]);
}

#[test]
fn it_is_looked_at_again_soon() {
    let world = refused(World::new(sample::ledger(), &["a"]));
    assert_eq!(rest(&world.facts()), std::time::Duration::from_secs(30));
}
