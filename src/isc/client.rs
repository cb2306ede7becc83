//! The operator's session with ISC as one user: its credential, its own access token, and one way
//! to send a request.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Method, header};
use tokio::time::Instant;

use super::access_token::{self, Access};
use super::budget::Budget;
use super::call::Call;
use super::clock::{Clock, Reading};
use super::endpoint::ApiUrl;
use super::error::Failure;
use super::http::{Reply, Request, Transport, send};
use super::{classify, headers};
use crate::credential::Credential;
use crate::metrics::{IscOperation, Metrics};
use crate::redacted::Redacted;

/// A session; cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    api: ApiUrl,
    path: String,
    transport: Transport,
    credential: Credential,
    budget: Arc<Budget>,
    clock: Mutex<Clock>,
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
        Self(Arc::new(Inner {
            api,
            path,
            transport,
            credential,
            budget,
            clock: Mutex::default(),
            access: tokio::sync::Mutex::new(None),
            lacks_check_token: AtomicBool::new(false),
            names_scopes: AtomicBool::new(false),
            metrics,
        }))
    }

    /// Client ID of the operator's own credential.
    pub fn client_id(&self) -> &str {
        &self.0.credential.client_id
    }

    /// True if both are one session.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The credential of this session.
    pub fn credential(&self) -> &Credential {
        &self.0.credential
    }

    /// ISC's time now (R20).
    pub fn now(&self) -> Option<Reading> {
        self.clock().read(Instant::now())
    }

    /// The time for which ISC still wants to be left alone.
    pub fn held(&self) -> Option<Duration> {
        self.0.budget.held()
    }

    /// Drops the access token: the next call gets a new one.
    pub async fn forget(&self) {
        *self.0.access.lock().await = None;
    }

    /// Gets an access token for a credential, this session's or another.
    ///
    /// # Errors
    /// [`Failure::Refused`] if ISC does not accept the credential; anything else is no answer.
    pub(super) async fn grant(&self, credential: &Credential) -> Result<Access, Failure> {
        let body = access_token::grant_form(credential)?;
        self.take().await?;
        // Before the request: the life of the access token runs from some moment after this one.
        let asked = Instant::now();
        let call =
            Call { method: Method::POST, path: "/oauth/token", kind: access_token::FORM, body };
        let reply = self.call(call, None).await?;
        access_token::granted(&reply, asked)
    }

    /// The access token of this session, got anew if there is none that is fresh.
    pub(super) async fn bearer(&self) -> Result<Redacted, Failure> {
        // Held over the request, so that calls at the same time share one access token.
        let mut access = self.0.access.lock().await;
        // Taken out first: if the grant fails, no stale one is left.
        let old = access.take().filter(|access| access.until > Instant::now());
        let fresh = match old {
            Some(fresh) => fresh,
            None => self.grant(&self.0.credential).await?,
        };
        Ok(access.insert(fresh).bearer.clone())
    }

    /// Keeps an access token of this session that was got for another reason.
    pub(super) async fn keep(&self, access: Access) {
        *self.0.access.lock().await = Some(access);
    }

    /// False once `/oauth/check_token/` answered that it is not there.
    pub(super) fn has_check_token(&self) -> bool {
        !self.0.lacks_check_token.load(Ordering::Relaxed)
    }

    /// `/oauth/check_token/` is not there: this session does not ask for it again.
    pub(super) fn lacks_check_token(&self) {
        self.0.lacks_check_token.store(true, Ordering::Relaxed);
    }

    /// True if ISC named scopes of our own credential.
    pub(super) fn names_scopes(&self) -> bool {
        self.0.names_scopes.load(Ordering::Relaxed)
    }

    /// Remembers the same.
    pub(super) fn set_names_scopes(&self, names: bool) {
        self.0.names_scopes.store(names, Ordering::Relaxed);
    }

    /// Carries requests to ISC.
    pub(super) fn transport(&self) -> &Transport {
        &self.0.transport
    }

    /// Path of the token API.
    pub(super) fn path(&self) -> &str {
        &self.0.path
    }

    /// Waits for the budget's leave to send one request.
    pub(super) async fn take(&self) -> Result<(), Failure> {
        self.0.budget.take().await
    }

    /// Counts a request and its answer.
    pub(super) fn count(
        &self,
        operation: IscOperation,
        answer: &Result<Reply, Failure>,
        took: Duration,
    ) {
        self.0.metrics.request(operation, classify::result(answer), took);
    }

    /// Sends what may be sent twice: a 401 drops the access token and tries once more with a new
    /// one.
    pub(super) async fn repeatable(&self, call: Call<'_>) -> Result<Reply, Failure> {
        for last in [false, true] {
            let bearer = self.bearer().await?;
            self.take().await?;
            let reply = self.call(call.clone(), Some(&bearer)).await?;
            if reply.status() != 401 {
                return Ok(reply);
            }
            // Revoked, or ISC forgot it: a new one tells which.
            self.forget().await;
            if last {
                return Err(classify::refusal(&reply));
            }
        }
        Err(Failure::NoReply("ISC refused twice".into()))
    }

    /// Sends one request, once; after a 429 nothing is sent for as long as ISC asks.
    pub(super) async fn call(
        &self,
        call: Call<'_>,
        bearer: Option<&Redacted>,
    ) -> Result<Reply, Failure> {
        let reply = self.call_aside(call, bearer).await?;
        if reply.status() == 429 {
            return Err(Failure::Wait(self.0.budget.hold(headers::retry_after(&reply))));
        }
        Ok(reply)
    }

    /// The same for what is good to know, and not needed: a 429 to it holds nothing else up.
    pub(super) async fn call_aside(
        &self,
        call: Call<'_>,
        bearer: Option<&Redacted>,
    ) -> Result<Reply, Failure> {
        let operation = call.operation();
        let started = Instant::now();
        let request = self.request(call, bearer)?;
        let answer = send(&self.0.transport, request).await;
        let took = started.elapsed();
        self.count(operation, &answer, took);
        let status = classify::status(&answer);
        tracing::debug!(?operation, status, millis = took.as_millis(), "called ISC");
        let reply = answer?;
        // Every reply with a Date counts, refusals too (R20).
        if let Some(date) = headers::date(&reply) {
            self.clock().observe(date, Instant::now());
        }
        Ok(reply)
    }

    fn request(&self, call: Call<'_>, bearer: Option<&Redacted>) -> Result<Request, Failure> {
        let mut request = http::Request::builder()
            .method(call.method)
            .uri(self.0.api.join(call.path))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, call.kind);
        if let Some(bearer) = bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", bearer.expose()));
        }
        request.body(call.body).map_err(|error| Failure::Setup(error.to_string()))
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.0.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
