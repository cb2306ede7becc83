//! Failed calls to ISC, which gave nothing to rely on; every one is safe to try again.
use std::time::Duration;

use thiserror::Error;

/// A failed call. No variant ever holds a secret value.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Failure {
    /// The connection could not be made: nothing was sent.
    #[error("failed to connect to ISC: {0}")]
    Connect(String),
    /// The request may have arrived; there is no usable reply.
    #[error("failed to get a reply from ISC: {0}")]
    NoReply(String),
    /// The reply is not what the API documents.
    #[error("failed to understand the reply of ISC (status {status}): {what}")]
    Malformed {
        /// HTTP status.
        status: u16,
        /// The fault.
        what: String,
    },
    /// The operator's own credential is refused.
    #[error("ISC refuses the operator's credential (status {status}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// ISC's explanation.
        message: String,
    },
    /// ISC knows the caller and does not allow the call (403).
    #[error("ISC does not allow the call (status 403): {0}")]
    Forbidden(String),
    /// Something else than the API of ISC answered; it holds what.
    #[error("spec.apiUrl does not lead to the API of ISC: {0}")]
    Elsewhere(String),
    /// ISC asks to wait.
    #[error("ISC asks to wait {} s (too many requests)", .0.as_secs())]
    Wait(Duration),
    /// ISC failed.
    #[error("ISC failed (status {status}): {message}")]
    Status {
        /// HTTP status.
        status: u16,
        /// ISC's explanation.
        message: String,
    },
    /// The client cannot be made.
    #[error("failed to set up the connection to ISC: {0}")]
    Setup(String),
}

/// Stands for the explanation of a refusal that has none.
pub(super) const UNEXPLAINED: &str = "no explanation given";

impl Failure {
    /// True for a refusal in which ISC says why. Without that it may come from a proxy on the way,
    /// and says nothing against a credential that worked before.
    pub fn is_explained(&self) -> bool {
        match self {
            Self::Refused { message, .. } => message != UNEXPLAINED,
            Self::Connect(_)
            | Self::NoReply(_)
            | Self::Malformed { .. }
            | Self::Forbidden(_)
            | Self::Elsewhere(_)
            | Self::Wait(_)
            | Self::Status { .. }
            | Self::Setup(_) => false,
        }
    }
}
