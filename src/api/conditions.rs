//! Conditions in the form that `kubectl wait`, Argo CD and Flux understand (kstatus).
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// Ready: the Secret holds a live credential that ISC accepted; of a Tenant: tokens can be minted.
pub const READY: &str = "Ready";
/// Present and True while the operator works towards the spec.
pub const RECONCILING: &str = "Reconciling";
/// Present and True while only a person can help.
pub const STALLED: &str = "Stalled";
/// Whether the scopes give the rights that they name.
pub const SCOPES_EFFECTIVE: &str = "ScopesEffective";
/// Whether NERM takes access tokens got with the credential; present while the Tenant has a nermUrl.
pub const NERM_ACCEPTED: &str = "NermAccepted";
/// Of a Tenant, present and True while its credential expires within 30 days.
pub const CREDENTIAL_EXPIRES: &str = "CredentialExpires";
/// Of a Tenant, present and True while another copy of this operator seems to mint for the same user.
pub const CLONE_SUSPECTED: &str = "CloneSuspected";

/// A condition without its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Type.
    pub kind: &'static str,
    /// `Some(true)`: True, `Some(false)`: False, `None`: Unknown.
    pub status: Option<bool>,
    /// Stable word for machines.
    pub reason: &'static str,
    /// Sentence for people: what is the case, with which object, and what to do.
    pub message: String,
}

/// The wanted conditions; the transition time of an old one is kept while its status stays.
pub fn merge(old: &[Condition], wanted: &[Wanted], generation: Option<i64>, now: Timestamp) -> Vec<Condition> {
    wanted
        .iter()
        .map(|wanted| {
            let status = match wanted.status {
                Some(true) => "True",
                Some(false) => "False",
                None => "Unknown",
            };
            let kept = old.iter().find(|old| old.type_ == wanted.kind && old.status == status);
            Condition {
                type_: wanted.kind.into(),
                status: status.into(),
                reason: wanted.reason.into(),
                message: wanted.message.clone(),
                observed_generation: generation,
                last_transition_time: kept.map_or(Time(now), |old| old.last_transition_time.clone()),
            }
        })
        .collect()
}

/// The status of a condition, `None` if it is absent.
pub fn is_true(conditions: &[Condition], kind: &str) -> Option<bool> {
    conditions.iter().find(|condition| condition.type_ == kind).map(|condition| condition.status == "True")
}
