//! Which scopes exist, which user levels they need, and what an access token is allowed to do.
use std::collections::BTreeMap;

/// Grants everything that the caller's user level allows.
pub const ALL: &str = "sp:scopes:all";
/// Needed for the public identities.
pub const DEFAULT: &str = "sp:scopes:default";
/// Create, patch, delete one's own tokens.
pub const MY_MANAGE: &str = "sp:my-personal-access-tokens:manage";
/// List one's own tokens.
pub const MY_READ: &str = "sp:my-personal-access-tokens:read";
/// Create and delete, and list everyone's tokens.
pub const ALL_MANAGE: &str = "sp:all-personal-access-tokens:manage";
/// List everyone's tokens.
pub const ALL_READ: &str = "sp:all-personal-access-tokens:read";

/// The level that may use every known scope.
pub const ORG_ADMIN: &str = "ORG_ADMIN";

const EVERYONE: &[&str] = &["*"];
const ADMIN: &[&str] = &[];
const SOURCES: &[&str] = &["SOURCE_ADMIN", "SOURCE_SUBADMIN"];
const ROLES: &[&str] = &["ROLE_ADMIN", "ROLE_SUBADMIN"];
const ACCESS: &[&str] = &["ROLE_ADMIN", "ROLE_SUBADMIN", "SOURCE_ADMIN", "SOURCE_SUBADMIN"];
const DESK: &[&str] = &["HELPDESK", "SOURCE_ADMIN", "SOURCE_SUBADMIN"];
const CERTS: &[&str] = &["CERT_ADMIN", "REPORT_ADMIN"];

/// A selection of the published scopes, with the levels beside `ORG_ADMIN` that may use them.
const KNOWN: &[(&str, &[&str])] = &[
    (ALL, EVERYONE),
    (DEFAULT, EVERYONE),
    (MY_MANAGE, EVERYONE),
    (MY_READ, EVERYONE),
    (ALL_MANAGE, ADMIN),
    (ALL_READ, ADMIN),
    ("idn:access-request-self:manage", EVERYONE),
    ("idn:access-request:create", EVERYONE),
    ("idn:access-request:manage", ADMIN),
    ("idn:requestable-objects:read", EVERYONE),
    ("idn:mfa-kba:read", EVERYONE),
    ("sp:tenant:read", EVERYONE),
    ("idn:accounts:read", DESK),
    ("idn:accounts:manage", DESK),
    ("idn:accounts-state:manage", DESK),
    ("idn:sources:read", ACCESS),
    ("idn:sources:manage", ACCESS),
    ("idn:sources:update", SOURCES),
    ("idn:sources:delete", SOURCES),
    ("idn:sources:aggregate", SOURCES),
    ("idn:source-schema:read", SOURCES),
    ("idn:source-schema:manage", SOURCES),
    ("idn:entitlement:read", ACCESS),
    ("idn:entitlement:manage", SOURCES),
    ("idn:entitlement:update", &["SOURCE_ADMIN"]),
    ("idn:access-profile:read", ACCESS),
    ("idn:access-profile:manage", ACCESS),
    ("idn:role-checked:read", ROLES),
    ("idn:role-checked:manage", ROLES),
    ("idn:role-unchecked:read", ROLES),
    ("idn:role-unchecked:manage", ROLES),
    ("idn:identity:read", ACCESS),
    ("idn:identity:manage", &["HELPDESK"]),
    ("idn:identity-history:read", &["HELPDESK", "REPORT_ADMIN"]),
    ("idn:campaign:read", CERTS),
    ("idn:campaign:manage", CERTS),
    ("idn:campaign-report:read", CERTS),
    (
        "idn:task-management:read",
        &["CERT_ADMIN", "HELPDESK", "REPORT_ADMIN", "ROLE_ADMIN", "SOURCE_ADMIN"],
    ),
    ("idn:sod-policy:read", &["SOD_POLICY_ADMIN"]),
    ("idn:sod-policy:manage", &["SOD_POLICY_ADMIN"]),
    ("idn:transform:read", ADMIN),
    ("idn:transform:manage", ADMIN),
    ("idn:org-configs:read", ADMIN),
    ("idn:org-configs:manage", ADMIN),
    ("idn:workgroup:read", ADMIN),
    ("idn:user-level:read", ADMIN),
    ("idn:nelm:read", ADMIN),
    ("idn:nelm:manage", ADMIN),
    (
        "sp:search:read",
        &[
            "CERT_ADMIN",
            "REPORT_ADMIN",
            "ROLE_ADMIN",
            "ROLE_SUBADMIN",
            "SOURCE_ADMIN",
            "SOURCE_SUBADMIN",
        ],
    ),
    ("sp:report:read", CERTS),
    ("sp:workflow:read", SOURCES),
    ("sp:workflow:manage", SOURCES),
    ("sp:config:read", ADMIN),
    ("sp:config:manage", ADMIN),
    ("iai:outliers:read", &["REPORT_ADMIN"]),
    ("das:applications:read", ADMIN),
];

/// Scopes a test adds to the table: name to levels (`*` for everyone), beside `ORG_ADMIN`.
pub type ExtraScopes = BTreeMap<String, Vec<String>>;

/// Names of all scopes that exist, each at a place of its own.
pub fn table(extra: &ExtraScopes) -> impl Iterator<Item = &str> {
    KNOWN.iter().map(|(name, _)| *name).chain(extra.keys().map(String::as_str))
}

fn usable(scope: &str, levels: &[String], extra: &ExtraScopes) -> bool {
    let admitted = |level: &str| level == "*" || levels.iter().any(|own| own == level);
    let admin = levels.iter().any(|own| own == ORG_ADMIN);
    if let Some(needed) = extra.get(scope) {
        return admin || needed.iter().any(|level| admitted(level));
    }
    KNOWN
        .iter()
        .find(|(name, _)| *name == scope)
        .is_some_and(|(_, needed)| admin || needed.iter().any(|level| admitted(level)))
}

/// What an access token gets of the stored scopes: unknown ones and those above the levels give no
/// rights. `None` is the token without scopes: it has them all.
pub fn effective(stored: Option<&[String]>, levels: &[String], extra: &ExtraScopes) -> Vec<String> {
    let Some(stored) = stored else {
        return vec![ALL.to_owned()];
    };
    let mut granted: Vec<String> =
        stored.iter().filter(|scope| usable(scope, levels, extra)).cloned().collect();
    granted.sort();
    granted.dedup();
    granted
}

/// Whether an access token with these scopes may do what any one of `wanted` allows.
pub fn allows(granted: &[String], levels: &[String], wanted: &[&str], extra: &ExtraScopes) -> bool {
    let all = granted.iter().any(|scope| scope == ALL);
    wanted.iter().any(|want| {
        granted.iter().any(|scope| scope == want) || (all && usable(want, levels, extra))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|s| (*s).to_owned()).collect()
    }

    fn cut(scopes: &[&str], levels: &[&str]) -> Vec<String> {
        effective(Some(&strings(scopes)), &strings(levels), &ExtraScopes::new())
    }

    #[test]
    fn unknown_scopes_and_those_above_the_level_give_no_rights() {
        let asked = ["idn:nonsense:read", "idn:accounts:read", "idn:transform:read", DEFAULT];
        assert_eq!(cut(&asked, &["USER"]), [DEFAULT]);
        assert_eq!(cut(&asked, &["HELPDESK"]), ["idn:accounts:read", DEFAULT]);
        assert_eq!(cut(&asked, &[ORG_ADMIN]), ["idn:accounts:read", "idn:transform:read", DEFAULT]);
    }

    #[test]
    fn no_stored_scopes_means_all_of_them() {
        assert_eq!(effective(None, &strings(&["USER"]), &ExtraScopes::new()), [ALL]);
    }

    #[test]
    fn the_wildcard_allows_what_the_level_allows() {
        let (all, none) = (strings(&[ALL]), ExtraScopes::new());
        assert!(allows(&all, &strings(&["USER"]), &[MY_MANAGE], &none));
        assert!(!allows(&all, &strings(&["USER"]), &[ALL_READ], &none));
        assert!(allows(&all, &strings(&[ORG_ADMIN]), &[ALL_READ], &none));
        assert!(!allows(&strings(&[MY_READ]), &strings(&[ORG_ADMIN]), &[MY_MANAGE], &none));
    }

    #[test]
    fn a_test_can_add_scopes() {
        let extra = ExtraScopes::from([("idn:new:read".to_owned(), strings(&["USER"]))]);
        assert_eq!(
            effective(Some(&strings(&["idn:new:read"])), &strings(&["USER"]), &extra),
            ["idn:new:read"]
        );
    }
}
