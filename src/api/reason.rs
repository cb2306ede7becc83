//! The reasons of conditions and events: stable words for machines, each with its row in `docs/troubleshooting.md`.
use std::fmt;

/// Declares the reasons; each is written as its name.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// Reason of a condition or an event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason { $($(#[$doc])* $name),+ }

        impl Reason {
            /// Every reason there is.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The reason as it is written.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),+ }
            }
        }
    };
}

reasons! {
    /// NERM takes the access tokens of the credential.
    Accepted,
    /// ISC refused to create the token several times in a row.
    BackOff,
    /// The ISC user has no free slot.
    CapacityExhausted,
    /// Name or scopes are being changed in ISC.
    Changing,
    /// ISC accepts the credential of a Tenant.
    Connected,
    /// ISC does not accept the operator's credential, or not for this call.
    CredentialRefused,
    /// A credential is past its expiry.
    Expired,
    /// A spec breaks a rule.
    Invalid,
    /// The annotation of a request is no time.
    InvalidRequest,
    /// ISC cannot be reached or fails.
    IscUnavailable,
    /// The ledger of an ISC user cannot be read.
    LedgerUnreadable,
    /// A token is on its way.
    Minting,
    /// The operator's credential lacks the scope to manage tokens.
    MissingScope,
    /// NERM did not say.
    NoAnswer,
    /// The operator's credential is that of an API client.
    NotAPersonalAccessToken,
    /// The Tenant does not grant the scopes to the namespace.
    NotGranted,
    /// ISC does not name the scopes of access tokens.
    NotReported,
    /// The credential was not tried against NERM yet.
    NotTried,
    /// The overlap lasts longer, since the old credential is still used.
    OverlapExtended,
    /// The credential from before the last rotation is revoked.
    PreviousRevoked,
    /// Changed scopes have not reached new access tokens yet.
    Propagating,
    /// The Secret holds a live credential.
    Published,
    /// ISC refuses the published credential.
    PublishedRefused,
    /// ISC asks to wait.
    RateLimited,
    /// Something in the cluster could not be read, or changed meanwhile.
    Reconciling,
    /// NERM refuses the access tokens of the credential.
    Refused,
    /// The time of a request has not come yet.
    RequestInFuture,
    /// The Tenant does not allow `reclaimPolicy: Retain` to this namespace.
    RetainNotAllowed,
    /// All tokens of the resource were revoked on request.
    Revoked,
    /// The resource is being deleted, and its token and Secret are left to its user.
    Releasing,
    /// The resource is being deleted.
    Revoking,
    /// A new credential took the place of the old one.
    Rotated,
    /// There is no slot for a second token.
    RotationBlocked,
    /// The schedules of the ISC user's resources need more than its spare slot.
    RotationInfeasible,
    /// Another rotation uses the spare slot.
    RotationWaits,
    /// An access token lacks scopes of the spec.
    ScopesWithoutEffect,
    /// The Secret's name belongs to something else.
    SecretConflict,
    /// The API server refuses to have the Secret written.
    SecretRefused,
    /// The seed Secret lacks a value.
    SeedInvalid,
    /// There is no seed Secret.
    SeedMissing,
    /// `spec.suspend` is true.
    Suspended,
    /// There is no Tenant of that name.
    TenantNotFound,
    /// ISC shows tokens under this operator's names that no ledger records.
    UnrecordedTokens,
    /// The outcome of an earlier attempt is unknown.
    Unresolved,
    /// The seed belongs to another ISC user than before.
    UserChanged,
    /// Another Tenant works through the same ISC user.
    UserClaimed,
    /// The ISC user of the credential is not certain.
    UserUnknown,
    /// An access token carries every scope of the spec.
    Verified,
    /// The operator's credential ends within a day.
    Within1Day,
    /// The operator's credential ends within a week.
    Within7Days,
    /// The operator's credential ends within thirty days.
    Within30Days,
}

impl Reason {
    /// True for a reason that calls no person: the resource is well, or on its way there or out, or waits for its turn.
    pub fn is_quiet(self) -> bool {
        matches!(
            self,
            Self::Connected
                | Self::Minting
                | Self::Published
                | Self::Releasing
                | Self::RequestInFuture
                | Self::Revoking
                | Self::RotationWaits
                | Self::Suspended
        )
    }

    /// The same for a reason as it is written; a word that is no reason is not quiet.
    pub fn is_quiet_word(word: &str) -> bool {
        // By the word: a status may come from another version of the operator.
        Self::ALL.iter().any(|reason| reason.is_quiet() && reason.as_str() == word)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
