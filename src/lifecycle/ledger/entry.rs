//! A recorded token, from its first moment to its tomb.
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::attempt::TokenSpec;
use super::terms::{Millis, Scopes, TokenId, Uid};
use crate::credential::Credential;
use crate::redacted::Redacted;

/// The stages in the life of a recorded token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum State {
    /// Recorded with its client secret; expiry still provisional.
    Prepared,
    /// Long-lived, accepted by ISC: the one to publish.
    Current,
    /// Replaced by a newer one, and alive until its overlap is over (R9).
    Retired,
    /// Left to its user for good (`reclaimPolicy: Retain`); never deleted.
    Released,
    /// To be destroyed; never becomes anything else.
    Tomb,
}

/// A recorded token.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Number of the attempt that made it.
    pub n: u64,
    /// Client ID.
    pub id: TokenId,
    /// The resource it belongs to.
    pub uid: Uid,
    /// The stage of its life.
    pub state: State,
    /// Client secret; stored under a data key of its own.
    #[serde(skip)]
    pub client_secret: Redacted,
    /// The moment at which the POST was answered.
    pub created_at: Millis,
    /// The moment at which ISC will delete it by itself.
    pub expires_at: Millis,
    /// The token as ISC was last told that it should be.
    pub applied: TokenSpec,
    /// The moment at which its scopes were last told.
    pub applied_at: Millis,
    /// The moment at which anything of it was last told; LIST may show what was before for the
    /// length of its lag.
    #[serde(default)]
    pub changed_at: Millis,
    /// Scopes missing from an access token; `None`: not known since `applied_at`.
    pub missing_scopes: Option<Scopes>,
    /// The last look at an access token that did not find all; `None`: it carries all, or none
    /// since `applied_at`.
    #[serde(default)]
    pub looked_at: Option<Millis>,
    /// Looks in a row that did not find all of them.
    #[serde(default)]
    pub looks: u32,
    /// The last trial of its access tokens by NERM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nerm: Option<NermTrial>,
    /// The moment at which the owner controller saw the Secret hold it; recorded while an older one
    /// is retired (R8).
    #[serde(default)]
    pub published_at: Option<Millis>,
    /// The rotate request that it answers.
    #[serde(default)]
    pub answers: Option<Arc<str>>,
    /// A released token: ISC took the name that it is left with.
    #[serde(default)]
    pub renamed: bool,
    /// The life that ISC gave it when it gave less than it was asked for.
    #[serde(default)]
    pub longest: Option<Millis>,
    /// Fields of a newer version, kept as they are.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, serde_json::Value>,
}

impl Entry {
    /// A token that was just made, before anything else is known of it.
    pub fn new(
        n: u64,
        credential: Credential,
        uid: Uid,
        expires_at: Millis,
        applied: TokenSpec,
        now: Millis,
    ) -> Self {
        Self {
            n,
            id: credential.client_id,
            uid,
            state: State::Prepared,
            client_secret: credential.client_secret,
            created_at: now,
            expires_at,
            applied,
            applied_at: now,
            changed_at: now,
            missing_scopes: None,
            looked_at: None,
            looks: 0,
            nerm: None,
            published_at: None,
            answers: None,
            renamed: false,
            longest: None,
            unknown: BTreeMap::new(),
        }
    }

    /// Recorded, and not extended yet.
    pub fn is_prepared(&self) -> bool {
        self.state == State::Prepared
    }

    /// The one to publish.
    pub fn is_current(&self) -> bool {
        self.state == State::Current
    }

    /// Replaced by a newer one.
    pub fn is_retired(&self) -> bool {
        self.state == State::Retired
    }

    /// Left to its user.
    pub fn is_released(&self) -> bool {
        self.state == State::Released
    }

    /// To be destroyed.
    pub fn is_condemned(&self) -> bool {
        self.state == State::Tomb
    }

    /// Neither condemned nor left to its user: the operator answers for it.
    pub fn is_live(&self) -> bool {
        match self.state {
            State::Prepared | State::Current | State::Retired => true,
            State::Released | State::Tomb => false,
        }
    }

    /// An access token was seen to carry every scope since they were last told.
    pub fn carries_all_scopes(&self) -> bool {
        self.missing_scopes.as_ref().is_some_and(|missing| missing.is_empty())
    }

    /// Its last trial against the NERM at this URL.
    pub fn trial_at(&self, url: &str) -> Option<&NermTrial> {
        self.nerm.as_ref().filter(|trial| *trial.url == *url)
    }
}

/// The last trial of a credential against NERM.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NermTrial {
    /// Base URL of the NERM that was asked.
    pub url: Arc<str>,
    /// Its moment.
    pub at: Millis,
    /// Trials in a row that it did not accept.
    pub tries: u32,
    /// Its result.
    pub verdict: NermVerdict,
}

/// NERM's verdict on a credential.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NermVerdict {
    /// It takes its access tokens.
    Accepted,
    /// It refuses them, for this cause.
    Refused(Arc<str>),
    /// NERM did not say, for this cause.
    Unknown(Arc<str>),
}
