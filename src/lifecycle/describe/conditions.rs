//! The conditions of a resource: what is the case, what keeps it waiting, and what its scopes are worth.
use super::{Note, Publication, View, stamp};
use crate::api::conditions::{READY, RECONCILING, SCOPES_EFFECTIVE, STALLED, Wanted};
use crate::api::names::{ANNOTATION_REVOKE, ANNOTATION_ROTATE};
use crate::lifecycle::grants::{Denial, NOT_GRANTED, SECRET_CONFLICT};
use crate::lifecycle::ledger::{Entry, scopes};

/// The conditions that the resource should have.
pub(super) fn of(view: &View<'_>, current: Option<&Entry>) -> Vec<Wanted> {
    let wanted = |kind, status, reason, message: String| Wanted { kind, status, reason, message };
    let live = current.filter(|_| view.publication == Publication::Published);
    let note = waiting(view);
    let mut all = Vec::new();
    match (live, &note) {
        (Some(entry), None) => {
            let applied = applied(view, entry);
            let message = format!("Secret {:?} holds a credential that ISC accepted", view.token.secret_name());
            all.push(wanted(READY, Some(true), "Published", message));
            if !applied {
                let message = "name or scopes differ from the spec and are being changed in ISC".into();
                all.push(wanted(RECONCILING, Some(true), "Changing", message));
            }
        }
        (Some(entry), Some(note)) => {
            let until =
                if note.reason == NOT_GRANTED { format!(" until {}", stamp(entry.expires_at)) } else { String::new() };
            let message =
                format!("Secret {:?} holds a live credential{until}; {}", view.token.secret_name(), note.message);
            all.push(wanted(READY, Some(true), note.reason, message));
        }
        (None, Some(note)) => all.push(wanted(READY, Some(false), note.reason, note.message.clone())),
        (None, None) => {
            let message = "a token is being minted in ISC".to_owned();
            all.push(wanted(READY, Some(false), "Minting", message.clone()));
            all.push(wanted(RECONCILING, Some(true), "Minting", message));
        }
    }
    if let Some(note) = &note {
        let kind = if note.stalled { STALLED } else { RECONCILING };
        if live.is_none() || note.stalled {
            all.push(wanted(kind, Some(true), note.reason, note.message.clone()));
        }
    }
    all.extend(live.and_then(scopes_effective));
    all
}

/// The conditions of a resource of which nothing is known.
pub(super) fn frozen(note: &Note) -> Vec<Wanted> {
    let wanted = |kind, status| Wanted { kind, status, reason: note.reason, message: note.message.clone() };
    vec![wanted(READY, None), wanted(STALLED, Some(true))]
}

/// What keeps the resource from being as declared: its own fault first, then its owner's.
fn waiting(view: &View<'_>) -> Option<Note> {
    if view.token.metadata.deletion_timestamp.is_some() {
        let doing = if view.token.retains() {
            "token and Secret are being released, to stay as they are"
        } else {
            "the tokens of this resource are being revoked in ISC"
        };
        let trouble = view.trouble.map(|trouble| format!("; {}", trouble.message)).unwrap_or_default();
        let message = format!("{doing}{trouble}");
        return Some(Note { reason: "Revoking", message, stalled: false, retry_at: None });
    }
    let denial = |denial: &Denial| Note {
        reason: denial.reason,
        message: denial.message.clone(),
        stalled: true,
        retry_at: None,
    };
    let suspended = || {
        let message = "spec.suspend is true: nothing is minted, rotated or changed; set it to false to go on".into();
        Note { reason: "Suspended", message, stalled: false, retry_at: None }
    };
    unpublished(view)
        .or_else(|| view.denial.map(denial))
        .or_else(|| misread(view))
        .or_else(|| (view.token.spec.suspend == Some(true)).then(suspended))
        .or_else(|| view.trouble.cloned())
        .or_else(|| view.obstacle.cloned())
}

/// A request that is none.
fn misread(view: &View<'_>) -> Option<Note> {
    let wrong = |annotation| view.token.trigger(annotation)?.err();
    let wrong = wrong(ANNOTATION_REVOKE).or_else(|| wrong(ANNOTATION_ROTATE))?;
    Some(Note { reason: "InvalidRequest", message: wrong.to_string(), stalled: false, retry_at: None })
}

/// Why the Secret cannot be what it should.
fn unpublished(view: &View<'_>) -> Option<Note> {
    let secret = view.token.secret_name();
    let (reason, message) = match &view.publication {
        Publication::Published | Publication::Nothing => return None,
        Publication::Taken => (
            SECRET_CONFLICT,
            format!(
                "Secret {secret:?} exists and is not of this resource; delete it, or create this one anew with another spec.secret.name"
            ),
        ),
        Publication::Refused(why) => (
            "SecretRefused",
            format!(
                "the API server refuses Secret {secret:?}: {why}; change the quota, admission policy or right that refuses it, and the operator publishes by itself"
            ),
        ),
    };
    Some(Note { reason, message, stalled: true, retry_at: None })
}

fn applied(view: &View<'_>, entry: &Entry) -> bool {
    entry.applied.scopes == scopes(view.token.spec.scopes.iter().cloned())
        && *entry.applied.name == *view.token.display_name()
}

fn scopes_effective(entry: &Entry) -> Option<Wanted> {
    let wanted = |status, reason, message| Some(Wanted { kind: SCOPES_EFFECTIVE, status, reason, message });
    match &entry.missing_scopes {
        None => wanted(
            None,
            "Propagating",
            "ISC needs up to 20 minutes until changed scopes reach new access tokens".into(),
        ),
        Some(missing) if missing.is_empty() => {
            wanted(Some(true), "Verified", "an access token carries every scope".into())
        }
        Some(missing) => wanted(
            Some(false),
            "ScopesWithoutEffect",
            format!(
                "an access token does not carry {}; does the scope exist, and is the user level of the token's owner high enough?",
                missing.join(", ")
            ),
        ),
    }
}
