//! `Step`: the one thing that a pass does next, with all that carrying it out and recording it
//! needs.
use std::sync::Arc;

use super::ledger::{Attempt, Millis, Scopes, TokenId, TokenSpec, Uid};
use super::secret::Held;

/// The next thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A read whose answer the pass remembers; the ledger stays as it is.
    Look(Look),
    /// A call that changes or tries something outside; `settle` says what the ledger is after its
    /// outcome.
    Call(Call),
    /// A ledger write without a call.
    Record(Record),
}

/// A live read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Look {
    /// LIST.
    List,
    /// The resource's Secret.
    ReadSecret(Uid),
    /// The resource, before its POST (R14).
    Confirm(Uid),
    /// A recorded resource that the watch does not show (R12).
    Find(Uid),
}

/// A call to ISC, to NERM, or to the API server for something else than the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// POST the attempt, and beside it extend the one before (R3, R4).
    Post {
        /// The attempt.
        attempt: Attempt,
        /// The prepared token to extend meanwhile.
        extend: Option<Extension>,
        /// The intent that rides on the commit.
        then: Option<(Attempt, Place)>,
    },
    /// PATCH the expiry to its long value and verify the credential (R7).
    Extend(Extension),
    /// PATCH name or scopes (R22).
    Apply {
        /// Client ID.
        id: TokenId,
        /// The full name in ISC, if it differs.
        name: Option<String>,
        /// The scopes, if they differ.
        scopes: Option<Scopes>,
        /// The token as it is then.
        wanted: TokenSpec,
    },
    /// PATCH the expiry ahead (R16).
    Renew {
        /// Client ID.
        id: TokenId,
        /// The new expiry.
        until: Millis,
    },
    /// PATCH the name of a released token out of the operator's name space (R12).
    Rename {
        /// Client ID.
        id: TokenId,
        /// The name it is left with.
        name: String,
    },
    /// DELETE a condemned token (R9, R10).
    Delete(TokenId),
    /// DELETE a token that was never recorded (R6).
    Sweep {
        /// Client ID.
        id: TokenId,
        /// Number in its name.
        n: u64,
    },
    /// Take the operator's marks off the Secret of a released token (R12).
    Strip(Uid),
    /// Try the credential of a current token that two LISTs lacked (R11).
    Verify(TokenId),
    /// Take over the pair that the Secret holds and the ledger lost, if ISC accepts it (R13).
    Adopt(Adoption),
    /// Ask which scopes a new access token really carries.
    CheckScopes {
        /// Client ID.
        id: TokenId,
        /// The scopes that it should carry.
        wanted: Scopes,
    },
    /// Try the credential against NERM.
    TryNerm {
        /// Client ID.
        id: TokenId,
        /// Base URL of NERM.
        url: Arc<str>,
    },
}

/// A fact or a decision that goes into the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Record {
    /// The resource is being deleted; fences its own attempt (R12).
    MarkDeleting {
        /// The resource.
        uid: Uid,
        /// Token and Secret are left to the user.
        retain: bool,
    },
    /// A revoke request is handled: all tokens of the resource are condemned (R18).
    Revoke {
        /// The resource.
        uid: Uid,
        /// The request.
        request: Arc<str>,
    },
    /// All tokens of the resource are condemned (R12).
    TombAll(Uid),
    /// The token that the Secret holds is left to its user, and the others are condemned (R12).
    Release {
        /// The resource.
        uid: Uid,
        /// Client ID.
        id: TokenId,
    },
    /// Forget condemned tokens that LIST no longer shows, and released ones that are no longer ours
    /// (R9).
    Drop(Vec<TokenId>),
    /// Forget condemned tokens that are another's now: they live on (R10).
    HandOver(Vec<TokenId>),
    /// Forget a deleted resource of which nothing is left (R12).
    Finish(Uid),
    /// Give up an attempt that another pass made (R5).
    Fence,
    /// The pass's own attempt was not sent, and never will be (R23).
    Withdraw {
        /// The attempt.
        attempt: Attempt,
        /// Its resource was not as it must be, and waits (R7); otherwise nothing is wrong with it.
        waits: bool,
    },
    /// LIST shows our numbers above the ledger's: the next is higher than these (R13).
    Raise(u64),
    /// The unknown pair in the Secret is not the resource's (R13).
    Refuse {
        /// The resource.
        uid: Uid,
        /// Its place.
        place: Place,
        /// A short text that stands for the pair.
        digest: Arc<str>,
    },
    /// An intent (R1).
    Intent(Attempt, Place),
    /// ISC's 400 or 422 was confirmed by a LIST without the token: a refusal (R3).
    Refused(Attempt),
    /// The Secret holds this credential (R8).
    Published(TokenId),
    /// The overlap is over: the replaced tokens of the resource are condemned (R9).
    Retire(Uid),
}

impl Step {
    /// The intent that it records (R1).
    pub fn intent(&self) -> Option<&Attempt> {
        match self {
            Self::Record(Record::Intent(attempt, _)) => Some(attempt),
            Self::Call(Call::Post { then: Some((attempt, _)), .. }) => Some(attempt),
            Self::Look(_) | Self::Call(_) | Self::Record(_) => None,
        }
    }

    /// The attempt that its outcome ends (R3, R4).
    pub fn ends(&self) -> Option<&Attempt> {
        match self {
            Self::Call(Call::Post { attempt, .. }) | Self::Record(Record::Refused(attempt)) => {
                Some(attempt)
            }
            Self::Look(_) | Self::Call(_) | Self::Record(_) => None,
        }
    }
}

impl Call {
    /// The token that it asks ISC to change, delete or accept.
    pub fn token(&self) -> Option<&TokenId> {
        match self {
            Self::Delete(id) | Self::Verify(id) => Some(id),
            Self::Sweep { id, .. } | Self::Apply { id, .. } | Self::Renew { id, .. } => Some(id),
            Self::CheckScopes { id, .. } | Self::TryNerm { id, .. } | Self::Rename { id, .. } => {
                Some(id)
            }
            Self::Extend(extension) => Some(&extension.id),
            Self::Post { .. } | Self::Strip(_) | Self::Adopt(_) => None,
        }
    }
}

/// The place of the resource of an intent: recorded with it (R14, one write for mention and
/// intent).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Namespace.
    pub namespace: Arc<str>,
    /// Name.
    pub name: Arc<str>,
    /// Secret.
    pub secret: Arc<str>,
    /// The revoke request that was there already when the resource was first seen: it counts as
    /// handled.
    pub revoked: Option<Arc<str>>,
}

/// A pair that is taken over: all that LIST and the Secret say of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Adoption {
    /// The resource.
    pub uid: Uid,
    /// Its place.
    pub place: Place,
    /// The pair.
    pub held: Held,
    /// The number in the token's name.
    pub n: u64,
    /// Its expiry.
    pub expires: Millis,
    /// The token as it is.
    pub applied: TokenSpec,
}

/// A prepared token and its long expiry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Extension {
    /// Client ID.
    pub id: TokenId,
    /// The new expiry.
    pub until: Millis,
}
