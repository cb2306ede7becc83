//! The append-only record of every request and every effect: the judge of all tests.
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::route::Operation;

/// What an entry tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A request that was answered, or whose connection was dropped (then without status).
    #[default]
    Request,
    /// A token came, went or changed.
    Effect,
    /// Something that real ISC would not forgive; any of these should fail a test run.
    Violation,
}

/// What happened to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// Made.
    Created,
    /// Name, scope or expiry changed.
    Patched,
    /// Destroyed on request.
    Deleted,
    /// Destroyed by the tenant because its expiration date passed.
    Expired,
}

/// Who caused an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// A request to an imitated API.
    #[default]
    Api,
    /// The control API: the hand of another tool or a human.
    Hand,
    /// Time passed.
    Clock,
}

/// One line of the record. Never holds a client secret or an access token.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Counts from 1 without gaps, in the order in which things happened.
    pub seq: u64,
    /// What this entry tells.
    pub kind: Kind,
    /// Who caused it.
    pub origin: Origin,
    /// Simulator time at which it took effect (an expiry: the expiration date itself).
    pub at: Timestamp,
    /// Wall time at which it was recorded.
    pub wall: Timestamp,
    /// Number of the request that caused it: joins a request with its effects. Also in `trackingId`
    /// as `sim-N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<u64>,
    /// Name of the tenant.
    pub tenant: String,
    /// The operation, where one was recognised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// Method and path without the query; requests only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Identity id: of the caller for a request, of the token's owner for an effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Client ID of the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Id of the token concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// Its name after the effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_name: Option<String>,
    /// Its scopes after the effect; absent when null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Vec<String>>,
    /// Its expiration date after the effect; absent when it never expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    /// Status sent; absent when the connection was dropped instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What happened to the token; on a request, the last effect it had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// The fault that was injected, or what the violation was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The record itself; entries are only ever added.
#[derive(Default)]
pub struct Record(Mutex<Vec<Entry>>);

impl Record {
    /// Adds an entry and gives it its number.
    pub fn add(&self, mut entry: Entry) {
        let mut entries = self.0.lock();
        entry.seq = entries.len() as u64 + 1;
        entries.push(entry);
    }

    /// All entries with a number above `seq`.
    pub fn since(&self, seq: u64) -> Vec<Entry> {
        let entries = self.0.lock();
        let start = entries.len().min(usize::try_from(seq).unwrap_or(usize::MAX));
        entries[start..].to_vec()
    }

    /// Number of the last entry; 0 when there is none.
    pub fn last_seq(&self) -> u64 {
        self.0.lock().len() as u64
    }
}
