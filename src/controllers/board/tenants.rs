//! The tenant controller's part of the board, and the resources of each Tenant.
use std::collections::HashSet;

use kube::runtime::reflector::ObjectRef;

use super::session::Session;
use crate::api::PersonalAccessToken;
use crate::controllers::keyed::Keyed;
use crate::controllers::subject::Subject;
use crate::lifecycle::describe::Note;
use crate::lifecycle::ledger::Owner;

/// Tenants by name.
#[derive(Default)]
pub struct Tenants(Keyed<Known>);

#[derive(Default)]
struct Known {
    view: Option<TenantView>,
    /// The resources that name it, some of which may be gone.
    index: HashSet<ObjectRef<PersonalAccessToken>>,
    /// Uids of its resources that have arrived and are not admitted yet.
    coming: HashSet<String>,
}

/// A Tenant as the tenant controller found it.
#[derive(Clone, Default)]
pub struct TenantView {
    /// Generation of the Tenant: all other loops read its grants.
    pub generation: Option<i64>,
    /// The session, if tokens can be minted through it.
    pub session: Option<Session>,
    /// The reason why not.
    pub trouble: Option<Note>,
    /// The last session that worked, for what is shown while none does.
    pub last: Option<Session>,
}

impl TenantView {
    /// The other loops act on both alike.
    fn acts_like(&self, other: &Self) -> bool {
        // Without the moment of verification: each new one would wake every resource.
        self.trouble == other.trouble
            && self.generation == other.generation
            && self.user() == other.user()
    }

    fn user(&self) -> Option<(&str, &Owner)> {
        self.session.as_ref().map(|session| (session.client.client_id(), &session.owner))
    }
}

impl Tenants {
    /// A Tenant as the tenant controller last found it; `None` before its first pass.
    pub fn view(&self, name: &str) -> Option<TenantView> {
        self.0.lock().get(name)?.view.clone()
    }

    /// Puts up a view; `true`: the other loops act differently on it than on the one before.
    pub fn put_view(&self, name: &str, view: TenantView) -> bool {
        let mut tenants = self.0.lock();
        let known = tenants.entry(name.into()).or_default();
        let is_new = known.view.as_ref().is_none_or(|old| !old.acts_like(&view));
        known.view = Some(view);
        is_new
    }

    /// A Tenant is gone; the resources that name it are not.
    pub fn forget_view(&self, name: &str) {
        if let Some(known) = self.0.lock().get_mut(name) {
            known.view = None;
        }
    }

    /// Names of the Tenants that the tenant controller has looked at.
    pub fn names(&self) -> Vec<String> {
        let tenants = self.0.lock();
        let seen = tenants.iter().filter(|(_, known)| known.view.is_some());
        seen.map(|(name, _)| name.clone()).collect()
    }

    /// Has the next pass over a Tenant ask ISC again, whatever it answered last; `true`: it would
    /// not have asked.
    pub fn distrust(&self, name: &str) -> bool {
        let mut tenants = self.0.lock();
        let view = tenants.get_mut(name).and_then(|known| known.view.as_mut());
        let Some(session) = view.and_then(|view| view.session.as_mut()) else { return false };
        session.verified.take().is_some()
    }

    /// Notes a resource under its Tenant.
    pub fn index(&self, resource: Subject<'_>) {
        self.0.lock().entry(resource.tenant.into()).or_default().index.insert(reference(resource));
    }

    /// The resources of a Tenant in the order of their names, some of which may be gone.
    pub fn indexed(&self, name: &str) -> Vec<ObjectRef<PersonalAccessToken>> {
        let mut all: Vec<_> = match self.0.lock().get(name) {
            Some(known) => known.index.iter().cloned().collect(),
            None => Vec::new(),
        };
        all.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        all
    }

    /// The watch has brought a resource; its pass comes later. `is_new`: that pass is to admit it.
    pub fn arrive(&self, resource: Subject<'_>, is_new: bool) {
        let mut tenants = self.0.lock();
        if is_new {
            tenants.entry(resource.tenant.into()).or_default().coming.insert(resource.uid.into());
        } else if let Some(known) = tenants.get_mut(resource.tenant) {
            // It is admitted, or being deleted: no owner waits for it any more.
            known.coming.remove(resource.uid);
        }
    }

    /// Resources of the Tenant have arrived that are not admitted yet.
    pub fn is_anyone_coming(&self, name: &str) -> bool {
        self.0.lock().get(name).is_some_and(|known| !known.coming.is_empty())
    }

    /// Forgets resources that are gone: one that was deleted before its first pass has no last one.
    pub(super) fn retain(
        &self,
        is_there: impl Fn(&ObjectRef<PersonalAccessToken>) -> bool,
        lives: impl Fn(&str) -> bool,
    ) {
        self.0.lock().retain(|_, known| {
            known.index.retain(|resource| is_there(resource));
            known.coming.retain(|uid| lives(uid));
            known.view.is_some() || !known.index.is_empty() || !known.coming.is_empty()
        });
    }

    pub(super) fn remove(&self, gone: Subject<'_>) {
        if let Some(known) = self.0.lock().get_mut(gone.tenant) {
            known.index.remove(&reference(gone));
            known.coming.remove(gone.uid);
        }
    }
}

fn reference(resource: Subject<'_>) -> ObjectRef<PersonalAccessToken> {
    ObjectRef::new(resource.name).within(resource.namespace)
}
