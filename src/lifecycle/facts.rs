//! Everything a decision may look at, read in the order that the protocol wants: now, ledger, resources, LIST, Secrets.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ledger::{Applied, Ledger, Millis, Scopes, TokenId, Uid};
use super::listing::{Listed, Listing};
use super::timings::Timings;
use super::token_name::MachinePart;

/// The input of [`super::step`].
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// ISC's time, if a reply of the last 60 s told it (R20).
    pub now: Option<Now>,
    /// The ledger as last read or written by this pass.
    pub ledger: &'a Ledger,
    /// The custom resources of the Tenant, read after the ledger.
    pub declared: &'a BTreeMap<Uid, Declared>,
    /// Resources that are gone without the operator's consent, by two live reads (R12).
    pub vanished: &'a BTreeSet<Uid>,
    /// The last reliable LIST (R11).
    pub listing: Option<&'a Listing>,
    /// Tokens whose DELETE ISC confirmed to this pass.
    pub destroyed: &'a BTreeSet<TokenId>,
    /// Live reads of Secrets by this pass.
    pub secrets: &'a BTreeMap<Uid, SecretSeen>,
    /// The attempt that this pass itself made and has not finished.
    pub executing: Option<Executing>,
    /// Whether new tokens may be made for this owner at all.
    pub may_mint: bool,
    /// Identifier of the installation, as a tag.
    pub installation: &'a str,
    /// Durations.
    pub timings: &'a Timings,
    /// Fresh randomness for an attempt.
    pub nonce: u64,
}

/// ISC's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Now {
    /// Milliseconds since the Unix epoch.
    pub ms: Millis,
    /// Two replies agree on it (R20): only then may finality be judged.
    pub consistent: bool,
}

/// How far this pass is with its own attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Executing {
    /// Nonce of the attempt.
    pub nonce: u64,
    /// What happened since its intent.
    pub stage: Stage,
}

/// Stages of one's own attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// The intent is recorded.
    Intended,
    /// A live read showed the resource with its finalizer and not being deleted (R14).
    Confirmed,
    /// A live read showed that the resource is gone or being deleted: nothing is sent.
    Withdrawn,
    /// ISC answered 400, which counts as a refusal only after a sweep (R3).
    Doubted,
}

/// A custom resource as last read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Declared {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// Whether it carries the operator's finalizer.
    pub finalizer: bool,
    /// Whether it may have a token.
    pub admission: Admission,
    /// Nothing is minted or changed.
    pub suspended: bool,
    /// What its token should be.
    pub wanted: Applied,
    /// The Secret to publish in.
    pub secret: Arc<str>,
}

/// Whether a resource may have a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Admission {
    /// It may.
    Admitted,
    /// Its Tenant does not grant it: a live token is left to its end.
    NotGranted,
    /// Its spec is refused, or there is nobody to ask: a live token is kept as it is.
    Refused,
}

/// The published Secret by a live read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SecretSeen {
    /// What is there.
    pub holds: Holds,
    /// The ledger that this pass knew then said that the resource is being deleted.
    pub deleting: bool,
}

/// Who has the Secret's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holds {
    /// Nobody.
    Absent,
    /// The resource itself.
    Ours,
    /// Anybody else: never written, never deleted (P6).
    Foreign,
}

impl Facts<'_> {
    /// ISC's time in milliseconds.
    pub fn ms(&self) -> Option<Millis> {
        self.now.map(|now| now.ms)
    }

    /// Whether the fenced attempt can no longer take effect (R2).
    pub fn is_final(&self, expiry: Millis) -> bool {
        self.now.is_some_and(|now| now.consistent && now.ms > expiry + millis(self.timings.list_lag))
    }

    /// Tokens of ours in LIST that were never recorded and never can be (R6).
    pub fn orphans(&self) -> impl Iterator<Item = (&Listed, &MachinePart)> {
        let listing = self.listing;
        listing.into_iter().flat_map(|listing| &listing.tokens).filter_map(move |token| {
            let part = token.ours.as_ref()?;
            let retired = listing.is_some_and(|listing| listing.read_with.is_retired_number(part.n));
            (retired && token.provisional && !token.managed && self.ledger.entry(&token.id).is_none())
                .then_some((token, part))
        })
    }

    /// Whether a token was destroyed after the LIST at hand began.
    pub fn destroyed_since_list(&self) -> bool {
        self.listing.is_some_and(|listing| self.destroyed.iter().any(|id| !listing.after.contains(id)))
    }
}

/// Whether all wanted scopes are in what an access token carries.
pub fn missing_scopes(wanted: &Scopes, effective: &[String]) -> Scopes {
    wanted.iter().filter(|scope| !effective.contains(scope)).cloned().collect()
}

/// A duration in the unit of ISC's time.
pub fn millis(duration: std::time::Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}
