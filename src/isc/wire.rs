//! The JSON of the token API and of `/oauth/token`, as the published documents give it; unknown fields are ignored.
use serde::{Deserialize, Serialize};

/// Body of `POST /personal-access-tokens/v1`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Create<'a> {
    pub name: &'a str,
    pub scope: &'a [String],
    pub access_token_validity_seconds: u32,
    pub expiration_date: String,
}

/// A token, in the replies of POST, PATCH and LIST.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Token {
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub secret: Option<String>,
    pub owner: Owner,
    #[serde(default)]
    pub created: Option<String>,
    #[serde(default)]
    pub expiration_date: Option<String>,
    #[serde(default)]
    pub managed: Option<bool>,
    #[serde(default)]
    pub scope: Option<Vec<String>>,
    #[serde(default)]
    pub last_used: Option<String>,
}

/// Owner of a token.
#[derive(Deserialize)]
pub(super) struct Owner {
    pub id: String,
}

/// One operation of a JSON Patch.
#[derive(Serialize)]
pub(super) struct Replace {
    pub op: &'static str,
    pub path: &'static str,
    pub value: serde_json::Value,
}

/// Reply of `/oauth/token`.
#[derive(Deserialize)]
pub(super) struct Access {
    pub access_token: String,
    #[serde(default)]
    pub expires_in: Option<u64>,
    #[serde(default)]
    pub scope: Option<String>,
    #[serde(default)]
    pub tenant_id: Option<String>,
    #[serde(default)]
    pub identity_id: Option<String>,
}

/// What is read of an access token's payload, for status only.
#[derive(Default, Deserialize)]
pub(super) struct Claims {
    #[serde(default)]
    pub scope: Option<Vec<String>>,
    #[serde(default)]
    pub tenant_id: Option<String>,
    #[serde(default)]
    pub identity_id: Option<String>,
}

/// Error bodies in all the shapes that were seen.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fault {
    #[serde(default)]
    pub detail_code: Option<String>,
    #[serde(default)]
    pub tracking_id: Option<String>,
    #[serde(default)]
    pub messages: Vec<Text>,
    #[serde(default)]
    pub error: Option<String>,
    #[serde(default, rename = "error_description")]
    pub error_description: Option<String>,
    #[serde(default)]
    pub error_message: Option<String>,
    #[serde(default)]
    pub message: Option<String>,
}

/// A message in one language.
#[derive(Deserialize)]
pub(super) struct Text {
    #[serde(default)]
    pub text: String,
}
