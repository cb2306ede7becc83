//! What a credential is granted, as OAuth reply and JWT tell it in the dialect of the tenant.
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Exchange;
use crate::access_token::{Claims, Private, sign};
use crate::clock::plus_seconds;
use crate::dialect::{Dialect, ExpiresIn, ReplyScope, ScopeClaim};
use crate::scope_bitmap::pack;
use crate::switches::Switches;

/// Data centre named in claims and replies.
pub(crate) const POD: &str = "sim01-loopback";

const HALF_A_SECOND: Duration = Duration::from_millis(500);

/// What an accepted credential is worth.
pub(crate) struct Grant {
    pub client_id: String,
    /// Identity id and name; an API client has none.
    pub user: Option<(String, String)>,
    /// User levels.
    pub levels: Vec<String>,
    /// Scopes as they are stored.
    pub stored: Vec<String>,
    /// Those of them that give rights.
    pub scopes: Vec<String>,
    /// Seconds to live.
    pub validity: i64,
}

impl Grant {
    /// The body of the OAuth reply, with a fresh access token.
    pub fn reply(&self, exchange: &Exchange<'_>, switches: &Switches) -> Value {
        let (dialect, now) = (&switches.dialect, exchange.now());
        let claims = self.claims(exchange, switches, now);
        let mut reply = Map::new();
        reply.insert("access_token".into(), json!(sign(&claims, &exchange.world.mint)));
        reply.insert("token_type".into(), json!("bearer"));
        put(&mut reply, "expires_in", self.expires_in(dialect.expires_in));
        put(&mut reply, "scope", self.reply_scope(dialect.reply_scope));
        if dialect.tenant.in_reply() {
            reply.insert("tenant_id".into(), json!(exchange.tenant.id));
        }
        if dialect.org.in_reply() {
            reply.insert("pod".into(), json!(POD));
            reply.insert("org".into(), json!(exchange.tenant.name));
        }
        if dialect.identity.in_reply() {
            let (id, name) = self.user.clone().unzip();
            reply.insert("identity_id".into(), json!(id));
            reply.insert("user_name".into(), json!(name));
        }
        reply.insert("strong_auth".into(), json!(true));
        reply.insert("jti".into(), json!(claims.jti));
        Value::Object(reply)
    }

    fn claims(&self, exchange: &Exchange<'_>, switches: &Switches, now: Timestamp) -> Claims {
        let bitmap = pack(&self.scopes, &switches.extra_scopes);
        let user = self.user.as_ref().map(|(id, _)| id.clone());
        Claims {
            told: self.told(exchange, &switches.dialect, &bitmap),
            sim: Private { tenant: exchange.tenant.id.clone(), user, scope: bitmap },
            authorities: self.levels.clone(),
            client_id: self.client_id.clone(),
            exp: plus_seconds(now, self.validity).as_second(),
            jti: exchange.world.mint.uuid(),
        }
    }

    /// The claims that depend on the dialect.
    fn told(&self, exchange: &Exchange<'_>, dialect: &Dialect, bitmap: &str) -> Map<String, Value> {
        let mut told = Map::new();
        let scope = match dialect.scope_claim {
            ScopeClaim::Bitmap => Some(json!([bitmap])),
            ScopeClaim::Names => Some(json!(self.scopes)),
            ScopeClaim::Text => Some(json!(self.scopes.join(" "))),
            ScopeClaim::Absent => None,
        };
        put(&mut told, "scope", scope);
        if dialect.tenant.in_claims() {
            told.insert("tenant_id".into(), json!(exchange.tenant.id));
        }
        if dialect.org.in_claims() {
            told.insert("pod".into(), json!(POD));
            told.insert("org".into(), json!(exchange.tenant.name));
        }
        if let Some((id, name)) = self.user.as_ref().filter(|_| dialect.identity.in_claims()) {
            told.insert("identity_id".into(), json!(id));
            told.insert("user_name".into(), json!(name));
        }
        told.insert("strong_auth".into(), json!(true));
        told
    }

    fn reply_scope(&self, form: ReplyScope) -> Option<Value> {
        match form {
            ReplyScope::Names => Some(json!(self.scopes.join(" "))),
            ReplyScope::Uncut => Some(json!(self.stored.join(" "))),
            ReplyScope::ReadWrite => Some(json!("read write")),
            ReplyScope::Absent => None,
        }
    }

    fn expires_in(&self, form: ExpiresIn) -> Option<Value> {
        match form {
            ExpiresIn::Seconds => Some(json!(self.validity)),
            ExpiresIn::Absent => None,
            ExpiresIn::Null => Some(Value::Null),
            ExpiresIn::Zero => Some(json!(0)),
            ExpiresIn::Text => Some(json!(self.validity.to_string())),
            ExpiresIn::Negative => Some(json!(-1)),
            ExpiresIn::Huge => Some(json!(u64::MAX)),
            // Never longer than the access token lives.
            ExpiresIn::Fraction => {
                Some(json!(self.lifetime().saturating_sub(HALF_A_SECOND).as_secs_f64()))
            }
            ExpiresIn::Words => Some(json!("soon")),
        }
    }

    fn lifetime(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.validity).unwrap_or_default())
    }
}

fn put(object: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value);
    }
}
