//! What a resource shows: conditions and status, as a pure function of the ledger and of what its owner's pass met.
use jiff::Timestamp;

use super::grants::Denial;
use super::ledger::{Entry, Ledger, Millis};
use super::upkeep::full_name;
use crate::api::conditions::{READY, RECONCILING, SCOPES_EFFECTIVE, STALLED, Wanted, merge};
use crate::api::personal_access_token::{CurrentToken, Effective};
use crate::api::{PersonalAccessToken, PersonalAccessTokenStatus};

/// A word for machines and a sentence for people; `stalled`: only a person can help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Stable word.
    pub reason: &'static str,
    /// What is the case, with which object, and what to do.
    pub message: String,
    /// Only a change by a person helps.
    pub stalled: bool,
    /// When the operator tries again, by ISC's time.
    pub retry_at: Option<Millis>,
}

/// The published Secret as the token controller left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Publication {
    /// It holds the current credential.
    Published,
    /// There is nothing to publish yet.
    Nothing,
    /// Its name belongs to something else.
    Taken,
    /// The API server will not have it: a quota, an admission policy, or the operator's rights. It says why.
    Refused(String),
}

/// Everything that a status tells.
pub struct View<'a> {
    /// The resource.
    pub token: &'a PersonalAccessToken,
    /// The ledger of its owner, if there is one.
    pub ledger: Option<&'a Ledger>,
    /// Installation tag.
    pub installation: &'a str,
    /// Why it may not have a token.
    pub denial: Option<&'a Denial>,
    /// What keeps its owner or Tenant from working.
    pub trouble: Option<&'a Note>,
    /// What keeps this resource waiting.
    pub obstacle: Option<&'a Note>,
    /// The Secret.
    pub publication: Publication,
}

/// The status that the resource should have.
pub fn status(view: &View<'_>, now: Timestamp) -> PersonalAccessTokenStatus {
    let token = view.token;
    let uid = token.metadata.uid.as_deref().unwrap_or_default();
    let old = token.status.as_ref().map_or(&[][..], |status| &status.conditions);
    let current = view.ledger.and_then(|ledger| ledger.current(uid));
    let resource = view.ledger.and_then(|ledger| ledger.resources.get(uid)).filter(|resource| resource.failures > 0);
    let generation = token.metadata.generation;
    PersonalAccessTokenStatus {
        observed_generation: generation,
        conditions: merge(old, &conditions(view, current), generation, now),
        previous: None,
        next_rotation: None,
        last_rotation: None,
        last_handled: None,
        current: view.ledger.zip(current).map(|(ledger, entry)| current_token(view, ledger, entry)),
        effective: Some(Effective {
            access_token_validity: duration(token.validity_seconds()),
            format: token.secret_format(),
            overlap: None,
            reclaim_policy: token.spec.reclaim_policy.unwrap_or_default(),
        }),
        secret: (view.publication == Publication::Published).then(|| token.secret_name().into()),
        failures: resource.map(|resource| resource.failures),
        retry_at: resource.map(|resource| stamp(resource.not_before)),
    }
}

/// A time of ISC as people write it.
pub fn stamp(millis: Millis) -> String {
    let seconds = Timestamp::from_second(millis.div_euclid(1_000));
    seconds.map(|stamp| stamp.to_string()).unwrap_or_default()
}

fn conditions(view: &View<'_>, current: Option<&Entry>) -> Vec<Wanted> {
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
        (Some(_), Some(note)) => {
            let message = format!("Secret {:?} holds a live credential; {}", view.token.secret_name(), note.message);
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

/// What keeps the resource from being as declared: its own fault first, then its owner's.
fn waiting(view: &View<'_>) -> Option<Note> {
    if view.token.metadata.deletion_timestamp.is_some() {
        let message = match view.trouble {
            Some(trouble) => format!("the tokens of this resource are being revoked; {}", trouble.message),
            None => "the tokens of this resource are being revoked in ISC".into(),
        };
        return Some(Note { reason: "Revoking", message, stalled: false, retry_at: None });
    }
    let denial = |denial: &Denial| Note {
        reason: denial.reason,
        message: denial.message.clone(),
        stalled: true,
        retry_at: None,
    };
    let suspended = || {
        let message = "spec.suspend is true: nothing is minted or changed; set it to false to go on".into();
        Note { reason: "Suspended", message, stalled: false, retry_at: None }
    };
    unpublished(view)
        .or_else(|| view.denial.map(denial))
        .or_else(|| (view.token.spec.suspend == Some(true)).then(suspended))
        .or_else(|| view.trouble.cloned())
        .or_else(|| view.obstacle.cloned())
}

/// Why the Secret cannot be what it should.
fn unpublished(view: &View<'_>) -> Option<Note> {
    let secret = view.token.secret_name();
    let (reason, message) = match &view.publication {
        Publication::Published | Publication::Nothing => return None,
        Publication::Taken => (
            super::grants::SECRET_CONFLICT,
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
    entry.applied.scopes == super::ledger::scopes(view.token.spec.scopes.iter().cloned())
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

fn current_token(view: &View<'_>, ledger: &Ledger, entry: &Entry) -> CurrentToken {
    CurrentToken {
        client_id: entry.id.to_string(),
        name: full_name(ledger, view.installation, &entry.uid, entry.n, &entry.applied.name),
        issued_at: stamp(entry.created_at),
        expires_at: stamp(entry.expires_at),
        scopes: entry.applied.scopes.to_vec(),
    }
}

fn duration(seconds: u32) -> String {
    match seconds {
        hours if hours % 3_600 == 0 => format!("{}h", hours / 3_600),
        minutes if minutes % 60 == 0 => format!("{}m", minutes / 60),
        seconds => format!("{seconds}s"),
    }
}
