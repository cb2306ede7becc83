//! Conditions in the form that `kubectl wait`, Argo CD and Flux understand (kstatus).
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

pub use super::reason::Reason;

/// Ready: the Secret holds a live credential that ISC accepted; of a Tenant: tokens can be minted.
pub const READY: &str = "Ready";
/// Present and True while the operator works towards the spec.
pub const RECONCILING: &str = "Reconciling";
/// Present and True while only a person can help.
pub const STALLED: &str = "Stalled";
/// The scopes give the rights that they name.
pub const SCOPES_EFFECTIVE: &str = "ScopesEffective";
/// NERM takes access tokens got with the credential; present while the Tenant has a nermUrl.
pub const NERM_ACCEPTED: &str = "NermAccepted";
/// Of a Tenant, present and True while its credential expires within 30 days.
pub const CREDENTIAL_EXPIRES: &str = "CredentialExpires";
/// Of a Tenant, present and True while another copy of this operator seems to mint for the same user.
pub const CLONE_SUSPECTED: &str = "CloneSuspected";

/// A condition without its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionSpec {
    /// Type.
    pub kind: &'static str,
    /// `Some(true)`: True, `Some(false)`: False, `None`: Unknown.
    pub status: Option<bool>,
    /// Stable word for machines.
    pub reason: Reason,
    /// Sentence for people: the state, the object, and the remedy.
    pub message: String,
}

impl ConditionSpec {
    fn status(&self) -> &'static str {
        match self.status {
            Some(true) => "True",
            Some(false) => "False",
            None => "Unknown",
        }
    }

    /// The condition as it is written; `old`: the one of this kind that is there.
    fn written(
        &self,
        old: Option<&Condition>,
        generation: Option<i64>,
        now: Timestamp,
    ) -> Condition {
        let mut condition = Condition {
            type_: self.kind.into(),
            status: self.status().into(),
            reason: self.reason.as_str().into(),
            message: bounded(&lasting(&self.message)),
            observed_generation: generation,
            last_transition_time: Time(now),
        };
        let Some(old) = old else { return condition };
        if old.status != condition.status {
            return condition;
        }
        // kstatus and alerts go by the time of the last change of status, not of the message.
        condition.last_transition_time = old.last_transition_time.clone();
        condition
    }
}

/// The conditions as they are written; the transition time of an old one is kept while its status stays.
pub fn merge(
    old: &[Condition],
    specs: &[ConditionSpec],
    generation: Option<i64>,
    now: Timestamp,
) -> Vec<Condition> {
    let mut merged = Vec::new();
    for spec in specs {
        merged.push(spec.written(find(old, spec.kind), generation, now));
    }
    merged
}

/// The condition of this kind among these.
pub fn find<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.type_ == kind)
}

/// Ready is True among these.
pub fn is_ready(conditions: &[Condition]) -> bool {
    find(conditions, READY).is_some_and(|ready| ready.status == "True")
}

/// Most bytes of a message: the API server takes 1 024 in an event.
const LONGEST_MESSAGE: usize = 1_000;

/// A message that the API server takes. Names that others chose may make one of any length.
pub fn bounded(message: &str) -> String {
    const CUT: &str = "…";
    if message.len() <= LONGEST_MESSAGE {
        return message.to_owned();
    }
    let mut end = LONGEST_MESSAGE - CUT.len();
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{CUT}", &message[..end])
}

/// A message without the tracking ids of the requests that it is about: each reply has another one,
/// and the log tells them. Otherwise a failure that repeats itself would be written each time.
pub fn lasting(message: &str) -> String {
    const MARK: &str = "trackingId ";
    let (mut kept, mut rest) = (String::new(), message);
    while let Some((before, after)) = rest.split_once(MARK) {
        kept.push_str(before.trim_end_matches([' ', ';', ':']));
        let end = after.find([' ', ';', ',', ')']).unwrap_or(after.len());
        rest = &after[end..];
    }
    kept.push_str(rest);
    kept.trim_start_matches([' ', ';']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_any_length_is_cut_between_two_characters() {
        for (message, length) in
            [("a".repeat(1_000), 1_000), ("a".repeat(40_000), 1_000), ("€".repeat(9_999), 999)]
        {
            let spec = ConditionSpec {
                kind: READY,
                status: Some(false),
                reason: Reason::Refused,
                message: message.clone(),
            };
            let written = &merge(&[], &[spec], None, Timestamp::UNIX_EPOCH)[0].message;
            assert_eq!(written.len(), length);
            assert_eq!(written.ends_with('…'), message.len() > 1_000);
            assert_eq!(*written, bounded(&message));
        }
    }

    #[test]
    fn what_is_told_of_a_reply_is_the_same_for_each_reply() {
        for (message, expected) in [
            (
                "ISC failed (status 503): down; trackingId 1f; try again",
                "ISC failed (status 503): down; try again",
            ),
            (
                "ISC failed (status 503): trackingId 1f; try again",
                "ISC failed (status 503); try again",
            ),
            ("no (status 403: x; trackingId 2e); a; trackingId 3d", "no (status 403: x); a"),
            ("trackingId 1f; down", "down"),
            ("trackingId 1f", ""),
            ("down; try again", "down; try again"),
        ] {
            assert_eq!(lasting(message), expected);
            let spec = ConditionSpec {
                kind: READY,
                status: Some(false),
                reason: Reason::IscUnavailable,
                message: message.into(),
            };
            assert_eq!(merge(&[], &[spec], None, Timestamp::UNIX_EPOCH)[0].message, expected);
        }
    }
}
