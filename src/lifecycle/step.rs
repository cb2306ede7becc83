//! `step`: from what is known to the one thing to do next. Order: one's own attempt > destroy > finish >
//! time travel > first mint > rotate > upkeep.
use std::sync::Arc;

pub use super::plan::{Adoption, Extension, Resourceful};

use super::facts::{Executing, Facts, Stage, millis};
use super::ledger::{Applied, Attempt, Entry, Millis, Scopes, State, TokenId, Uid};
use super::{destroy, mint, release, rotate, travel, upkeep};

/// One effect, or one ledger write without an effect.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Read LIST.
    List,
    /// Read the resource's Secret live.
    ReadSecret(Uid),
    /// Read the resource live before its POST (R14).
    Confirm(Uid),
    /// Read a recorded resource live that the watch does not show (R12).
    LookFor(Uid),
    /// Record that the resource is being deleted; fences its own attempt (R12).
    MarkDeleting {
        /// The resource.
        uid: Uid,
        /// Token and Secret are left to the user.
        retain: bool,
    },
    /// Record a revoke request and condemn all tokens of the resource (R18).
    Revoke {
        /// The resource.
        uid: Uid,
        /// The request.
        request: Arc<str>,
    },
    /// Condemn all tokens of the resource (R12).
    TombAll(Uid),
    /// Leave the token that the Secret holds to its user, and condemn the others (R12).
    Release {
        /// The resource.
        uid: Uid,
        /// Client ID.
        id: TokenId,
    },
    /// PATCH the name of a released token out of the operator's name space (R12).
    Rename {
        /// Client ID.
        id: TokenId,
        /// The name it is left with.
        name: String,
    },
    /// Take the operator's marks off the Secret of a released token (R12).
    Strip(Uid),
    /// DELETE a condemned token (R9, R10).
    Delete(TokenId),
    /// Forget condemned tokens that LIST no longer shows, and released ones that are no longer ours (R9).
    Drop(Vec<TokenId>),
    /// Forget a deleted resource of which nothing is left (R12).
    Finish(Uid),
    /// Give up an attempt that is not one's own (R5).
    Fence,
    /// DELETE a token that was never recorded (R6).
    Sweep {
        /// Client ID.
        id: TokenId,
        /// Number in its name.
        n: u64,
    },
    /// LIST shows numbers of ours above the ledger's: raise it (R13).
    Raise(u64),
    /// Take over the pair that the Secret holds and the ledger lost, if ISC accepts it (R13).
    Adopt(Adoption),
    /// Record that the unknown pair in the Secret is not the resource's (R13).
    Refuse {
        /// The resource.
        uid: Uid,
        /// Where it is.
        place: Resourceful,
        /// What stands for the pair.
        digest: Arc<str>,
    },
    /// Try the credential of a current token that two LISTs lacked (R11).
    Verify(TokenId),
    /// Record an intent (R1).
    Intent(Attempt, Resourceful),
    /// POST the attempt, and beside it extend the one before (R3, R4).
    Post {
        /// The attempt.
        attempt: Attempt,
        /// The prepared token to extend meanwhile.
        extend: Option<Extension>,
        /// The intent that rides on the commit.
        then: Option<(Attempt, Resourceful)>,
    },
    /// ISC's 400 or 422 was confirmed by a LIST without the token: a refusal (R3).
    Refused(Attempt),
    /// PATCH the expiry to its long value and verify the credential (R7).
    Extend(Extension),
    /// Record that the Secret holds this credential (R8).
    RecordPublished(TokenId),
    /// Condemn the replaced tokens of a resource whose overlap is over (R9).
    Retire(Uid),
    /// PATCH name or scopes (R22).
    Apply {
        /// Client ID.
        id: TokenId,
        /// The full name in ISC, if it differs.
        name: Option<String>,
        /// The scopes, if they differ.
        scopes: Option<Scopes>,
        /// What it is then.
        wanted: Applied,
    },
    /// PATCH the expiry ahead (R16).
    Renew {
        /// Client ID.
        id: TokenId,
        /// The new expiry.
        until: Millis,
    },
    /// Try the credential against NERM.
    TryNerm {
        /// Client ID.
        id: TokenId,
        /// Base URL of NERM.
        url: Arc<str>,
    },
    /// Ask which scopes a new access token really carries.
    CheckScopes {
        /// Client ID.
        id: TokenId,
        /// What it should carry.
        wanted: Scopes,
    },
}

impl Step {
    /// The token that it asks ISC to change, delete or accept.
    pub fn token(&self) -> Option<&TokenId> {
        match self {
            Self::Delete(id) | Self::Verify(id) => Some(id),
            Self::Sweep { id, .. } | Self::Apply { id, .. } | Self::Renew { id, .. } => Some(id),
            Self::CheckScopes { id, .. } | Self::TryNerm { id, .. } | Self::Rename { id, .. } => Some(id),
            Self::Extend(extension) => Some(&extension.id),
            _ => None,
        }
    }
}

/// The next step, or `None` when nothing is to be done now.
pub fn step(facts: &Facts<'_>) -> Option<Step> {
    own_attempt(facts)
        .or_else(|| destroy::record(facts))
        .or_else(|| fence(facts))
        .or_else(|| look(facts))
        .or_else(|| destroy::carry_out(facts))
        .or_else(|| release::carry_out(facts))
        .or_else(|| sweep(facts))
        .or_else(|| raise(facts))
        .or_else(|| extend(facts).map(Step::Extend))
        .or_else(|| destroy::read(facts))
        .or_else(|| travel::resolve(facts))
        .or_else(|| upkeep::rescue(facts))
        .or_else(|| rotate::retire(facts))
        .or_else(|| mint::intend(facts))
        .or_else(|| rotate::intend(facts))
        .or_else(|| upkeep::keep(facts))
        .or_else(|| destroy::vanished(facts))
}

/// The prepared token whose life is extended next (R7).
pub(super) fn extend(facts: &Facts<'_>) -> Option<Extension> {
    let now = facts.ms()?;
    let wanted = |uid: &Uid| facts.ledger.resources.get(uid).is_some_and(|resource| !resource.deleting);
    let due = |entry: &&Entry| entry.state == State::Prepared && !facts.set_aside.contains(&entry.id);
    let entry = facts.ledger.entries.iter().filter(due).find(|entry| wanted(&entry.uid))?;
    Some(Extension { id: entry.id.clone(), until: now + upkeep::long_life(facts, &entry.uid) })
}

fn own_attempt(facts: &Facts<'_>) -> Option<Step> {
    let executing = facts.executing?;
    let attempt = facts.ledger.pending.clone().filter(|pending| pending.nonce == executing.nonce)?;
    match executing.stage {
        Stage::Intended => Some(Step::Confirm(attempt.uid)),
        Stage::Withdrawn => Some(Step::Fence),
        Stage::Confirmed => Some(mint::read_next(facts).unwrap_or_else(|| mint::post(facts, attempt))),
        Stage::Doubted => Some(doubt(facts, attempt)),
    }
}

/// A 400 or 422 is a refusal only when a LIST that began after it shows no such token (R3).
fn doubt(facts: &Facts<'_>, attempt: Attempt) -> Step {
    match facts.listing.filter(|listing| listing.doubted == Some(attempt.nonce)) {
        None => Step::List,
        Some(listing) if listing.tokens.iter().any(|token| token.ours.as_ref().is_some_and(|p| p.n == attempt.n)) => {
            Step::Fence
        }
        Some(_) => Step::Refused(attempt),
    }
}

fn fence(facts: &Facts<'_>) -> Option<Step> {
    let pending = facts.ledger.pending.as_ref()?;
    let own = |executing: &Executing| executing.nonce == pending.nonce;
    (!facts.executing.as_ref().is_some_and(own)).then_some(Step::Fence)
}

/// Nothing is decided on without a LIST that is young enough (R6), nor without ISC's time, which is asked for more
/// often while an attempt waits to become final (R20).
fn look(facts: &Facts<'_>) -> Option<Step> {
    let timings = facts.timings;
    let waits = facts.ledger.unresolved.as_ref().is_some_and(|left| !facts.is_final(left.expiry))
        || rotate::waits_for_clock(facts)
        || travel::suspects_loss(facts);
    // Half, so that each of the passes, which come every `recheck`, does ask.
    let most = if waits { timings.drift_interval.min(timings.recheck / 2) } else { timings.drift_interval };
    let young = facts.listing.is_some_and(|listing| {
        facts.ms().is_some_and(|now| listing.is_younger(millis(most), now))
            && facts.ledger.unresolved.as_ref().is_none_or(|left| listing.read_with.unresolved.as_ref() == Some(left))
    });
    (!young || rotate::wants_list(facts)).then_some(Step::List)
}

fn sweep(facts: &Facts<'_>) -> Option<Step> {
    let due = |id: &TokenId| !facts.destroyed.contains(id) && !facts.set_aside.contains(id);
    let (token, part) = facts.orphans().find(|(token, _)| due(&token.id))?;
    Some(Step::Sweep { id: token.id.clone(), n: part.n })
}

fn raise(facts: &Facts<'_>) -> Option<Step> {
    let seen = facts.listing?.tokens.iter().filter_map(|token| token.ours.as_ref()).map(|part| part.n).max()?;
    (seen >= facts.ledger.next).then_some(Step::Raise(seen.saturating_add(1)))
}
