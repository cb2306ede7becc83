//! Access tokens as bytes: what is sent for one, and what the reply says of it and of its user.
#[cfg(test)]
mod tests;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use tokio::time::Instant;

use super::body;
use super::classify;
use super::error::Failure;
use super::http::Reply;
use super::stranger::{kind, stranger};
use super::wire::{self, Fields};
use crate::credential::Credential;
use crate::redacted::Redacted;

/// Kind of the bodies that the OAuth endpoints take.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";
/// Life of an access token of which ISC does not say how long it lives.
const USUAL_LIFE: Duration = Duration::from_secs(60);
/// Longest life that an access token can have: `accessTokenValiditySeconds` goes up to 12 h.
const LONGEST_LIFE: Duration = Duration::from_secs(43_200);

/// The user of a credential, by an access token got with it. ISC may leave each field out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// OAuth tenant id.
    pub tenant_id: Option<String>,
    /// Name of the tenant.
    pub org: Option<String>,
    /// Data centre of the tenant.
    pub pod: Option<String>,
    /// Identity id.
    pub identity_id: Option<String>,
    /// Scopes that the access token really carries; `None`: ISC does not say.
    pub scopes: Option<Vec<String>>,
}

/// An access token that ISC gave for a credential.
pub(super) struct Access {
    pub(super) bearer: Redacted,
    pub(super) identity: Identity,
    /// The reply has a place for the names of scopes, and none is in it.
    pub(super) names_none: bool,
    pub(super) until: Instant,
}

/// Body of `POST /oauth/token`.
pub(super) fn grant_form(credential: &Credential) -> Result<Bytes, Failure> {
    form(&[
        ("grant_type", "client_credentials"),
        ("client_id", &credential.client_id),
        ("client_secret", credential.client_secret.expose()),
    ])
}

/// Body of `POST /oauth/check_token/`.
pub(super) fn check_form(bearer: &Redacted) -> Result<Bytes, Failure> {
    form(&[("token", bearer.expose())])
}

fn form(pairs: &[(&str, &str)]) -> Result<Bytes, Failure> {
    let body = serde_urlencoded::to_string(pairs);
    body.map(Bytes::from).map_err(|error| Failure::Setup(error.to_string()))
}

/// Reads the reply of `POST /oauth/token`, which was asked for at that time.
///
/// # Errors
/// [`Failure::Refused`] if ISC does not accept the credential; anything else is no answer.
pub(super) fn granted(reply: &Reply, asked: Instant) -> Result<Access, Failure> {
    if let Some(what) = stranger(reply) {
        return Err(elsewhere(&what));
    }
    match reply.status().as_u16() {
        200..=299 => access(reply, asked),
        status @ (400 | 401 | 403) => Err(refused(reply, status)),
        // A proxy or another API; the other statuses may be ISC's own trouble.
        status @ (404..=407 | 409..=428 | 430..=499) => Err(elsewhere(&format!("status {status}"))),
        _ => Err(classify::refusal(reply)),
    }
}

/// The meaning of a 400, 401 or 403, which proxies and other APIs answer too.
fn refused(reply: &Reply, status: u16) -> Failure {
    let message = body::message(reply);
    let said: Option<Fields> = body::json(reply).ok();
    match said {
        Some(said) if is_outage(&said) => Failure::Status { status, message },
        Some(said) if is_in_words_of_isc(&said, status) => Failure::Refused { status, message },
        // It says nothing, and a 403 without a word is what a proxy answers.
        said if status != 403 && is_silent(reply, said.as_ref()) => {
            Failure::Refused { status, message }
        }
        Some(_) | None => {
            elsewhere(&format!("status {status}, and not in the words of ISC: {message}"))
        }
    }
}

/// True for the codes by which OAuth says that the server fails, whatever the status.
fn is_outage(said: &Fields) -> bool {
    let code = said.text("error");
    matches!(code.as_deref(), Some("temporarily_unavailable" | "server_error"))
}

/// True if a refusal in JSON has one of the fields that ISC explains refusals with; `message` is in
/// every API. Proxies put a sentence into the `error` of their 403, where OAuth has a code.
fn is_in_words_of_isc(said: &Fields, status: u16) -> bool {
    const EXPLAIN: [&str; 5] =
        ["error_description", "detailCode", "messages", "errorMessage", "formatted_msg"];
    let error = said.text("error").unwrap_or_default();
    let is_error = match status {
        403 => !error.contains(char::is_whitespace),
        _ => true,
    };
    (is_error && !error.is_empty()) || said.has(&EXPLAIN)
}

fn is_silent(reply: &Reply, said: Option<&Fields>) -> bool {
    reply.body().trim_ascii().is_empty() || said.is_some_and(Fields::is_bare)
}

fn elsewhere(answer: &str) -> Failure {
    Failure::Elsewhere(format!("POST /oauth/token was answered with {answer}"))
}

fn access(reply: &Reply, asked: Instant) -> Result<Access, Failure> {
    let no_token = |what: &str| {
        let (status, kind) = (reply.status().as_u16(), kind(reply));
        elsewhere(&format!("status {status} ({kind}), but without an access token: {what}"))
    };
    let got: Fields = body::json(reply).map_err(no_token)?;
    let Some(token) = got.text("access_token") else {
        return Err(no_token(&body::message(reply)));
    };
    // It becomes part of a header.
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(no_token("what stands in its place cannot be one"));
    }
    let claims = claims(&token);
    let either = |name: &str| got.text(name).or_else(|| claims.text(name));
    let identity = Identity {
        tenant_id: either("tenant_id"),
        org: either("org"),
        pod: either("pod"),
        identity_id: either("identity_id"),
        scopes: got.scopes("scope").or_else(|| claims.scopes("scope")),
    };
    // Three quarters of its life: it can be as short as 15 s.
    let life = life(got.seconds("expires_in")).mul_f64(0.75);
    let names_none = got.is_empty("scope");
    Ok(Access { bearer: Redacted::new(token), identity, names_none, until: asked + life })
}

/// A life that an access token can have, whatever number ISC gives.
fn life(seconds: Option<f64>) -> Duration {
    let Some(seconds) = seconds.filter(|seconds| *seconds > 0.0) else { return USUAL_LIFE };
    match Duration::try_from_secs_f64(seconds) {
        Ok(life) => life.min(LONGEST_LIFE),
        // More than a Duration holds.
        Err(_) => LONGEST_LIFE,
    }
}

/// The end of a request for an access token, for those who read what was granted in their own way.
///
/// # Errors
/// As [`granted`].
pub fn verdict(reply: &Reply) -> Result<(), Failure> {
    granted(reply, Instant::now())?;
    Ok(())
}

/// The payload of an access token, not verified: it is shown, and nothing is decided by it alone.
fn claims(token: &str) -> Fields {
    let Some(payload) = token.split('.').nth(1) else { return Fields::default() };
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')) else {
        return Fields::default();
    };
    wire::fields(&bytes).unwrap_or_default()
}
