//! The checks of the CRDs once more: the operator trusts no object, whoever admitted it.
mod form;
mod tenant;

use std::collections::BTreeMap;
use std::ops::RangeBounds;

use super::duration::Duration;
use super::names;
use super::personal_access_token::rotation::{self, Rotation};
use super::personal_access_token::{PersonalAccessToken, SecretTemplate};
use form::{is_display_name, is_label_value, is_object_name, is_qualified_name, is_scope};

pub use tenant::{is_behind_base, tenant_problems};

const MAX_SCOPES: usize = 100;
const MAX_NAME: usize = 64;
const MAX_TENANT_NAME: usize = 63;
const MAX_OBJECT_NAME: usize = 253;
const MAX_PAIRS: usize = 32;
const MAX_LABEL_VALUE: usize = 63;
// 32 of these, 4 bytes each, stay below the 256 KiB that Kubernetes allows for all annotations of an object.
const MAX_ANNOTATION_VALUE: usize = 1_024;
const VALIDITY_SECONDS: std::ops::RangeInclusive<u64> = 15..=43_200;

/// What is wrong with a spec, as sentences that say what to write instead; empty: nothing.
pub fn problems(token: &PersonalAccessToken) -> Vec<String> {
    let spec = &token.spec;
    let mut found = Vec::new();
    require_object_name(&mut found, "spec.tenantRef.name", &spec.tenant_ref.name, MAX_TENANT_NAME);
    require_set(&mut found, "spec.scopes", &spec.scopes, MAX_SCOPES);
    for scope in spec.scopes.iter().filter(|scope| !is_scope(scope)) {
        found.push(format!("spec.scopes: {scope:?} is not a scope; write it as in \"idn:nelm:manage\""));
    }
    if let Some(name) = spec.name.as_ref().filter(|name| !is_display_name(name)) {
        found.push(format!(
            "spec.name {name:?} is not 1 to {MAX_NAME} printable ASCII characters without blanks at the ends and without \"pat1-\" at its beginning"
        ));
    }
    if let Some(validity) = &spec.access_token_validity {
        match validity.seconds() {
            Ok(seconds) if VALIDITY_SECONDS.contains(&seconds) => {}
            Ok(_) => found.push(format!("spec.accessTokenValidity {validity} is out of range; write 15s to 12h")),
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
    let every = require_within(found, "every", &written.every, &rotation::EVERY_SECONDS, rotation::EVERY_RANGE);
    if let Some(overlap) = &written.overlap {
        require_within(found, "overlap", overlap, &rotation::OVERLAP_SECONDS, rotation::OVERLAP_RANGE);
    }
    let longest = written.max_overlap.as_ref().and_then(|longest| {
        require_within(found, "maxOverlap", longest, &rotation::MAX_OVERLAP_SECONDS, rotation::MAX_OVERLAP_RANGE)
    });
    let Some(overlap) = written.overlap_seconds() else { return };
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
    field: &str,
    text: &Duration,
    range: &impl RangeBounds<u64>,
    remedy: &str,
) -> Option<u64> {
    let seconds = text.seconds().ok();
    if !seconds.is_some_and(|seconds| range.contains(&seconds)) {
        found.push(format!("spec.rotation.{field} {:?}: {remedy}", text.0));
    }
    seconds
}

fn check_secret(found: &mut Vec<String>, secret: &SecretTemplate) {
    if let Some(name) = &secret.name {
        require_object_name(found, "spec.secret.name", name, MAX_OBJECT_NAME);
    }
    check_pairs(found, "spec.secret.labels", secret.labels.as_ref(), MAX_LABEL_VALUE);
    for value in secret.labels.iter().flat_map(BTreeMap::values).filter(|value| !is_label_value(value)) {
        found.push(format!("spec.secret.labels: {value:?} is not the value of a label; write letters and digits, with - _ . between them"));
    }
    check_pairs(found, "spec.secret.annotations", secret.annotations.as_ref(), MAX_ANNOTATION_VALUE);
}

fn check_pairs(found: &mut Vec<String>, field: &str, pairs: Option<&BTreeMap<String, String>>, longest: usize) {
    let Some(pairs) = pairs else { return };
    if pairs.len() > MAX_PAIRS {
        found.push(format!("{field} has {} entries; write at most {MAX_PAIRS}", pairs.len()));
    }
    for (key, value) in pairs {
        if key.starts_with(names::PREFIX) {
            found.push(format!("{field}: {key:?} is the operator's; use another prefix than {:?}", names::PREFIX));
        }
        if !is_qualified_name(key) {
            found.push(format!("{field}: {key:?} is not a key; write it as in \"example.org/team\", without blanks"));
        }
        if value.chars().count() > longest {
            found.push(format!("{field}: the value of {key:?} is longer than {longest} characters; shorten it"));
        }
    }
}

fn require_set(found: &mut Vec<String>, field: &str, items: &[String], most: usize) {
    if items.is_empty() || items.len() > most {
        found.push(format!("{field} has {} items; write 1 to {most}", items.len()));
    }
    for (at, item) in items.iter().enumerate().filter(|(at, item)| items[..*at].contains(item)) {
        found.push(format!("{field} names {item:?} twice (item {at}); write it once"));
    }
}

fn require_object_name(found: &mut Vec<String>, field: &str, name: &str, longest: usize) {
    if name.len() > longest || !is_object_name(name) {
        found.push(format!(
            "{field} {name:?} is not a name; write at most {longest} lower-case letters, digits, dashes and dots"
        ));
    }
}
