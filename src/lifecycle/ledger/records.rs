//! What a ledger records: attempts, tokens, resources.
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::terms::{Millis, Scopes, TokenId, Uid};
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
    /// When the attempt is given up although its token might live on, if that is before its expiry (R21).
    #[serde(default)]
    pub give_up_after: Option<Millis>,
    /// What the POST asks for.
    pub wanted: Applied,
    /// The rotate request that its token answers.
    #[serde(default)]
    pub answers: Option<Arc<str>>,
}

/// A fenced attempt that may still take effect until it is final (R2).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Unresolved {
    /// Its number.
    pub n: u64,
    /// The resource it was for.
    pub uid: Uid,
    /// ISC refuses its POST after this, or it is given up then (R21).
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
    /// Replaced by a newer one, and alive until its overlap is over (R9).
    Retired,
    /// Left to its user for good (`reclaimPolicy: Retain`); never deleted.
    Released,
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
    /// When its scopes were last told.
    pub applied_at: Millis,
    /// When anything of it was last told; LIST may show what was before for the length of its lag.
    #[serde(default)]
    pub changed_at: Millis,
    /// Scopes missing from an access token; `None`: not known since `applied_at`.
    pub missing_scopes: Option<Scopes>,
    /// When an access token was last asked for them in vain; `None`: it carries all, or was not asked since `applied_at`.
    #[serde(default)]
    pub looked_at: Option<Millis>,
    /// Looks in a row that did not find all of them.
    #[serde(default)]
    pub looks: u32,
    /// What NERM made of its access tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nerm: Option<NermTrial>,
    /// When the owner controller saw the Secret hold its credential; recorded while an older one is retired (R8).
    #[serde(default)]
    pub published_at: Option<Millis>,
    /// The rotate request that it answers.
    #[serde(default)]
    pub answers: Option<Arc<str>>,
    /// A released token: ISC took the name that it is left with.
    #[serde(default)]
    pub renamed: bool,
    /// The life that ISC gave it when it gave less than it was asked for.
    #[serde(default)]
    pub longest: Option<Millis>,
    /// Fields of a newer version, kept as they are.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, serde_json::Value>,
}

/// The last trial of a credential against NERM.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NermTrial {
    /// Base URL of the NERM that was asked.
    pub url: Arc<str>,
    /// When.
    pub at: Millis,
    /// Trials in a row that it did not accept.
    pub tries: u32,
    /// What came of it.
    pub verdict: NermVerdict,
}

/// What NERM makes of a credential.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NermVerdict {
    /// It takes its access tokens.
    Accepted,
    /// It refuses them, for this cause.
    Refused(Arc<str>),
    /// NERM did not say, for this cause.
    Unknown(Arc<str>),
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
    /// It is deleted with its token left to its user; fixed when the deletion is recorded.
    #[serde(default)]
    pub retain: bool,
    /// The rotate request last handled.
    #[serde(default)]
    pub rotated: Option<Arc<str>>,
    /// The revoke request last handled.
    #[serde(default)]
    pub revoked: Option<Arc<str>>,
    /// When its token was last replaced by a newer one.
    #[serde(default)]
    pub rotated_at: Option<Millis>,
    /// The highest number of a token that was ever recorded for it.
    #[serde(default)]
    pub last: u64,
    /// The unknown pair in its Secret that was not adopted (R13).
    #[serde(default)]
    pub refused: Option<Arc<str>>,
    /// Fields of a newer version, kept as they are.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, serde_json::Value>,
}

impl Resource {
    /// A resource that was just heard of.
    pub fn new(namespace: Arc<str>, name: Arc<str>, secret: Arc<str>) -> Self {
        Self {
            namespace,
            name,
            secret,
            deleting: false,
            failures: 0,
            not_before: 0,
            retain: false,
            rotated: None,
            revoked: None,
            rotated_at: None,
            last: 0,
            refused: None,
            unknown: BTreeMap::new(),
        }
    }
}

/// How short the provisional life of a new token may be (R21).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Provisional {
    /// Ten minutes, as far as is known.
    #[default]
    Short,
    /// ISC refused a short one: the next attempt asks for a day.
    TryLong,
    /// ISC refused ten minutes and took a day: the next attempt asks for a day too.
    Long,
    /// ISC refused both: its reason may be another. Until it takes one, attempts ask for the one and the other in turn.
    Either,
}
