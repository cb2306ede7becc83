//! Broken protocols, continued: deletion with Retain, and time travel.
use pat_operator::lifecycle::Facts;
use pat_operator::lifecycle::ledger::{State, TokenId, Uid};
use pat_operator::lifecycle::secret::Holds;
use pat_operator::lifecycle::step::{Adoption, Call, Look, Place, Record, Step};

use crate::broken::Broken;
use crate::replica::wanted;
use crate::world::HIGH;

/// What a broken protocol does in this situation; the outer `None`: the same.
pub fn instead(broken: Broken, facts: &Facts<'_>, step: Option<&Step>) -> Option<Option<Step>> {
    match (broken, step?) {
        (Broken::ForgetRenamed, Step::Call(Call::Delete(id))) => {
            let is_foreign = facts.listing?.token(id).is_some_and(|token| token.ours.is_none());
            is_foreign.then(|| Some(Step::Record(Record::HandOver(vec![id.clone()]))))
        }
        (Broken::DeleteById, Step::Record(Record::HandOver(ids))) => {
            let listed =
                |id: &&TokenId| facts.listing.is_some_and(|listing| listing.token(id).is_some());
            let condemned = |id: &&TokenId| {
                facts.ledger.entry(id).is_some_and(|entry| entry.state == State::Tomb)
            };
            let id = ids.iter().filter(condemned).find(listed)?;
            Some(Some(Step::Call(Call::Delete(id.clone()))))
        }
        (Broken::StripFirst, Step::Call(Call::Rename { id, .. })) => {
            let entry = facts.ledger.entry(id)?;
            let seen = facts.secrets.get(&entry.uid).filter(|seen| seen.deleting);
            let Some(seen) = seen else {
                return Some(Some(Step::Look(Look::ReadSecret(entry.uid.clone()))));
            };
            (seen.holds == Holds::Ours).then(|| Some(Step::Call(Call::Strip(entry.uid.clone()))))
        }
        (Broken::RetainUnrecorded, Step::Record(Record::Release { uid, .. })) => {
            Some(Some(Step::Call(Call::Strip(uid.clone()))))
        }
        (Broken::RetainUnpublished, Step::Look(Look::ReadSecret(uid))) => {
            let dying = facts
                .ledger
                .resources
                .get(uid)
                .is_some_and(|resource| resource.deleting && resource.retain);
            let current = facts.ledger.current(uid).filter(|_| dying)?;
            Some(Some(Step::Record(Record::Release { uid: uid.clone(), id: current.id.clone() })))
        }
        (
            Broken::AdoptByAnnotation | Broken::AdoptUnlisted,
            Step::Record(Record::Refuse { uid, place, .. }),
        ) => adopt(broken, facts, uid, place),
        (Broken::AdoptNeedsNumber, Step::Call(Call::Adopt(adoption)))
            if adoption.held.claims != Some(adoption.n) =>
        {
            let Adoption { uid, place, held, .. } = adoption.clone();
            Some(Some(Step::Record(Record::Refuse { uid, place, digest: held.digest() })))
        }
        _ => None,
    }
}

fn adopt(broken: Broken, facts: &Facts<'_>, uid: &Uid, place: &Place) -> Option<Option<Step>> {
    let held = facts.secrets.get(uid)?.held.clone()?;
    let listed = facts.listing?.token(&held.id).is_some();
    if !listed && broken == Broken::AdoptByAnnotation {
        return None;
    }
    let n = held.claims.filter(|n| *n != HIGH).unwrap_or(facts.ledger.next);
    let expires = facts.ms()? + 1_000_000_000;
    let adoption =
        Adoption { uid: uid.clone(), place: place.clone(), held, n, expires, applied: wanted(uid) };
    Some(Some(Step::Call(Call::Adopt(adoption))))
}
