//! Slots of an owner (R17): the operator's own token and one spare for overlap are kept; the rest is for resources.
use super::ledger::{Entry, Ledger, State};
use super::listing::Listing;

/// Kept free so that a rotation never has to delete first.
const SPARE: usize = 1;

/// How the owner's tokens are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Capacity {
    /// Most tokens the owner may have.
    pub limit: usize,
    /// Tokens that this ledger records or made.
    pub ours: usize,
    /// All others, the operator's own among them.
    pub others: usize,
    /// Tokens that can still be minted, the spare not counted.
    pub free: usize,
}

impl Capacity {
    /// Tokens that can still be minted, the spare counted: for a rotation.
    pub fn room(self) -> usize {
        self.limit.saturating_sub(self.ours + self.others)
    }
}

/// Counts what LIST shows and what was recorded since.
pub fn of(ledger: &Ledger, listing: &Listing) -> Capacity {
    let limit = ledger.endpoint.tokens_per_user as usize;
    let others = listing.tokens.iter().filter(|t| t.ours.is_none() && ledger.entry(&t.id).is_none()).count();
    let unrecorded = listing.tokens.iter().filter(|t| t.ours.is_some() && ledger.entry(&t.id).is_none()).count();
    let ours = ledger.entries.len() + unrecorded;
    // What a rotation under way uses is the spare itself: it is not kept free a second time.
    let spare = SPARE.saturating_sub(ledger.entries.iter().filter(|entry| uses_spare(ledger, entry)).count());
    Capacity { limit, ours, others, free: limit.saturating_sub(ours + others + spare) }
}

/// Whether the token is the one that its resource has more while it is rotated.
pub(super) fn uses_spare(ledger: &Ledger, entry: &Entry) -> bool {
    entry.state == State::Retired || entry.state == State::Prepared && ledger.current(&entry.uid).is_some()
}
