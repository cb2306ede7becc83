//! The permission to have a token: the checks of the spec, the Tenant's grants, and the claim to
//! the Secret's name. Deny by default.
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::api::conditions::Reason;
use crate::api::tenant::Grant;
use crate::api::{PersonalAccessToken, TenantSpec, check};

/// The reason for which a resource may not have a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// Stable word for machines.
    pub reason: Reason,
    /// A sentence for people: what is wrong, with which object, and what to do.
    pub message: String,
}

/// Admits a resource that may have a token. `neighbours`: the other resources of its namespace.
///
/// # Errors
/// The first denial, with what to do about it.
pub fn admit<'a>(
    token: &PersonalAccessToken,
    tenant: &TenantSpec,
    neighbours: impl Iterator<Item = &'a PersonalAccessToken>,
) -> Result<(), Denial> {
    let problems = check::problems(token);
    if !problems.is_empty() {
        return Err(Denial { reason: Reason::Invalid, message: problems.join("; ") });
    }
    granted(token, tenant)?;
    claimed(token, neighbours)
}

fn granted(token: &PersonalAccessToken, tenant: &TenantSpec) -> Result<(), Denial> {
    let denial = |message| Err(Denial { reason: Reason::NotGranted, message });
    let namespace = token.metadata.namespace.as_deref().unwrap_or_default();
    let name = &token.spec.tenant_ref.name;
    let grants: Vec<&Grant> = grants_to(namespace, tenant).collect();
    if grants.is_empty() {
        return denial(format!(
            "Tenant {name:?} grants nothing to namespace {namespace:?}; ask the platform team for a grant"
        ));
    }
    let mut missing = Vec::new();
    for scope in &token.spec.scopes {
        let is_covered =
            grants.iter().any(|grant| grant.scopes.iter().any(|pattern| covers(pattern, scope)));
        if !is_covered {
            missing.push(scope.as_str());
        }
    }
    if missing.is_empty() {
        return retainable(token, tenant);
    }
    denial(format!(
        "Tenant {name:?} does not grant {} to namespace {namespace:?}; remove them from spec.scopes, or ask the platform team for a grant",
        missing.join(", ")
    ))
}

/// `reclaimPolicy: Retain` leaves a token that takes one of the user's slots: only where it is allowed.
fn retainable(token: &PersonalAccessToken, tenant: &TenantSpec) -> Result<(), Denial> {
    if !token.retains() || allows_retain(token, tenant) {
        return Ok(());
    }
    let namespace = token.metadata.namespace.as_deref().unwrap_or_default();
    let message = format!(
        "Tenant {:?} does not allow reclaimPolicy Retain to namespace {namespace:?}; remove it from the spec, or ask the platform team for a grant with allowRetain; deletion revokes until then",
        token.spec.tenant_ref.name
    );
    Err(Denial { reason: Reason::RetainNotAllowed, message })
}

/// A grant of the Tenant lets the resource's namespace keep tokens.
pub fn allows_retain(token: &PersonalAccessToken, tenant: &TenantSpec) -> bool {
    let namespace = token.metadata.namespace.as_deref().unwrap_or_default();
    grants_to(namespace, tenant).any(|grant| grant.allow_retain)
}

fn grants_to<'a>(namespace: &str, tenant: &'a TenantSpec) -> impl Iterator<Item = &'a Grant> {
    tenant.grants.iter().filter(move |grant| grant.namespaces.iter().any(|name| name == namespace))
}

/// Scopes that no `*` covers: with them a token gives more than it was granted, or makes others
/// that do.
const ONLY_WRITTEN_OUT: [&str; 5] = [
    "sp:scopes:all",
    "sp:my-personal-access-tokens:read",
    "sp:my-personal-access-tokens:manage",
    "sp:all-personal-access-tokens:read",
    "sp:all-personal-access-tokens:manage",
];

/// `*` stands for the rest behind the last colon, but for no scope of [`ONLY_WRITTEN_OUT`].
fn covers(pattern: &str, scope: &str) -> bool {
    if ONLY_WRITTEN_OUT.contains(&scope) {
        return pattern == scope;
    }
    match pattern.strip_suffix('*') {
        Some(prefix) => {
            prefix.ends_with(':') && scope.len() > prefix.len() && scope.starts_with(prefix)
        }
        None => pattern == scope,
    }
}

/// Of two resources that want the same Secret the older one has it.
fn claimed<'a>(
    token: &PersonalAccessToken,
    neighbours: impl Iterator<Item = &'a PersonalAccessToken>,
) -> Result<(), Denial> {
    for other in neighbours {
        if is_older_rival(other, token) {
            let message = format!(
                "Secret {:?} already belongs to PersonalAccessToken {:?}; delete this resource and create it again with another spec.secret.name",
                token.secret_name(),
                other.metadata.name.as_deref().unwrap_or_default()
            );
            return Err(Denial { reason: Reason::SecretConflict, message });
        }
    }
    Ok(())
}

fn is_older_rival(other: &PersonalAccessToken, token: &PersonalAccessToken) -> bool {
    let (theirs, ours) = (&other.metadata, &token.metadata);
    let is_rival = theirs.namespace == ours.namespace && other.secret_name() == token.secret_name();
    theirs.uid != ours.uid && is_rival && age(theirs) < age(ours)
}

/// The age of an object; of two from the same second the smaller uid counts as older.
fn age(metadata: &ObjectMeta) -> (Option<Timestamp>, Option<&str>) {
    let created = metadata.creation_timestamp.as_ref().map(|time| time.0);
    (created, metadata.uid.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_covers_only_the_rest_behind_its_colon() {
        for (pattern, scope, expected) in [
            ("idn:nelm:manage", "idn:nelm:manage", true),
            ("idn:nelm:*", "idn:nelm:manage", true),
            ("idn:*", "idn:nelm:manage", true),
            ("idn:nelm:*", "idn:nelmx:manage", false),
            ("idn:nelm:*", "idn:nelm", false),
            ("idn:nelm:read", "idn:nelm:manage", false),
            ("sp:*", "sp:scopes:all", false),
            ("sp:scopes:*", "sp:scopes:all", false),
            ("sp:scopes:all", "sp:scopes:all", true),
            ("sp:*", "sp:my-personal-access-tokens:manage", false),
            ("sp:*", "sp:all-personal-access-tokens:manage", false),
            ("sp:my-personal-access-tokens:*", "sp:my-personal-access-tokens:read", false),
            ("sp:all-personal-access-tokens:*", "sp:all-personal-access-tokens:read", false),
            ("sp:my-personal-access-tokens:manage", "sp:my-personal-access-tokens:manage", true),
            ("sp:*", "sp:search:read", true),
            ("*", "idn:nelm:read", false),
        ] {
            assert_eq!(covers(pattern, scope), expected, "{pattern} {scope}");
        }
    }
}
