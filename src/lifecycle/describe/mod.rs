//! The conditions and status of a resource, as a pure function of the ledger and of what its
//! owner's pass met.
mod conditions;
pub mod credential;
mod rotation;
mod view;
mod worth;
mod written;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

pub use self::view::{Note, Trial, View};
use self::written::duration;
pub use self::written::stamp;
use super::publish::Publication;
use super::upkeep::full_name;
use crate::api::conditions::merge;
use crate::api::personal_access_token::{CurrentToken, Effective};
use crate::api::{PersonalAccessToken, PersonalAccessTokenStatus};

/// The status that the resource should have.
pub fn status(view: &View<'_>, now: Timestamp) -> PersonalAccessTokenStatus {
    let token = view.token;
    let generation = token.metadata.generation;
    let wanted = conditions::of(view, now.as_millisecond());
    let mut status = PersonalAccessTokenStatus {
        observed_generation: generation,
        conditions: merge(shown_before(token), &wanted, generation, now),
        previous: rotation::previous(view),
        current: current_token(view),
        effective: Some(effective(view)),
        ..PersonalAccessTokenStatus::default()
    };
    if let Some(entry) = view.current() {
        status.next_rotation = rotation::next(token, entry).map(stamp);
    }
    if let Some(resource) = view.resource() {
        status.last_rotation = resource.rotated_at.map(stamp);
        status.last_handled = rotation::last_handled(resource);
        if resource.failures > 0 {
            status.failures = Some(resource.failures);
            status.retry_at = Some(stamp(resource.not_before));
        }
    }
    if view.publication == Publication::Published {
        status.secret = Some(token.secret_name().into());
    }
    status
}

/// The status of a resource whose ledger cannot be read: whether its credential lives is unknown.
pub fn frozen(
    token: &PersonalAccessToken,
    note: &Note,
    now: Timestamp,
) -> PersonalAccessTokenStatus {
    let old = token.status.clone().unwrap_or_default();
    let generation = token.metadata.generation;
    let conditions = merge(&old.conditions, &conditions::frozen(note), generation, now);
    PersonalAccessTokenStatus { observed_generation: generation, conditions, ..old }
}

fn shown_before(token: &PersonalAccessToken) -> &[Condition] {
    match &token.status {
        Some(status) => &status.conditions,
        None => &[],
    }
}

fn current_token(view: &View<'_>) -> Option<CurrentToken> {
    let entry = view.current()?;
    Some(CurrentToken {
        client_id: entry.id.to_string(),
        name: full_name(view.ledger?, view.installation, &entry.uid, entry.n, &entry.applied.name),
        issued_at: stamp(entry.created_at),
        expires_at: stamp(entry.expires_at),
        scopes: entry.applied.scopes.to_vec(),
    })
}

/// The spec with the defaults in it.
fn effective(view: &View<'_>) -> Effective {
    let token = view.token;
    Effective {
        access_token_validity: duration(token.validity_seconds().into()),
        format: token.secret_format(),
        overlap: Some(duration(view.overlap())),
        reclaim_policy: token.spec.reclaim_policy.unwrap_or_default(),
    }
}
