//! Attempts to mint a token: what was intended, what a fence left behind, and what such a POST asks
//! for.
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::terms::{Millis, Scopes, Uid};

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
    /// The moment at which the attempt is given up, if that is before its expiry: its token might
    /// live on (R21).
    #[serde(default)]
    pub give_up_after: Option<Millis>,
    /// The token that the POST asks for.
    pub wanted: TokenSpec,
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

/// A token as its spec describes it: as it should be, or as ISC was last told that it should (R22).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenSpec {
    /// The human part of the name.
    pub name: Arc<str>,
    /// Scopes.
    pub scopes: Scopes,
    /// Life of its access tokens in seconds.
    pub validity_seconds: u32,
}

/// The provisional life that the next attempt asks for (R21).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Provisional {
    /// Ten minutes, as far as is known.
    #[default]
    Short,
    /// ISC refused a short one: the next attempt asks for a day.
    TryLong,
    /// ISC refused ten minutes and took a day: the next attempt asks for a day too.
    Long,
    /// ISC refused both: its reason may be another. Until it takes one, attempts ask for the one
    /// and the other in turn.
    Either,
}
