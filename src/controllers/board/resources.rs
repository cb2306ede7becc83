//! What the controllers tell each other of single resources.
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;
use tokio::time::Instant;

use super::{Board, Seen};
use crate::api::PersonalAccessToken;
use crate::api::names::{ANNOTATION_REVOKE, ANNOTATION_ROTATE, FINALIZER};
use crate::lifecycle::ledger::Uid;

/// How long a resource counts as one that nobody has minted for.
const FRESH: Duration = Duration::from_secs(60);

impl Board {
    /// The resources of a Tenant in the order of their names, some of which may be gone.
    pub fn indexed(&self, tenant: &str) -> Vec<ObjectRef<PersonalAccessToken>> {
        let mut all: Vec<_> = self.lock().index.get(tenant).into_iter().flatten().cloned().collect();
        all.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        all
    }

    /// The watch has brought a resource; its pass comes later.
    pub fn arrive(&self, token: &PersonalAccessToken) {
        let is_coming = token.metadata.deletion_timestamp.is_none() && !has_finalizer(token);
        let (tenant, uid) = (token.spec.tenant_ref.name.clone(), token.uid().unwrap_or_default());
        let mut content = self.lock();
        if is_coming {
            content.coming.entry(tenant).or_default().insert(uid);
        } else if let Some(coming) = content.coming.get_mut(&tenant) {
            coming.remove(&uid);
        }
    }

    /// Whether resources of the Tenant have arrived that are not admitted yet.
    pub fn is_anyone_coming(&self, tenant: &str) -> bool {
        self.lock().coming.get(tenant).is_some_and(|coming| !coming.is_empty())
    }

    /// Notes a resource under its Tenant; says whether its owner has not been told of this state yet.
    pub fn note(&self, token: &PersonalAccessToken, finalizer: bool) -> bool {
        let mut content = self.lock();
        let tenant = token.spec.tenant_ref.name.clone();
        content.index.entry(tenant).or_default().insert(ObjectRef::from_obj(token));
        let request = |name| token.annotations().get(name).cloned();
        let requests = [request(ANNOTATION_ROTATE), request(ANNOTATION_REVOKE)];
        let state = (token.metadata.generation, finalizer, requests);
        content.told.insert(token.uid().unwrap_or_default(), state.clone()) != Some(state)
    }

    /// Asks the owner controller what the pair in the resource's Secret is, which the ledger does not know (R13).
    pub fn ask(&self, uid: &str) {
        self.lock().questions.insert(uid.into());
    }

    /// The resources that somebody asked about.
    pub fn questions(&self) -> BTreeSet<Uid> {
        self.lock().questions.clone()
    }

    /// The Secret of a resource was looked at; a question that stays is asked again.
    pub fn answer(&self, uid: &str) {
        self.lock().questions.remove(uid);
    }

    /// What ISC said when it last refused to create a token for this resource; `None`: it created one.
    pub fn note_refusal(&self, uid: &Uid, why: Option<String>) {
        let mut content = self.lock();
        match why {
            Some(why) => _ = content.refusals.insert(uid.clone(), why),
            None => _ = content.refusals.remove(uid),
        }
    }

    /// The last refusal of each resource that has no token since.
    pub fn refusals(&self) -> BTreeMap<Uid, String> {
        self.lock().refusals.clone()
    }

    /// Forgets a resource that is gone.
    pub fn forget(&self, token: &PersonalAccessToken) {
        let mut content = self.lock();
        let uid = token.uid().unwrap_or_default();
        if let Some(all) = content.index.get_mut(&token.spec.tenant_ref.name) {
            all.remove(&ObjectRef::from_obj(token));
        }
        if let Some(coming) = content.coming.get_mut(&token.spec.tenant_ref.name) {
            coming.remove(&uid);
        }
        content.refusals.remove(&*uid);
        content.told.remove(&uid);
        content.seen.remove(&uid);
        content.written.remove(&uid);
        content.fresh.remove(&uid);
        content.questions.remove(&*uid);
    }

    /// Remembers the status just written until the watch has brought it.
    pub fn put_written(&self, token: PersonalAccessToken) {
        if let (Some(revision), Some(uid)) = (revision(&token), token.uid()) {
            self.lock().written.insert(uid, (revision, token.status));
        }
    }

    /// The resource with the status last written, if the watch is behind: else the same would be written and told twice.
    pub fn caught_up<'a>(&self, token: &'a PersonalAccessToken) -> Cow<'a, PersonalAccessToken> {
        let uid = token.uid().unwrap_or_default();
        let mut content = self.lock();
        let behind = |(written, _): &&(u64, _)| revision(token).is_some_and(|revision| revision < *written);
        let Some((_, status)) = content.written.get(&uid).filter(behind) else {
            content.written.remove(&uid);
            return Cow::Borrowed(token);
        };
        Cow::Owned(PersonalAccessToken { status: status.clone(), ..token.clone() })
    }

    /// Marks a resource that nobody has minted for yet: its Secret and ledger need no look.
    pub fn mark_fresh(&self, uid: &str, fresh: bool) {
        let mut content = self.lock();
        if fresh {
            content.fresh.insert(uid.into(), Instant::now())
        } else {
            content.fresh.remove(uid)
        };
    }

    /// Whether nobody has minted for the resource yet. Not for long: another replica may have, and its mint is not told
    /// here.
    pub fn is_fresh(&self, uid: &str) -> bool {
        self.lock().fresh.get(uid).is_some_and(|since| since.elapsed() < FRESH)
    }

    /// How the resource's Secret was last found right.
    pub fn seen(&self, uid: &str) -> Option<Seen> {
        self.lock().seen.get(uid).cloned()
    }

    /// Remembers how the resource's Secret was found right.
    pub fn put_seen(&self, uid: &str, seen: Seen) {
        self.lock().seen.insert(uid.into(), seen);
    }
}

/// The resourceVersion as a number: those of one kind can be compared (Kubernetes API concepts, "Resource versions").
pub(super) fn revision(object: &impl ResourceExt) -> Option<u64> {
    object.resource_version()?.parse().ok()
}

/// Whether a resource carries the operator's finalizer.
pub fn has_finalizer(token: &PersonalAccessToken) -> bool {
    token.finalizers().iter().any(|name| name == FINALIZER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_resource_is_fresh_until_told_otherwise_and_not_for_long() {
        let board = Board::default();
        board.mark_fresh("a", true);
        board.mark_fresh("b", true);
        board.mark_fresh("b", false);
        assert!(board.is_fresh("a") && !board.is_fresh("b"));
        tokio::time::advance(FRESH).await;
        assert!(!board.is_fresh("a"), "another replica may have minted for it");
    }
}
