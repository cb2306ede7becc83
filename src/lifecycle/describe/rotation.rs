//! What a resource shows of its rotations.
use super::view::View;
use super::written::stamp;
use crate::api::PersonalAccessToken;
use crate::api::personal_access_token::{LastHandled, PreviousToken};
use crate::lifecycle::ledger::{Entry, Ledger, Millis, Resource};
use crate::lifecycle::rotate;

/// The token that was replaced last and still lives.
pub(super) fn previous(view: &View<'_>, ledger: &Ledger, uid: &str) -> Option<PreviousToken> {
    let entry = ledger.retired(uid).last()?;
    let published = ledger.current(uid).and_then(|current| current.published_at);
    Some(PreviousToken {
        client_id: entry.id.to_string(),
        revoke_after: published.map(|at| stamp(at + milliseconds(view.token.overlap()))),
        last_used: view.last_used.map(stamp),
    })
}

/// When the schedule replaces the token.
pub(super) fn next(token: &PersonalAccessToken, entry: &Entry) -> Option<Millis> {
    rotate::due(entry, token.rotation_every().map(milliseconds))
}

/// The requests that were acted on.
pub(super) fn last_handled(resource: &Resource) -> Option<LastHandled> {
    let text = |request: &Option<std::sync::Arc<str>>| request.as_ref().map(ToString::to_string);
    let handled = LastHandled { rotate: text(&resource.rotated), revoke: text(&resource.revoked) };
    (handled != LastHandled::default()).then_some(handled)
}

fn milliseconds(seconds: u64) -> Millis {
    Millis::try_from(seconds).map_or(Millis::MAX / 2, |seconds| seconds.saturating_mul(1_000))
}
