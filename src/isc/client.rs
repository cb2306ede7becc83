//! The operator's session with ISC as one user: its credential, its own access token, and one way to send a request.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, header};
use tokio::time::Instant;

use super::access_token::{Access, Identity};
use super::budget::Budget;
use super::clock::{Clock, Reading};
use super::endpoint::ApiUrl;
use super::error::Failure;
use super::http::{Reply, Transport, send};
use super::{classify, headers};
use crate::metrics::{IscOperation, Metrics};
use crate::redacted::Redacted;

/// Client ID and client secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Client ID.
    pub client_id: String,
    /// Client secret.
    pub client_secret: Redacted,
}

/// A session; cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    api: ApiUrl,
    path: String,
    transport: Transport,
    credential: Credential,
    budget: Arc<Budget>,
    clock: Arc<Mutex<Clock>>,
    access: tokio::sync::Mutex<Option<Access>>,
    /// `/oauth/check_token/` answered that it is not for us; the vendor does not document it.
    lacks_check_token: AtomicBool,
    /// ISC named scopes of our own credential: where it names none of another, there are none.
    names_scopes: AtomicBool,
    metrics: Arc<Metrics>,
}

impl Client {
    /// A session that has sent nothing yet. `path`: of the token API, behind the base URL.
    pub fn new(
        api: ApiUrl,
        path: String,
        transport: Transport,
        credential: Credential,
        budget: Arc<Budget>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let (clock, access) = (Arc::default(), tokio::sync::Mutex::new(None));
        let (lacks_check_token, names_scopes) = (AtomicBool::new(false), AtomicBool::new(false));
        Self(Arc::new(Inner {
            api,
            path,
            transport,
            credential,
            budget,
            clock,
            access,
            lacks_check_token,
            names_scopes,
            metrics,
        }))
    }

    /// Client ID of the operator's own credential.
    pub fn client_id(&self) -> &str {
        &self.0.credential.client_id
    }

    /// Whether both are one session.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The credential of this session.
    pub fn credential(&self) -> &Credential {
        &self.0.credential
    }

    /// ISC's time now (R20).
    pub fn now(&self) -> Option<Reading> {
        self.0.clock.lock().unwrap_or_else(PoisonError::into_inner).read(Instant::now())
    }

    /// How long ISC wants to be left alone.
    pub fn held(&self) -> Option<Duration> {
        self.0.budget.held()
    }

    /// Who the operator is, by an access token that is got now.
    ///
    /// # Errors
    /// [`Failure::Refused`] if ISC does not accept the credential.
    pub async fn identity(&self) -> Result<Identity, Failure> {
        let fresh = self.grant(&self.0.credential).await?;
        let (mut identity, bearer) = (fresh.identity.clone(), fresh.bearer.clone());
        *self.0.access.lock().await = Some(fresh);
        if identity.scopes.is_none() {
            identity.scopes = self.ask_for_scopes(&bearer).await;
        }
        self.0.names_scopes.store(identity.scopes.is_some(), Ordering::Relaxed);
        Ok(identity)
    }

    /// Whether `/oauth/check_token/` may be there.
    pub(super) fn has_check_token(&self) -> bool {
        !self.0.lacks_check_token.load(Ordering::Relaxed)
    }

    /// It is not: this session does not ask for it again.
    pub(super) fn lacks_check_token(&self) {
        self.0.lacks_check_token.store(true, Ordering::Relaxed);
    }

    /// Whether ISC named scopes of our own credential.
    pub(super) fn names_scopes(&self) -> bool {
        self.0.names_scopes.load(Ordering::Relaxed)
    }

    /// Carries requests to ISC.
    pub(super) fn transport(&self) -> &Transport {
        &self.0.transport
    }

    /// Counts a request that went another way than [`Client::call`].
    pub(super) fn count(&self, operation: IscOperation, status: u16, took: Duration) {
        self.0.metrics.request(operation, classify::result(status), took);
    }

    /// Sends what may be sent twice: a 401 drops the access token and tries once more with a new one.
    pub(super) async fn repeatable(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: Bytes,
    ) -> Result<Reply, Failure> {
        for last in [false, true] {
            let bearer = self.bearer().await?;
            self.take().await?;
            let reply = self.call(method.clone(), path, kind, body.clone(), Some(&bearer)).await?;
            if reply.status() != 401 {
                return Ok(reply);
            }
            self.forget().await;
            if last {
                return Err(classify::refusal(&reply));
            }
        }
        Err(Failure::NoReply("ISC refused twice".into()))
    }

    pub(super) async fn bearer(&self) -> Result<Redacted, Failure> {
        let mut access = self.0.access.lock().await;
        Ok(self.fresh(&mut access).await?.bearer.clone())
    }

    /// Drops the access token: the next call gets a new one.
    pub async fn forget(&self) {
        *self.0.access.lock().await = None;
    }

    /// Path of the token API.
    pub(super) fn path(&self) -> &str {
        &self.0.path
    }

    /// Waits for the budget's leave to send one request.
    pub(super) async fn take(&self) -> Result<(), Failure> {
        self.0.budget.take().await
    }

    async fn fresh<'a>(&self, access: &'a mut Option<Access>) -> Result<&'a Access, Failure> {
        let old = access.take().filter(|access| access.until > Instant::now());
        let fresh = match old {
            Some(fresh) => fresh,
            None => self.grant(&self.0.credential).await?,
        };
        Ok(access.insert(fresh))
    }

    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: Bytes,
        bearer: Option<&Redacted>,
    ) -> Result<Reply, Failure> {
        let reply = self.call_aside(method, path, kind, body, bearer).await?;
        if reply.status() == 429 {
            return Err(Failure::Wait(self.0.budget.hold(headers::retry_after(&reply))));
        }
        Ok(reply)
    }

    /// The same for what is good to know, and not needed: that ISC wants to be asked less often holds nothing else up.
    pub(super) async fn call_aside(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: Bytes,
        bearer: Option<&Redacted>,
    ) -> Result<Reply, Failure> {
        let started = Instant::now();
        let mut request = http::Request::builder()
            .method(method.clone())
            .uri(self.0.api.join(path))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, kind);
        if let Some(bearer) = bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", bearer.expose()));
        }
        let request = request.body(body).map_err(|error| Failure::Setup(error.to_string()))?;
        let answer = send(&self.0.transport, request).await;
        let (operation, took) = (operation(&method, path), started.elapsed());
        let status = answer.as_ref().map_or(0, |reply| reply.status().as_u16());
        tracing::debug!(?operation, status, millis = took.as_millis(), "called ISC");
        self.0.metrics.request(operation, classify::result(status), took);
        let reply = answer?;
        if let Some(date) = headers::date(&reply) {
            self.0.clock.lock().unwrap_or_else(PoisonError::into_inner).observe(date, Instant::now());
        }
        Ok(reply)
    }
}

fn operation(method: &Method, path: &str) -> IscOperation {
    match *method {
        _ if path.starts_with("/oauth/check_token") => IscOperation::CheckToken,
        _ if path.starts_with("/oauth/info") => IscOperation::Info,
        _ if path.starts_with("/oauth") => IscOperation::AccessToken,
        Method::POST => IscOperation::Create,
        Method::PATCH => IscOperation::Update,
        Method::DELETE => IscOperation::Delete,
        _ => IscOperation::List,
    }
}
