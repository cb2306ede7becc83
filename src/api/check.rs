//! The checks of the CRDs once more: the operator trusts no object, whoever admitted it.
use std::collections::BTreeMap;

use super::names;
use super::personal_access_token::{PersonalAccessToken, SecretTemplate};
use super::tenant::{Grant, Tenant};

const MAX_SCOPES: usize = 100;
const MAX_NAME: usize = 64;
const MAX_NAMESPACES: usize = 64;
const MAX_GRANTS: usize = 64;
const MAX_TENANT_NAME: usize = 63;
const MAX_OBJECT_NAME: usize = 253;
const MAX_PAIRS: usize = 32;
const MAX_LABEL_VALUE: usize = 63;
// 32 of these, 4 bytes each, stay below the 256 KiB that Kubernetes allows for all annotations of an object.
const MAX_ANNOTATION_VALUE: usize = 1_024;
const MAX_URL: usize = 256;
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
            "spec.name {name:?} is not 1 to {MAX_NAME} printable ASCII characters without blanks at the ends"
        ));
    }
    if let Some(validity) = &spec.access_token_validity {
        match validity.seconds() {
            Ok(seconds) if VALIDITY_SECONDS.contains(&seconds) => {}
            Ok(_) => found.push(format!("spec.accessTokenValidity {validity} is out of range; write 15s to 12h")),
            Err(error) => found.push(format!("spec.accessTokenValidity: {error}")),
        }
    }
    if let Some(secret) = &spec.secret {
        check_secret(&mut found, secret);
    }
    found
}

/// What is wrong with a Tenant, as sentences that say what to write instead; empty: nothing.
pub fn tenant_problems(tenant: &Tenant) -> Vec<String> {
    let spec = &tenant.spec;
    let mut found = Vec::new();
    let name = tenant.metadata.name.as_deref().unwrap_or_default();
    if name.len() > MAX_TENANT_NAME {
        found.push(format!(
            "the name of a Tenant has at most {MAX_TENANT_NAME} characters; {name:?} has {}; choose a shorter one",
            name.len()
        ));
    }
    if !is_api_url(&spec.api_url) {
        found.push("spec.apiUrl: write an https URL without user, query or fragment, as in https://acme.api.identitynow.com (http only for 127.0.0.1, [::1] and localhost)".into());
    }
    if spec.credentials.len() != 1 {
        found.push(format!("spec.credentials has {} items; write exactly one", spec.credentials.len()));
    }
    for source in &spec.credentials {
        require_object_name(&mut found, "spec.credentials: secretRef.name", &source.secret_ref.name, MAX_OBJECT_NAME);
    }
    if spec.grants.len() > MAX_GRANTS {
        found.push(format!("spec.grants has {} items; write at most {MAX_GRANTS}", spec.grants.len()));
    }
    for grant in &spec.grants {
        check_grant(&mut found, grant);
    }
    if !(1..=100).contains(&spec.tokens_per_user()) {
        found.push(format!("spec.limits.tokensPerUser {} is out of range; write 1 to 100", spec.tokens_per_user()));
    }
    if let Some(bundle) = &spec.ca_bundle {
        let key = &bundle.config_map_ref;
        require_object_name(&mut found, "spec.caBundle.configMapRef.name", &key.name, MAX_OBJECT_NAME);
        if key.key.is_empty()
            || key.key.len() > MAX_OBJECT_NAME
            || !key.key.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
        {
            found.push(format!("spec.caBundle.configMapRef.key {:?} is not a key; write it as in \"ca.crt\"", key.key));
        }
    }
    found
}

/// Whether the text has the form of a scope.
pub fn is_scope(text: &str) -> bool {
    text.len() <= 128
        && text.contains(':')
        && text.split(':').all(is_scope_part)
        && text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Whether the text is a URL that the operator may send a credential to: https, or http to this machine.
pub fn is_api_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = match authority.strip_prefix("[::1]") {
        Some(port) => ("[::1]", port),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let loopback = ["127.0.0.1", "localhost", "[::1]"].contains(&host);
    let edge = |c: char| c.is_ascii_alphanumeric();
    let plain = host.starts_with(edge) && host.ends_with(edge) && host.chars().all(|c| edge(c) || c == '.' || c == '-');
    let port_digits = port
        .strip_prefix(':')
        .map(|digits| (1..=5).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit()));
    text.len() <= MAX_URL
        && (loopback && (scheme == "http" || scheme == "https") || plain && scheme == "https")
        && (port.is_empty() || port_digits == Some(true))
        && path.chars().all(|c| c.is_ascii_alphanumeric() || "._~/-".contains(c))
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

fn check_grant(found: &mut Vec<String>, grant: &Grant) {
    require_set(found, "spec.grants: namespaces", &grant.namespaces, MAX_NAMESPACES);
    for namespace in grant
        .namespaces
        .iter()
        .filter(|namespace| namespace.len() > 63 || namespace.contains('.') || !is_object_name(namespace))
    {
        found.push(format!("spec.grants: {namespace:?} is not the name of a namespace; write it as in \"integrations\", without wildcards"));
    }
    require_set(found, "spec.grants: scopes", &grant.scopes, MAX_SCOPES);
    for scope in grant.scopes.iter().filter(|scope| !is_scope(scope) && !is_wildcard(scope)) {
        found.push(format!(
            "spec.grants: {scope:?} is not a scope; write it as in \"idn:nelm:manage\", or with * as the last part"
        ));
    }
}

/// A scope with `*` for its last part, and at least one part before.
fn is_wildcard(text: &str) -> bool {
    text.strip_suffix(":*").is_some_and(|stem| {
        text.len() <= 128 && stem.split(':').all(is_scope_part) && stem.starts_with(|c: char| c.is_ascii_lowercase())
    })
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

/// Whether Kubernetes takes it for the name of an object: an RFC 1123 subdomain.
fn is_object_name(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let part = |part: &str| part.starts_with(edge) && part.ends_with(edge) && part.chars().all(|c| edge(c) || c == '-');
    text.split('.').all(part)
}

/// Whether Kubernetes takes it for the key of a label or an annotation: a name, perhaps behind a domain and a slash.
fn is_qualified_name(text: &str) -> bool {
    let (domain, name) = text.split_once('/').map_or((None, text), |(domain, name)| (Some(domain), name));
    domain.is_none_or(|domain| domain.len() <= MAX_OBJECT_NAME && is_object_name(domain))
        && !name.is_empty()
        && name.len() <= MAX_LABEL_VALUE
        && is_label_value(name)
}

/// Whether Kubernetes takes it for the value of a label, its length apart. It may be empty.
fn is_label_value(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.is_empty()
        || text.starts_with(edge) && text.ends_with(edge) && text.chars().all(|c| edge(c) || "-_.".contains(c))
}

fn is_display_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME
        && name.chars().all(|c| c == ' ' || c.is_ascii_graphic())
        && name.trim() == name
}

fn is_scope_part(part: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    part.starts_with(allowed) && part.chars().all(|c| allowed(c) || c == '-')
}
