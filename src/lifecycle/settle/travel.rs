//! Recording what became of an unknown pair in a Secret (R13).
use std::sync::Arc;

use super::attempt::{mention, replace_current};
use crate::credential::Credential;
use crate::lifecycle::facts::Now;
use crate::lifecycle::ledger::{Entry, Ledger, State, Uid};
use crate::lifecycle::step::{Adoption, Place};

/// The pair is the resource's current one, and was published before; what ISC does not accept is
/// refused.
pub(super) fn adopt(l: &mut Ledger, adoption: &Adoption, is_accepted: bool, now: Now) {
    let Adoption { uid, place, held, n, expires, applied } = adoption;
    if !is_accepted {
        return refuse(l, uid, place, &held.digest());
    }
    let is_known = l.entries.iter().any(|entry| entry.n == *n || entry.id == held.id);
    if is_known || l.is_deleting(uid) {
        return;
    }
    let resource = mention(l, uid, place);
    resource.last = resource.last.max(*n);
    replace_current(l, uid);
    let credential = Credential::new(held.id.clone(), held.client_secret.clone());
    let mut entry = Entry::new(*n, credential, uid.clone(), *expires, applied.clone(), now.ms);
    (entry.state, entry.published_at) = (State::Current, Some(now.ms));
    l.entries.push(entry);
    // Its number may be lower than those that were recorded since.
    l.entries.sort_by_key(|entry| entry.n);
    l.next = l.next.max(n.saturating_add(1));
}

/// The Secret may be written over.
pub(super) fn refuse(l: &mut Ledger, uid: &Uid, place: &Place, digest: &Arc<str>) {
    mention(l, uid, place).refused = Some(digest.clone());
}
