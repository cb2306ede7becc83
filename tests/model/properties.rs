//! The properties of the protocol; a configuration of a broken protocol has only the one that must
//! catch it.

use pat_operator::lifecycle::ledger::{Entry, State};
use stateright::Property;

use crate::configuration::Configuration;
use crate::violations::{
    ABANDONED, FORGOTTEN, LOOP, OLDER, OVERFULL, REVIVED, TOO_EARLY, TRESPASS, UNLICENSED, WASTED,
};
use crate::world::{Phase, STRANGER, TIMINGS, Token, UIDS, World, index};

type Condition = fn(&Configuration, &World) -> bool;

/// A name and the condition under which it is the case.
pub type Situation = (&'static str, Condition);

const ALWAYS: [Situation; 19] = [
    ("P1 at most one unrecorded token", |_, world| {
        world.restored || world.unrecorded().filter(|token| !is_long(token)).count() <= 1
    }),
    ("P1 an unrecorded token ends by itself", |_, world| {
        world.restored || world.unrecorded().all(|token| !token.accepted)
    }),
    ("P2 a published credential is accepted and alive", |config, world| {
        world.restored || (0..2).all(|r| published_alive(config, world, r))
    }),
    ("P2 an older pair never replaces a newer one", |_, world| world.violations & OLDER == 0),
    ("P2 a revoked pair is never published again", |_, world| world.violations & REVIVED == 0),
    ("P3 a replaced credential lives out its overlap", |_, world| {
        world.violations & TOO_EARLY == 0
    }),
    ("P4 no token outlives the finalizer", |_, world| {
        world.restored || (0..2).all(|r| gone_for_good(world, r))
    }),
    ("P4 what Retain left is alive", |_, world| {
        let left = world.secrets.iter().flatten().filter(|secret| secret.left && !secret.edited);
        left.into_iter().all(|secret| {
            world.token(&secret.id).is_some_and(|token| token.accepted && token.released)
        })
    }),
    ("P5 every DELETE is licensed by an irrevocable fact", |_, world| {
        world.violations & UNLICENSED == 0
    }),
    ("P6 nothing foreign is written or deleted", |_, world| {
        world.violations & TRESPASS == 0
            && world.tokens.iter().filter(|token| token.resource.is_none()).count() == 2
    }),
    ("P6 a recorded token is the resource's own", |_, world| {
        let is_own = |entry: &Entry, token: &Token| token.resource == Some(index(&entry.uid));
        let is_right =
            |entry: &Entry| world.token(&entry.id).is_none_or(|token| is_own(entry, token));
        world.ledger.entries.iter().all(|entry| is_right(entry) && *entry.id != *STRANGER)
    }),
    ("R4 a Yes that is still mine is never lost", |_, world| world.violations & WASTED == 0),
    ("R7 a failed attempt is not repeated at once", |_, world| world.violations & LOOP == 0),
    ("R9 one resource at a time is rotated", |_, world| {
        let rotates = |uid| {
            let of = |state| world.ledger.of(uid).any(|entry| entry.state == state);
            of(State::Retired) || of(State::Current) && of(State::Prepared)
        };
        world.restored || !UIDS.iter().all(|uid| rotates(uid))
    }),
    ("P4 a condemned token is not forgotten while it lives", |_, world| {
        world.violations & FORGOTTEN == 0
    }),
    ("R13 a live pair that only the Secret knows is adopted", |_, world| {
        world.violations & ABANDONED == 0
    }),
    ("R17 no POST finds the slots used up", |_, world| world.violations & OVERFULL == 0),
    ("R17 the spare slot is kept for rotation", |config, world| {
        let others = world.tokens.iter().filter(|token| !token.ours).count();
        let served = (0..2)
            .filter(|r| world.tokens.iter().any(|token| token.ours && token.resource == Some(*r)));
        world.restored || others + served.count() < config.slots()
    }),
    ("P7 without faults one replica converges", |config, world| config.settles(world)),
];

/// The properties of a configuration; of a broken one only that which must catch it.
pub fn all(config: &Configuration) -> Vec<Property<Configuration>> {
    let excluded = |name: &str| config.without.iter().any(|prefix| name.starts_with(prefix));
    let checked =
        ALWAYS.iter().filter(|(name, _)| name.starts_with(config.caught_by) && !excluded(name));
    let always = checked.map(|(name, condition)| Property::always(name, *condition));
    let reached =
        config.reaches.iter().map(|(name, condition)| Property::sometimes(name, *condition));
    always.chain(reached).collect()
}

/// Its attempt is given up before it ends (R21): P1 and P4 then hold but for such a token, which is
/// swept on sight.
fn is_long(token: &Token) -> bool {
    let life = token.expires.map_or(0, |expires| expires - token.created);
    token.ours && !token.accepted && life > TIMINGS.attempt_expiry + 2 * crate::world::OVERLAP
}

fn published_alive(config: &Configuration, world: &World, r: usize) -> bool {
    let own =
        world.own_secret(config.place(r), r).filter(|secret| !secret.edited && !secret.stalled);
    let excused = |id| world.revoked.contains(id) || world.lost.contains(id);
    let accepted = |id: &str| world.token(id).is_some_and(|token| token.accepted);
    world.forced[r] || own.is_none_or(|secret| excused(&secret.id) || accepted(&secret.id))
}

fn gone_for_good(world: &World, r: usize) -> bool {
    let remains = |token: &Token| token.resource == Some(r) && !token.released && !is_long(token);
    let mut posts =
        world.posts().filter(|attempt| index(&attempt.uid) == r && world.clock <= attempt.expiry);
    let coming = posts.any(|attempt| attempt.give_up_after.is_none());
    world.customs[r].phase != Phase::Gone
        || world.forced[r]
        || (!world.tokens.iter().any(remains) && !coming)
}
