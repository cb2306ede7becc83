//! What a status is made from: the resource, its ledger, and what its owner's pass met.
use crate::api::PersonalAccessToken;
use crate::lifecycle::grants::Denial;
use crate::lifecycle::ledger::{Ledger, Millis};

/// A word for machines and a sentence for people; `stalled`: only a person can help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Stable word.
    pub reason: &'static str,
    /// What is the case, with which object, and what to do.
    pub message: String,
    /// Only a change by a person helps.
    pub stalled: bool,
    /// When the operator tries again, by ISC's time.
    pub retry_at: Option<Millis>,
}

/// The published Secret as the token controller left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Publication {
    /// It holds the current credential.
    Published,
    /// There is nothing to publish yet.
    Nothing,
    /// Its name belongs to something else.
    Taken,
    /// The API server will not have it: a quota, an admission policy, or the operator's rights. It says why.
    Refused(String),
}

/// What a trial of a published credential came to, while ISC refuses the operator's own.
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
    /// Why it may not have a token.
    pub denial: Option<&'a Denial>,
    /// What keeps its owner or Tenant from working.
    pub trouble: Option<&'a Note>,
    /// What keeps this resource waiting.
    pub obstacle: Option<&'a Note>,
    /// When ISC last saw its replaced token used.
    pub last_used: Option<Millis>,
    /// The trial of the credential that the Secret holds.
    pub trial: Trial<'a>,
    /// The Secret.
    pub publication: Publication,
}
