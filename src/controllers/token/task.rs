//! One pass over one resource: what all its parts work with, and why it may end early.
use thiserror::Error;

use super::memory::Memory;
use crate::api::PersonalAccessToken;
use crate::controllers::context::Context;
use crate::controllers::subject::Subject;
use crate::kubernetes::ledger_store;

/// A resource, and what a pass over it works with.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// The resource.
    pub token: &'a PersonalAccessToken,
    /// Its identity.
    pub subject: Subject<'a>,
    /// The tools of every pass.
    pub context: &'a Context,
    /// The memory of the loop.
    pub memory: &'a Memory,
}

/// The reason why a pass ended early.
#[derive(Debug, Error)]
pub enum Error {
    /// The API server refused or failed.
    #[error("failed to {action} for PersonalAccessToken {name:?}")]
    Kubernetes {
        /// The attempted action.
        action: &'static str,
        /// `namespace/name`.
        name: String,
        /// The answer of the API server.
        source: kube::Error,
    },
    /// The ledger cannot be read (R15).
    #[error("failed to look up PersonalAccessToken {name:?} in its ledger")]
    Ledger {
        /// `namespace/name`.
        name: String,
        /// The failed read.
        source: ledger_store::Error,
    },
}

impl Task<'_> {
    /// The error of a pass that could not do this.
    pub fn failed(&self, action: &'static str, source: kube::Error) -> Error {
        Error::Kubernetes { action, name: self.subject.to_string(), source }
    }

    /// The error of a pass that could not read a ledger.
    pub fn ledger_failed(&self, source: ledger_store::Error) -> Error {
        Error::Ledger { name: self.subject.to_string(), source }
    }

    /// Has the owner controller look at the resource in a moment.
    pub fn wake_owners(&self) {
        self.context.wake_owners_of(self.subject.tenant);
    }
}
