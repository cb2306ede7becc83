//! The imitated APIs: what each operation answers and does when no fault is in the way.
mod caller;
mod check_token;
mod create;
mod form;
mod grant;
mod list;
mod oauth;
mod patch;
mod probes;
mod remove;

use std::sync::Arc;

use axum::http::HeaderMap;
use bytes::Bytes;
use jiff::Timestamp;

use crate::front::page;
use crate::record::{Effect, Entry, Kind, Origin};
use crate::refusal::Refuser;
use crate::reply::Reply;
use crate::route::{Call, Operation};
use crate::switches::Switches;
use crate::tenant::{Tenant, TenantState, effect_entry};
use crate::token::Token;
use crate::world::World;

/// One request on its way through an operation, and what is noted about it.
pub(crate) struct Exchange<'a> {
    pub world: &'a World,
    pub tenant: &'a Tenant,
    pub call: &'a Call,
    /// As it was asked for, without the query.
    pub path: &'a str,
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a Bytes,
    /// Number of the request.
    pub request: u64,
    /// What becomes of the request's own entry in the record.
    pub entry: Entry,
    /// Seconds for the `Retry-After` header of a refusal.
    pub retry_after: Option<i64>,
    /// How many seconds older than usual what LIST shows is.
    pub stale: u64,
}

/// A refusal that ends the operation: status and text.
pub(crate) type Refusal = (u16, String);

/// Does what was asked and answers, unless something else than the API stands here.
pub(crate) async fn perform(exchange: &mut Exchange<'_>) -> Reply {
    if let Some(page) = page(exchange.tenant.switches().front, exchange.path) {
        return page;
    }
    let done = match exchange.call.operation {
        Operation::List => list::list(exchange),
        Operation::Create => create::create(exchange),
        Operation::Patch => patch::patch(exchange),
        Operation::Delete => remove::remove(exchange),
        Operation::Oauth => oauth::issue(exchange).await,
        Operation::CheckToken => check_token::check_token(exchange).await,
        Operation::OauthInfo => probes::oauth_info(exchange),
        Operation::PublicIdentities => probes::public_identities(exchange),
        Operation::Nerm => probes::nerm(exchange),
    };
    match done {
        Ok(reply) => reply,
        Err((status, text)) => {
            let reply = exchange.refuser().refuse(status, &text);
            match exchange.retry_after {
                Some(seconds) => reply.with("retry-after", seconds.to_string()),
                None => reply,
            }
        }
    }
}

impl Exchange<'_> {
    /// Words the refusals of this request. Must not be called while the tenant is locked.
    pub fn refuser(&self) -> Refuser {
        let style = self.tenant.switches().dialect.errors;
        Refuser { style, operation: Some(self.call.operation), request: self.request }
    }

    /// The simulator's time.
    pub fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// Records what happened to a token, and notes it for the request's own entry.
    pub fn effect(&mut self, effect: Effect, token: &Token) {
        self.entry.token_id = Some(token.id.clone());
        self.entry.token_name = Some(token.name.clone());
        self.entry.effect = Some(effect);
        self.world.record(Entry {
            request: Some(self.request),
            operation: Some(self.call.operation),
            client_id: self.entry.client_id.clone(),
            ..effect_entry(&self.tenant.name, effect, Origin::Api, token)
        });
    }

    /// Counts the request against the rate limit of `key`.
    pub fn count(&mut self, state: &mut TenantState, key: String) -> Result<(), Refusal> {
        self.retry_after = state.count_request(key, self.now());
        if self.retry_after.is_some() { Err((429, "Rate limit exceeded".into())) } else { Ok(()) }
    }

    /// Records something that real ISC would not forgive.
    pub fn violation(&self, what: &str) {
        self.world.record(Entry {
            kind: Kind::Violation,
            note: Some(what.to_owned()),
            seq: 0,
            ..self.entry.clone()
        });
    }

    /// Destroys the user's expired tokens before anything looks at them.
    pub fn sweep(&self, state: &mut TenantState, user: &str) {
        self.world.sweep_user(&self.tenant.name, state, user);
    }

    /// A value of the query, decoded.
    pub fn query_value(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The media type of the request, without parameters.
    pub fn media_type(&self) -> &str {
        let value =
            self.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim()
    }
}

/// The switches in force.
pub(crate) fn switches(state: &TenantState) -> Arc<Switches> {
    Arc::clone(&state.switches)
}
