//! `Step`: the one thing that a pass does next, with all that carrying it out and recording it needs.
use std::sync::Arc;

use super::ledger::{Applied, Attempt, Millis, Scopes, TokenId, Uid};
use super::secret::Held;

/// One effect, or one ledger write without an effect.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Read LIST.
    List,
    /// Read the resource's Secret live.
    ReadSecret(Uid),
    /// Read the resource live before its POST (R14).
    Confirm(Uid),
    /// Read a recorded resource live that the watch does not show (R12).
    LookFor(Uid),
    /// Record that the resource is being deleted; fences its own attempt (R12).
    MarkDeleting {
        /// The resource.
        uid: Uid,
        /// Token and Secret are left to the user.
        retain: bool,
    },
    /// Record a revoke request and condemn all tokens of the resource (R18).
    Revoke {
        /// The resource.
        uid: Uid,
        /// The request.
        request: Arc<str>,
    },
    /// Condemn all tokens of the resource (R12).
    TombAll(Uid),
    /// Leave the token that the Secret holds to its user, and condemn the others (R12).
    Release {
        /// The resource.
        uid: Uid,
        /// Client ID.
        id: TokenId,
    },
    /// PATCH the name of a released token out of the operator's name space (R12).
    Rename {
        /// Client ID.
        id: TokenId,
        /// The name it is left with.
        name: String,
    },
    /// Take the operator's marks off the Secret of a released token (R12).
    Strip(Uid),
    /// DELETE a condemned token (R9, R10).
    Delete(TokenId),
    /// Forget condemned tokens that LIST no longer shows, and released ones that are no longer ours (R9).
    Drop(Vec<TokenId>),
    /// Forget a deleted resource of which nothing is left (R12).
    Finish(Uid),
    /// Give up an attempt that is not one's own (R5).
    Fence,
    /// DELETE a token that was never recorded (R6).
    Sweep {
        /// Client ID.
        id: TokenId,
        /// Number in its name.
        n: u64,
    },
    /// LIST shows numbers of ours above the ledger's: raise it (R13).
    Raise(u64),
    /// Take over the pair that the Secret holds and the ledger lost, if ISC accepts it (R13).
    Adopt(Adoption),
    /// Record that the unknown pair in the Secret is not the resource's (R13).
    Refuse {
        /// The resource.
        uid: Uid,
        /// Where it is.
        place: Resourceful,
        /// What stands for the pair.
        digest: Arc<str>,
    },
    /// Try the credential of a current token that two LISTs lacked (R11).
    Verify(TokenId),
    /// Record an intent (R1).
    Intent(Attempt, Resourceful),
    /// POST the attempt, and beside it extend the one before (R3, R4).
    Post {
        /// The attempt.
        attempt: Attempt,
        /// The prepared token to extend meanwhile.
        extend: Option<Extension>,
        /// The intent that rides on the commit.
        then: Option<(Attempt, Resourceful)>,
    },
    /// ISC's 400 or 422 was confirmed by a LIST without the token: a refusal (R3).
    Refused(Attempt),
    /// PATCH the expiry to its long value and verify the credential (R7).
    Extend(Extension),
    /// Record that the Secret holds this credential (R8).
    RecordPublished(TokenId),
    /// Condemn the replaced tokens of a resource whose overlap is over (R9).
    Retire(Uid),
    /// PATCH name or scopes (R22).
    Apply {
        /// Client ID.
        id: TokenId,
        /// The full name in ISC, if it differs.
        name: Option<String>,
        /// The scopes, if they differ.
        scopes: Option<Scopes>,
        /// What it is then.
        wanted: Applied,
    },
    /// PATCH the expiry ahead (R16).
    Renew {
        /// Client ID.
        id: TokenId,
        /// The new expiry.
        until: Millis,
    },
    /// Try the credential against NERM.
    TryNerm {
        /// Client ID.
        id: TokenId,
        /// Base URL of NERM.
        url: Arc<str>,
    },
    /// Ask which scopes a new access token really carries.
    CheckScopes {
        /// Client ID.
        id: TokenId,
        /// What it should carry.
        wanted: Scopes,
    },
}

impl Step {
    /// The token that it asks ISC to change, delete or accept.
    pub fn token(&self) -> Option<&TokenId> {
        match self {
            Self::Delete(id) | Self::Verify(id) => Some(id),
            Self::Sweep { id, .. } | Self::Apply { id, .. } | Self::Renew { id, .. } => Some(id),
            Self::CheckScopes { id, .. } | Self::TryNerm { id, .. } | Self::Rename { id, .. } => Some(id),
            Self::Extend(extension) => Some(&extension.id),
            _ => None,
        }
    }
}

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
