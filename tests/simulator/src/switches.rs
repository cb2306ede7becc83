//! The standing behaviour of a tenant, every part of it settable while the simulator runs.
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::DateStyle;
use crate::dialect::Dialect;
use crate::scopes::ExtraScopes;

/// What an error shows of the form of switches.
const EXAMPLE: &str = r#"{"listLagSeconds": 30, "dialect": {"scopeClaim": "absent"}}"#;

/// What stands at the tenant's base URL: the host that somebody took for its API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Front {
    /// The API.
    #[default]
    Api,
    /// The user interface: every path redirects (302) to a login page.
    LoginRedirect,
    /// A vanity host: 404 with a page of HTML.
    HtmlNotFound,
    /// 405 with a page of HTML.
    MethodNotAllowed,
    /// A parked domain: 200 with a page of HTML.
    HtmlOk,
    /// Maintenance: 503 with a page of HTML.
    HtmlUnavailable,
}

/// What the NERM probe finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Nerm {
    /// A collection with one member: 200.
    #[default]
    Filled,
    /// An empty collection, which NERM answers with 400 and an accepted access token.
    Empty,
    /// The access token is refused: 401.
    Refused,
    /// The user behind the access token may not: 403.
    Forbidden,
    /// Out of order: 503.
    Unavailable,
    /// No NERM lives here: 404 with a page of HTML.
    NotFound,
}

/// How a tenant behaves. The defaults are what is known of real ISC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Switches {
    /// LIST shows the state so many seconds ago.
    pub list_lag_seconds: i64,
    /// Whether LIST shows `managed` tokens; real ISC does so only for callers with a special right.
    pub list_managed: bool,
    /// A new token's credential is refused (401) for so many seconds.
    pub new_pair_delay_seconds: i64,
    /// A patched scope reaches new access tokens after so many seconds.
    pub scope_lag_seconds: i64,
    /// `lastUsed` moves only if it is at least so many seconds old.
    pub last_used_seconds: i64,
    /// Most tokens per user; `managed` ones count.
    pub tokens_per_user: usize,
    /// Status for one token too many.
    pub cap_status: u16,
    /// Status for a name the owner already uses.
    pub duplicate_name_status: u16,
    /// Status for an expiration date that is refused.
    pub bad_date_status: u16,
    /// Whether a create or patch with an expiration date in the past is accepted.
    pub accept_past_dates: bool,
    /// A tenant's own rule: an expiration date must be at least so many seconds ahead.
    pub min_expiry_seconds: Option<i64>,
    /// A tenant's own rule: an expiration date may be at most so many days ahead (older API
    /// versions: never above 184).
    pub max_expiry_days: Option<i64>,
    /// Whether the tenant deletes expired tokens by itself; if not, they are listed but refused.
    pub delete_expired: bool,
    /// Whether access tokens are refused once their token is gone; unknown of real ISC, assumed
    /// not.
    pub access_tokens_die_with_token: bool,
    /// Most requests per client ID and API version in 10 s; the real limit is 100.
    pub requests_per_10s: Option<u32>,
    /// `X-Deprecated: true` on every reply of the token API.
    pub deprecated: bool,
    /// How dates are written.
    pub date_style: DateStyle,
    /// What the NERM probe finds. An access token that is missing or wrong gets 401 all the same.
    pub nerm: Nerm,
    /// Scopes known beside the built-in table. Access tokens that are out already are read with the
    /// new table.
    pub extra_scopes: ExtraScopes,
    /// What stands at the base URL.
    pub front: Front,
    /// How it speaks where nothing documents it.
    pub dialect: Dialect,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            list_lag_seconds: 0,
            list_managed: true,
            new_pair_delay_seconds: 0,
            scope_lag_seconds: 20 * 60,
            last_used_seconds: 24 * 3600,
            tokens_per_user: 10,
            cap_status: 400,
            duplicate_name_status: 400,
            bad_date_status: 400,
            accept_past_dates: false,
            min_expiry_seconds: None,
            max_expiry_days: None,
            delete_expired: true,
            access_tokens_die_with_token: false,
            requests_per_10s: None,
            deprecated: false,
            date_style: DateStyle::Millis,
            nerm: Nerm::Filled,
            extra_scopes: ExtraScopes::new(),
            front: Front::Api,
            dialect: Dialect::default(),
        }
    }
}

impl Switches {
    /// These switches with the ones of a JSON object in their place. The dialect is merged field by
    /// field.
    ///
    /// # Errors
    /// A text that names the switch or the value that does not exist.
    pub fn merged(&self, patch: &Value) -> Result<Self, String> {
        let Value::Object(patch) = patch else {
            return Err(format!("they are given as a JSON object such as {EXAMPLE}"));
        };
        let mut all = json!(self);
        for (name, value) in patch {
            match value {
                Value::Object(fields) if name == "dialect" => {
                    for (field, form) in fields {
                        all[name][field] = form.clone();
                    }
                }
                _ => all[name] = value.clone(),
            }
        }
        serde_json::from_value(all).map_err(|e| format!("{e}: write them as in {EXAMPLE}"))
    }
}
