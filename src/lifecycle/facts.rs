//! Everything a decision may look at, read in the order that the protocol wants: now, ledger,
//! resources, LIST, Secrets.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use super::declared::{Admission, Declared, Rotation, Trigger};
use super::ledger::{Ledger, Millis, TokenId, Uid, Unresolved};
use super::listing::{Listed, Listing};
use super::secret::SecretSeen;
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
    /// Live reads of recorded resources that the watch does not show (R12).
    pub sightings: &'a BTreeMap<Uid, Sighting>,
    /// The last reliable LIST (R11).
    pub listing: Option<&'a Listing>,
    /// Tokens whose DELETE ISC confirmed to this pass.
    pub destroyed: &'a BTreeSet<TokenId>,
    /// Live reads of Secrets by this pass.
    pub secrets: &'a BTreeMap<Uid, SecretSeen>,
    /// Resources whose Secret was seen to hold a pair that the ledger does not know (R13).
    pub questions: &'a BTreeSet<Uid>,
    /// Tokens whose credential ISC accepted in this pass although LIST lacks them.
    pub alive: &'a BTreeSet<TokenId>,
    /// Tokens with which ISC did not do its part a moment ago: others go first.
    pub set_aside: &'a BTreeSet<TokenId>,
    /// Namespaces in which a resource was not as it must be right before its POST: others go first.
    pub unsteady: &'a BTreeSet<Arc<str>>,
    /// The attempt that this pass itself made and has not finished.
    pub executing: Option<Executing>,
    /// New tokens may be made for this owner.
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

/// The attempt of this pass, and how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Executing {
    /// Nonce of the attempt.
    pub nonce: u64,
    /// The last thing that happened since its intent.
    pub stage: Stage,
}

/// Stages of the pass's own attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// The intent is recorded.
    Intended,
    /// A live read showed the resource with its finalizer and not being deleted (R14).
    Confirmed,
    /// A live read showed that the resource is gone or being deleted: nothing is sent.
    Withdrawn,
    /// The live read failed, or the process is to end: nothing is sent.
    Unread,
    /// ISC answered 400 or 422, which count as a refusal only after a LIST (R3).
    Doubted,
}

/// The live reads of a recorded resource that the watch does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sighting {
    /// It is there: the watch is late.
    Alive,
    /// It was not there at these times of ISC.
    Absent {
        /// The first time.
        first: Millis,
        /// The last time.
        last: Millis,
    },
}

impl<'a> Facts<'a> {
    /// ISC's time in milliseconds.
    pub fn ms(&self) -> Option<Millis> {
        self.now.map(|now| now.ms)
    }

    /// The live read of the resource's Secret by this pass.
    pub fn secret(&self, uid: &str) -> Option<&'a SecretSeen> {
        self.secrets.get(uid)
    }

    /// The same, if the read was made since the resource's deletion was recorded (R12).
    pub fn secret_since_deletion(&self, uid: &str) -> Option<&'a SecretSeen> {
        self.secret(uid).filter(|seen| seen.deleting)
    }

    /// The resource as last read, if it is not being deleted.
    pub fn undeleted(&self, uid: &str) -> Option<&'a Declared> {
        self.declared.get(uid).filter(|declared| !declared.deleting)
    }

    /// ISC did not do its part with the token a moment ago: others go first.
    pub fn is_set_aside(&self, id: &str) -> bool {
        self.set_aside.contains(id)
    }

    /// The resource's back-off is over (R7), or longer than any: then a wrong clock recorded it
    /// (R20).
    pub fn has_waited(&self, uid: &str) -> bool {
        let until = self.ledger.resource(uid).map_or(0, |resource| resource.not_before);
        if until == 0 {
            return true;
        }
        let Some(now) = self.ms() else { return false };
        now >= until || until - now > 2 * self.timings.backoff_max
    }

    /// A recorded moment is past for certain: two replies of ISC agree on the time (R20).
    pub fn is_past(&self, moment: Millis) -> bool {
        match self.now {
            Some(now) => now.consistent && now.ms >= moment,
            None => false,
        }
    }

    /// A fenced attempt that expires then can no longer take effect (R2).
    pub fn is_final(&self, expiry: Millis) -> bool {
        self.is_past(expiry + self.timings.list_lag + 1)
    }

    /// The attempt that a fence left behind, as long as it may still take effect (R2).
    pub fn unresolved(&self) -> Option<&'a Unresolved> {
        self.ledger.unresolved.as_ref().filter(|left| !self.is_final(left.expiry))
    }

    /// The request, if its time has come.
    pub fn due<'t>(&self, trigger: Option<&'t Trigger>) -> Option<&'t Trigger> {
        let trigger = trigger?;
        if self.ms()? < trigger.at {
            return None;
        }
        Some(trigger)
    }

    /// Our tokens in LIST that were never recorded and never can be (R6).
    pub fn orphans(&self) -> impl Iterator<Item = (&'a Listed, &'a MachinePart)> {
        let ledger = self.ledger;
        let listings = self.listing.into_iter();
        listings.flat_map(move |listing| {
            listing.tokens.iter().filter_map(move |token| orphan(token, listing, ledger))
        })
    }

    /// LIST shows one of our tokens that has to be swept first.
    pub fn has_orphans(&self) -> bool {
        self.orphans().next().is_some()
    }

    /// A token was destroyed after the LIST at hand began.
    pub fn destroyed_since_list(&self) -> bool {
        self.listing.is_some_and(|listing| !self.destroyed.is_subset(&listing.after))
    }
}

/// The ledger that was read before LIST judges its number: one that was recorded meanwhile is no
/// orphan.
fn orphan<'a>(
    token: &'a Listed,
    listing: &Listing,
    ledger: &Ledger,
) -> Option<(&'a Listed, &'a MachinePart)> {
    let part = token.ours.as_ref()?;
    let is_unrecorded = listing.read_with.is_spent(part.n) && ledger.entry(&token.id).is_none();
    if !is_unrecorded || !token.provisional || token.managed {
        return None;
    }
    Some((token, part))
}
