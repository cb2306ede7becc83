//! The properties of the protocol, and the situations that a configuration must reach to prove anything.
use pat_operator::lifecycle::ledger::State;
use pat_operator::lifecycle::step::Step;
use stateright::Property;

use crate::configuration::Configuration;
use crate::world::{Late, Phase, TRESPASS, Token, UIDS, UNLICENSED, WASTED, World};

type Condition = fn(&Configuration, &World) -> bool;

/// A name and the condition under which it is the case.
pub type Situation = (&'static str, Condition);

const ALWAYS: [Situation; 8] = [
    ("P1 at most one unrecorded token", |_, world| world.unrecorded().count() <= 1),
    ("P1 an unrecorded token ends by itself", |_, world| world.unrecorded().all(|token| !token.accepted)),
    ("P2 a published credential is accepted and alive", |_, world| (0..2).all(|r| published_alive(world, r))),
    ("P4 no token outlives the finalizer", |_, world| (0..2).all(|r| gone_for_good(world, r))),
    ("P5 every DELETE is licensed by an irrevocable fact", |_, world| world.violations & UNLICENSED == 0),
    ("P6 nothing foreign is written or deleted", |_, world| {
        world.violations & TRESPASS == 0 && world.tokens.iter().filter(|token| token.resource.is_none()).count() == 2
    }),
    ("R4 a Yes that is still mine is never lost", |_, world| world.violations & WASTED == 0),
    ("P7 without faults one replica converges", |configuration, world| configuration.settles(world)),
];

/// A POST and the extension of the token before it are under way at once.
pub const POST_BESIDE_PATCH: Situation =
    ("POST beside PATCH", |_, world| steps(world).any(|step| matches!(step, Step::Post { extend: Some(_), .. })));
/// A resource that had a number was deleted, and nothing is left of it.
pub const DELETION_DONE: Situation = ("deletion done", |configuration, world| {
    (0..2).all(|r| !configuration.delete[r] || world.customs[r] == Phase::Gone)
        && world.ledger.next > 1
        && (0..2).any(|r| configuration.delete[r] && !world.ledger.resources.contains_key(&UIDS[r]))
});
/// An orphan is about to be swept.
pub const ORPHAN_SWEPT: Situation =
    ("orphan swept", |_, world| steps(world).any(|step| matches!(step, Step::Sweep { .. })));
/// Everything wanted is published.
pub const ALL_PUBLISHED: Situation = ("all published", |_, world| {
    (0..2)
        .all(|r| (world.customs[r] == Phase::Alive) == world.secrets[r].as_ref().is_some_and(|secret| !secret.foreign))
        && world.secrets.iter().any(Option::is_some)
});
/// A POST whose caller is gone is still to take effect.
pub const LATE_POST: Situation = ("late POST", |_, world| world.late.iter().any(|late| matches!(late, Late::Post(_))));
/// A resource's Secret belongs to somebody else.
pub const NAME_TAKEN: Situation =
    ("name taken", |_, world| world.secrets.iter().flatten().any(|secret| secret.foreign));
/// A fence left an attempt behind.
pub const FENCED: Situation = ("fenced", |_, world| world.ledger.unresolved.is_some());
/// ISC refused a fresh credential.
pub const CONDEMNED: Situation = ("condemned", |_, world| {
    world.ledger.resources.values().any(|resource| resource.failures > 0)
        && world.ledger.entries.iter().any(|entry| entry.state == State::Tomb)
});
/// One replica fences the attempt whose POST another is about to send.
pub const SPLIT_BRAIN: Situation = ("split brain", |_, world| {
    world.replicas.iter().any(|replica| replica.posting().is_some()) && steps(world).any(|step| *step == Step::Fence)
});
/// Two replicas are about to delete the same token.
pub const DELETED_TWICE: Situation =
    ("deleted twice", |_, world| steps(world).filter(|step| matches!(step, Step::Delete(_))).count() > 1);

/// The properties of a configuration; of a broken one only that which must catch it.
pub fn all(configuration: &Configuration) -> Vec<Property<Configuration>> {
    let checked = ALWAYS.iter().filter(|(name, _)| name.starts_with(configuration.caught_by));
    let always = checked.map(|(name, condition)| Property::always(name, *condition));
    let reached = configuration.reaches.iter().map(|(name, condition)| Property::sometimes(name, *condition));
    always.chain(reached).collect()
}

fn steps(world: &World) -> impl Iterator<Item = &Step> {
    world.replicas.iter().filter_map(|replica| replica.pass.as_ref()).map(|pass| &pass.step)
}

fn published_alive(world: &World, r: usize) -> bool {
    let ours = world.secrets[r].as_ref().filter(|secret| !secret.foreign && !secret.stalled);
    world.forced[r] || ours.is_none_or(|secret| world.token(&secret.id).is_some_and(|token| token.accepted))
}

fn gone_for_good(world: &World, r: usize) -> bool {
    let of = |token: &Token| token.resource == Some(r);
    let late = world.late.iter().filter_map(|late| match late {
        Late::Post(attempt) => Some(attempt),
        _ => None,
    });
    let posting = world.replicas.iter().filter_map(|replica| replica.posting()).chain(late);
    let coming =
        posting.filter(|attempt| world.clock <= attempt.expiry).any(|attempt| crate::world::index(&attempt.uid) == r);
    world.customs[r] != Phase::Gone || world.forced[r] || (!world.tokens.iter().any(of) && !coming)
}
