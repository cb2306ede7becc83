//! Which operation of which tenant a method and a path stand for.
use axum::http::Method;
use serde::{Deserialize, Serialize};

/// Name of the tenant that lives at the plain base URL.
pub const DEFAULT_TENANT: &str = "default";

/// The imitated operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Operation {
    /// GET on the token collection.
    List,
    /// POST on the token collection.
    Create,
    /// PATCH on a token.
    Patch,
    /// DELETE on a token.
    Delete,
    /// POST on the token endpoint.
    Oauth,
    /// POST of an access token, to be told what it carries.
    CheckToken,
    /// GET of the tenant's discovery document.
    OauthInfo,
    /// GET of the public identities: the cheapest probe of an access token.
    PublicIdentities,
    /// GET of a NERM collection: the probe there.
    Nerm,
}

/// Version of the token API, which decides its expiry rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `/personal-access-tokens/v1`
    V1,
    /// `/v3/…`
    V3,
    /// `/beta/…`
    Beta,
    /// `/v2024/…` and later
    Dated(u16),
}

impl Version {
    /// Whether tokens without expiry exist, with `userAwareTokenNeverExpires`; before that, 6
    /// months is default and cap.
    pub fn knows_never_expires(self) -> bool {
        match self {
            Self::V1 => true,
            Self::V3 | Self::Beta => false,
            Self::Dated(year) => year >= 2025,
        }
    }
}

/// A recognised request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Name of the tenant.
    pub tenant: String,
    /// What is asked of it.
    pub operation: Operation,
    /// Version of the API path.
    pub version: Version,
    /// Last part of the path: a token's id, or the NERM collection.
    pub id: Option<String>,
}

/// Why a path stands for no operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRoute {
    /// Nothing lives at this path: 404.
    Path,
    /// Something does, but not for this method: 405.
    Method,
}

/// Name of the tenant a path belongs to, and the rest of the path.
pub fn split_tenant(path: &str) -> (&str, &str) {
    let Some(rest) = path.strip_prefix("/t/") else {
        return (DEFAULT_TENANT, path);
    };
    match rest.find('/') {
        Some(end) => (&rest[..end], &rest[end..]),
        None => (rest, "/"),
    }
}

/// Recognises a request by method and path (without query).
pub fn resolve(method: &Method, path: &str) -> Result<Call, NoRoute> {
    let (tenant, rest) = split_tenant(path);
    let (operation, version, id) = operation(method, rest)?;
    Ok(Call { tenant: tenant.to_owned(), operation, version, id })
}

type Found = (Operation, Version, Option<String>);

fn operation(method: &Method, path: &str) -> Result<Found, NoRoute> {
    let parts: Vec<&str> = path.strip_prefix('/').ok_or(NoRoute::Path)?.split('/').collect();
    match parts.as_slice() {
        ["oauth", "token"] => only(method, &Method::POST, Operation::Oauth),
        ["oauth", "check_token"] | ["oauth", "check_token", ""] => {
            only(method, &Method::POST, Operation::CheckToken)
        }
        ["oauth", "info"] => only(method, &Method::GET, Operation::OauthInfo),
        ["public-identities", "v1"] => only(method, &Method::GET, Operation::PublicIdentities),
        [frozen, "public-identities"] if version(frozen).is_some() => {
            only(method, &Method::GET, Operation::PublicIdentities)
        }
        ["personal-access-tokens", "v1"] => collection(method, Version::V1),
        ["personal-access-tokens", "v1", id] if !id.is_empty() => member(method, Version::V1, id),
        [frozen, "personal-access-tokens"] => {
            collection(method, version(frozen).ok_or(NoRoute::Path)?)
        }
        [frozen, "personal-access-tokens", id] if !id.is_empty() => {
            member(method, version(frozen).ok_or(NoRoute::Path)?, id)
        }
        _ => nerm(method, &parts),
    }
}

/// The vendor's Python client doubles a slash, and NERM accepts it.
fn nerm(method: &Method, parts: &[&str]) -> Result<Found, NoRoute> {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        ["api", name @ ("system_roles" | "users")] => {
            let (operation, version, _) = only(method, &Method::GET, Operation::Nerm)?;
            Ok((operation, version, Some((*name).to_owned())))
        }
        _ => Err(NoRoute::Path),
    }
}

fn version(part: &str) -> Option<Version> {
    match part {
        "v3" => Some(Version::V3),
        "beta" => Some(Version::Beta),
        "v2024" => Some(Version::Dated(2024)),
        "v2025" => Some(Version::Dated(2025)),
        "v2026" => Some(Version::Dated(2026)),
        _ => None,
    }
}

fn only(method: &Method, wanted: &Method, operation: Operation) -> Result<Found, NoRoute> {
    if method == wanted { Ok((operation, Version::V1, None)) } else { Err(NoRoute::Method) }
}

fn collection(method: &Method, version: Version) -> Result<Found, NoRoute> {
    match *method {
        Method::GET => Ok((Operation::List, version, None)),
        Method::POST => Ok((Operation::Create, version, None)),
        _ => Err(NoRoute::Method),
    }
}

fn member(method: &Method, version: Version, id: &str) -> Result<Found, NoRoute> {
    match *method {
        Method::PATCH => Ok((Operation::Patch, version, Some(id.to_owned()))),
        Method::DELETE => Ok((Operation::Delete, version, Some(id.to_owned()))),
        _ => Err(NoRoute::Method),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: Method, path: &str) -> Result<(String, Operation, Version), NoRoute> {
        resolve(&method, path).map(|call| (call.tenant, call.operation, call.version))
    }

    fn ok(
        tenant: &str,
        operation: Operation,
        version: Version,
    ) -> Result<(String, Operation, Version), NoRoute> {
        Ok((tenant.into(), operation, version))
    }

    #[test]
    fn every_published_path_is_recognised() {
        use Operation::*;
        let pat = "/personal-access-tokens/v1";
        assert_eq!(found(Method::GET, pat), ok("default", List, Version::V1));
        assert_eq!(
            found(Method::POST, "/t/acme/v3/personal-access-tokens"),
            ok("acme", Create, Version::V3)
        );
        assert_eq!(
            found(Method::PATCH, "/v2025/personal-access-tokens/x"),
            ok("default", Patch, Version::Dated(2025))
        );
        assert_eq!(
            found(Method::DELETE, "/beta/personal-access-tokens/x"),
            ok("default", Delete, Version::Beta)
        );
        assert_eq!(found(Method::POST, "/t/acme/oauth/token"), ok("acme", Oauth, Version::V1));
        assert_eq!(found(Method::GET, "/oauth/info"), ok("default", OauthInfo, Version::V1));
        assert_eq!(
            found(Method::GET, "/v3/public-identities"),
            ok("default", PublicIdentities, Version::V1)
        );
        for path in ["/oauth/check_token", "/oauth/check_token/"] {
            assert_eq!(found(Method::POST, path), ok("default", CheckToken, Version::V1), "{path}");
        }
        for path in
            ["/api/users", "/api//system_roles", "//api/users", "/api/users/", "//api//users//"]
        {
            assert_eq!(found(Method::GET, path), ok("default", Nerm, Version::V1), "{path}");
            assert_eq!(
                found(Method::GET, &format!("/t/acme{path}")),
                ok("acme", Nerm, Version::V1),
                "{path}"
            );
        }
    }

    #[test]
    fn there_is_no_read_of_one_and_no_unknown_version() {
        assert_eq!(found(Method::GET, "/personal-access-tokens/v1/x"), Err(NoRoute::Method));
        assert_eq!(found(Method::GET, "/personal-access-tokens/v2"), Err(NoRoute::Path));
        assert_eq!(found(Method::GET, "/v2023/personal-access-tokens"), Err(NoRoute::Path));
        assert_eq!(found(Method::GET, "//personal-access-tokens/v1"), Err(NoRoute::Path));
    }
}
