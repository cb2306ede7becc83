//! Access tokens: signed JWTs with the claims that ISC puts into them, verified without any stored state.
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::hmac;
use serde::{Deserialize, Serialize};

use crate::secrets::{ACCESS_TOKEN_MARKER, Mint};

/// What an access token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// The tenant's id.
    pub tenant_id: String,
    /// The tenant's name.
    pub org: String,
    /// Data centre.
    pub pod: String,
    /// Identity id of the user; absent for an API client, which has no user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_id: Option<String>,
    /// Name of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// Always true here.
    pub strong_auth: bool,
    /// User levels.
    pub authorities: Vec<String>,
    /// Client ID it was got with.
    pub client_id: String,
    /// Scopes that give rights.
    pub scope: Vec<String>,
    /// End of life, seconds since 1970.
    pub exp: i64,
    /// Unique id.
    pub jti: String,
}

/// Why a bearer token is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refused {
    /// No `Authorization: Bearer …`.
    #[error("no bearer token in the request: send 'Authorization: Bearer …'")]
    Missing,
    /// Not one of ours.
    #[error("JWT validation failed: JWT is not well-formed or its signature is wrong: get a new access token")]
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

/// The claims of an `Authorization` header's value, if it is worth anything now.
pub fn verify(authorization: Option<&str>, mint: &Mint, now: Timestamp) -> Result<Claims, Refused> {
    let token = authorization.and_then(bearer).ok_or(Refused::Missing)?;
    let (signed, signature) = token.rsplit_once('.').ok_or(Refused::Malformed)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refused::Malformed)?;
    hmac::verify(mint.key(), signed.as_bytes(), &signature).map_err(|_| Refused::Malformed)?;
    let payload = signed.strip_prefix(ACCESS_TOKEN_MARKER).ok_or(Refused::Malformed)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| Refused::Malformed)?;
    let claims: Claims = serde_json::from_slice(&payload).map_err(|_| Refused::Malformed)?;
    if claims.exp <= now.as_second() { Err(Refused::Expired) } else { Ok(claims) }
}

fn bearer(value: &str) -> Option<&str> {
    let (kind, token) = value.split_once(' ')?;
    kind.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(exp: i64) -> Claims {
        Claims {
            tenant_id: "t".into(),
            org: "acme".into(),
            pod: "p".into(),
            identity_id: None,
            user_name: None,
            strong_auth: true,
            authorities: vec![],
            client_id: "c".into(),
            scope: vec![],
            exp,
            jti: "j".into(),
        }
    }

    #[test]
    fn a_token_is_accepted_until_its_end_and_not_when_altered() {
        let mint = Mint::new(1);
        let token = sign(&claims(100), &mint);
        let header = format!("Bearer {token}");
        let at = |second| Timestamp::from_second(second).expect("in range");
        assert_eq!(token.split('.').count(), 3);
        assert_eq!(verify(Some(&header), &mint, at(99)).map(|c| c.org), Ok("acme".into()));
        assert_eq!(verify(Some(&header), &mint, at(100)).map(|c| c.org), Err(Refused::Expired));
        assert_eq!(verify(Some(&header), &Mint::new(2), at(99)).map(|c| c.org), Err(Refused::Malformed));
        assert_eq!(verify(Some("Bearer nonsense"), &mint, at(99)).map(|c| c.org), Err(Refused::Malformed));
        assert_eq!(verify(None, &mint, at(99)).map(|c| c.org), Err(Refused::Missing));
    }
}
