//! The material of a status: the resource, its ledger, and what its owner's pass met.
use crate::api::PersonalAccessToken;
use crate::api::conditions::{Reason, lasting};
use crate::lifecycle::grants::Denial;
use crate::lifecycle::ledger::{Entry, Ledger, Millis, Resource};
use crate::lifecycle::publish::Publication;

/// A word for machines and a sentence for people, which says the same for as long as the matter
/// lasts; what differs from reply to reply is for the log. `stalled`: only a person can help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Stable word.
    pub reason: Reason,
    /// A sentence for people: what is the case, with which object, and what to do.
    pub message: String,
    /// Only a change by a person helps.
    pub stalled: bool,
    /// The moment of the next try, by ISC's time.
    pub retry_at: Option<Millis>,
}

impl Note {
    /// Only a change by a person helps.
    pub fn stalled(reason: Reason, message: String) -> Self {
        Self { reason, message: lasting(&message), stalled: true, retry_at: None }
    }

    /// It passes, or the operator is at work on it.
    pub fn waiting(reason: Reason, message: String) -> Self {
        Self { reason, message: lasting(&message), stalled: false, retry_at: None }
    }
}

/// The result of the trial of a published credential, while ISC refuses the operator's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial<'a> {
    /// This process has not tried it.
    None,
    /// ISC accepts it.
    Accepted,
    /// ISC refuses it too, and says why.
    Refused(&'a str),
}

/// Everything that a status tells.
pub struct View<'a> {
    /// The resource.
    pub token: &'a PersonalAccessToken,
    /// The ledger of its owner, if there is one.
    pub ledger: Option<&'a Ledger>,
    /// Installation tag.
    pub installation: &'a str,
    /// The reason for which it may not have a token.
    pub denial: Option<&'a Denial>,
    /// The trouble that keeps its owner or Tenant from working.
    pub trouble: Option<&'a Note>,
    /// The obstacle that keeps this resource waiting.
    pub obstacle: Option<&'a Note>,
    /// The longest overlap that its Tenant allows, in seconds.
    pub longest_overlap: u64,
    /// The last use of its replaced token that ISC saw.
    pub last_used: Option<Millis>,
    /// The trial of the credential that the Secret holds.
    pub trial: Trial<'a>,
    /// The Secret.
    pub publication: Publication,
}

impl<'a> View<'a> {
    /// The uid of the resource.
    pub(super) fn uid(&self) -> &'a str {
        self.token.metadata.uid.as_deref().unwrap_or_default()
    }

    /// The overlap in force, in seconds.
    pub(super) fn overlap(&self) -> u64 {
        self.token.overlap().min(self.longest_overlap)
    }

    /// The record of the resource in the ledger.
    pub(super) fn resource(&self) -> Option<&'a Resource> {
        self.ledger?.resource(self.uid())
    }

    /// Its deletion leaves token and Secret behind, as far as is decided.
    pub(super) fn retains(&self) -> bool {
        match self.resource() {
            Some(resource) if resource.deleting => resource.retain,
            Some(_) | None => self.token.retains(),
        }
    }

    /// The token that the Secret should hold.
    pub(super) fn current(&self) -> Option<&'a Entry> {
        self.ledger?.current(self.uid())
    }

    /// The token that the Secret holds.
    pub(super) fn published(&self) -> Option<&'a Entry> {
        match self.publication {
            Publication::Published => self.current(),
            Publication::Nothing
            | Publication::Taken
            | Publication::Locked
            | Publication::Refused(_) => None,
        }
    }

    /// The trouble of its owner or Tenant, to be added to another message.
    pub(super) fn trouble_too(&self) -> String {
        match self.trouble {
            Some(trouble) => format!("; {}", trouble.message),
            None => String::new(),
        }
    }
}
