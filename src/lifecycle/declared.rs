//! A custom resource as decisions see it.
use std::sync::Arc;

use super::ledger::{Millis, TokenSpec};

/// A custom resource as last read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Declared {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// It is being deleted.
    pub deleting: bool,
    /// It carries the operator's finalizer.
    pub finalizer: bool,
    /// The verdict of its Tenant and of the checks of its spec.
    pub admission: Admission,
    /// Nothing is minted or changed.
    pub suspended: bool,
    /// The token that it declares.
    pub wanted: TokenSpec,
    /// The Secret to publish in.
    pub secret: Arc<str>,
    /// The schedule by which its token is replaced, and the overlap.
    pub rotation: Rotation,
    /// The request to rotate.
    pub rotate: Option<Trigger>,
    /// The request to revoke.
    pub revoke: Option<Trigger>,
    /// On deletion token and Secret stay.
    pub retain: bool,
}

impl Declared {
    /// Tokens may be minted for it, as far as it says itself.
    pub fn is_allowed(&self) -> bool {
        self.finalizer && !self.suspended && self.admission == Admission::Admitted
    }
}

/// The schedule by which a token is replaced, and the overlap of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rotation {
    /// Longest time between two; `None`: on request only.
    pub every: Option<Millis>,
    /// The time for which the old credential stays valid after the new one is published.
    pub overlap: Millis,
    /// The longest wait while ISC still sees the old one used.
    pub max_overlap: Option<Millis>,
}

/// A request of a user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Trigger {
    /// As it was written: the same text is the same request.
    pub value: Arc<str>,
    /// Its time; it is acted on once that has come.
    pub at: Millis,
}

/// The permission of a resource to have a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Admission {
    /// It may.
    Admitted,
    /// Its Tenant does not grant it: a live token is left to its end.
    NotGranted,
    /// Its spec is refused, or there is no Tenant to ask: a live token is kept as it is.
    Refused,
}
