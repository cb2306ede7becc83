//! A credential, in the one shape that it has from ISC's reply to the ledger and back to ISC.
pub mod seed;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::redacted::Redacted;

/// Client ID and client secret of a personal access token.
///
/// Serialised it is the client ID alone: `{"clientId": "…"}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// Client ID, which is also the token's id in the token API.
    pub client_id: Arc<str>,
    /// Client secret; never serialised.
    #[serde(skip)]
    pub client_secret: Redacted,
}

impl Credential {
    /// Joins the two halves; they are not checked.
    pub fn new(client_id: impl Into<Arc<str>>, client_secret: Redacted) -> Self {
        Self { client_id: client_id.into(), client_secret }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_client_id_is_serialised() {
        let credential = Credential::new("id1", Redacted::new("c4n4ry".into()));
        assert_eq!(serde_json::to_string(&credential).unwrap(), "{\"clientId\":\"id1\"}");
    }
}
