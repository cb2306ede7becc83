//! The outcomes of steps.
use crate::credential::Credential;
use crate::lifecycle::ledger::{Millis, NermVerdict, Scopes};

/// The outcome of a step; its kind follows from the step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The step is the ledger write itself.
    Decided,
    /// A POST, and the extension beside it.
    Posted {
        /// Reply to the POST.
        post: Posted,
        /// Result of the extension, if there was one and ISC did its part.
        extended: Option<Extended>,
    },
    /// An extension.
    Extended(Extended),
    /// A PATCH of a live token.
    Patched(Patched),
    /// The scopes that an access token lacks; `None`: ISC does not say, or refused to give one.
    Checked(Option<Scopes>),
    /// NERM's verdict on a credential.
    TriedNerm(NermVerdict),
    /// ISC accepts a credential that was in doubt (R11, R13), or does not.
    Verified(bool),
    /// A token is gone.
    Gone,
}

/// Reply to a POST (R3); an unknown one never gets here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Posted {
    /// The token exists.
    Yes {
        /// Its credential.
        credential: Credential,
        /// The expiry that ISC gave it.
        expires_at: Millis,
        /// The moment at which ISC made it, as two witnesses say.
        made_at: Option<Millis>,
    },
    /// It does not, and this POST can no longer take effect. `wait`: at least so long until the
    /// next.
    No {
        /// The wait that ISC asked for with `Retry-After`, in milliseconds.
        wait: Millis,
        /// ISC found something wrong with the request itself (400 or 422).
        is_bad: bool,
    },
}

/// Result of an extension with verification (R7).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Extended {
    /// Long-lived and accepted.
    Yes {
        /// Scopes that its access token lacks; `None`: ISC does not say.
        missing_scopes: Option<Scopes>,
    },
    /// The token is gone, or ISC will not have it.
    No,
    /// Nothing certain: try again.
    Unclear,
}

/// Result of a PATCH of a live token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Patched {
    /// It took effect.
    Yes,
    /// It took effect, but ISC gave no more life than until then.
    Shorter(Millis),
    /// Refused; the token stays as it was.
    No,
}
