//! The four calls of the token API, and the proof of a new credential.
use bytes::Bytes;
use http::Method;
use jiff::Timestamp;

use super::classify::{self, Created, ListedToken};
use super::client::{Client, Credential};
use super::error::Failure;
use super::stranger::stranger;
use super::wire;

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

/// What a PATCH came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Done.
    Yes {
        /// When the token expires now, if ISC says so.
        expires: Option<i64>,
    },
    /// There is no such token (404).
    Gone,
    /// Refused; nothing changed.
    No(Failure),
}

/// What a DELETE came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// ISC deleted the token.
    Yes,
    /// ISC knows no such token (404), which a lagging copy of its data may say of one that lives.
    Unknown,
}

impl Client {
    /// LIST of the user's own tokens (`GET …?owner-id=me`).
    ///
    /// # Errors
    /// Anything that is not a complete, well-formed list.
    pub async fn list(&self) -> Result<Vec<ListedToken>, Failure> {
        let path = format!("{}?owner-id=me", self.path());
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
        if let Err(why) = self.take().await {
            return Created::No { why };
        }
        let reply = self.call(Method::POST, self.path(), "application/json", body, Some(&bearer)).await;
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
            204 => Ok(Effect::Yes { expires: None }),
            200 if reply.body().is_empty() => Ok(Effect::Yes { expires: None }),
            200 => {
                let token: wire::Fields = classify::json(&reply).map_err(|what| classify::malformed(&reply, what))?;
                if token.text("id").is_none_or(|said| said != id) {
                    return Err(classify::malformed(&reply, "the reply to PATCH is not about this token"));
                }
                Ok(Effect::Yes { expires: token.time("expirationDate") })
            }
            404 if stranger(&reply).is_none() => Ok(Effect::Gone),
            400 | 413 | 415 | 422 if stranger(&reply).is_none() => Ok(Effect::No(classify::refusal(&reply))),
            _ => Err(classify::refusal(&reply)),
        }
    }

    /// DELETE of a token.
    ///
    /// # Errors
    /// When it is unknown whether it took effect; repeating it is safe.
    pub async fn delete(&self, id: &str) -> Result<Deleted, Failure> {
        let reply = self.repeatable(Method::DELETE, &self.one(id)?, "application/json", Bytes::new()).await?;
        match reply.status().as_u16() {
            200 | 202 | 204 => Ok(Deleted::Yes),
            404 if stranger(&reply).is_none() => Ok(Deleted::Unknown),
            _ => Err(classify::refusal(&reply)),
        }
    }

    /// Whether ISC accepts a credential.
    ///
    /// # Errors
    /// [`Failure::Refused`] if it does not; anything else is no answer.
    pub async fn verify(&self, credential: &Credential) -> Result<(), Failure> {
        self.grant(credential).await.map(|_| ())
    }

    /// Which scopes an access token got with this credential carries; `None`: ISC does not say.
    ///
    /// # Errors
    /// As [`Client::verify`].
    pub async fn scopes_of(&self, credential: &Credential) -> Result<Option<Vec<String>>, Failure> {
        let access = self.grant(credential).await?;
        if access.identity.scopes.is_some() {
            return Ok(access.identity.scopes);
        }
        let told = self.ask_for_scopes(&access.bearer).await;
        let none = access.names_none && self.names_scopes();
        Ok(told.or_else(|| none.then(Vec::new)))
    }

    fn one(&self, id: &str) -> Result<String, Failure> {
        let path = format!("{}/{id}", self.path());
        if classify::is_id(id) { Ok(path) } else { Err(Failure::Setup("the id of a token is malformed".into())) }
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
