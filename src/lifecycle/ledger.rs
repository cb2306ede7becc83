//! The ledger: the record of one owner's tokens, and the only authority over them.
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

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

/// An intent that was recorded before its POST (R1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Its number, part of the token's name.
    pub n: u64,
    /// Random: tells the replica that executes it from any other.
    pub nonce: u64,
    /// The resource it is for.
    pub uid: Uid,
    /// `expirationDate` of the POST.
    pub expiry: Millis,
    /// What the POST asks for.
    pub wanted: Applied,
}

/// A fenced attempt that may still take effect until it is final (R2).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Unresolved {
    /// Its number.
    pub n: u64,
    /// The resource it was for.
    pub uid: Uid,
    /// ISC refuses its POST after this.
    pub expiry: Millis,
}

/// What a token was last told to be (R22).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    /// The human part of the name.
    pub name: Arc<str>,
    /// Scopes.
    pub scopes: Scopes,
    /// Life of its access tokens in seconds.
    pub validity_seconds: u32,
}

/// Where a recorded token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum State {
    /// Recorded with its client secret; expiry still provisional.
    Prepared,
    /// Long-lived, accepted by ISC: the one to publish.
    Current,
    /// To be destroyed; never becomes anything else.
    Tomb,
}

/// A recorded token.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Number of the attempt that made it.
    pub n: u64,
    /// Client ID.
    pub id: TokenId,
    /// The resource it belongs to.
    pub uid: Uid,
    /// Where it stands.
    pub state: State,
    /// Client secret; stored under a data key of its own.
    #[serde(skip)]
    pub client_secret: Redacted,
    /// When the POST was answered.
    pub created_at: Millis,
    /// When ISC will delete it by itself.
    pub expires_at: Millis,
    /// What ISC was last told that it should be.
    pub applied: Applied,
    /// When that was.
    pub applied_at: Millis,
    /// Scopes missing from an access token; `None`: not looked at since `applied_at`.
    pub missing_scopes: Option<Scopes>,
}

/// What the ledger knows of a custom resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// The Secret that holds its credential.
    pub secret: Arc<str>,
    /// Its deletion was recorded (R12).
    pub deleting: bool,
    /// Attempts that failed in a row.
    pub failures: u32,
    /// No attempt before this.
    pub not_before: Millis,
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
