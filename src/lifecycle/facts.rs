//! Everything a decision may look at, read in the order that the protocol wants: now, ledger, resources, LIST, Secrets.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ledger::{Applied, Ledger, Millis, Scopes, TokenId, Uid};
use super::timings::Timings;
use super::token_name::{self, MachinePart};

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

/// A reliable LIST (R11).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Listing {
    /// All tokens of the owner.
    pub tokens: Vec<Listed>,
    /// ISC's time when it was answered.
    pub at: Millis,
    /// The ledger as read before this LIST began: it alone judges orphans (R6).
    pub read_with: Arc<Ledger>,
    /// Tokens whose DELETE was confirmed before this LIST began.
    pub after: BTreeSet<TokenId>,
    /// It began after ISC doubted this attempt.
    pub doubted: Option<u64>,
}

/// A token in LIST.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Listed {
    /// Client ID.
    pub id: TokenId,
    /// What its name says if it is of this installation and incarnation.
    pub ours: Option<MachinePart>,
    /// It has the short life of a token that was never recorded.
    pub provisional: bool,
    /// Platform tokens are never touched.
    pub managed: bool,
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

impl Listing {
    /// The listed token with this client ID.
    pub fn token(&self, id: &str) -> Option<&Listed> {
        self.tokens.iter().find(|token| &*token.id == id)
    }
}

/// A token as ISC lists it, before it is judged.
#[derive(Clone, Debug)]
pub struct RawToken<'a> {
    /// Client ID.
    pub id: &'a str,
    /// Name.
    pub name: &'a str,
    /// Identity id of its owner.
    pub owner_id: Option<&'a str>,
    /// Creation time.
    pub created: Option<Millis>,
    /// Expiry; `None`: it never expires.
    pub expires: Option<Millis>,
    /// Platform token.
    pub managed: bool,
}

/// Why a LIST is no information (R11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreliable {
    /// It lists a token of somebody else.
    ForeignOwner,
    /// It lacks the token that the operator itself uses.
    SentinelMissing,
}

/// Judges a LIST (R11) and reads the names in it.
///
/// # Errors
/// A LIST with foreign owners, or without the operator's own token, is an outage and not information.
pub fn judge(
    raw: &[RawToken<'_>],
    ledger: &Ledger,
    sentinel: &str,
    installation: &str,
    timings: &Timings,
) -> Result<Vec<Listed>, Unreliable> {
    if raw.iter().any(|token| token.owner_id != Some(&*ledger.owner.identity_id)) {
        return Err(Unreliable::ForeignOwner);
    }
    if !raw.iter().any(|token| token.id == sentinel) {
        return Err(Unreliable::SentinelMissing);
    }
    let incarnation = token_name::tag(&ledger.incarnation);
    let ours = |name| {
        token_name::parse(name).filter(|part| part.installation == installation && part.incarnation == incarnation)
    };
    let short = |token: &RawToken<'_>| match (token.created, token.expires) {
        (Some(created), Some(expires)) => expires - created <= millis(timings.provisional_max),
        _ => false,
    };
    Ok(raw
        .iter()
        .map(|token| Listed {
            id: token.id.into(),
            ours: ours(token.name),
            provisional: short(token),
            managed: token.managed,
        })
        .collect())
}

/// Whether all wanted scopes are in what an access token carries.
pub fn missing_scopes(wanted: &Scopes, effective: &[String]) -> Scopes {
    wanted.iter().filter(|scope| !effective.contains(scope)).cloned().collect()
}

/// A duration in the unit of ISC's time.
pub fn millis(duration: std::time::Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}
