//! The strategies' client of ISC: an access token, POST and DELETE.
use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use trials::wire::Isc;

use super::Trouble;

/// A client ID and its client secret.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Client ID.
    pub id: String,
    /// Client secret.
    pub client_secret: String,
}

/// A replica that ISC knows.
pub struct Session {
    isc: Isc,
    identity: String,
    api_url: String,
    bearer: String,
}

impl Session {
    /// Gets an access token.
    pub async fn open(
        isc: Isc,
        identity: String,
        api_url: String,
        seed: Credential,
    ) -> Result<Self, Trouble> {
        let Credential { id, client_secret } = seed;
        let body =
            format!("grant_type=client_credentials&client_id={id}&client_secret={client_secret}");
        let request = http::Request::post(format!("{api_url}/oauth/token"));
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(body));
        let reply = isc.carry(&identity, request.or(Err(Trouble))?).await.or(Err(Trouble))?;
        let reply: Value = serde_json::from_slice(reply.body()).or(Err(Trouble))?;
        let bearer = reply["access_token"].as_str().ok_or(Trouble)?.to_owned();
        Ok(Self { isc, identity, api_url, bearer })
    }

    /// Where it is.
    pub fn api_url(&self) -> &str {
        &self.api_url
    }

    /// Makes a token that lives until then.
    pub async fn create(
        &self,
        name: &str,
        scopes: &[String],
        until: Timestamp,
    ) -> Result<Credential, Trouble> {
        let expires = format!("{until:.3}");
        let body = json!({"name": name, "scope": scopes, "accessTokenValiditySeconds": 3_600, "expirationDate": expires});
        let (status, reply) = self.ask(Method::POST, "", body.to_string()).await?;
        let token: Value = serde_json::from_slice(&reply).unwrap_or_default();
        match (status, token["id"].as_str(), token["secret"].as_str()) {
            (200 | 201, Some(id), Some(secret)) => {
                Ok(Credential { id: id.to_owned(), client_secret: secret.to_owned() })
            }
            _ => Err(Trouble),
        }
    }

    /// Destroys a token; one that is not there is destroyed.
    pub async fn delete(&self, id: &str) -> Result<(), Trouble> {
        match self.ask(Method::DELETE, &format!("/{id}"), String::new()).await? {
            (200..300 | 404, _) => Ok(()),
            _ => Err(Trouble),
        }
    }

    async fn ask(&self, method: Method, path: &str, body: String) -> Result<(u16, Bytes), Trouble> {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}/personal-access-tokens/v1{path}", self.api_url))
            .header("authorization", format!("Bearer {}", self.bearer))
            .header("content-type", "application/json")
            .body(Bytes::from(body));
        let reply =
            self.isc.carry(&self.identity, request.or(Err(Trouble))?).await.or(Err(Trouble))?;
        Ok((reply.status().as_u16(), reply.into_body()))
    }
}
