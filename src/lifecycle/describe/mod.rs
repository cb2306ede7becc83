//! What a resource shows: conditions and status, as a pure function of the ledger and of what its owner's pass met.
mod conditions;
pub mod credential;
mod rotation;

use jiff::Timestamp;

use super::grants::Denial;
use super::ledger::{Entry, Ledger, Millis};
use super::upkeep::full_name;
use crate::api::conditions::merge;
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

/// What a trial of a published credential came to, while ISC refuses the operator's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial<'a> {
    /// This process has not tried it.
    None,
    /// ISC accepts it.
    Accepted,
    /// ISC refuses it too, and says why.
    Refused(&'a str),
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
    /// When ISC last saw its replaced token used.
    pub last_used: Option<Millis>,
    /// The trial of the credential that the Secret holds.
    pub trial: Trial<'a>,
    /// The Secret.
    pub publication: Publication,
}

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

/// A time of ISC as people write it.
pub fn stamp(millis: Millis) -> String {
    let seconds = Timestamp::from_second(millis.div_euclid(1_000));
    seconds.map(|stamp| stamp.to_string()).unwrap_or_default()
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

fn duration(seconds: u64) -> String {
    match seconds {
        hours if hours % 3_600 == 0 => format!("{}h", hours / 3_600),
        minutes if minutes % 60 == 0 => format!("{}m", minutes / 60),
        seconds => format!("{seconds}s"),
    }
}
