//! Destruction: R9, R10.
use std::sync::Arc;

use super::*;

/// Token 1 of `a` is condemned and LIST, read after that, does not show it.
fn unlisted(minted_ago: i64, ago: i64) -> World {
    let ledger = token(holding(&[("a", State::Tomb)]), |entry| entry.created_at = NOW - minted_ago);
    let missed = with(looked_for(World::new(ledger, &[])), |world| {
        world.listing.as_mut().unwrap().tokens.retain(|token| token.ours.is_none());
    });
    listed_ago(missed, ago)
}

/// This pass has deleted token 1; LIST is from before that.
fn destroyed(world: World) -> World {
    with(world, |world| _ = world.destroyed.insert("id1".into()))
}

#[test]
fn r9_a_condemned_token_is_forgotten_once_a_list_that_had_to_show_it_does_not() {
    let dropped = Some(Step::Record(Record::Drop(vec!["id1".into()])));
    check([
        ("an old token that LIST misses is gone", unlisted(60 * MINUTE, 0), dropped.clone()),
        (
            "LIST was answered while it could still miss it",
            unlisted(3 * MINUTE, 2 * MINUTE),
            Some(Step::Look(Look::List)),
        ),
        ("LIST may still miss it now: wait", unlisted(MINUTE, 0), None),
        ("LIST was answered after its lag", unlisted(5 * MINUTE, 2 * MINUTE), dropped.clone()),
        (
            "its DELETE was confirmed before that LIST",
            with(destroyed(unlisted(MINUTE, 0)), |world| {
                world.listing.as_mut().unwrap().after.insert("id1".into());
            }),
            dropped,
        ),
        (
            "LIST began before it was condemned",
            with(unlisted(60 * MINUTE, 0), |world| {
                world.listing.as_mut().unwrap().read_with = Arc::new(sample::ledger());
            }),
            Some(Step::Look(Look::List)),
        ),
    ]);
}

#[test]
fn r9_a_confirmed_delete_is_not_enough_to_forget() {
    let tomb = || looked_for(World::new(holding(&[("a", State::Tomb)]), &[]));
    check([
        ("a condemned token is deleted", tomb(), Some(Step::Call(Call::Delete("id1".into())))),
        ("ISC confirmed it: LIST is asked", destroyed(tomb()), Some(Step::Look(Look::List))),
        (
            "LIST shows it still: not deleted twice in a pass, and not forgotten",
            with(destroyed(tomb()), |world| {
                world.listing.as_mut().unwrap().after.insert("id1".into());
            }),
            None,
        ),
    ]);
    let tomb = holding(&[("a", State::Tomb)]);
    assert_eq!(settled(&tomb, &Step::Call(Call::Delete("id1".into())), &Outcome::Gone), tomb);
}

#[test]
fn r10_only_condemned_tokens_that_are_still_ours_are_deleted() {
    let listed = |change: fn(&mut crate::lifecycle::listing::Listed)| {
        with(looked_for(World::new(holding(&[("a", State::Tomb)]), &[])), |world| {
            change(&mut world.listing.as_mut().unwrap().tokens[0]);
        })
    };
    let handed_over = Some(Step::Record(Record::HandOver(vec!["id1".into()])));
    let retained = |world| {
        with(world, |world: &mut World| {
            let resource = world.ledger.resources.get_mut("a").unwrap();
            (resource.deleting, resource.retain) = (true, true);
            world.listing.as_mut().unwrap().read_with = Arc::new(world.ledger.clone());
        })
    };
    let delete = Some(Step::Call(Call::Delete("id1".into())));
    check([
        ("a current token", World::new(sample::ledger(), &["a"]), None),
        (
            "a current token that nobody declares any more",
            looked_for(World::new(sample::ledger(), &[])),
            None,
        ),
        ("renamed by a person: revoked all the same", listed(|token| token.ours = None), delete),
        (
            "renamed, and left to its user: it may have been let go, and is only forgotten",
            retained(listed(|token| token.ours = None)),
            handed_over.clone(),
        ),
        (
            "its name was put right a minute ago, and LIST may be older",
            with(retained(listed(|token| token.ours = None)), |w| {
                w.ledger.entries[0].changed_at = NOW - MINUTE;
            }),
            None,
        ),
        (
            "of another installation by its name: this ledger is a clone's",
            listed(|token| token.others = token.ours.take()),
            handed_over.clone(),
        ),
        ("taken over by the platform", listed(|token| token.managed = true), handed_over),
        (
            "left to its user, but LIST is older than the condemnation",
            with(retained(listed(|token| token.ours = None)), |world| {
                world.listing.as_mut().unwrap().read_with = Arc::new(sample::ledger());
            }),
            Some(Step::Look(Look::List)),
        ),
    ]);
    let live = sample::ledger();
    assert_eq!(
        settled(&live, &Step::Record(Record::Drop(vec!["id1".into()])), &Outcome::Decided),
        live,
        "only tombs are dropped"
    );
}
