//! The ledger: the record of one owner's tokens, and the only authority over them.
mod records;
mod terms;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::records::{Applied, Attempt, Entry, NermTrial, NermVerdict, Provisional, Resource, State, Unresolved};
pub use self::terms::{Millis, Scopes, TokenId, Uid, scopes};
use crate::redacted::Redacted;

/// What the operator knows of one owner (an ISC user); stored in one Secret of the operator's namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ledger {
    /// Version of this encoding; a reader refuses a higher one.
    pub format: u32,
    /// Where ISC is, so that the ledger works without its Tenant.
    pub endpoint: Endpoint,
    /// Random, chosen when the ledger was created; part of every token's name.
    pub incarnation: Arc<str>,
    /// Whose tokens these are; never changes.
    pub owner: Owner,
    /// Number of the next attempt; only grows.
    pub next: u64,
    /// The attempt whose POST may be under way (R1).
    pub pending: Option<Attempt>,
    /// What a fence left behind until it is final or deleted (R5).
    pub unresolved: Option<Unresolved>,
    /// Recorded tokens, by rising number.
    pub entries: Vec<Entry>,
    /// Custom resources that have or had a token, by uid.
    pub resources: BTreeMap<Uid, Resource>,
    /// How short the provisional life of a token may be.
    #[serde(default)]
    pub provisional: Provisional,
    /// The operator's own credential that worked last.
    pub credential: Option<OwnCredential>,
    /// Random in every write, to recognise one's own after a lost reply.
    pub write_nonce: u64,
    /// Fields of a newer version, kept as they are.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, serde_json::Value>,
}

/// The encoding that this version writes.
pub const FORMAT: u32 = 1;

/// Where the token API of the owner is.
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
    /// How many tokens the owner may have in ISC.
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

/// The operator's own credential.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnCredential {
    /// Client ID.
    pub client_id: TokenId,
    /// Client secret; stored under a data key of its own.
    #[serde(skip)]
    pub client_secret: Redacted,
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

    /// The recorded tokens of a resource.
    pub fn of<'a, 'u>(&'a self, uid: &'u str) -> impl Iterator<Item = &'a Entry> + use<'a, 'u> {
        self.entries.iter().filter(move |entry| &*entry.uid == uid)
    }

    /// The token that the resource's Secret should hold.
    pub fn current(&self, uid: &str) -> Option<&Entry> {
        self.of(uid).find(|entry| entry.state == State::Current)
    }

    /// The tokens of a resource that were replaced and live out their overlap.
    pub fn retired<'a, 'u>(&'a self, uid: &'u str) -> impl Iterator<Item = &'a Entry> + use<'a, 'u> {
        self.of(uid).filter(|entry| entry.state == State::Retired)
    }

    /// Whether the number can never be recorded any more: an irrevocable fact.
    pub fn is_retired_number(&self, n: u64) -> bool {
        n < self.next
            && self.pending.as_ref().is_none_or(|pending| pending.n != n)
            && self.entries.iter().all(|entry| entry.n != n)
    }
}
