//! One way to send a request: paced, timed, with the seed's access token, and with an eye on the
//! headers of its reply.
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, header};
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::dates::Dates;
use super::error::Error;
use super::facts::{Headers, Said};
use super::granted::Granted;
use super::read;
use super::target::Target;
use crate::isc::http::{Reply, Request, Transport, Transports, send};
use crate::isc::{Failure, access_token, headers};
use crate::redacted::Redacted;

/// Wait when ISC does not say how long.
const DEFAULT_HOLD: Duration = Duration::from_secs(10);
/// Longest wait that is granted when ISC asks to wait, in seconds.
const LONGEST_HOLD: u64 = 20;
/// Number of times that a request is sent again after such a wait: ISC has done nothing then, so
/// that even a POST may be.
const HOLDS: usize = 3;

/// Shows a person what is being done; never a secret value.
pub type Tell = fn(&str);

/// The way to one place, with one access token.
pub(super) struct Session {
    pub(super) target: Target,
    tell: Tell,
    transport: Transport,
    access: tokio::sync::Mutex<Option<Access>>,
    notes: Mutex<Notes>,
}

/// An access token of the seed.
struct Access {
    bearer: Redacted,
    until: Instant,
}

#[derive(Default)]
struct Notes {
    dates: Dates,
    replies: usize,
    dated: usize,
    limits: BTreeSet<String>,
    throttled: usize,
    deprecated: bool,
}

/// A request, before it is sent.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) kind: &'static str,
    pub(super) body: Bytes,
    pub(super) bearer: Option<&'a Redacted>,
}

impl Session {
    /// A session that has sent nothing yet.
    pub(super) fn new(target: Target, tell: Tell) -> Result<Self, Error> {
        let transports = match target.proxy.clone() {
            Some(proxy) => Transports::through(proxy.url, proxy.except),
            None => Transports::default(),
        };
        let transport = transports.trusting(target.ca_pem.as_deref()).map_err(Error::Setup)?;
        Ok(Self {
            target,
            tell,
            transport,
            access: tokio::sync::Mutex::default(),
            notes: Mutex::default(),
        })
    }

    /// Says what is being done.
    pub(super) fn tell(&self, what: &str) {
        (self.tell)(what);
    }

    /// Sends a request; a reply that asks to wait is heeded, if it does not ask for too long.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Reply, Failure> {
        // Built once: a request that is sent again after a 429 is the same one.
        let request = request(call)?;
        let mut holds = 0;
        loop {
            let asked = Instant::now();
            let reply = send(&self.transport, request.clone()).await?;
            self.notes().observe(&reply, asked);
            let asked_for = headers::retry_after(&reply).unwrap_or(DEFAULT_HOLD);
            // Zero would be a busy loop.
            let hold = whole_seconds(asked_for).max(1);
            if reply.status() != 429 || hold > LONGEST_HOLD || holds == HOLDS {
                return Ok(reply);
            }
            holds += 1;
            self.tell(&format!("waiting {hold} s, as ISC asks"));
            sleep(Duration::from_secs(hold)).await;
        }
    }

    /// Sends a request to another API than ISC's, whose clock and limits are its own.
    pub(super) async fn aside(&self, call: Call<'_>) -> Result<Reply, Failure> {
        send(&self.transport, request(call)?).await
    }

    /// The same as [`Session::call`] with the seed's access token, which is renewed when it is old
    /// or refused.
    pub(super) async fn call_as_seed(
        &self,
        method: Method,
        url: String,
        kind: &'static str,
        body: Bytes,
    ) -> Result<Reply, Failure> {
        for last in [false, true] {
            let bearer = self.bearer().await?;
            let (method, url, body) = (method.clone(), url.clone(), body.clone());
            let reply = self.call(Call { method, url, kind, body, bearer: Some(&bearer) }).await?;
            // The access token may have ended on the way; a second 401 is an answer.
            if reply.status() != 401 || last {
                return Ok(reply);
            }
            *self.access.lock().await = None;
        }
        Err(Failure::NoReply("ISC refused twice".into()))
    }

    /// Keeps an access token of the seed that was just got.
    pub(super) async fn keep(&self, granted: &Granted) {
        let until = Instant::now() + granted.life();
        *self.access.lock().await = Some(Access { bearer: granted.bearer.clone(), until });
    }

    /// The seed's access token.
    pub(super) async fn bearer(&self) -> Result<Redacted, Failure> {
        let mut access = self.access.lock().await;
        if let Some(fresh) = access.as_ref().filter(|access| access.until > Instant::now()) {
            return Ok(fresh.bearer.clone());
        }
        // Before the request: the life of the access token runs from some moment after this one.
        let asked = Instant::now();
        let reply = self.grant_seed().await?;
        access_token::verdict(&reply).map_err(|failure| read::without_place(failure, &reply))?;
        let granted =
            Granted::read(&reply).ok_or_else(|| Failure::Elsewhere(read::described(&reply)))?;
        *access = Some(Access { bearer: granted.bearer.clone(), until: asked + granted.life() });
        Ok(granted.bearer)
    }

    /// ISC's time, in milliseconds since the Unix epoch.
    pub(super) fn now(&self) -> Option<i64> {
        self.notes().dates.now(Instant::now())
    }

    /// The reason why a token made now might not live for ten minutes.
    pub(super) fn obstacle(&self) -> Option<&'static str> {
        self.notes().dates.obstacle()
    }

    /// The headers of all replies, summed up.
    pub(super) fn headers(&self) -> Headers {
        let notes = self.notes();
        Headers {
            replies: notes.replies,
            dated: notes.dated,
            contradicted: notes.dates.contradicted(),
            offset: notes.dates.offset(),
            limits: notes.limits.clone(),
            throttled: notes.throttled,
            deprecated: notes.deprecated,
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notes {
    fn observe(&mut self, reply: &Reply, asked: Instant) {
        let now = Instant::now();
        self.replies += 1;
        if let Some(date) = headers::date(reply) {
            self.dated += 1;
            self.dates.observe(date, now, now.saturating_duration_since(asked), local_time());
        }
        self.throttled += usize::from(reply.status() == 429);
        if let Some(value) = reply.headers().get("x-deprecated") {
            self.deprecated |= value.as_bytes() == b"true";
        }
        self.limits.extend(read::limits(reply.headers()));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a person reads the difference; by it tokens are only ever not made"
)]
fn local_time() -> i64 {
    Timestamp::now().as_millisecond()
}

/// The time in seconds, rounded up.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

fn request(call: Call<'_>) -> Result<Request, Failure> {
    let mut request = http::Request::builder()
        .method(call.method)
        .uri(call.url)
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, call.kind);
    if let Some(bearer) = call.bearer {
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", bearer.expose()));
    }
    request.body(call.body).map_err(|error| Failure::Setup(error.to_string()))
}

/// The end of a request that got this reply.
pub(super) fn said_of(reply: &Reply) -> Said {
    match read::refuser(reply) {
        Some(what) => Said::Elsewhere(what),
        None => Said::Status(reply.status().as_u16()),
    }
}

/// The end of a request.
pub(super) fn said(answer: &Result<Reply, Failure>) -> Said {
    match answer {
        Ok(reply) => said_of(reply),
        Err(Failure::Refused { status, .. }) => Said::Status(*status),
        Err(Failure::Elsewhere(what)) => Said::Elsewhere(what.clone()),
        Err(failure) => Said::Nothing(failure.to_string()),
    }
}
