//! The reasons that keep resources waiting, in words for people.
use crate::api::conditions::Reason;
use crate::lifecycle::Facts;
use crate::lifecycle::capacity::{self, Capacity};
use crate::lifecycle::describe::{Note, stamp};
use crate::lifecycle::ledger::{Millis, Uid};
use crate::lifecycle::mint::{Obstacle, obstacle};
use crate::lifecycle::overlap;
use crate::lifecycle::rotate::{self, Blocked};

/// The reason that keeps a resource from being as declared. `refusal`: ISC's last refusal to create
/// its token.
pub(super) fn note(facts: &Facts<'_>, uid: &Uid, refusal: Option<&String>) -> Option<Note> {
    if let Some(obstacle) = obstacle(facts, uid) {
        return Some(explain(facts, uid, obstacle, refusal));
    }
    if let Some(note) = put_off(facts, uid) {
        return Some(note);
    }
    if let Some(blocked) = rotate::blocked(facts, uid) {
        return Some(explain_blocked(facts, blocked));
    }
    if let Some(note) = infeasible(facts, uid) {
        return Some(note);
    }
    early(facts, uid)
}

fn put_off(facts: &Facts<'_>, uid: &Uid) -> Option<Note> {
    let last = overlap::last_end(facts, uid).filter(|_| overlap::is_put_off(facts, uid))?;
    let message = format!(
        "ISC saw a client use the old credential after the operator published the new one; restart what still uses the old one: the operator revokes it by {} at the latest",
        stamp(last)
    );
    Some(waiting(Reason::OverlapExtended, message, None))
}

fn explain_blocked(facts: &Facts<'_>, blocked: Blocked) -> Note {
    match blocked {
        Blocked::Spare(holder) => {
            let until = overlap::last_end(facts, &holder)
                .map(|end| format!(" until {} at the latest", stamp(end)));
            let name =
                facts.ledger.resources.get(&holder).map(|r| format!("{}/{}", r.namespace, r.name));
            let message = format!(
                "the rotation waits for a free slot of the ISC user; that of PersonalAccessToken {:?} uses it{}",
                name.unwrap_or_default(),
                until.unwrap_or_default()
            );
            waiting(Reason::RotationWaits, message, None)
        }
        Blocked::Locked => waiting(
            Reason::RotationBlocked,
            "the operator cannot rotate the token: its Secret is immutable; delete that Secret: the operator creates it again, and then rotates".into(),
            None,
        ),
        Blocked::Full(Capacity { limit, ours, others, .. }) => waiting(
            Reason::RotationBlocked,
            format!(
                "the operator cannot rotate the token: the ISC user has {} of {limit} tokens, {others} of them not made by this operator; delete tokens that no workload needs",
                ours + others
            ),
            None,
        ),
    }
}

/// R17: said as soon as it is declared, and of every schedule of the owner, since each can make
/// room.
fn infeasible(facts: &Facts<'_>, uid: &Uid) -> Option<Note> {
    facts.declared.get(uid)?.rotation.every?;
    let capacity = capacity::of(facts.ledger, facts.listing?);
    let slots = capacity.room() + rotate::rotating(facts.ledger).len();
    // One of them is kept free as long as others are used.
    let usable = i64::try_from(slots.saturating_sub(1).max(1)).unwrap_or(1);
    let load = rotate::load(facts) / usable;
    if load <= 1_000 {
        return None;
    }
    let message = format!(
        "the schedules of all resources of this ISC user need its free slots {} % of the time, so some rotations will be late; make spec.rotation.overlap shorter or spec.rotation.every longer",
        load / 10
    );
    Some(waiting(Reason::RotationInfeasible, message, None))
}

/// A request whose time has not come.
fn early(facts: &Facts<'_>, uid: &Uid) -> Option<Note> {
    let declared = facts.declared.get(uid)?;
    let now = facts.ms()?;
    let mut requests = [&declared.revoke, &declared.rotate].into_iter().flatten();
    let request = requests.find(|request| request.at > now)?;
    let message = format!(
        "the request of {} lies in the future; the operator carries it out then",
        request.value
    );
    Some(waiting(Reason::RequestInFuture, message, Some(request.at)))
}

fn waiting(reason: Reason, message: String, retry_at: Option<Millis>) -> Note {
    Note { retry_at, ..Note::waiting(reason, message) }
}

fn last_failure(refusal: Option<&String>) -> String {
    match refusal {
        Some(why) => format!("; the last failure: {why}"),
        None => String::new(),
    }
}

fn explain(facts: &Facts<'_>, uid: &str, obstacle: Obstacle, refusal: Option<&String>) -> Note {
    match obstacle {
        Obstacle::BackOff(at) => {
            let failures = facts.ledger.resources.get(uid).map_or(0, |resource| resource.failures);
            let last = last_failure(refusal);
            let times =
                if failures == 1 { "once".into() } else { format!("{failures} times in a row") };
            let message =
                format!("minting failed {times}; the operator tries again at {}{last}", stamp(at));
            waiting(Reason::BackOff, message, Some(at))
        }
        Obstacle::Full(Capacity { limit, ours, others, .. }) => waiting(
            Reason::CapacityExhausted,
            format!(
                "the ISC user has {} of {limit} tokens, {others} of them not made by this operator, and the operator keeps one slot for rotation; delete tokens that no workload needs, or use another Tenant",
                ours + others
            ),
            None,
        ),
        Obstacle::Unresolved(at) => waiting(
            Reason::Unresolved,
            format!(
                "the outcome of an earlier attempt is unknown; the operator tries again once it is certain, by {} at the latest{}",
                stamp(at),
                last_failure(refusal)
            ),
            Some(at),
        ),
        Obstacle::SecretTaken => {
            let secret =
                facts.declared.get(uid).map(|declared| declared.secret.clone()).unwrap_or_default();
            let message = format!(
                "Secret {secret:?} exists and does not belong to this resource; delete that Secret, or delete this resource and create it again with another spec.secret.name"
            );
            Note::stalled(Reason::SecretConflict, message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::facts::Trigger;
    use crate::lifecycle::ledger::State;
    use crate::lifecycle::sample::{self, DAY, MINUTE, NOW, World};

    fn said(world: &World) -> Option<(Reason, Option<Millis>)> {
        note(&world.facts(), &"a".into(), None).map(|note| (note.reason, note.retry_at))
    }

    fn live(change: impl FnOnce(&mut World)) -> World {
        let mut world = World::new(sample::ledger(), &["a"]);
        change(&mut world);
        world
    }

    #[test]
    fn what_keeps_a_rotation_waiting_is_said() {
        let ask = |world: &mut World, at| {
            world.declared.get_mut("a").unwrap().rotate = Some(Trigger { value: "x".into(), at });
        };
        let overlap = |world: &mut World, used: Millis| {
            world.ledger.entries[0].published_at = Some(NOW - DAY);
            world.ledger.entries.insert(0, sample::entry(0, "a", State::Retired));
            world.declared.get_mut("a").unwrap().rotation.max_overlap = Some(2 * DAY);
            let mut token = sample::listed(&world.ledger, 0, "a", false);
            token.last_used = Some(NOW - used);
            world.listing.as_mut().unwrap().tokens.push(token);
        };
        let spare = |world: &mut World| {
            world.ledger.resources.insert("b".into(), sample::resource("b"));
            world.ledger.entries.push(sample::entry(2, "b", State::Retired));
            world.ledger.endpoint.tokens_per_user = 4;
            ask(world, NOW);
        };
        let every = |world: &mut World, every| {
            world.declared.get_mut("a").unwrap().rotation.every = Some(every);
            world.ledger.endpoint.tokens_per_user = 3;
        };
        for (sentence, world, expected) in [
            ("nothing", live(|_| ()), None),
            ("a request of now", live(|world| ask(world, NOW)), None),
            (
                "a request for later",
                live(|world| ask(world, NOW + 5)),
                Some((Reason::RequestInFuture, Some(NOW + 5))),
            ),
            ("the spare is used by another", live(spare), Some((Reason::RotationWaits, None))),
            (
                "every slot is used",
                live(|w| {
                    ask(w, NOW);
                    w.ledger.endpoint.tokens_per_user = 2;
                }),
                Some((Reason::RotationBlocked, None)),
            ),
            (
                "the old one is still used",
                live(|world| overlap(world, MINUTE)),
                Some((Reason::OverlapExtended, None)),
            ),
            ("it is not used any more", live(|world| overlap(world, 2 * DAY)), None),
            (
                "the schedules do not fit",
                live(|world| every(world, DAY * 9 / 10)),
                Some((Reason::RotationInfeasible, None)),
            ),
            ("they just fit", live(|world| every(world, DAY)), None),
        ] {
            assert_eq!(said(&world), expected, "{sentence}");
        }
    }
}
