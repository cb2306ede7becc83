//! One line of the log for each transition of a Ready condition, so that a log at `info` says what
//! happened to whom.
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::api::conditions::{READY, Reason, find};

/// Logs the transition from the old conditions to the new ones, if Ready has another status or
/// reason. `object`: kind and name.
pub fn log(object: &str, old: &[Condition], new: &[Condition]) {
    let Some(now) = find(new, READY) else { return };
    if find(old, READY)
        .is_some_and(|before| before.status == now.status && before.reason == now.reason)
    {
        return;
    }
    let (status, reason, message) = (&now.status, &now.reason, &now.message);
    if Reason::is_quiet_word(reason) {
        tracing::info!(object, ready = status, reason, why = message, "Ready changed");
    } else {
        tracing::warn!(object, ready = status, reason, why = message, "Ready changed");
    }
}
