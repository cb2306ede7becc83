//! The four calls of the token API.
use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use serde::Serialize;

use super::body;
use super::call::Call;
use super::classify::{self, Created, ListedToken};
use super::client::Client;
use super::error::Failure;
use super::http::Reply;
use super::stranger::stranger;
use super::wire;
use crate::redacted::Redacted;

const JSON: &str = "application/json";
const PATCH: &str = "application/json-patch+json";

/// A token as a POST asks for it.
pub struct CreateRequest<'a> {
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

/// The outcome of a PATCH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Done.
    Yes {
        /// The new expiry, if ISC says so.
        expires: Option<i64>,
    },
    /// There is no such token (404).
    Gone,
    /// Refused; nothing changed.
    No(Failure),
}

/// The outcome of a DELETE.
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
        let reply = self.repeatable(call(Method::GET, &path, JSON, Bytes::new())).await?;
        classify::listed(&reply)
    }

    /// POST of a new token: sent at most once, whatever happens (R3).
    pub async fn create(&self, request: &CreateRequest<'_>) -> Created {
        let (body, bearer) = match self.prepare(request).await {
            Ok(ready) => ready,
            // Nothing was sent.
            Err(why) => return Created::No { why },
        };
        let reply = self.call(call(Method::POST, self.path(), JSON, body), Some(&bearer)).await;
        // Not repeated, whatever the reply: only the next attempt gets a new access token (R3).
        if matches!(&reply, Ok(reply) if reply.status() == 401) {
            self.forget().await;
        }
        classify::created(&reply, request.name, request.owner_id)
    }

    /// All that a POST needs and that can fail before it: its body, an access token, and the
    /// budget's leave.
    async fn prepare(&self, request: &CreateRequest<'_>) -> Result<(Bytes, Redacted), Failure> {
        // ISC would grant every scope of the user (T4).
        if request.scopes.is_empty() {
            return Err(Failure::Setup(
                "refusing to create a token without scopes: ISC would grant all of them".into(),
            ));
        }
        let body = create_body(request)?;
        let bearer = self.bearer().await?;
        self.take().await?;
        Ok((body, bearer))
    }

    /// PATCH of a token.
    ///
    /// # Errors
    /// When it is unknown whether it took effect; repeating it is safe.
    pub async fn change(&self, id: &str, changes: &[Change]) -> Result<Effect, Failure> {
        let operations: Vec<wire::Replace> = changes.iter().map(replace).collect();
        let reply =
            self.repeatable(call(Method::PATCH, &self.one(id)?, PATCH, json(&operations)?)).await?;
        effect(&reply, id)
    }

    /// DELETE of a token.
    ///
    /// # Errors
    /// When it is unknown whether it took effect; repeating it is safe.
    pub async fn delete(&self, id: &str) -> Result<Deleted, Failure> {
        let reply =
            self.repeatable(call(Method::DELETE, &self.one(id)?, JSON, Bytes::new())).await?;
        match reply.status().as_u16() {
            200 | 202 | 204 => Ok(Deleted::Yes),
            // A copy of ISC's data that lags may not know a token that lives.
            404 if stranger(&reply).is_none() => Ok(Deleted::Unknown),
            _ => Err(classify::refusal(&reply)),
        }
    }

    fn one(&self, id: &str) -> Result<String, Failure> {
        let path = format!("{}/{id}", self.path());
        // The id becomes part of a path: nothing else may reach another endpoint.
        if classify::is_id(id) {
            Ok(path)
        } else {
            Err(Failure::Setup("the id of a token is malformed".into()))
        }
    }
}

fn call<'a>(method: Method, path: &'a str, kind: &'static str, body: Bytes) -> Call<'a> {
    Call { method, path, kind, body }
}

fn create_body(request: &CreateRequest<'_>) -> Result<Bytes, Failure> {
    json(&wire::Create {
        name: request.name,
        scope: request.scopes,
        access_token_validity_seconds: request.validity_seconds,
        expiration_date: stamp(request.expires),
    })
}

fn json(body: &impl Serialize) -> Result<Bytes, Failure> {
    let bytes = serde_json::to_vec(body);
    bytes.map(Bytes::from).map_err(|error| Failure::Setup(error.to_string()))
}

/// The meaning of the reply to a PATCH.
fn effect(reply: &Reply, id: &str) -> Result<Effect, Failure> {
    match reply.status().as_u16() {
        // Without the token in the reply, LIST shows the expiry.
        204 => Ok(Effect::Yes { expires: None }),
        200 | 202 if reply.body().is_empty() => Ok(Effect::Yes { expires: None }),
        200 | 202 => changed(reply, id),
        // From a proxy these statuses would say nothing of the token.
        404 if stranger(reply).is_none() => Ok(Effect::Gone),
        400 | 413 | 415 | 422 if stranger(reply).is_none() => {
            Ok(Effect::No(classify::refusal(reply)))
        }
        _ => Err(classify::refusal(reply)),
    }
}

/// Reads the token in the reply to a PATCH.
fn changed(reply: &Reply, id: &str) -> Result<Effect, Failure> {
    let token: wire::Fields = body::json(reply).map_err(|what| classify::malformed(reply, what))?;
    if token.text("id").as_deref() != Some(id) {
        return Err(classify::malformed(reply, "the reply to PATCH is not about this token"));
    }
    Ok(Effect::Yes { expires: token.time("expirationDate") })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_that_isc_only_accepts_counts_if_it_shows_the_token() {
        let reply = |status, body: &str| {
            let reply =
                http::Response::builder().status(status).header("content-type", "application/json");
            reply.body(body.to_owned().into()).unwrap()
        };
        let token = "{\"id\":\"0a1b\",\"expirationDate\":\"1970-01-01T00:00:01Z\"}";
        for (status, body, expected) in [
            (200, token, Some(Effect::Yes { expires: Some(1_000) })),
            (202, token, Some(Effect::Yes { expires: Some(1_000) })),
            (202, "", Some(Effect::Yes { expires: None })),
            (204, "", Some(Effect::Yes { expires: None })),
            (202, "{\"id\":\"other\"}", None),
            (206, token, None),
            (404, "{}", Some(Effect::Gone)),
            (503, "", None),
        ] {
            assert_eq!(effect(&reply(status, body), "0a1b").ok(), expected, "{status} {body}");
        }
        let told = effect(&reply(206, token), "0a1b").unwrap_err().to_string();
        assert!(told.contains("206") && told.contains("does not document"), "{told}");
    }
}
