//! Recording what became of an unknown pair in a Secret (R13).
use std::sync::Arc;

use super::attempt::{entry, mention, replace_current};
use crate::lifecycle::facts::Now;
use crate::lifecycle::ledger::{Entry, Ledger, State, Uid};
use crate::lifecycle::step::{Adoption, Resourceful};

/// The pair is the resource's current one, and was published before; what ISC does not accept is refused.
pub(super) fn adopt(l: &mut Ledger, adoption: &Adoption, is_accepted: bool, now: Now) {
    let Adoption { uid, place, held, n, expires, applied } = adoption;
    if !is_accepted {
        return refuse(l, uid, place, &held.digest());
    }
    let known = l.entry(&held.id).is_some() || l.entries.iter().any(|entry| entry.n == *n);
    let deleting = l.resources.get(uid).is_some_and(|resource| resource.deleting);
    if known || deleting {
        return;
    }
    let resource = mention(l, uid, place);
    resource.last = resource.last.max(*n);
    replace_current(l, uid);
    l.entries.push(Entry {
        state: State::Current,
        published_at: Some(now.ms),
        ..entry(*n, &held.id, uid, &held.client_secret, *expires, applied.clone(), now)
    });
    l.entries.sort_by_key(|entry| entry.n);
    l.next = l.next.max(n.saturating_add(1));
}

/// The Secret may be written over.
pub(super) fn refuse(l: &mut Ledger, uid: &Uid, place: &Resourceful, digest: &Arc<str>) {
    mention(l, uid, place).refused = Some(digest.clone());
}
