//! What a step carries with it: where its resource is, which pair it is about, what a token becomes.
use std::sync::Arc;

use super::facts::Held;
use super::ledger::{Applied, Millis, TokenId, Uid};

/// Where the resource of an intent is: recorded with it (R14, one write for mention and intent).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resourceful {
    /// Namespace.
    pub namespace: Arc<str>,
    /// Name.
    pub name: Arc<str>,
    /// Secret.
    pub secret: Arc<str>,
    /// The revoke request that was there already when the resource was first seen: it counts as handled.
    pub revoked: Option<Arc<str>>,
}

/// A pair that is taken over: all that LIST and the Secret say of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Adoption {
    /// The resource.
    pub uid: Uid,
    /// Where it is.
    pub place: Resourceful,
    /// The pair.
    pub held: Held,
    /// The number in the token's name.
    pub n: u64,
    /// When it expires.
    pub expires: Millis,
    /// What it is.
    pub applied: Applied,
}

/// A prepared token and its long expiry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Extension {
    /// Client ID.
    pub id: TokenId,
    /// The new expiry.
    pub until: Millis,
}
