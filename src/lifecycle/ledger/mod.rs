//! The ledger: the record of one owner's tokens, and the only authority over them.
mod attempt;
mod entry;
mod resource;
mod terms;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::attempt::{Attempt, Provisional, TokenSpec, Unresolved};
pub use self::entry::{Entry, NermTrial, NermVerdict, State};
pub use self::resource::Resource;
pub use self::terms::{Millis, Scopes, TokenId, Uid, scopes};
use crate::credential::Credential;

/// All that the operator knows of one owner (an ISC user); stored in one Secret of the operator's
/// namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ledger {
    /// Version of this encoding; a reader refuses a higher one.
    pub format: u32,
    /// The address of ISC, so that the ledger works without its Tenant.
    pub endpoint: Endpoint,
    /// Random, chosen when the ledger was created; part of every token's name.
    pub incarnation: Arc<str>,
    /// Whose tokens these are; never changes.
    pub owner: Owner,
    /// Number of the next attempt; only grows.
    pub next: u64,
    /// The attempt whose POST may be under way (R1).
    pub pending: Option<Attempt>,
    /// The attempt that a fence left behind, until it is final or its token deleted (R5).
    pub unresolved: Option<Unresolved>,
    /// Recorded tokens, by rising number.
    pub entries: Vec<Entry>,
    /// Custom resources that have or had a token, by uid.
    pub resources: BTreeMap<Uid, Resource>,
    /// The provisional life that the next attempt asks for.
    #[serde(default)]
    pub provisional: Provisional,
    /// The operator's own credential that worked last.
    pub credential: Option<Credential>,
    /// Random in every write: a replica recognises its own by it after a lost reply.
    pub write_nonce: u64,
    /// Fields of a newer version, kept as they are.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, serde_json::Value>,
}

/// Most resources that a ledger records: a Secret has room for a mebibyte.
const MOST_RESOURCES: usize = 1_000;

/// The encoding that this version writes.
pub const FORMAT: u32 = 1;

/// The address of the owner's token API.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Name of the Tenant that claimed the owner.
    pub tenant: Arc<str>,
    /// Base URL of the API.
    pub api_url: Arc<str>,
    /// Base URL of NERM, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nerm_url: Option<Arc<str>>,
    /// PEM of the authorities that ISC's certificate is checked against, if not the system's.
    pub ca_pem: Option<Arc<str>>,
    /// Most tokens that the owner may have in ISC.
    pub tokens_per_user: u32,
}

/// An ISC user, by OAuth tenant id and identity id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// `tenant_id` of the OAuth reply.
    pub tenant_id: Arc<str>,
    /// `owner.id` of the operator's own token in LIST.
    pub identity_id: Arc<str>,
}

impl Ledger {
    /// A ledger that has recorded nothing yet.
    pub fn new(endpoint: Endpoint, owner: Owner, incarnation: Arc<str>) -> Self {
        Self {
            format: FORMAT,
            endpoint,
            incarnation,
            owner,
            next: 1,
            pending: None,
            unresolved: None,
            entries: Vec::new(),
            resources: BTreeMap::new(),
            provisional: Provisional::Short,
            credential: None,
            write_nonce: 0,
            unknown: BTreeMap::new(),
        }
    }

    /// The recorded token with this client ID.
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| &*entry.id == id)
    }

    /// The recorded token with this client ID, to be changed.
    pub fn entry_mut(&mut self, id: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| &*entry.id == id)
    }

    /// The recorded tokens of a resource.
    pub fn of<'a, 'u>(&'a self, uid: &'u str) -> impl Iterator<Item = &'a Entry> + use<'a, 'u> {
        self.entries.iter().filter(move |entry| &*entry.uid == uid)
    }

    /// Anything of the resource is recorded: then its finalizer stays.
    pub fn mentions(&self, uid: &str) -> bool {
        self.is_minting(uid) || self.has_token(uid) || self.resources.contains_key(uid)
    }

    /// The resource is recorded, or there is room to record it.
    pub fn has_room_for(&self, uid: &str) -> bool {
        self.resources.contains_key(uid) || self.resources.len() < MOST_RESOURCES
    }

    /// A token is recorded for the resource, whatever its state.
    pub fn has_token(&self, uid: &str) -> bool {
        self.of(uid).next().is_some()
    }

    /// The token that the resource's Secret should hold.
    pub fn current(&self, uid: &str) -> Option<&Entry> {
        self.of(uid).find(|entry| entry.is_current())
    }

    /// The current tokens of all resources.
    pub fn all_current(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.is_current())
    }

    /// The tokens of a resource that were replaced and live out their overlap.
    pub fn retired<'a, 'u>(
        &'a self,
        uid: &'u str,
    ) -> impl Iterator<Item = &'a Entry> + use<'a, 'u> {
        self.of(uid).filter(|entry| entry.is_retired())
    }

    /// A token of the resource was replaced and lives out its overlap.
    pub fn has_retired(&self, uid: &str) -> bool {
        self.retired(uid).next().is_some()
    }

    /// All tokens that are to be destroyed.
    pub fn condemned(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.is_condemned())
    }

    /// The record of a resource.
    pub fn resource(&self, uid: &str) -> Option<&Resource> {
        self.resources.get(uid)
    }

    /// The resource's deletion is recorded (R12).
    pub fn is_deleting(&self, uid: &str) -> bool {
        match self.resource(uid) {
            Some(resource) => resource.deleting,
            None => false,
        }
    }

    /// The resource is deleted with its token left to its user, or nothing is known of it any more:
    /// then a token under a foreign name may have been let go.
    pub fn lets_go(&self, uid: &str) -> bool {
        match self.resource(uid) {
            Some(resource) => resource.deleting && resource.retain,
            None => true,
        }
    }

    /// This attempt is pending: its outcome may still be recorded (R4).
    pub fn is_pending(&self, attempt: &Attempt) -> bool {
        match &self.pending {
            Some(pending) => pending.n == attempt.n && pending.nonce == attempt.nonce,
            None => false,
        }
    }

    /// The pending attempt is this resource's.
    pub fn is_minting(&self, uid: &str) -> bool {
        match &self.pending {
            Some(pending) => *pending.uid == *uid,
            None => false,
        }
    }

    /// The number can never be recorded any more: an irrevocable fact.
    pub fn is_spent(&self, n: u64) -> bool {
        let is_pending = self.pending.as_ref().is_some_and(|pending| pending.n == n);
        let is_recorded = self.entries.iter().any(|entry| entry.n == n);
        n < self.next && !is_pending && !is_recorded
    }
}
