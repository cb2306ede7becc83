//! A published Secret as it was read: who has its name, which pair is in it, and what the ledger
//! says of that pair.
use std::sync::Arc;

use super::ledger::{Entry, Ledger, TokenId};
use super::token_name;
use crate::redacted::Redacted;

/// The published Secret by a live read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SecretSeen {
    /// The holder of its name.
    pub holds: Holds,
    /// The ledger that this pass knew then said that the resource is being deleted.
    pub deleting: bool,
    /// The overlap of the current credential was over when the read began (R9).
    pub overlap_over: bool,
    /// LIST was read since, and so was ISC's time.
    pub listed: bool,
    /// The pair in it; read only if the Secret is ours.
    pub held: Option<Held>,
}

/// The pair in a published Secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Held {
    /// Client ID.
    pub id: TokenId,
    /// Client secret.
    pub client_secret: Redacted,
    /// The number that its annotation claims: a hint, since users can edit it.
    pub claims: Option<u64>,
    /// The resource owns the Secret, which therefore goes with it.
    pub owned: bool,
}

impl SecretSeen {
    /// Nothing can be published in it.
    pub fn is_closed(&self) -> bool {
        match self.holds {
            Holds::Foreign | Holds::Refused | Holds::Locked => true,
            Holds::Absent | Holds::Ours => false,
        }
    }

    /// It is ours, and holds the pair of this recorded token.
    pub fn holds_pair_of(&self, entry: &Entry) -> bool {
        match (self.holds, &self.held) {
            (Holds::Ours | Holds::Locked, Some(held)) => held.is(entry),
            (Holds::Ours | Holds::Locked | Holds::Absent | Holds::Foreign | Holds::Refused, _) => {
                false
            }
        }
    }
}

impl Held {
    /// It is the pair of this recorded token.
    pub fn is(&self, entry: &Entry) -> bool {
        // Both: a user can edit either of them.
        self.id == entry.id && self.client_secret == entry.client_secret
    }

    /// A short text that stands for the pair and its claim in a verdict about it (R13).
    pub fn digest(&self) -> Arc<str> {
        token_name::tag(&format!("{}/{}", self.id, self.claims.unwrap_or(0))).into()
    }
}

/// The holder of the Secret's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holds {
    /// The name is free.
    Absent,
    /// The resource itself.
    Ours,
    /// The resource itself, and immutable: it can be removed, and not written.
    Locked,
    /// Another object: never written, never deleted (P6).
    Foreign,
    /// The API server refuses to tell, or to write it: nothing is decided on it, and no other
    /// resource waits for it.
    Refused,
}

impl Ledger {
    /// A pair that is not recorded, and claims this number, may be one that the ledger lost (R13).
    /// One that was recorded and dropped is known to be dead.
    pub fn may_have_lost(&self, uid: &str, claims: Option<u64>) -> bool {
        // Without a claim there is no question: the operator puts its own pair back (R8).
        let Some(claimed) = claims else { return false };
        let last = self.resource(uid).map_or(0, |resource| resource.last);
        let current = self.current(uid).map_or(0, |current| current.n);
        claimed > last && claimed > current
    }

    /// A pair in the resource's Secret is not recorded, and may be one that the ledger lost (R13).
    pub fn is_unknown(&self, uid: &str, held: &Held) -> bool {
        self.entry(&held.id).is_none() && self.may_have_lost(uid, held.claims)
    }

    /// Such a pair has still to be adopted or refused.
    pub fn is_open(&self, uid: &str, held: &Held) -> bool {
        let refused = self.resource(uid).and_then(|resource| resource.refused.as_ref());
        self.is_unknown(uid, held) && refused != Some(&held.digest())
    }
}
