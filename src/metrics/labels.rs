//! The label values of the metrics: enums, so that no free text can become a time series.
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use std::fmt::{self, Write};

/// Declares a label enum with the text each variant has in the exposition, and a comment for each.
macro_rules! label_values {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident => $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl EncodeLabelValue for $name {
            fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
                encoder.write_str(match self { $(Self::$variant => $text),+ })
            }
        }
    };
}

label_values! {
    /// The controller whose pass it was.
    Controller {
        /// The one that talks to the token API.
        Owner => "owner",
        /// The one that publishes Secrets and statuses.
        Token => "token",
        /// The one that claims owners.
        Tenant => "tenant",
    }
}

label_values! {
    /// The end of a pass.
    PassOutcome {
        /// It ended as it should; what keeps a resource waiting is in its status.
        Done => "done",
        /// Something unexpected: the pass will come in again from the top (R15).
        Failed => "failed",
        /// It panicked: a fault of the operator, which the log tells with its place.
        Panicked => "panicked",
    }
}

label_values! {
    /// The call to ISC.
    IscOperation {
        /// An access token, for the operator itself or to try a new credential (R7).
        AccessToken => "access_token",
        /// The scopes of an access token, where its reply does not name them.
        CheckToken => "check_token",
        /// Name, id and data centre of a tenant.
        Info => "info",
        /// The trial of a credential against NERM.
        Nerm => "nerm",
        /// Listing the owner's tokens.
        List => "list",
        /// POST of a token.
        Create => "create",
        /// PATCH of expiry, name or scopes.
        Update => "update",
        /// DELETE of a token.
        Delete => "delete",
    }
}

label_values! {
    /// ISC's answer, sorted by what the operator may conclude.
    IscResult {
        /// Done as asked.
        Yes => "yes",
        /// Definitely not done.
        No => "no",
        /// Not done because of the rate limit (429).
        Throttled => "throttled",
        /// Anything else: it may have been done.
        Unknown => "unknown",
    }
}

label_values! {
    /// The object that was written to Kubernetes.
    KubernetesWrite {
        /// A ledger, by compare-and-swap.
        Ledger => "ledger",
        /// A published Secret.
        Secret => "secret",
        /// The status of a custom resource.
        Status => "status",
        /// The finalizer of a custom resource.
        Finalizer => "finalizer",
        /// An event.
        Event => "event",
    }
}

label_values! {
    /// The change of a token in ISC.
    TokenChange {
        /// Created and recorded.
        Minted => "minted",
        /// Replaced by a newer one, and alive until its overlap is over (R9).
        Rotated => "rotated",
        /// A published pair that the ledger had lost was taken over (R13).
        Adopted => "adopted",
        /// Its expiry was moved on (R16).
        Renewed => "renewed",
        /// Name or scopes were changed in place (R22).
        Updated => "updated",
        /// Deleted on purpose: retired, refused, or with its resource.
        Revoked => "revoked",
        /// Left to its user (R12).
        Released => "released",
        /// Condemned, but another's by then: it lives on (R10).
        HandedOver => "handed_over",
        /// An unrecorded provisional token was deleted (R6).
        OrphanSwept => "orphan_swept",
    }
}

label_values! {
    /// The part of a tenant's token limit that a number counts.
    CapacityShare {
        /// The most tokens the user may own.
        Limit => "limit",
        /// Made by this operator.
        Ours => "ours",
        /// Made by others, the operator's own credential included.
        Others => "others",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct PassLabels {
    pub(super) controller: Controller,
    pub(super) outcome: PassOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ControllerLabels {
    pub(super) controller: Controller,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RequestLabels {
    pub(super) operation: IscOperation,
    pub(super) result: IscResult,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OperationLabels {
    pub(super) operation: IscOperation,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct WriteLabels {
    pub(super) kind: KubernetesWrite,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ChangeLabels {
    pub(super) change: TokenChange,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ReadyLabels {
    pub(super) ready: &'static str,
}

/// Tenants are few and named by the platform team, so that their name may be a label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct CapacityLabels {
    pub(super) tenant: String,
    pub(super) share: CapacityShare,
}

/// Likewise.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct TenantLabels {
    pub(super) tenant: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct BuildLabels {
    pub(super) version: &'static str,
}
