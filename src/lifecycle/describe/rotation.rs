//! The rotations of a resource, as its status shows them.
use super::view::View;
use super::written::stamp;
use crate::api::PersonalAccessToken;
use crate::api::personal_access_token::{LastHandled, PreviousToken};
use crate::lifecycle::ledger::{Entry, Millis, Resource};
use crate::lifecycle::rotate;

/// The token that was replaced last and still lives.
pub(super) fn previous(view: &View<'_>) -> Option<PreviousToken> {
    let entry = view.ledger?.retired(view.uid()).last()?;
    Some(PreviousToken {
        client_id: entry.id.to_string(),
        revoke_after: overlap_end(view).map(stamp),
        last_used: view.last_used.map(stamp),
    })
}

fn overlap_end(view: &View<'_>) -> Option<Millis> {
    let published = view.current()?.published_at?;
    Some(published + milliseconds(view.overlap()))
}

/// The moment at which the schedule replaces the token.
pub(super) fn next(token: &PersonalAccessToken, entry: &Entry) -> Option<Millis> {
    let every = milliseconds(token.rotation_every()?);
    rotate::due(entry, Some(every))
}

/// The requests that were acted on.
pub(super) fn last_handled(resource: &Resource) -> Option<LastHandled> {
    if resource.rotated.is_none() && resource.revoked.is_none() {
        return None;
    }
    Some(LastHandled {
        rotate: owned(resource.rotated.as_deref()),
        revoke: owned(resource.revoked.as_deref()),
    })
}

fn owned(text: Option<&str>) -> Option<String> {
    Some(text?.to_owned())
}

fn milliseconds(seconds: u64) -> Millis {
    match Millis::try_from(seconds) {
        Ok(seconds) => seconds.saturating_mul(1_000),
        // Half of the range: added to a time it must not overflow.
        Err(_) => Millis::MAX / 2,
    }
}
