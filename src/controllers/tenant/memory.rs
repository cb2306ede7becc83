//! The memory of the tenant loop: the status that it wrote last to each Tenant.
use std::borrow::Cow;

use kube::ResourceExt;
use tokio::time::Instant;

use crate::api::conditions::is_ready;
use crate::api::{Tenant, TenantStatus};
use crate::controllers::keyed::Keyed;
use crate::controllers::written::Written;

/// The memory, by name of the Tenant.
#[derive(Default)]
pub struct Memory(Keyed<Written<TenantStatus>>);

impl Memory {
    /// The moment at which the status of a Tenant was last written.
    pub fn written_at(&self, name: &str) -> Option<Instant> {
        self.0.lock().get(name).map(|written| written.at)
    }

    /// Remembers the status of a Tenant that was written now.
    pub fn put_written(&self, tenant: Tenant) {
        let written = Written::now(&tenant, tenant.status.clone());
        self.0.lock().insert(tenant.name_any(), written);
    }

    /// Forgets all Tenants but these.
    pub fn retain(&self, is_there: impl Fn(&str) -> bool) {
        self.0.lock().retain(|name, _| is_there(name));
    }

    /// The Tenant is shown to be ready.
    pub fn shows_ready(&self, tenant: &Tenant) -> bool {
        let tenant = self.caught_up(tenant);
        tenant.status.as_ref().is_some_and(|shown| is_ready(&shown.conditions))
    }

    /// The Tenant with the status last written, if the watch is behind.
    pub fn caught_up<'a>(&self, tenant: &'a Tenant) -> Cow<'a, Tenant> {
        match self.0.lock().get(&tenant.name_any()) {
            Some(written) if written.is_newer_than(tenant) => {
                Cow::Owned(Tenant { status: written.status.clone(), ..tenant.clone() })
            }
            _ => Cow::Borrowed(tenant),
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
            tenant.status = Some(TenantStatus {
                observed_generation: Some(generation),
                ..TenantStatus::default()
            });
            tenant
        };
        let memory = Memory::default();
        let shown = |revision| {
            memory.caught_up(&tenant(revision, 1)).status.clone().unwrap().observed_generation
        };
        assert_eq!(shown("7"), Some(1), "nothing was written");
        memory.put_written(tenant("9", 2));
        assert_eq!(shown("7"), Some(2), "the watch is behind");
        assert_eq!(shown("9"), Some(1), "the watch has brought it");
        assert_eq!(shown("10"), Some(1));
    }

    #[test]
    fn a_tenant_that_is_gone_is_forgotten() {
        let spec = serde_json::json!({"apiUrl": "https://acme.example", "credentials": []});
        let memory = Memory::default();
        for name in ["here", "gone"] {
            memory.put_written(Tenant::new(name, serde_json::from_value(spec.clone()).unwrap()));
        }
        memory.retain(|name| name == "here");
        assert_eq!(["here", "gone"].map(|name| memory.written_at(name).is_some()), [true, false]);
    }
}
