//! Time travel (R11, R13): a ledger that lost what happened since a backup, and current tokens that
//! ISC lost.
use super::facts::{Admission, Declared, Facts};
use super::ledger::{TokenSpec, Uid, scopes};
use super::listing::Listing;
use super::mint;
use super::secret::{Held, Holds};
use super::step::{Adoption, Call, Look, Record, Step};
use super::token_name;

/// Answers the questions that unknown pairs in Secrets raise. All Secrets are read before the LIST
/// that judges them, so that many questions cost one.
pub(super) fn answer(facts: &Facts<'_>) -> Option<Step> {
    for uid in facts.questions {
        if may_ask(facts, uid) && facts.secret(uid).is_none() {
            return Some(Step::Look(Look::ReadSecret(uid.clone())));
        }
    }
    facts.declared.keys().find_map(|uid| answer_for(facts, uid))
}

/// The resource may have a lost token: the ledger knows it, or would have given it one. Otherwise
/// whoever may create resources could fill the ledger with answers.
fn may_ask(facts: &Facts<'_>, uid: &Uid) -> bool {
    let Some(declared) = facts.undeleted(uid) else { return false };
    if !declared.finalizer || facts.ledger.is_deleting(uid) {
        return false;
    }
    let is_admitted = declared.admission == Admission::Admitted && facts.ledger.has_room_for(uid);
    is_admitted || facts.ledger.resource(uid).is_some()
}

fn answer_for(facts: &Facts<'_>, uid: &Uid) -> Option<Step> {
    if !may_ask(facts, uid) {
        return None;
    }
    let declared = facts.declared.get(uid)?;
    let held = question(facts, uid)?;
    let listing = facts.listing?;
    // R13 wants a LIST of at most 60 s ago, and one that is younger than the pair.
    let is_younger = facts.secret(uid).is_some_and(|seen| seen.listed);
    if !is_younger || !mint::is_good(facts, listing) {
        return Some(Step::Look(Look::List));
    }
    Some(match adoption(facts, declared, uid, held, listing) {
        Some(adoption) => Step::Call(Call::Adopt(adoption)),
        None => Step::Record(Record::Refuse {
            uid: uid.clone(),
            place: mint::place(declared, None),
            digest: held.digest(),
        }),
    })
}

/// The pair in the resource's Secret, if the ledger does not know it and it claims to be newer than
/// what the ledger knows. The claim only raises the question; LIST and ISC answer it.
fn question<'a>(facts: &Facts<'a>, uid: &str) -> Option<&'a Held> {
    let seen = facts.secret(uid)?;
    let held = seen.held.as_ref()?;
    let is_own = matches!(seen.holds, Holds::Ours | Holds::Locked);
    if !is_own || !facts.ledger.is_open(uid, held) {
        return None;
    }
    Some(held)
}

/// Genuine is what LIST shows under our name for this very resource, with a long life: a
/// provisional token was never recorded and so never published.
fn adoption(
    facts: &Facts<'_>,
    declared: &Declared,
    uid: &Uid,
    held: &Held,
    listing: &Listing,
) -> Option<Adoption> {
    let token = listing.token(&held.id)?;
    let part = token.ours.as_ref()?;
    let is_genuine = part.resource == token_name::tag(uid) && !token.provisional && !token.managed;
    if !is_genuine || !is_lost(facts, uid, part.n) {
        return None;
    }
    Some(Adoption {
        uid: uid.clone(),
        place: mint::place(declared, None),
        held: held.clone(),
        n: part.n,
        // No expiry, or an unreadable one: with 0 a renewal follows at once (R16).
        expires: token.expires.unwrap_or(0),
        applied: TokenSpec {
            name: token_name::display(&token.name).into(),
            // ISC does not show them: an empty list differs from every spec, and a PATCH follows.
            scopes: token.scopes.clone().unwrap_or_else(|| scopes(Vec::<String>::new())),
            // LIST shows no validity: with that of the spec no rotation follows for nothing (R17).
            validity_seconds: declared.wanted.validity_seconds,
        },
    })
}

/// The ledger has lost the token of this number, which is the one in its name and not the claim.
fn is_lost(facts: &Facts<'_>, uid: &str, n: u64) -> bool {
    let is_recorded = facts.ledger.entries.iter().any(|entry| entry.n == n);
    facts.ledger.may_have_lost(uid, Some(n)) && !is_recorded
}

/// R11: a current token that two LISTs lack is gone only if ISC refuses its credential too.
pub(super) fn verify(facts: &Facts<'_>) -> Option<Step> {
    let listing = facts.listing?;
    for entry in listing.misses(facts.ledger, facts.timings) {
        let is_missed_twice =
            listing.missed_before.contains(&entry.id) && !facts.alive.contains(&entry.id);
        if is_missed_twice && !facts.is_set_aside(&entry.id) && facts.has_waited(&entry.uid) {
            return Some(Step::Call(Call::Verify(entry.id.clone())));
        }
    }
    None
}

/// A second LIST is wanted soon, because the last one lacks a current token.
pub(super) fn suspects_loss(facts: &Facts<'_>) -> bool {
    let Some(listing) = facts.listing else { return false };
    listing
        .misses(facts.ledger, facts.timings)
        .any(|entry| !listing.missed_before.contains(&entry.id))
}
