//! The handle that tests hold: sees everything, and acts as another tool or a human would.
mod http;
mod http_tenants;
mod people;
mod tokens;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::{SignedDuration, Timestamp};

pub use people::UserState;
pub use tokens::{NewToken, TokenEdit};

use crate::clock::ClockSource;
use crate::fault::{Armed, Fault};
use crate::gate::{GateSpec, GateState};
use crate::record::{Entry, Kind};
use crate::serve::serve;
use crate::switches::Switches;
use crate::tenant::Tenant;
use crate::world::World;

/// Why the control API could not do what was asked.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ControlError {
    /// No such tenant.
    #[error("there is no tenant '{0}': see GET /_sim/tenants")]
    NoTenant(String),
    /// No such user.
    #[error("there is no user '{0}' in this tenant: give an identity id of GET /_sim/tenants")]
    NoUser(String),
    /// No such token.
    #[error("there is no token '{0}' in this tenant: see GET /_sim/tenants/TENANT/tokens")]
    NoToken(String),
    /// No such gate.
    #[error("there is no gate '{0}': see GET /_sim/gate")]
    NoGate(u64),
    /// The switches given do not parse.
    #[error("these are no switches: {0}")]
    Switches(String),
}

/// A cloneable handle on one simulated world. Its methods are those of the HTTP control API under
/// `/_sim`.
#[derive(Clone)]
pub struct Control {
    pub(crate) world: Arc<World>,
}

impl Control {
    /// A world without sockets and without tenants; the same `seed` gives the same ids and client
    /// secrets.
    pub fn new(clock: ClockSource, seed: u64) -> Self {
        Self { world: Arc::new(World::new(clock, seed)) }
    }

    /// All imitated APIs and the control API, to be called without sockets. A response with the
    /// extension [`crate::Dropped`] stands for a connection that ended without one. Must be called
    /// within a tokio runtime.
    pub fn router(&self) -> Router {
        let imitation = Router::new().fallback(serve).with_state(Arc::clone(&self.world));
        imitation.nest("/_sim", http::routes(self.clone()))
    }

    /// The simulator's time.
    pub fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// Moves the simulator's time; what expires by that is on record when this returns.
    pub fn advance(&self, by: SignedDuration) -> Timestamp {
        self.world.clock.advance(by);
        self.world.sweep_all();
        self.now()
    }

    /// All entries of the record with a number above `seq`; expiries up to now are among them.
    pub fn record_since(&self, seq: u64) -> Vec<Entry> {
        self.world.sweep_all();
        self.world.record.since(seq)
    }

    /// Number of the record's last entry.
    pub fn last_seq(&self) -> u64 {
        self.world.record.last_seq()
    }

    /// What real ISC would not have forgiven: a test run with any of these has failed.
    pub fn violations(&self) -> Vec<Entry> {
        self.record_since(0).into_iter().filter(|entry| entry.kind == Kind::Violation).collect()
    }

    /// Every client secret issued so far, for leak scans.
    pub fn client_secrets(&self) -> Vec<String> {
        self.world.mint.issued()
    }

    /// The switches of a tenant, or those that new tenants start with.
    pub fn switches(&self, tenant: Option<&str>) -> Result<Switches, ControlError> {
        match tenant {
            None => Ok(self.world.switches.read().clone()),
            Some(name) => Ok(Switches::clone(&self.tenant(name)?.inner.lock().switches)),
        }
    }

    /// Changes the switches of a tenant; without one, of all tenants and of those to come.
    pub fn edit_switches(
        &self,
        tenant: Option<&str>,
        edit: impl Fn(&mut Switches),
    ) -> Result<(), ControlError> {
        let tenants = match tenant {
            Some(name) => vec![self.tenant(name)?],
            None => {
                edit(&mut self.world.switches.write());
                self.world.tenants()
            }
        };
        for tenant in tenants {
            edit(Arc::make_mut(&mut tenant.inner.lock().switches));
        }
        Ok(())
    }

    /// Puts a fault in force for one tenant or all; returns its number.
    pub fn add_fault(&self, tenant: Option<&str>, fault: Fault) -> u64 {
        self.world.faults.add(tenant.map(str::to_owned), fault)
    }

    /// Takes one fault, or all, out of force.
    pub fn clear_faults(&self, id: Option<u64>) {
        self.world.faults.clear(id);
    }

    /// The faults in force.
    pub fn faults(&self) -> Vec<Armed> {
        self.world.faults.all()
    }

    /// Closes a gate: matching requests wait there. Returns its number.
    pub fn close_gate(&self, spec: GateSpec) -> u64 {
        self.world.gates.close(spec)
    }

    /// Lets `count` requests through a gate that stays closed.
    pub fn release_gate(&self, id: u64, count: usize) -> Result<(), ControlError> {
        if self.world.gates.release(id, count) { Ok(()) } else { Err(ControlError::NoGate(id)) }
    }

    /// Removes a gate; all it holds goes on.
    pub fn open_gate(&self, id: u64) -> Result<(), ControlError> {
        if self.world.gates.open(id) { Ok(()) } else { Err(ControlError::NoGate(id)) }
    }

    /// The closed gates and what they hold.
    pub fn gates(&self) -> Vec<GateState> {
        self.world.gates.all()
    }

    /// Waits until a gate holds at least `count` requests; false if that took longer than
    /// `patience`.
    pub async fn wait_held(&self, id: u64, count: u64, patience: Duration) -> bool {
        let held = || self.gates().iter().any(|gate| gate.id == id && gate.held >= count);
        let reached = async {
            while !held() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(patience, reached).await.is_ok()
    }

    pub(crate) fn tenant(&self, name: &str) -> Result<Arc<Tenant>, ControlError> {
        self.world.tenant(name).ok_or_else(|| ControlError::NoTenant(name.to_owned()))
    }
}
