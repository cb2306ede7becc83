//! What a ledger records: attempts, tokens, resources.
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Millis, Scopes, TokenId, Uid};
use crate::redacted::Redacted;

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
