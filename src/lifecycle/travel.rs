//! Time travel (R11, R13): a ledger that lost what happened since a backup, and current tokens that ISC lost.
use super::facts::{Declared, Facts};
use super::ledger::{TokenSpec, Uid, scopes};
use super::listing::Listed;
use super::mint;
use super::secret::{Held, Holds};
use super::step::{Adoption, Call, Look, Record, Step};
use super::token_name;

/// Answers the questions that unknown pairs in Secrets raise, then looks after current tokens that LIST lacks.
pub(super) fn resolve(facts: &Facts<'_>) -> Option<Step> {
    facts.declared.keys().find_map(|uid| answer(facts, uid)).or_else(|| verify(facts))
}

/// The pair in the resource's Secret, if the ledger does not know it and it claims to be newer than what the ledger
/// knows. The claim only raises the question; LIST and ISC answer it.
fn question<'a>(facts: &'a Facts<'_>, uid: &Uid) -> Option<&'a Held> {
    let seen = facts.secrets.get(uid).filter(|seen| seen.holds == Holds::Ours)?;
    let held = seen.held.as_ref()?;
    facts.ledger.is_open(uid, held).then_some(held)
}

fn answer(facts: &Facts<'_>, uid: &Uid) -> Option<Step> {
    let declared = facts.declared.get(uid).filter(|declared| !declared.deleting && declared.finalizer)?;
    if facts.ledger.resources.get(uid).is_some_and(|resource| resource.deleting) {
        return None;
    }
    if facts.questions.contains(uid) && !facts.secrets.contains_key(uid) {
        return Some(Step::Look(Look::ReadSecret(uid.clone())));
    }
    let held = question(facts, uid)?;
    let listing = facts.listing?;
    if !mint::is_good(facts, listing) {
        return Some(Step::Look(Look::List));
    }
    let token = listing.token(&held.id).filter(|token| is_lost(facts, uid, token));
    let genuine = token.and_then(|token| adoption(declared, uid, held, token));
    Some(genuine.map(|adoption| Step::Call(Call::Adopt(adoption))).unwrap_or_else(|| {
        Step::Record(Record::Refuse { uid: uid.clone(), place: mint::place(declared, None), digest: held.digest() })
    }))
}

/// Whether the ledger has lost the token that LIST shows: by the number in its name, not by the claim.
fn is_lost(facts: &Facts<'_>, uid: &Uid, token: &Listed) -> bool {
    let is_new = |n: u64| facts.ledger.may_have_lost(uid, Some(n)) && facts.ledger.entries.iter().all(|e| e.n != n);
    token.ours.as_ref().is_some_and(|part| is_new(part.n))
}

/// Genuine is what LIST shows under our name for this very resource, with a long life: a provisional token was never
/// recorded and so never published.
fn adoption(declared: &Declared, uid: &Uid, held: &Held, token: &Listed) -> Option<Adoption> {
    let part = token.ours.as_ref().filter(|part| part.resource == token_name::tag(uid))?;
    (!token.provisional && !token.managed).then(|| Adoption {
        uid: uid.clone(),
        place: mint::place(declared, None),
        held: held.clone(),
        n: part.n,
        expires: token.expires.unwrap_or(0),
        applied: TokenSpec {
            name: token_name::display(&token.name).into(),
            scopes: token.scopes.clone().unwrap_or_else(|| scopes(Vec::<String>::new())),
            validity_seconds: declared.wanted.validity_seconds,
        },
    })
}

/// R11: a current token that two LISTs lack is gone only if ISC refuses its credential too.
fn verify(facts: &Facts<'_>) -> Option<Step> {
    let listing = facts.listing?;
    let gone = |id| listing.missed_before.contains(id) && !facts.alive.contains(id) && !facts.set_aside.contains(id);
    let mut lost = listing.misses(facts.ledger, facts.timings).filter(|entry| gone(&entry.id));
    lost.find(|entry| facts.has_waited(&entry.uid)).map(|entry| Step::Call(Call::Verify(entry.id.clone())))
}

/// Whether a second LIST is wanted soon, because the last one lacks a current token.
pub(super) fn suspects_loss(facts: &Facts<'_>) -> bool {
    let Some(listing) = facts.listing else { return false };
    listing.misses(facts.ledger, facts.timings).any(|entry| !listing.missed_before.contains(&entry.id))
}
