//! What the controllers tell each other of Tenants.
use std::borrow::Cow;

use kube::ResourceExt;
use tokio::time::Instant;

use super::Board;
use super::resources::revision;
use crate::api::{Tenant, TenantStatus};

/// The status that was last written.
pub(super) struct Told {
    at: Instant,
    revision: Option<u64>,
    status: Option<TenantStatus>,
}

impl Board {
    /// Names of the Tenants that the tenant controller has looked at.
    pub fn tenants(&self) -> Vec<String> {
        self.lock().tenants.keys().cloned().collect()
    }

    /// When the status of a Tenant was last written.
    pub fn tenant_told(&self, name: &str) -> Option<Instant> {
        self.lock().tenants_told.get(name).map(|told| told.at)
    }

    /// Notes the status of a Tenant that was written now.
    pub fn tell_tenant(&self, written: Tenant) {
        let (name, revision) = (written.name_any(), revision(&written));
        let told = Told { at: Instant::now(), revision, status: written.status };
        self.lock().tenants_told.insert(name, told);
    }

    /// The Tenant with the status last written, if the watch is behind: else the same would be written and told twice.
    pub fn tenant_caught_up<'a>(&self, tenant: &'a Tenant) -> Cow<'a, Tenant> {
        let content = self.lock();
        let told = content.tenants_told.get(&tenant.name_any());
        match told.filter(|told| revision(tenant) < told.revision) {
            Some(told) => Cow::Owned(Tenant { status: told.status.clone(), ..tenant.clone() }),
            None => Cow::Borrowed(tenant),
        }
    }

    /// Has the tenant controller ask ISC again, whatever it heard last.
    pub fn distrust(&self, tenant: &str) {
        if let Some(session) = self.lock().tenants.get_mut(tenant).and_then(|view| view.session.as_mut()) {
            session.verified = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_taken_as_it_was_last_written_until_the_watch_has_brought_that() {
        let tenant = |revision: &str, generation| {
            let spec = serde_json::json!({"apiUrl": "https://acme.example", "credentials": []});
            let mut tenant = Tenant::new("acme", serde_json::from_value(spec).unwrap());
            tenant.metadata.resource_version = Some(revision.into());
            tenant.status = Some(TenantStatus { observed_generation: Some(generation), ..TenantStatus::default() });
            tenant
        };
        let board = Board::default();
        let shown = |revision| board.tenant_caught_up(&tenant(revision, 1)).status.clone().unwrap().observed_generation;
        assert_eq!(shown("7"), Some(1), "nothing was written");
        board.tell_tenant(tenant("9", 2));
        assert_eq!(shown("7"), Some(2), "the watch is behind");
        assert_eq!(shown("9"), Some(1), "the watch has brought it");
        assert_eq!(shown("10"), Some(1));
    }
}
