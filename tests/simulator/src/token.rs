//! A personal access token as the tenant stores it, and as replies show it.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::json_date;
use crate::dialect::{Dialect, Shown};
use crate::switches::Switches;

/// Access-token validity where the request names none, and its upper bound, in seconds.
pub const MAX_VALIDITY: i64 = 43_200;
/// Lower bound of the access-token validity, in seconds.
pub const MIN_VALIDITY: i64 = 15;

/// A stored token.
#[derive(Clone, Debug)]
pub struct Token {
    /// Client ID: 32 lower-case hex digits.
    pub id: String,
    /// Client secret in clear text.
    pub(crate) client_secret: String,
    /// Unique among the owner's.
    pub name: String,
    /// Identity id of the owner.
    pub owner: String,
    /// `None` grants everything.
    pub scope: Option<Vec<String>>,
    /// Earlier scopes and the time until which new access tokens still get them.
    pub(crate) old_scopes: Vec<(Timestamp, Option<Vec<String>>)>,
    /// When it was made.
    pub created: Timestamp,
    /// When its credential was last used, with the vendor's coarse steps.
    pub last_used: Option<Timestamp>,
    /// Made by the platform; nobody else may touch it.
    pub managed: bool,
    /// Lifetime of its access tokens in seconds.
    pub validity: i64,
    /// `None` for never.
    pub expires: Option<Timestamp>,
    /// The owner acknowledged that it never expires.
    pub never_expires: bool,
    /// Its credential is refused before this time.
    pub(crate) accepted_from: Timestamp,
}

impl Token {
    /// Whether its expiration date has come.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|at| at <= now)
    }

    /// The scopes that an access token issued now is made from: patches arrive late.
    pub fn scope_for_access_tokens(&self, now: Timestamp) -> Option<&[String]> {
        let old = self.old_scopes.iter().find(|(until, _)| now < *until);
        old.map_or(&self.scope, |(_, scope)| scope).as_deref()
    }

    /// Stores another scope, which reaches access tokens after `lag` seconds.
    pub fn set_scope(&mut self, scope: Option<Vec<String>>, now: Timestamp, lag: i64) {
        let before = std::mem::replace(&mut self.scope, scope);
        self.old_scopes.retain(|(until, _)| now < *until);
        self.old_scopes.push((crate::clock::plus_seconds(now, lag), before));
    }

    /// As LIST and PATCH show it.
    pub fn listed(&self, owner_name: &str, switches: &Switches) -> Value {
        let date = |at: Timestamp| json_date(at, switches.date_style);
        let mut view = json!({
            "id": self.id,
            "name": self.name,
            "scope": self.scope,
            "owner": {"type": "IDENTITY", "id": self.owner, "name": owner_name},
            "created": date(self.created),
            "lastUsed": self.last_used.map(date),
            "managed": self.managed,
            "accessTokenValiditySeconds": self.validity,
            "expirationDate": self.expires.map(date),
        });
        let Dialect { list_scope, list_last_used, .. } = switches.dialect;
        for (name, shown) in [("scope", list_scope), ("lastUsed", list_last_used)] {
            show(&mut view, name, shown);
        }
        if self.never_expires {
            view["userAwareTokenNeverExpires"] = Value::Bool(true);
        }
        view
    }

    /// As the reply to POST shows it: the only place with the client secret.
    pub fn created_reply(&self, owner_name: &str, switches: &Switches) -> Value {
        let date = |at: Timestamp| json_date(at, switches.date_style);
        json!({
            "id": self.id,
            "secret": self.client_secret,
            "name": self.name,
            "scope": self.scope,
            "owner": {"type": "IDENTITY", "id": self.owner, "name": owner_name},
            "created": date(self.created),
            "accessTokenValiditySeconds": self.validity,
            "expirationDate": self.expires.map(date),
        })
    }

    /// As the control API shows it.
    pub fn state(&self) -> TokenState {
        TokenState {
            id: self.id.clone(),
            name: self.name.clone(),
            owner: self.owner.clone(),
            scope: self.scope.clone(),
            created: self.created,
            last_used: self.last_used,
            managed: self.managed,
            access_token_validity_seconds: self.validity,
            expiration_date: self.expires,
            user_aware_token_never_expires: self.never_expires,
        }
    }
}

fn show(view: &mut Value, name: &str, shown: Shown) {
    match shown {
        Shown::Value => {}
        Shown::Null => view[name] = Value::Null,
        Shown::Absent => {
            if let Some(fields) = view.as_object_mut() {
                fields.remove(name);
            }
        }
    }
}

/// Everything about a token that is not secret, for tests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenState {
    /// Client ID.
    pub id: String,
    /// Name.
    pub name: String,
    /// Identity id of the owner.
    pub owner: String,
    /// Stored scopes; null grants everything.
    pub scope: Option<Vec<String>>,
    /// When it was made.
    pub created: Timestamp,
    /// When its credential was last used.
    pub last_used: Option<Timestamp>,
    /// Made by the platform.
    pub managed: bool,
    /// Lifetime of its access tokens.
    pub access_token_validity_seconds: i64,
    /// Null for never.
    pub expiration_date: Option<Timestamp>,
    /// The owner acknowledged that it never expires.
    pub user_aware_token_never_expires: bool,
}
