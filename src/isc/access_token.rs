//! Access tokens: one is got with a client ID and a client secret, and says who that is.
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use tokio::time::Instant;

use super::classify;
use super::client::{Client, Credential};
use super::error::Failure;
use super::http::Reply;
use super::wire;
use crate::redacted::Redacted;

/// Who a credential is, by an access token got with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// OAuth tenant id.
    pub tenant_id: Option<String>,
    /// Identity id; an API client has none.
    pub identity_id: Option<String>,
    /// Scopes that the access token really carries.
    pub scopes: Vec<String>,
}

/// An access token of the operator's own.
pub(super) struct Access {
    pub(super) bearer: Redacted,
    pub(super) identity: Identity,
    pub(super) until: Instant,
}

impl Client {
    /// Asks for an access token.
    ///
    /// # Errors
    /// [`Failure::Refused`] if ISC does not accept the credential; anything else is no answer.
    pub(super) async fn grant(&self, credential: &Credential) -> Result<Access, Failure> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &credential.client_id),
            ("client_secret", credential.client_secret.expose()),
        ];
        let body = serde_urlencoded::to_string(form).map_err(|error| Failure::Setup(error.to_string()))?;
        self.take().await?;
        let asked = Instant::now();
        let reply =
            self.call(Method::POST, "/oauth/token", "application/x-www-form-urlencoded", body.into(), None).await?;
        match reply.status().as_u16() {
            200 | 201 => {}
            400 | 401 | 403 => {
                let why = classify::refusal(&reply);
                let message = why.to_string();
                return Err(Failure::Refused { status: reply.status().as_u16(), message });
            }
            _ => return Err(classify::refusal(&reply)),
        }
        access(&reply, asked)
    }
}

fn access(reply: &Reply, asked: Instant) -> Result<Access, Failure> {
    let got: wire::Access = classify::json(reply).map_err(|what| classify::malformed(reply, what))?;
    if got.access_token.is_empty() || !got.access_token.is_ascii() {
        return Err(classify::malformed(reply, "there is no access token in it"));
    }
    let claims = claims(&got.access_token);
    let said = got.scope.map(|scope| scope.split_whitespace().map(str::to_owned).collect());
    let identity = Identity {
        tenant_id: got.tenant_id.or(claims.tenant_id),
        identity_id: got.identity_id.or(claims.identity_id),
        scopes: claims.scope.or(said).unwrap_or_default(),
    };
    // Three quarters of its life: it can be as short as 15 s.
    let life = Duration::from_secs(got.expires_in.unwrap_or(60)).mul_f64(0.75);
    Ok(Access { bearer: Redacted::new(got.access_token), identity, until: asked + life })
}

/// The payload of an access token, not verified: it is shown, and nothing is decided by it.
fn claims(token: &str) -> wire::Claims {
    let payload = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok());
    payload.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}
