//! What a resource shows: conditions and status, as a pure function of the ledger and of what its owner's pass met.
mod conditions;
pub mod credential;
mod rotation;
mod view;
mod written;

use jiff::Timestamp;

pub use self::view::{Note, Publication, Trial, View};
use self::written::duration;
pub use self::written::stamp;
use super::ledger::{Entry, Ledger};
use super::upkeep::full_name;
use crate::api::conditions::merge;
use crate::api::personal_access_token::{CurrentToken, Effective};
use crate::api::{PersonalAccessToken, PersonalAccessTokenStatus};

/// The status that the resource should have.
pub fn status(view: &View<'_>, now: Timestamp) -> PersonalAccessTokenStatus {
    let token = view.token;
    let uid = token.metadata.uid.as_deref().unwrap_or_default();
    let old = token.status.as_ref().map_or(&[][..], |status| &status.conditions);
    let current = view.ledger.and_then(|ledger| ledger.current(uid));
    let known = view.ledger.and_then(|ledger| ledger.resources.get(uid));
    let resource = known.filter(|resource| resource.failures > 0);
    let generation = token.metadata.generation;
    PersonalAccessTokenStatus {
        observed_generation: generation,
        conditions: merge(old, &conditions::of(view, current, now.as_millisecond()), generation, now),
        previous: view.ledger.and_then(|ledger| rotation::previous(view, ledger, uid)),
        next_rotation: current.and_then(|entry| rotation::next(token, entry)).map(stamp),
        last_rotation: known.and_then(|resource| resource.rotated_at).map(stamp),
        last_handled: known.and_then(rotation::last_handled),
        current: view.ledger.zip(current).map(|(ledger, entry)| current_token(view, ledger, entry)),
        effective: Some(Effective {
            access_token_validity: duration(token.validity_seconds().into()),
            format: token.secret_format(),
            overlap: Some(duration(token.overlap())),
            reclaim_policy: token.spec.reclaim_policy.unwrap_or_default(),
        }),
        secret: (view.publication == Publication::Published).then(|| token.secret_name().into()),
        failures: resource.map(|resource| resource.failures),
        retry_at: resource.map(|resource| stamp(resource.not_before)),
    }
}

/// The status of a resource whose ledger cannot be read: whether its credential lives is unknown.
pub fn frozen(token: &PersonalAccessToken, note: &Note, now: Timestamp) -> PersonalAccessTokenStatus {
    let old = token.status.clone().unwrap_or_default();
    let generation = token.metadata.generation;
    let conditions = merge(&old.conditions, &conditions::frozen(note), generation, now);
    PersonalAccessTokenStatus { observed_generation: generation, conditions, ..old }
}

fn current_token(view: &View<'_>, ledger: &Ledger, entry: &Entry) -> CurrentToken {
    CurrentToken {
        client_id: entry.id.to_string(),
        name: full_name(ledger, view.installation, &entry.uid, entry.n, &entry.applied.name),
        issued_at: stamp(entry.created_at),
        expires_at: stamp(entry.expires_at),
        scopes: entry.applied.scopes.to_vec(),
    }
}
