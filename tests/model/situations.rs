//! The situations that a configuration must reach to prove anything.
use pat_operator::lifecycle::ledger::State;
use pat_operator::lifecycle::step::{Call, Record, Step};

use crate::properties::Situation;
use crate::world::{Late, Phase, UIDS, World};

/// A POST and the extension of the token before it are under way at once.
pub const POST_BESIDE_PATCH: Situation = ("POST beside PATCH", |_, world| {
    steps(world).any(|step| matches!(step, Step::Call(Call::Post { extend: Some(_), .. })))
});
/// A resource that had a number was deleted, and nothing is left of it.
pub const DELETION_DONE: Situation = ("deletion done", |config, world| {
    (0..2).all(|r| !config.delete[r] || world.customs[r].phase == Phase::Gone)
        && world.ledger.next > 1
        && (0..2).any(|r| config.delete[r] && !world.ledger.resources.contains_key(&UIDS[r]))
});
/// An orphan is about to be swept.
pub const ORPHAN_SWEPT: Situation = ("orphan swept", |_, world| {
    steps(world).any(|step| matches!(step, Step::Call(Call::Sweep { .. })))
});
/// Everything wanted is published.
pub const ALL_PUBLISHED: Situation = ("all published", |config, world| {
    (0..2).all(|r| {
        (world.customs[r].phase == Phase::Alive) == world.own_secret(config.place(r), r).is_some()
    }) && world.secrets.iter().any(Option::is_some)
});
/// A POST whose caller is gone is still to take effect.
pub const LATE_POST: Situation =
    ("late POST", |_, world| world.late.iter().any(|late| matches!(late, Late::Post(_))));
/// A resource's Secret belongs to somebody else.
pub const NAME_TAKEN: Situation = ("name taken", |_, world| {
    world.secrets.iter().flatten().any(|secret| secret.marks.is_none() && !secret.left)
});
/// A fence left an attempt behind.
pub const FENCED: Situation = ("fenced", |_, world| world.ledger.unresolved.is_some());
/// ISC refused a fresh credential.
pub const CONDEMNED: Situation = ("condemned", |_, world| {
    world.ledger.resources.values().any(|resource| resource.failures > 0)
        && world.ledger.entries.iter().any(|entry| entry.state == State::Tomb)
});
/// One replica fences the attempt whose POST another is about to send.
pub const SPLIT_BRAIN: Situation = ("split brain", |_, world| {
    world.replicas.iter().any(|replica| replica.posting().is_some())
        && steps(world).any(|step| *step == Step::Record(Record::Fence))
});
/// Two replicas are about to delete the same token.
pub const DELETED_TWICE: Situation = ("deleted twice", |_, world| {
    steps(world).filter(|step| matches!(step, Step::Call(Call::Delete(_)))).count() > 1
});
/// The rotations that users asked for, and the schedule's, are done.
pub const ROTATED: Situation = ("rotated", |config, world| {
    let done = |r: usize| {
        let resource = world.ledger.resources.get(&UIDS[r]);
        let handled = resource.is_some_and(|resource| resource.rotated.is_some());
        config.rotate[r] == 0 || handled && world.ledger.retired(&UIDS[r]).next().is_none()
    };
    let replaced = |r: usize| {
        world.ledger.resources.get(&UIDS[r]).is_some_and(|resource| resource.rotated_at.is_some())
    };
    (0..2).all(done) && (0..2).any(replaced)
});
/// A replaced token is condemned while its successor is published.
pub const RETIRED: Situation = ("retired", |_, world| {
    steps(world).any(|step| matches!(step, Step::Record(Record::Retire(_))))
});
/// A request to revoke is carried out, and the new pair is published.
pub const REVOKED: Situation = ("revoked", |_, world| {
    !world.revoked.is_empty()
        && world.ledger.entries.iter().all(|entry| entry.state == State::Current)
        && world
            .secrets
            .iter()
            .flatten()
            .any(|secret| !world.revoked.contains(&secret.id) && secret.claims > 1)
});
/// Token and Secret of a deleted resource are its user's.
pub const RELEASED: Situation = ("released", |_, world| {
    world.secrets.iter().flatten().any(|secret| secret.left)
        && world.customs.iter().any(|c| c.phase == Phase::Gone)
});
/// A pair is taken over that the ledger had lost.
pub const ADOPTED: Situation =
    ("adopted", |_, world| steps(world).any(|step| matches!(step, Step::Call(Call::Adopt(_)))));
/// An unknown pair is not taken over.
pub const REFUSED: Situation = ("refused", |_, world| {
    steps(world).any(|step| matches!(step, Step::Record(Record::Refuse { .. })))
});
/// The counter of a restored ledger is raised.
pub const RAISED: Situation =
    ("raised", |_, world| steps(world).any(|step| matches!(step, Step::Record(Record::Raise(_)))));
/// A current token that LIST lacks is tried.
pub const VERIFIED: Situation =
    ("verified", |_, world| steps(world).any(|step| matches!(step, Step::Call(Call::Verify(_)))));
/// A resource is finished that its user took by force.
pub const FORCED: Situation = ("finished after force", |_, world| {
    (0..2).any(|r| {
        world.forced[r] && !world.ledger.resources.contains_key(&UIDS[r]) && world.ledger.next > 1
    })
});
/// A token's life is prolonged.
pub const RENEWED: Situation =
    ("renewed", |_, world| steps(world).any(|step| matches!(step, Step::Call(Call::Renew { .. }))));
/// B waits, since only the spare slot is free.
pub const FULL: Situation = ("full", |config, world| {
    world.tokens.len() + 1 == config.slots()
        && world.customs[1].phase == Phase::Alive
        && world.secrets[1].is_none()
});
/// A was deleted, and another resource under its name is published.
pub const CREATED_ANEW: Situation = ("created anew", |_, world| {
    world.customs[0].phase == Phase::Gone
        && world.secrets[0].as_ref().is_some_and(|secret| secret.marks == Some(1))
});
/// A token with a day to live was asked for and is published (R21).
pub const LONG_TRY: Situation = ("long try", |_, world| {
    world.ledger.provisional == pat_operator::lifecycle::ledger::Provisional::Long
        && world.secrets.iter().any(Option::is_some)
});

fn steps(world: &World) -> impl Iterator<Item = &Step> {
    world.replicas.iter().filter_map(|replica| replica.pass.as_ref()).map(|pass| &pass.step)
}
