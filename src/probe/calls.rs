//! The calls that a probe makes, one small function each; `judge` says what their replies mean.
use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::session::{Call, Session};
use crate::credential::Credential;
use crate::isc::Failure;
use crate::isc::classify::is_id;
use crate::isc::endpoint::ApiUrl;
use crate::isc::http::Reply;
use crate::redacted::Redacted;

const JSON: &str = "application/json";
const PATCH: &str = "application/json-patch+json";
const FORM: &str = "application/x-www-form-urlencoded";

impl Session {
    /// GET of the tenant's discovery document, which needs no credential.
    pub(super) async fn info(&self) -> Result<Reply, Failure> {
        self.call(self.read("/oauth/info", None)).await
    }

    /// POST for an access token.
    pub(super) async fn grant(&self, credential: &Credential) -> Result<Reply, Failure> {
        let pairs = [
            ("grant_type", "client_credentials"),
            ("client_id", &credential.client_id),
            ("client_secret", credential.client_secret.expose()),
        ];
        self.call(self.form("/oauth/token", &pairs, None)?).await
    }

    /// The same for the seed.
    pub(super) async fn grant_seed(&self) -> Result<Reply, Failure> {
        self.grant(&self.target.seed).await
    }

    /// POST of the seed's access token, to learn what it may do.
    pub(super) async fn check_token(&self) -> Result<Reply, Failure> {
        let bearer = self.bearer().await?;
        self.call(self.form("/oauth/check_token/", &[("token", bearer.expose())], Some(&bearer))?)
            .await
    }

    /// GET of the user's tokens.
    pub(super) async fn list(&self) -> Result<Reply, Failure> {
        let url = self.target.api.join(&format!("{}?owner-id=me", self.target.pat_path));
        self.call_as_seed(Method::GET, url, JSON, Bytes::new()).await
    }

    /// POST of a token. There is at least one scope and an expiry, always.
    pub(super) async fn create(
        &self,
        name: &str,
        scopes: &[&str],
        expires: i64,
    ) -> Result<Reply, Failure> {
        // ISC would grant every scope of the user (T4).
        if scopes.is_empty() {
            return Err(Failure::Setup(
                "refusing to create a token without scopes: ISC would grant all of them".into(),
            ));
        }
        let body = json!({
            "name": name,
            "scope": scopes,
            // Ten minutes, as the token itself: its access tokens need not live longer.
            "accessTokenValiditySeconds": 600,
            "expirationDate": stamp(expires)?,
        });
        let url = self.target.api.join(&self.target.pat_path);
        self.call_as_seed(Method::POST, url, JSON, body.to_string().into()).await
    }

    /// PATCH of one field of a token.
    pub(super) async fn change(
        &self,
        id: &str,
        path: &str,
        value: Value,
    ) -> Result<Reply, Failure> {
        let body = json!([{"op": "replace", "path": path, "value": value}]);
        self.call_as_seed(Method::PATCH, self.one(id)?, PATCH, body.to_string().into()).await
    }

    /// DELETE of a token.
    pub(super) async fn delete(&self, id: &str) -> Result<Reply, Failure> {
        self.call_as_seed(Method::DELETE, self.one(id)?, JSON, Bytes::new()).await
    }

    /// The cheapest use of an access token.
    pub(super) async fn employ(&self, bearer: &Redacted) -> Result<Reply, Failure> {
        self.call(self.read("/public-identities/v1?limit=1", Some(bearer))).await
    }

    /// GET of one system role of NERM.
    pub(super) async fn nerm(&self, nerm: &ApiUrl) -> Result<Reply, Failure> {
        let bearer = self.bearer().await?;
        let mut call = self.read("", Some(&bearer));
        call.url = nerm.join("/system_roles?limit=1");
        // NERM's headers say nothing of ISC's clock and limits.
        self.aside(call).await
    }

    fn read<'a>(&self, path: &str, bearer: Option<&'a Redacted>) -> Call<'a> {
        Call {
            method: Method::GET,
            url: self.target.api.join(path),
            kind: JSON,
            body: Bytes::new(),
            bearer,
        }
    }

    fn form<'a>(
        &self,
        path: &str,
        pairs: &[(&str, &str)],
        bearer: Option<&'a Redacted>,
    ) -> Result<Call<'a>, Failure> {
        let body = serde_urlencoded::to_string(pairs)
            .map_err(|error| Failure::Setup(error.to_string()))?;
        Ok(Call {
            method: Method::POST,
            url: self.target.api.join(path),
            kind: FORM,
            body: body.into(),
            bearer,
        })
    }

    fn one(&self, id: &str) -> Result<String, Failure> {
        let path = format!("{}/{id}", self.target.pat_path);
        // The id becomes part of a path: nothing else may reach another endpoint.
        if is_id(id) {
            Ok(self.target.api.join(&path))
        } else {
            Err(Failure::Setup("the id of a token is malformed".into()))
        }
    }
}

/// A time as ISC reads it.
pub(super) fn stamp(millis: i64) -> Result<String, Failure> {
    // Always with milliseconds, as ISC writes its own dates.
    let at =
        Timestamp::from_millisecond(millis).map_err(|error| Failure::Setup(error.to_string()))?;
    Ok(format!("{at:.3}"))
}
