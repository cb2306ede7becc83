//! The pair in a published Secret, whatever the Secret's format, as a workload reads it.
use serde_json::Value;

use crate::ledger::data;

/// A client ID, its client secret, and where ISC takes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Client ID.
    pub client_id: String,
    /// Client secret.
    pub client_secret: String,
    /// URL of the token endpoint.
    pub token_url: String,
}

impl Pair {
    /// The pair in the object of a Secret; `None` if it has none.
    pub fn of(secret: &Value) -> Option<Self> {
        let mut data = data(secret);
        let mut either = |plain: &str, sdk: &str| data.remove(plain).or_else(|| data.remove(sdk));
        let client_id = either("clientId", "SAIL_CLIENT_ID")?;
        let client_secret = either("clientSecret", "SAIL_CLIENT_SECRET")?;
        let base_url = either("apiUrl", "SAIL_BASE_URL");
        let below_base = base_url.map(|url| format!("{url}/oauth/token"));
        let token_url = data.remove("tokenUrl").or(below_base)?;
        Some(Self { client_id, client_secret, token_url })
    }

    /// The form that asks for an access token with it.
    pub fn form(&self) -> [(&str, &str); 3] {
        let Self { client_id, client_secret, .. } = self;
        [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", client_secret),
        ]
    }
}
