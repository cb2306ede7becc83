//! Rotation as users declare it, and the rules that it obeys; `check` holds the same rules in the same words.
use std::ops::{Bound, RangeBounds, RangeFrom, RangeInclusive, RangeToInclusive};

use kube::KubeSchema;
use kube::core::Rule;
use serde::{Deserialize, Serialize};

use crate::api::duration::{Duration, cel};

/// The time for which the old token stays valid when the spec does not say, in seconds.
pub const DEFAULT_OVERLAP_SECONDS: u64 = 86_400;
/// Shortest and longest time from one rotation to the next.
pub const EVERY_SECONDS: RangeInclusive<u64> = 3_600..=31_536_000;
/// Shortest overlap; `every` bounds it above.
pub const OVERLAP_SECONDS: RangeFrom<u64> = 60..;
/// Longest maxOverlap; `overlap` bounds it below.
pub const MAX_OVERLAP_SECONDS: RangeToInclusive<u64> = ..=7_776_000;

/// Remedy for `every`.
pub const EVERY_RANGE: &str = "write a duration from 1h to 365d with one unit, as in 12h or 30d";
/// Remedy for `overlap`.
pub const OVERLAP_RANGE: &str = "write a duration of at least 1m with one unit, as in 15m or 24h";
/// Remedy for `maxOverlap`.
pub const MAX_OVERLAP_RANGE: &str =
    "write a duration of at most 90d with one unit, as in 36h or 7d";
/// Remedy when the next rotation would come too soon after the overlap.
pub const EVERY_TOO_SHORT: &str = "spec.rotation.every is less than twice overlap, which is 24h where it is not written; write a longer every or a shorter overlap, as in every: 24h with overlap: 12h";
/// Remedy when the longest overlap is shorter than the overlap.
pub const MAX_OVERLAP_TOO_SHORT: &str = "spec.rotation.maxOverlap is less than overlap, which is 24h where it is not written; write a longer maxOverlap or a shorter overlap, as in overlap: 12h with maxOverlap: 36h";

/// When the token is replaced by a new one, and how long both are valid.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = at_least("self.every", 2).message(EVERY_TOO_SHORT))]
#[x_kube(validation = at_least("self.maxOverlap", 1).message(MAX_OVERLAP_TOO_SHORT))]
pub struct Rotation {
    /// Time from one rotation to the next, 1h to 365d and at least twice overlap.
    #[x_kube(validation = within(&EVERY_SECONDS).message(EVERY_RANGE))]
    pub every: Duration,

    /// How long the old token stays valid after the new one is published, at least 1m, default 24h; with every below 48h it must be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = within(&OVERLAP_SECONDS).message(OVERLAP_RANGE))]
    pub overlap: Option<Duration>,

    /// While ISC still sees the old token used, how long to wait for its last user, at most 90d. Absent: overlap ends in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = within(&MAX_OVERLAP_SECONDS).message(MAX_OVERLAP_RANGE))]
    pub max_overlap: Option<Duration>,
}

impl Rotation {
    /// The overlap in force, in seconds; `None`: what is written is no duration.
    pub fn overlap_seconds(&self) -> Option<u64> {
        match &self.overlap {
            Some(written) => written.seconds().ok(),
            None => Some(DEFAULT_OVERLAP_SECONDS),
        }
    }
}

/// The field is a duration whose seconds lie in the range, which includes its bounds.
pub fn within(range: &impl RangeBounds<u64>) -> Rule {
    let mut bounds = Vec::new();
    if let Bound::Included(shortest) = range.start_bound() {
        bounds.push(format!("s >= {shortest}"));
    }
    if let Bound::Included(longest) = range.end_bound() {
        bounds.push(format!("s <= {longest}"));
    }
    let (is_duration, seconds) = (cel::is_duration("self"), cel::seconds("self"));
    // CEL has no variables: a list of one element gives the seconds a name.
    Rule::new(format!("{is_duration} && [{seconds}].all(s, {})", bounds.join(" && ")))
}

/// The field, if it is there, is at least so many overlaps long. What is no duration is left to its own rule.
fn at_least(field: &str, overlaps: u64) -> Rule {
    let overlap = format!("has(self.overlap) ? self.overlap : '{DEFAULT_OVERLAP_SECONDS}s'");
    let (is_duration, seconds) = (cel::is_duration("text"), cel::seconds("text"));
    // `two` is the field and the overlap, `s` the seconds of both.
    let are_durations = format!("two.all(text, {is_duration})");
    let is_long_enough = format!("[two.map(text, {seconds})].all(s, s[0] >= {overlaps} * s[1])");
    Rule::new(format!(
        "!has({field}) || [[{field}, {overlap}]].all(two, !{are_durations} || {is_long_enough})"
    ))
}
