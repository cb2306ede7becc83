//! Checks a Tenant.
use super::form::{
    MAX_OBJECT_NAME, MAX_SCOPES, MAX_TENANT_NAME, is_object_name, is_scope, is_scope_part,
};
use super::require::{require_object_name, require_set};
use crate::api::personal_access_token::{OVERLAP_RANGE, OVERLAP_SECONDS};
use crate::api::tenant::{Grant, Tenant, TenantSpec};

const MAX_NAMESPACES: usize = 64;
const MAX_GRANTS: usize = 64;
const MAX_URL: usize = 256;

/// Finds what is wrong with a Tenant, as sentences that say what to write instead.
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
    check_urls(&mut found, spec);
    if spec.credentials.len() != 1 {
        found.push(format!(
            "spec.credentials has {} items; write exactly one",
            spec.credentials.len()
        ));
    }
    for source in &spec.credentials {
        require_object_name(
            &mut found,
            "spec.credentials: secretRef.name",
            &source.secret_ref.name,
            MAX_OBJECT_NAME,
        );
    }
    if spec.grants.len() > MAX_GRANTS {
        found.push(format!(
            "spec.grants has {} items; write at most {MAX_GRANTS}",
            spec.grants.len()
        ));
    }
    for grant in &spec.grants {
        check_grant(&mut found, grant);
    }
    if !(1..=100).contains(&spec.tokens_per_user()) {
        found.push(format!(
            "spec.limits.tokensPerUser {} is out of range; write 1 to 100",
            spec.tokens_per_user()
        ));
    }
    if let Some(longest) = spec.limits.as_ref().and_then(|limits| limits.max_overlap.as_ref())
        && !longest.seconds().is_ok_and(|seconds| OVERLAP_SECONDS.contains(&seconds))
    {
        found.push(format!("spec.limits.maxOverlap {:?}: {OVERLAP_RANGE}", longest.0));
    }
    if let Some(bundle) = &spec.ca_bundle {
        let key = &bundle.config_map_ref;
        require_object_name(
            &mut found,
            "spec.caBundle.configMapRef.name",
            &key.name,
            MAX_OBJECT_NAME,
        );
        if !is_key(&key.key) {
            found.push(format!(
                "spec.caBundle.configMapRef.key {:?} is not a key; write it as in \"ca.crt\"",
                key.key
            ));
        }
    }
    found
}

fn is_key(text: &str) -> bool {
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    (1..=MAX_OBJECT_NAME).contains(&text.len()) && is_plain
}

fn check_urls(found: &mut Vec<String>, spec: &TenantSpec) {
    if !is_safe_url(&spec.api_url) {
        found.push("spec.apiUrl: write an https URL without user, query or fragment, as in https://acme.api.identitynow.com (http only for 127.0.0.1, [::1] and localhost)".into());
    } else if is_behind_base(&spec.api_url) {
        found.push("spec.apiUrl: write the base URL of the API, without a version and without /oauth/token, as in https://acme.api.identitynow.com".into());
    }
    if let Some(url) = &spec.nerm_url
        && !is_safe_url(url)
    {
        found.push("spec.nermUrl: write an https URL without user, query or fragment, as in https://acme.nonemployee.com/api (http only for 127.0.0.1, [::1] and localhost)".into());
    }
}

/// True if the path ends in what is added to a base URL: a version, or the way to the token endpoint.
pub fn is_behind_base(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let Some((_, path)) = rest.split_once('/') else { return false };
    // As far as a user may have copied it from a browser or from the documentation of a call.
    let path = path.trim_end_matches('/').to_ascii_lowercase();
    let (parents, last) = path.rsplit_once('/').unwrap_or(("", &path));
    let (_, before) = parents.rsplit_once('/').unwrap_or(("", parents));
    match (before, last) {
        (_, "cc") | ("cc", "api") => true,
        (_, "oauth") | ("oauth", _) => true,
        (_, "beta" | "latest" | "." | "..") => true,
        (_, last) => last.strip_prefix('v').is_some_and(is_version_number),
    }
}

/// True if this stands behind the `v` of a version, as in `3`, `3.1`, `2025` and `1beta1`.
fn is_version_number(text: &str) -> bool {
    let stage = text.trim_start_matches(|c: char| c.is_ascii_digit() || "._-".contains(c));
    let stage = stage.trim_end_matches(|c: char| c.is_ascii_digit());
    text.starts_with(|c: char| c.is_ascii_digit()) && ["", "alpha", "beta"].contains(&stage)
}

fn check_grant(found: &mut Vec<String>, grant: &Grant) {
    require_set(found, "spec.grants: namespaces", &grant.namespaces, MAX_NAMESPACES);
    for namespace in &grant.namespaces {
        if is_namespace(namespace) {
            continue;
        }
        found.push(format!("spec.grants: {namespace:?} is not the name of a namespace; write it as in \"integrations\", without wildcards"));
    }
    require_set(found, "spec.grants: scopes", &grant.scopes, MAX_SCOPES);
    for scope in grant.scopes.iter().filter(|scope| !is_scope(scope) && !is_wildcard(scope)) {
        found.push(format!(
            "spec.grants: {scope:?} is not a scope; write it as in \"idn:nelm:manage\", or with * as the last part"
        ));
    }
}

fn is_namespace(text: &str) -> bool {
    text.len() <= 63 && !text.contains('.') && is_object_name(text)
}

/// A scope with `*` for its last part, and at least one part before.
fn is_wildcard(text: &str) -> bool {
    let Some(stem) = text.strip_suffix(":*") else { return false };
    let begins_well = stem.starts_with(|c: char| c.is_ascii_lowercase());
    text.len() <= 128 && begins_well && stem.split(':').all(is_scope_part)
}

/// True if the text is a URL that the operator may send a credential to: https, or http to this machine.
fn is_safe_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    // An IPv6 address has colons of its own: only the one of loopback is allowed.
    let (host, port) = match authority.strip_prefix("[::1]") {
        Some(port) => ("[::1]", port),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let is_loopback = ["127.0.0.1", "localhost", "[::1]"].contains(&host);
    let is_place = match scheme {
        "https" => is_loopback || is_host(host),
        "http" => is_loopback,
        _ => false,
    };
    let is_path = path.chars().all(|c| c.is_ascii_alphanumeric() || "._~/-".contains(c));
    text.len() <= MAX_URL && is_place && is_port(port) && is_path
}

fn is_host(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(edge)
        && text.ends_with(edge)
        && text.chars().all(|c| edge(c) || c == '.' || c == '-')
}

/// True for nothing, or for a colon and up to five digits.
fn is_port(text: &str) -> bool {
    match text.strip_prefix(':') {
        Some(digits) => {
            (1..=5).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit())
        }
        None => text.is_empty(),
    }
}
