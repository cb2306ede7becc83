//! The operator's session with ISC as one user: an access token of its own, and the four calls of the token API.
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Method, header};
use jiff::Timestamp;
use tokio::time::Instant;

use super::budget::Budget;
use super::classify::{self, Created, ListedToken};
use super::clock::{Clock, Reading};
use super::endpoint::ApiUrl;
use super::error::Failure;
use super::http::{Reply, Transport, send};
use super::wire;
use crate::redacted::Redacted;

/// Client ID and client secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Client ID.
    pub client_id: String,
    /// Client secret.
    pub client_secret: Redacted,
}

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

/// What to ask for in a POST.
pub struct Wanted<'a> {
    /// Full name.
    pub name: &'a str,
    /// Scopes; an empty list is never sent, since ISC would grant everything (T4).
    pub scopes: &'a [String],
    /// Life of access tokens.
    pub validity_seconds: u32,
    /// Expiry in milliseconds since the Unix epoch.
    pub expires: i64,
    /// The owner that the reply must name.
    pub owner_id: &'a str,
}

/// One change of a PATCH.
#[derive(Clone, Debug)]
pub enum Change {
    /// The name.
    Name(String),
    /// The scopes.
    Scopes(Vec<String>),
    /// The expiry in milliseconds since the Unix epoch.
    Expires(i64),
}

/// What a PATCH or DELETE came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Done.
    Yes,
    /// There is no such token (404).
    Gone,
    /// Refused; nothing changed.
    No(Failure),
}

/// A session; cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    api: ApiUrl,
    path: String,
    transport: Transport,
    credential: Credential,
    budget: Arc<Budget>,
    clock: Arc<Mutex<Clock>>,
    access: tokio::sync::Mutex<Option<Access>>,
}

struct Access {
    bearer: Redacted,
    identity: Identity,
    until: Instant,
}

impl Client {
    /// A session that has sent nothing yet. `path`: of the token API, behind the base URL.
    pub fn new(api: ApiUrl, path: String, transport: Transport, credential: Credential, budget: Arc<Budget>) -> Self {
        let (clock, access) = (Arc::default(), tokio::sync::Mutex::new(None));
        Self(Arc::new(Inner { api, path, transport, credential, budget, clock, access }))
    }

    /// Client ID of the operator's own credential.
    pub fn client_id(&self) -> &str {
        &self.0.credential.client_id
    }

    /// Whether both are one session.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The credential of this session.
    pub fn credential(&self) -> &Credential {
        &self.0.credential
    }

    /// ISC's time now (R20).
    pub fn now(&self) -> Option<Reading> {
        self.0.clock.lock().unwrap_or_else(PoisonError::into_inner).read(Instant::now())
    }

    /// How long ISC wants to be left alone.
    pub fn held(&self) -> Option<Duration> {
        self.0.budget.held()
    }

    /// Who the operator is.
    ///
    /// # Errors
    /// [`Failure::Refused`] if ISC does not accept the credential.
    pub async fn identity(&self) -> Result<Identity, Failure> {
        let mut access = self.0.access.lock().await;
        Ok(self.fresh(&mut access).await?.identity.clone())
    }

    /// LIST of the user's own tokens (`GET …?owner-id=me`).
    ///
    /// # Errors
    /// Anything that is not a complete, well-formed list.
    pub async fn list(&self) -> Result<Vec<ListedToken>, Failure> {
        let path = format!("{}?owner-id=me", self.0.path);
        let reply = self.repeatable(Method::GET, &path, "application/json", Bytes::new()).await?;
        classify::listed(&reply)
    }

    /// POST of a new token: sent at most once, whatever happens (R3).
    pub async fn create(&self, wanted: &Wanted<'_>) -> Created {
        if wanted.scopes.is_empty() {
            return Created::No {
                why: Failure::Setup("a token without scopes would get them all; it is never asked for".into()),
            };
        }
        let body = match create_body(wanted) {
            Ok(body) => body,
            Err(why) => return Created::No { why },
        };
        let bearer = match self.bearer().await {
            Ok(bearer) => bearer,
            Err(why) => return Created::No { why },
        };
        if let Err(why) = self.0.budget.take().await {
            return Created::No { why };
        }
        let path = self.0.path.clone();
        let reply = self.call(Method::POST, &path, "application/json", body, Some(&bearer)).await;
        if matches!(&reply, Ok(reply) if reply.status() == 401) {
            self.forget().await;
        }
        classify::created(&reply, wanted.name, wanted.owner_id)
    }

    /// PATCH of a token.
    ///
    /// # Errors
    /// When it is unknown whether it took effect; repeating it is safe.
    pub async fn change(&self, id: &str, changes: &[Change]) -> Result<Effect, Failure> {
        let body = serde_json::to_vec(&changes.iter().map(replace).collect::<Vec<_>>());
        let body = body.map_err(|error| Failure::Setup(error.to_string()))?;
        let reply = self.repeatable(Method::PATCH, &self.one(id)?, "application/json-patch+json", body.into()).await?;
        match reply.status().as_u16() {
            200 => {
                let token: wire::Token = classify::json(&reply).map_err(|what| classify::malformed(&reply, what))?;
                if token.id == id {
                    Ok(Effect::Yes)
                } else {
                    Err(classify::malformed(&reply, "it is about another token"))
                }
            }
            404 => Ok(Effect::Gone),
            400 | 405 | 413 | 415 | 422 => Ok(Effect::No(classify::refusal(&reply))),
            _ => Err(classify::refusal(&reply)),
        }
    }

    /// DELETE of a token.
    ///
    /// # Errors
    /// When it is unknown whether it took effect; repeating it is safe.
    pub async fn delete(&self, id: &str) -> Result<(), Failure> {
        let reply = self.repeatable(Method::DELETE, &self.one(id)?, "application/json", Bytes::new()).await?;
        match reply.status().as_u16() {
            200 | 202 | 204 | 404 => Ok(()),
            _ => Err(classify::refusal(&reply)),
        }
    }

    /// Whether ISC accepts a new credential, and which scopes its access token carries.
    ///
    /// # Errors
    /// [`Failure::Refused`] if it does not; anything else is no answer.
    pub async fn verify(&self, credential: &Credential) -> Result<Identity, Failure> {
        Ok(self.grant(credential).await?.identity)
    }

    fn one(&self, id: &str) -> Result<String, Failure> {
        let path = format!("{}/{id}", self.0.path);
        if classify::is_id(id) { Ok(path) } else { Err(Failure::Setup("the id of a token is malformed".into())) }
    }

    /// Sends what may be sent twice: a 401 drops the access token and tries once more with a new one.
    async fn repeatable(&self, method: Method, path: &str, kind: &str, body: Bytes) -> Result<Reply, Failure> {
        for last in [false, true] {
            let bearer = self.bearer().await?;
            self.0.budget.take().await?;
            let reply = self.call(method.clone(), path, kind, body.clone(), Some(&bearer)).await?;
            if reply.status() != 401 {
                return Ok(reply);
            }
            self.forget().await;
            if last {
                return Err(classify::refusal(&reply));
            }
        }
        Err(Failure::NoReply("ISC refused twice".into()))
    }

    async fn bearer(&self) -> Result<Redacted, Failure> {
        let mut access = self.0.access.lock().await;
        Ok(self.fresh(&mut access).await?.bearer.clone())
    }

    /// Drops the access token: the next call gets a new one.
    pub async fn forget(&self) {
        *self.0.access.lock().await = None;
    }

    async fn fresh<'a>(&self, access: &'a mut Option<Access>) -> Result<&'a Access, Failure> {
        let old = access.take().filter(|access| access.until > Instant::now());
        let fresh = match old {
            Some(fresh) => fresh,
            None => self.grant(&self.0.credential).await?,
        };
        Ok(access.insert(fresh))
    }

    async fn grant(&self, credential: &Credential) -> Result<Access, Failure> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &credential.client_id),
            ("client_secret", credential.client_secret.expose()),
        ];
        let body = serde_urlencoded::to_string(form).map_err(|error| Failure::Setup(error.to_string()))?;
        self.0.budget.take().await?;
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

    async fn call(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: Bytes,
        bearer: Option<&Redacted>,
    ) -> Result<Reply, Failure> {
        let started = Instant::now();
        let mut request = http::Request::builder()
            .method(method.clone())
            .uri(self.0.api.join(path))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, kind);
        if let Some(bearer) = bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", bearer.expose()));
        }
        let request = request.body(body).map_err(|error| Failure::Setup(error.to_string()))?;
        let answer = send(&self.0.transport, request).await;
        let template = if path.starts_with("/oauth") { "/oauth/token" } else { "/personal-access-tokens" };
        let status = answer.as_ref().map_or(0, |reply| reply.status().as_u16());
        tracing::debug!(%method, path = template, status, millis = started.elapsed().as_millis(), "called ISC");
        let reply = answer?;
        if let Some(date) = classify::date(&reply) {
            self.0.clock.lock().unwrap_or_else(PoisonError::into_inner).observe(date, Instant::now());
        }
        if reply.status() == 429 {
            return Err(Failure::Wait(self.0.budget.hold(classify::retry_after(&reply))));
        }
        Ok(reply)
    }
}

fn create_body(wanted: &Wanted<'_>) -> Result<Bytes, Failure> {
    let body = wire::Create {
        name: wanted.name,
        scope: wanted.scopes,
        access_token_validity_seconds: wanted.validity_seconds,
        expiration_date: stamp(wanted.expires),
    };
    serde_json::to_vec(&body).map(Bytes::from).map_err(|error| Failure::Setup(error.to_string()))
}

fn replace(change: &Change) -> wire::Replace {
    let (path, value) = match change {
        Change::Name(name) => ("/name", serde_json::json!(name)),
        Change::Scopes(scopes) => ("/scope", serde_json::json!(scopes)),
        Change::Expires(at) => ("/expirationDate", serde_json::json!(stamp(*at))),
    };
    wire::Replace { op: "replace", path, value }
}

fn stamp(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map(|stamp| format!("{stamp:.3}")).unwrap_or_default()
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
