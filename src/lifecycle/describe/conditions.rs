//! The conditions of a resource: what is the case, and what keeps it waiting.
use super::view::{Note, Trial, View};
use super::worth::{nerm_accepted, scopes_effective};
use super::written::stamp;
use crate::api::conditions::{ConditionSpec, READY, RECONCILING, Reason, STALLED, find};
use crate::api::names::{ANNOTATION_REVOKE, ANNOTATION_ROTATE};
use crate::lifecycle::ledger::{Entry, Millis, scopes};
use crate::lifecycle::publish::Publication;

/// The conditions that the resource should have. `now`: the local time, since nothing may be called
/// live past its end although ISC cannot be asked.
pub(super) fn of(view: &View<'_>, now: Millis) -> Vec<ConditionSpec> {
    let wanted =
        |kind, status, reason, message: String| ConditionSpec { kind, status, reason, message };
    let published = view.published();
    let dead = published.and_then(|entry| dead(view, entry, now));
    let (live, note) = match dead {
        Some(note) => (None, Some(note)),
        None => (published, waiting(view)),
    };
    let mut all = Vec::new();
    match (live, &note) {
        (Some(entry), None) => {
            let applied = applied(view, entry);
            let message = format!(
                "Secret {:?} holds a credential that ISC accepted",
                view.token.secret_name()
            );
            all.push(wanted(READY, Some(true), Reason::Published, message));
            if !applied {
                let message =
                    "the operator is changing name or scopes in ISC to match the spec".into();
                all.push(wanted(RECONCILING, Some(true), Reason::Changing, message));
            }
        }
        // A live credential keeps Ready True, whatever else waits: workloads can use it.
        (Some(entry), Some(note)) => {
            // The operator does not renew what is not granted, so that the end is worth showing.
            let until = if note.reason == Reason::NotGranted {
                format!(" until {}", stamp(entry.expires_at))
            } else {
                String::new()
            };
            let message = format!(
                "Secret {:?} holds a live credential{until}; {}",
                view.token.secret_name(),
                note.message
            );
            all.push(wanted(READY, Some(true), note.reason, message));
        }
        (None, Some(note)) => {
            all.push(wanted(READY, Some(false), note.reason, note.message.clone()));
        }
        (None, None) => {
            let message = "the operator is minting a token in ISC".to_owned();
            all.push(wanted(READY, Some(false), Reason::Minting, message.clone()));
            all.push(wanted(RECONCILING, Some(true), Reason::Minting, message));
        }
    }
    if let Some(note) = note
        && (live.is_none() || note.stalled)
    {
        let kind = if note.stalled { STALLED } else { RECONCILING };
        all.push(wanted(kind, Some(true), note.reason, note.message));
    }
    if let Some(entry) = live {
        all.push(scopes_effective(entry));
        all.extend(nerm_accepted(view, entry));
    }
    all
}

/// The reason for which the credential in the Secret is of no use any more.
fn dead(view: &View<'_>, entry: &Entry, now: Millis) -> Option<Note> {
    let secret = view.token.secret_name();
    let trouble = view.trouble_too();
    if entry.expires_at <= now {
        let message = format!(
            "the credential in Secret {secret:?} expired at {}{trouble}",
            stamp(entry.expires_at)
        );
        return Some(Note::waiting(Reason::Expired, message));
    }
    let why = match view.trial {
        Trial::Refused(why) => why,
        Trial::Accepted => return None,
        Trial::None => return refused_before(view, entry),
    };
    // That the Tenant's own credential is refused is said already.
    let is_said = view.trouble.is_some_and(|trouble| trouble.reason == Reason::CredentialRefused);
    let trouble = if is_said { "" } else { &trouble };
    let message = format!(
        "ISC refuses the credential in Secret {secret:?} ({why}) and the one of Tenant {:?}; enable the ISC user, or put the credential of a live token into the Tenant's seed Secret{trouble}",
        view.token.spec.tenant_ref.name
    );
    Some(Note::stalled(Reason::PublishedRefused, message))
}

/// The verdict of another process holds until this one has tried the credential too, or all is
/// well.
fn refused_before(view: &View<'_>, entry: &Entry) -> Option<Note> {
    let (Some(old), Some(_)) = (&view.token.status, view.trouble) else { return None };
    if *old.current.as_ref()?.client_id != *entry.id {
        return None;
    }
    let shown = find(&old.conditions, READY)?;
    if shown.reason != Reason::PublishedRefused.as_str() {
        return None;
    }
    Some(Note::stalled(Reason::PublishedRefused, shown.message.clone()))
}

/// The conditions of a resource of which nothing is known.
pub(super) fn frozen(note: &Note) -> Vec<ConditionSpec> {
    let wanted = |kind, status| ConditionSpec {
        kind,
        status,
        reason: note.reason,
        message: note.message.clone(),
    };
    vec![wanted(READY, None), wanted(STALLED, Some(true))]
}

/// The reason for which the resource is not as declared: its own fault first, then its owner's.
fn waiting(view: &View<'_>) -> Option<Note> {
    if view.token.metadata.deletion_timestamp.is_some() {
        let (reason, doing) = if view.retains() {
            (
                Reason::Releasing,
                "the operator is letting go of token and Secret, which keep working: it renames the token in ISC, waits up to some minutes until ISC shows the new name, and takes its marks off the Secret",
            )
        } else {
            (Reason::Revoking, "the operator is revoking the tokens of this resource in ISC")
        };
        return Some(Note::waiting(reason, format!("{doing}{}", view.trouble_too())));
    }
    if let Some(note) = unpublished(view) {
        return Some(note);
    }
    if let Some(denial) = view.denial {
        return Some(Note::stalled(denial.reason, denial.message.clone()));
    }
    if let Some(note) = misread(view) {
        return Some(note);
    }
    if view.token.spec.suspend == Some(true) {
        let message = "spec.suspend is true: the operator does not mint, rotate or change the token; set it to false to continue";
        return Some(Note::waiting(Reason::Suspended, message.into()));
    }
    view.trouble.or(view.obstacle).cloned()
}

/// A request that is none.
fn misread(view: &View<'_>) -> Option<Note> {
    for annotation in [ANNOTATION_REVOKE, ANNOTATION_ROTATE] {
        if let Some(Err(wrong)) = view.token.trigger(annotation) {
            return Some(Note::waiting(Reason::InvalidRequest, wrong.to_string()));
        }
    }
    None
}

/// The reason for which the Secret cannot be written.
fn unpublished(view: &View<'_>) -> Option<Note> {
    let secret = view.token.secret_name();
    let (reason, message) = match &view.publication {
        Publication::Published | Publication::Nothing => return None,
        Publication::Taken => (
            Reason::SecretConflict,
            format!(
                "Secret {secret:?} exists and does not belong to this resource; delete that Secret, or delete this resource and create it again with another spec.secret.name"
            ),
        ),
        Publication::Locked => (
            Reason::SecretRefused,
            format!(
                "Secret {secret:?} is immutable and does not hold the current credential; delete that Secret: the operator creates it again with the current credential"
            ),
        ),
        Publication::Refused(why) => (
            Reason::SecretRefused,
            format!(
                "the API server refuses Secret {secret:?}: {why}; change the quota, admission policy or right that refuses it; the operator then publishes without help"
            ),
        ),
    };
    Some(Note::stalled(reason, message))
}

fn applied(view: &View<'_>, entry: &Entry) -> bool {
    entry.applied.scopes == scopes(view.token.spec.scopes.iter().cloned())
        && *entry.applied.name == *view.token.display_name()
}
