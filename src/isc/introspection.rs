//! Asks ISC who a credential is, and which scopes its access tokens carry.
use http::Method;

use super::access_token::{self, Access, Identity};
use super::body;
use super::call::Call;
use super::client::Client;
use super::error::Failure;
use super::wire::Fields;
use crate::credential::Credential;
use crate::redacted::Redacted;

impl Client {
    /// The user of this session, by an access token that is got now.
    ///
    /// # Errors
    /// [`Failure::Refused`] if ISC does not accept the credential.
    pub async fn identity(&self) -> Result<Identity, Failure> {
        let access = self.grant(self.credential()).await?;
        let mut identity = access.identity.clone();
        let bearer = access.bearer.clone();
        self.keep(access).await;
        if identity.scopes.is_none() {
            identity.scopes = self.ask_for_scopes(&bearer).await;
        }
        // Where ISC names these, an empty list of another credential says that it has none.
        self.set_names_scopes(identity.scopes.is_some());
        Ok(identity)
    }

    /// Asks ISC for nothing but an access token: an `Ok` says that it accepts the credential.
    ///
    /// # Errors
    /// [`Failure::Refused`] if it does not; anything else is no answer.
    pub async fn verify(&self, credential: &Credential) -> Result<(), Failure> {
        self.grant(credential).await?;
        Ok(())
    }

    /// The scopes of an access token got with this credential; `None`: ISC does not say.
    ///
    /// # Errors
    /// As [`Client::verify`].
    pub async fn scopes_of(&self, credential: &Credential) -> Result<Option<Vec<String>>, Failure> {
        let Access { bearer, identity, names_none, until: _ } = self.grant(credential).await?;
        if identity.scopes.is_some() {
            return Ok(identity.scopes);
        }
        let told = self.ask_for_scopes(&bearer).await;
        // An empty list means something only where ISC is known to name scopes.
        if told.is_none() && names_none && self.names_scopes() {
            return Ok(Some(Vec::new()));
        }
        Ok(told)
    }

    /// The scopes of an access token by `/oauth/check_token/`, which the vendor does not document:
    /// no answer is no error.
    async fn ask_for_scopes(&self, bearer: &Redacted) -> Option<Vec<String>> {
        if !self.has_check_token() {
            return None;
        }
        let body = access_token::check_form(bearer).ok()?;
        self.take().await.ok()?;
        let call = Call {
            method: Method::POST,
            path: "/oauth/check_token/",
            kind: access_token::FORM,
            body,
        };
        let reply = self.call_aside(call, None).await.ok()?;
        // Refused or not there: to ask at each look would cost a request each time.
        if matches!(reply.status().as_u16(), 401..=405) {
            self.lacks_check_token();
        }
        if reply.status() != 200 {
            return None;
        }
        let said: Fields = body::json(&reply).ok()?;
        match said.scopes("scope") {
            None if said.is_empty("scope") && self.names_scopes() => Some(Vec::new()),
            scopes => scopes,
        }
    }
}
