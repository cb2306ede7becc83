//! Everything the simulator knows: tenants, record, clock, faults and gates.
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use parking_lot::RwLock;

use crate::clock::{Clock, ClockSource};
use crate::fault::Faults;
use crate::gate::Gates;
use crate::record::{Effect, Entry, Origin, Record};
use crate::secrets::Mint;
use crate::switches::Switches;
use crate::tenant::{Tenant, TenantState, effect_entry};

/// The whole simulated world. Locks are taken in the order tenants, one tenant, record.
pub(crate) struct World {
    pub clock: Clock,
    pub mint: Mint,
    pub record: Record,
    pub faults: Faults,
    pub gates: Gates,
    pub requests: AtomicU64,
    /// What a new tenant starts with.
    pub switches: RwLock<Switches>,
    tenants: RwLock<HashMap<String, Arc<Tenant>>>,
}

impl World {
    /// A world without tenants.
    pub fn new(clock: ClockSource, seed: u64) -> Self {
        Self {
            clock: Clock::new(clock),
            mint: Mint::new(seed),
            record: Record::default(),
            faults: Faults::default(),
            gates: Gates::default(),
            requests: AtomicU64::new(0),
            switches: RwLock::default(),
            tenants: RwLock::default(),
        }
    }

    /// A tenant by name.
    pub fn tenant(&self, name: &str) -> Option<Arc<Tenant>> {
        self.tenants.read().get(name).cloned()
    }

    /// All tenants, in the order of their names.
    pub fn tenants(&self) -> Vec<Arc<Tenant>> {
        let mut all: Vec<_> = self.tenants.read().values().cloned().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// The tenant of this name, made with the standing switches if it is new.
    pub fn ensure_tenant(&self, name: &str) -> Arc<Tenant> {
        let mut tenants = self.tenants.write();
        let make = || {
            let state = TenantState {
                switches: Arc::new(self.switches.read().clone()),
                ..TenantState::default()
            };
            Arc::new(Tenant { name: name.to_owned(), id: self.mint.uuid(), inner: state.into() })
        };
        Arc::clone(tenants.entry(name.to_owned()).or_insert_with(make))
    }

    /// Adds to the record, with the time of now where the entry has none.
    pub fn record(&self, entry: Entry) {
        let at = if entry.at == jiff::Timestamp::default() { self.clock.now() } else { entry.at };
        self.record.add(Entry { at, wall: self.clock.wall(), ..entry });
    }

    /// Destroys the expired tokens of one user and records it.
    pub fn sweep_user(&self, tenant: &str, state: &mut TenantState, user: &str) {
        for token in state.sweep(user, self.clock.now()) {
            let at = token.expires.unwrap_or_default();
            self.record(Entry {
                at,
                ..effect_entry(tenant, Effect::Expired, Origin::Clock, &token)
            });
        }
    }

    /// Destroys all expired tokens, so that record and state are complete when a test looks.
    pub fn sweep_all(&self) {
        for tenant in self.tenants() {
            let mut state = tenant.inner.lock();
            let users: Vec<String> = state.users.keys().cloned().collect();
            for user in users {
                self.sweep_user(&tenant.name, &mut state, &user);
            }
        }
    }
}
