//! The ledger: the record of one owner's tokens, and the only authority over them.
mod records;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::records::{Applied, Attempt, Entry, NermTrial, NermVerdict, Provisional, Resource, State, Unresolved};
use super::facts::Held;
use crate::redacted::Redacted;

/// Milliseconds since the Unix epoch by the clock of ISC (R20), never by the local one.
pub type Millis = i64;
/// `metadata.uid` of a custom resource.
pub type Uid = Arc<str>;
/// The client ID of a token, which is also its id in the token API.
pub type TokenId = Arc<str>;
/// Scopes, sorted and without repetition: their order means nothing.
pub type Scopes = Arc<[String]>;

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

    /// Whether a pair that is not recorded, and claims this number, may be one that the ledger lost (R13): one that was
    /// recorded and dropped is known to be dead.
    pub fn may_have_lost(&self, uid: &str, claims: Option<u64>) -> bool {
        let last = self.resources.get(uid).map_or(0, |resource| resource.last);
        claims.is_some_and(|n| n > last.max(self.current(uid).map_or(0, |current| current.n)))
    }

    /// Whether a pair in the resource's Secret is not recorded, and may be one that the ledger lost (R13).
    pub fn is_unknown(&self, uid: &str, held: &Held) -> bool {
        self.entry(&held.id).is_none() && self.may_have_lost(uid, held.claims)
    }

    /// Whether such a pair has still to be adopted or refused.
    pub fn is_open(&self, uid: &str, held: &Held) -> bool {
        let refused = self.resources.get(uid).and_then(|resource| resource.refused.as_ref());
        self.is_unknown(uid, held) && refused != Some(&held.digest())
    }

    /// Whether the number can never be recorded any more: an irrevocable fact.
    pub fn is_retired_number(&self, n: u64) -> bool {
        n < self.next
            && self.pending.as_ref().is_none_or(|pending| pending.n != n)
            && self.entries.iter().all(|entry| entry.n != n)
    }
}

/// Sorted scopes without repetition.
pub fn scopes<I: IntoIterator<Item = S>, S: Into<String>>(items: I) -> Scopes {
    let set: std::collections::BTreeSet<String> = items.into_iter().map(Into::into).collect();
    set.into_iter().collect()
}
