//! Checks a PersonalAccessToken.
use std::collections::BTreeMap;
use std::ops::RangeBounds;

use super::form::{
    MAX_LABEL_VALUE, MAX_NAME, MAX_OBJECT_NAME, MAX_SCOPES, MAX_TENANT_NAME, is_display_name,
    is_label_value, is_qualified_name, is_scope,
};
use super::require::{require_object_name, require_set};
use crate::api::duration::Duration;
use crate::api::names;
use crate::api::personal_access_token::rotation::{self, Rotation};
use crate::api::personal_access_token::{PersonalAccessToken, SecretTemplate};

const MAX_PAIRS: usize = 32;
// 32 of these, 4 bytes each, stay below the 256 KiB that Kubernetes allows for all annotations of an object.
const MAX_ANNOTATION_VALUE: usize = 1_024;
const VALIDITY_SECONDS: std::ops::RangeInclusive<u64> = 15..=43_200;

/// Finds what is wrong with a spec, as sentences that say what to write instead.
pub fn problems(token: &PersonalAccessToken) -> Vec<String> {
    let spec = &token.spec;
    let mut found = Vec::new();
    require_object_name(&mut found, "spec.tenantRef.name", &spec.tenant_ref.name, MAX_TENANT_NAME);
    require_set(&mut found, "spec.scopes", &spec.scopes, MAX_SCOPES);
    for scope in spec.scopes.iter().filter(|scope| !is_scope(scope)) {
        found.push(format!(
            "spec.scopes: {scope:?} is not a scope; write it as in \"idn:nelm:manage\""
        ));
    }
    if let Some(name) = &spec.name
        && !is_display_name(name)
    {
        found.push(format!(
            "spec.name {name:?} is not usable; write 1 to {MAX_NAME} printable ASCII characters without blanks at the ends and without \"pat1-\" at the beginning"
        ));
    }
    if let Some(validity) = &spec.access_token_validity {
        match validity.seconds() {
            Ok(seconds) if VALIDITY_SECONDS.contains(&seconds) => {}
            Ok(_) => found.push(format!(
                "spec.accessTokenValidity {validity} is out of range; write 15s to 12h"
            )),
            Err(error) => found.push(format!("spec.accessTokenValidity: {error}")),
        }
    }
    if let Some(rotation) = &spec.rotation {
        check_rotation(&mut found, rotation);
    }
    if let Some(secret) = &spec.secret {
        check_secret(&mut found, secret);
    }
    found
}

fn check_rotation(found: &mut Vec<String>, written: &Rotation) {
    let every = require_within(
        found,
        "every",
        &written.every,
        &rotation::EVERY_SECONDS,
        rotation::EVERY_RANGE,
    );
    if let Some(overlap) = &written.overlap {
        require_within(
            found,
            "overlap",
            overlap,
            &rotation::OVERLAP_SECONDS,
            rotation::OVERLAP_RANGE,
        );
    }
    let longest = match &written.max_overlap {
        Some(longest) => require_within(
            found,
            "maxOverlap",
            longest,
            &rotation::MAX_OVERLAP_SECONDS,
            rotation::MAX_OVERLAP_RANGE,
        ),
        None => None,
    };
    // An overlap that is no duration has its own sentence; there is nothing to compare with.
    let Some(overlap) = written.overlap_seconds() else { return };
    // Twice: while one rotation lives out its overlap, the next needs the spare slot.
    if every.is_some_and(|every| every / 2 < overlap) {
        found.push(rotation::EVERY_TOO_SHORT.into());
    }
    if longest.is_some_and(|longest| longest < overlap) {
        found.push(rotation::MAX_OVERLAP_TOO_SHORT.into());
    }
}

/// The seconds of a duration; it is a problem when they do not lie in the range, or when there are none.
fn require_within(
    found: &mut Vec<String>,
    part: &str,
    text: &Duration,
    range: &impl RangeBounds<u64>,
    remedy: &str,
) -> Option<u64> {
    let seconds = text.seconds().ok();
    let is_within = seconds.is_some_and(|seconds| range.contains(&seconds));
    if !is_within {
        found.push(format!("spec.rotation.{part} {:?}: {remedy}", text.0));
    }
    seconds
}

fn check_secret(found: &mut Vec<String>, secret: &SecretTemplate) {
    if let Some(name) = &secret.name {
        require_object_name(found, "spec.secret.name", name, MAX_OBJECT_NAME);
    }
    check_pairs(found, "spec.secret.labels", secret.labels.as_ref(), MAX_LABEL_VALUE);
    for value in secret.labels.iter().flat_map(BTreeMap::values) {
        if is_label_value(value) {
            continue;
        }
        found.push(format!("spec.secret.labels: {value:?} is not the value of a label; write letters and digits, with - _ . between them"));
    }
    check_pairs(
        found,
        "spec.secret.annotations",
        secret.annotations.as_ref(),
        MAX_ANNOTATION_VALUE,
    );
}

fn check_pairs(
    found: &mut Vec<String>,
    field: &str,
    pairs: Option<&BTreeMap<String, String>>,
    longest: usize,
) {
    let Some(pairs) = pairs else { return };
    if pairs.len() > MAX_PAIRS {
        found.push(format!("{field} has {} entries; write at most {MAX_PAIRS}", pairs.len()));
    }
    for (key, value) in pairs {
        if key.starts_with(names::PREFIX) {
            found.push(format!(
                "{field}: {key:?} is the operator's; use another prefix than {:?}",
                names::PREFIX
            ));
        }
        if !is_qualified_name(key) {
            found.push(format!(
                "{field}: {key:?} is not a key; write it as in \"example.org/team\", without blanks"
            ));
        }
        if value.chars().count() > longest {
            found.push(format!(
                "{field}: the value of {key:?} is longer than {longest} characters; shorten it"
            ));
        }
    }
}
