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
    let mut previous =
        PreviousToken { client_id: entry.id.to_string(), revoke_after: None, last_used: view.last_used.map(stamp) };
    if let Some(current) = view.current()
        && let Some(published) = current.published_at
    {
        previous.revoke_after = Some(stamp(published + milliseconds(view.token.overlap())));
    }
    Some(previous)
}

/// The moment at which the schedule replaces the token.
pub(super) fn next(token: &PersonalAccessToken, entry: &Entry) -> Option<Millis> {
    rotate::due(entry, token.rotation_every().map(milliseconds))
}

/// The requests that were acted on.
pub(super) fn last_handled(resource: &Resource) -> Option<LastHandled> {
    if resource.rotated.is_none() && resource.revoked.is_none() {
        return None;
    }
    let rotate = resource.rotated.as_deref().map(str::to_owned);
    let revoke = resource.revoked.as_deref().map(str::to_owned);
    Some(LastHandled { rotate, revoke })
}

fn milliseconds(seconds: u64) -> Millis {
    match Millis::try_from(seconds) {
        Ok(seconds) => seconds.saturating_mul(1_000),
        Err(_) => Millis::MAX / 2,
    }
}
