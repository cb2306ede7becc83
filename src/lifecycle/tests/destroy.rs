//! Destruction: R9, R10, R12.
use std::sync::Arc;

use super::{check, with};
use crate::lifecycle::Step;
use crate::lifecycle::ledger::State;
use crate::lifecycle::sample::{self, MINUTE, NOW, World};

/// Token 1 of `a` is condemned and LIST, read after that, does not show it.
fn unlisted(minted_ago: i64, listed_ago: i64) -> World {
    let mut ledger = sample::ledger();
    ledger.entries[0].state = State::Tomb;
    ledger.entries[0].created_at = NOW - minted_ago;
    with(World::new(ledger, &[]), |world| {
        let listing = world.listing.as_mut().unwrap();
        listing.tokens.retain(|token| token.ours.is_none());
        listing.at = NOW - listed_ago;
    })
}

#[test]
fn r9_a_condemned_token_is_forgotten_once_a_list_that_had_to_show_it_does_not() {
    let dropped = Some(Step::Drop(vec!["id1".into()]));
    check([
        ("an old token that LIST misses is gone", unlisted(60 * MINUTE, 0), dropped.clone()),
        (
            "LIST was answered while it could still miss it: ask again",
            unlisted(3 * MINUTE, 2 * MINUTE),
            Some(Step::List),
        ),
        ("it may still miss it now: wait", unlisted(MINUTE, 0), None),
        ("LIST was answered after its lag", unlisted(5 * MINUTE, 2 * MINUTE), dropped.clone()),
        (
            "its DELETE was confirmed before that LIST",
            with(unlisted(MINUTE, 0), |world| {
                world.listing.as_mut().unwrap().after.insert("id1".into());
            }),
            dropped,
        ),
        (
            "LIST began before it was condemned: ask again",
            with(unlisted(60 * MINUTE, 0), |world| {
                let listing = world.listing.as_mut().unwrap();
                listing.read_with = Arc::new(sample::ledger());
            }),
            Some(Step::List),
        ),
    ]);
}
