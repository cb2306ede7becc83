//! Slots of an owner (R17): the operator's own token and one spare for overlap are kept; the rest
//! is for resources.
use super::ledger::{Entry, Ledger};
use super::listing::Listing;

/// Kept free so that a rotation never has to delete first.
const SPARE: usize = 1;

/// The use of the owner's slots.
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
    let (mut ours, mut others) = (ledger.entries.len(), 0);
    for token in &listing.tokens {
        // Counted among the entries already.
        if ledger.entry(&token.id).is_some() {
            continue;
        }
        match token.ours {
            Some(_) => ours += 1,
            None => others += 1,
        }
    }
    // What a rotation under way uses is the spare itself: it is not kept free a second time.
    let in_use = ledger.entries.iter().filter(|entry| uses_spare(ledger, entry)).count();
    let spare = SPARE.saturating_sub(in_use);
    Capacity { limit, ours, others, free: limit.saturating_sub(ours + others + spare) }
}

/// The token is the second one that its resource has while it is rotated.
pub(super) fn uses_spare(ledger: &Ledger, entry: &Entry) -> bool {
    entry.is_retired() || (entry.is_prepared() && ledger.current(&entry.uid).is_some())
}
