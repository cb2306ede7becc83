//! Access tokens: signed JWTs that are verified without any stored state, whatever their public
//! claims say.
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::hmac;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::scope_bitmap::unpack;
use crate::scopes::{self, ExtraScopes};
use crate::secrets::{ACCESS_TOKEN_MARKER, Mint};

/// What an access token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// What the simulator itself goes by.
    pub sim: Private,
    /// User levels.
    pub authorities: Vec<String>,
    /// Client ID it was got with.
    pub client_id: String,
    /// End of life, seconds since 1970.
    pub exp: i64,
    /// Unique id.
    pub jti: String,
    /// Claims that are there, or not, by the tenant's dialect. Nothing is decided by them.
    #[serde(flatten)]
    pub told: Map<String, Value>,
}

/// The claim that no real access token has. Its form gives no name of a scope away.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Private {
    /// The tenant's id.
    pub tenant: String,
    /// Identity id of the user; absent for an API client, which has no user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Scopes that give rights, packed.
    pub scope: String,
}

impl Claims {
    /// The scopes that give rights.
    pub fn scopes(&self, extra: &ExtraScopes) -> Vec<String> {
        unpack(&self.sim.scope, extra)
    }

    /// Whether the holder may do what any one of these scopes allows.
    pub fn may(&self, wanted: &[&str], extra: &ExtraScopes) -> bool {
        scopes::allows(&self.scopes(extra), &self.authorities, wanted, extra)
    }
}

/// Why an access token is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refused {
    /// No `Authorization: Bearer …`.
    #[error("no bearer token in the request: send 'Authorization: Bearer …'")]
    Missing,
    /// Not one of ours.
    #[error(
        "JWT validation failed: JWT is not well-formed or its signature is wrong: get a new access token"
    )]
    Malformed,
    /// Its life is over.
    #[error("JWT validation failed: JWT is expired: get a new access token")]
    Expired,
}

/// Signs claims.
pub fn sign(claims: &Claims, mint: &Mint) -> String {
    let payload = serde_json::to_vec(claims).unwrap_or_default();
    let signed = format!("{ACCESS_TOKEN_MARKER}{}", URL_SAFE_NO_PAD.encode(payload));
    let signature = hmac::sign(mint.key(), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The claims of an access token, if it is worth anything now.
pub fn verify(token: &str, mint: &Mint, now: Timestamp) -> Result<Claims, Refused> {
    let (signed, signature) = token.rsplit_once('.').ok_or(Refused::Malformed)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refused::Malformed)?;
    hmac::verify(mint.key(), signed.as_bytes(), &signature).map_err(|_| Refused::Malformed)?;
    let payload = signed.strip_prefix(ACCESS_TOKEN_MARKER).ok_or(Refused::Malformed)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| Refused::Malformed)?;
    let claims: Claims = serde_json::from_slice(&payload).map_err(|_| Refused::Malformed)?;
    if claims.exp <= now.as_second() { Err(Refused::Expired) } else { Ok(claims) }
}

/// The access token in an `Authorization` header's value.
pub fn bearer(authorization: Option<&str>) -> Result<&str, Refused> {
    let (kind, token) =
        authorization.and_then(|value| value.split_once(' ')).ok_or(Refused::Missing)?;
    if kind.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(Refused::Missing) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(exp: i64) -> Claims {
        Claims {
            sim: Private { tenant: "acme".into(), user: None, scope: "AA==".into() },
            authorities: vec![],
            client_id: "c".into(),
            exp,
            jti: "j".into(),
            told: Map::new(),
        }
    }

    #[test]
    fn a_token_is_accepted_until_its_end_and_not_when_altered() {
        let (mint, other) = (Mint::new(1), Mint::new(2));
        let token = sign(&claims(100), &mint);
        let at = |second| Timestamp::from_second(second).expect("in range");
        let verified = |token, mint, now| verify(token, mint, now).map(|claims| claims.sim.tenant);
        assert_eq!(token.split('.').count(), 3);
        assert_eq!(verified(&token, &mint, at(99)), Ok("acme".into()));
        assert_eq!(verified(&token, &mint, at(100)), Err(Refused::Expired));
        assert_eq!(verified(&token, &other, at(99)), Err(Refused::Malformed));
        assert_eq!(verified("nonsense", &mint, at(99)), Err(Refused::Malformed));
    }

    #[test]
    fn a_bearer_token_stands_behind_its_word() {
        assert_eq!(bearer(Some("bearer x.y.z ")), Ok("x.y.z"));
        for header in [None, Some("x.y.z"), Some("Basic x.y.z")] {
            assert_eq!(bearer(header), Err(Refused::Missing), "{header:?}");
        }
    }
}
