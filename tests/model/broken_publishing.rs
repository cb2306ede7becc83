//! Broken protocols, continued: publishing.
use std::borrow::Cow;

use pat_operator::lifecycle::Ledger;
use pat_operator::lifecycle::ledger::State;
use pat_operator::lifecycle::publish::{Act, Glance, Publication, Whole, wanted};

use crate::broken::Broken;
use crate::world::{UIDS, World};

/// The ledger as a broken protocol understands it.
pub fn ledger<'a>(broken: Broken, world: &World, ledger: &'a Ledger, r: usize) -> Cow<'a, Ledger> {
    let mut known = Cow::Borrowed(ledger);
    match broken {
        Broken::PublishPrepared => {
            promote(known.to_mut(), r, |entry| entry.state == State::Prepared);
        }
        Broken::RepublishRevoked => {
            promote(known.to_mut(), r, |entry| world.revoked.contains(&entry.id));
        }
        Broken::PublishWhileDeleting | Broken::CreateWhileDeleting => {
            known.to_mut().resources.values_mut().for_each(|resource| resource.deleting = false);
        }
        _ => {}
    }
    known
}

fn promote(
    ledger: &mut Ledger,
    r: usize,
    is_chosen: impl Fn(&pat_operator::lifecycle::ledger::Entry) -> bool,
) {
    for entry in &mut ledger.entries {
        if entry.uid == UIDS[r] && is_chosen(entry) {
            entry.state = State::Current;
        }
    }
}

/// What a broken protocol does at a glance.
pub fn by_glance<'a>(
    broken: Broken,
    act: Option<Act<'a>>,
    ledger: &'a Ledger,
    r: usize,
    glance: Glance,
) -> Option<Act<'a>> {
    match (broken, glance, wanted(ledger, &UIDS[r])) {
        (Broken::OverwriteForeign, Glance::Foreign, Some(entry)) => Some(Act::Correct(entry)),
        (Broken::NumberFromAnnotation, Glance::Ours { claims, .. }, Some(entry))
            if claims > Some(entry.n) =>
        {
            Some(Act::Leave(Publication::Published))
        }
        _ => act,
    }
}

/// What a broken protocol does with the content.
pub fn by_content<'a>(
    broken: Broken,
    act: Act<'a>,
    ledger: &'a Ledger,
    r: usize,
    whole: &Whole,
) -> Act<'a> {
    match (broken, act, wanted(ledger, &UIDS[r])) {
        (Broken::OverwriteUnknown, Act::Ask(_), Some(entry)) => Act::Correct(entry),
        (Broken::OverwriteNewer, Act::Leave(Publication::Published), Some(entry))
            if !whole.is_right =>
        {
            Act::Correct(entry)
        }
        (_, act, _) => act,
    }
}
