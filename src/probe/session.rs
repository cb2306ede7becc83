//! One way to send a request: paced, timed, with the seed's access token, and with an eye on the headers of its reply.
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, header};
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::dates::Dates;
use super::error::Error;
use super::facts::{self, Headers, Life, Said};
use super::read;
use super::target::Target;
use crate::isc::http::{Reply, Request, Transport, Transports, send};
use crate::isc::{Failure, headers};
use crate::redacted::Redacted;

/// Longest wait that is granted when ISC asks to wait, in seconds.
const LONGEST_HOLD: u64 = 20;
/// How often a request is sent again after such a wait: ISC has done nothing then, so that even a POST may be.
const HOLDS: usize = 3;

/// Tells a person what is being done; never a secret value.
pub type Tell = fn(&str);

/// What goes to one place with one access token.
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

/// What is sent.
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
        Ok(Self { target, tell, transport, access: tokio::sync::Mutex::default(), notes: Mutex::default() })
    }

    /// Tells what is being done.
    pub(super) fn tell(&self, what: &str) {
        (self.tell)(what);
    }

    /// Sends a request; a reply that asks to wait is heeded, if it does not ask for too long.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Reply, Failure> {
        let request = request(call)?;
        let mut holds = 0;
        loop {
            let asked = Instant::now();
            let reply = send(&self.transport, request.clone()).await?;
            self.notes().observe(&reply, asked);
            let hold = headers::retry_after(&reply).map_or(10, whole_seconds).max(1);
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

    /// The same as [`Session::call`] with the seed's access token, which is renewed when it is old or refused.
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
        let asked = Instant::now();
        let reply = self.grant_seed().await?;
        let granted = Granted::read(&reply).ok_or_else(|| refused(&reply))?;
        *access = Some(Access { bearer: granted.bearer.clone(), until: asked + granted.life() });
        Ok(granted.bearer)
    }

    /// ISC's time, in milliseconds since the Unix epoch.
    pub(super) fn now(&self) -> Option<i64> {
        self.notes().dates.now(Instant::now())
    }

    /// Why a token made now might not live for ten minutes.
    pub(super) fn obstacle(&self) -> Option<&'static str> {
        self.notes().dates.obstacle()
    }

    /// What the headers of all replies said.
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
        self.deprecated |= reply.headers().get("x-deprecated").is_some_and(|value| value.as_bytes() == b"true");
        self.limits.extend(read::limits(reply.headers()));
    }
}

#[expect(clippy::disallowed_methods, reason = "a person reads the difference; by it tokens are only ever not made")]
fn local_time() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Not less than the time.
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

/// An access token that was granted, and what came with it.
pub(super) struct Granted {
    pub(super) bearer: Redacted,
    pub(super) access: facts::Access,
}

impl Granted {
    /// What a reply grants, if it grants anything.
    pub(super) fn read(reply: &Reply) -> Option<Self> {
        if !matches!(reply.status().as_u16(), 200 | 201) {
            return None;
        }
        let mut body = read::object(reply)?;
        let bearer = read::secret(&mut body, "access_token").filter(|bearer| bearer.expose().is_ascii())?;
        let access = read::access(&body, &bearer);
        Some(Self { bearer, access })
    }

    /// For how long it is used: three quarters of a life that can be as short as 15 s.
    fn life(&self) -> Duration {
        let seconds = match self.access.life {
            Life::Seconds(seconds) | Life::Odd(seconds) if (15..=43_200).contains(&seconds) => seconds,
            Life::Seconds(_) | Life::Odd(_) | Life::Absent | Life::Other => 60,
        };
        Duration::from_secs(seconds).mul_f64(0.75)
    }
}

fn refused(reply: &Reply) -> Failure {
    Failure::Refused { status: reply.status().as_u16(), message: "no access token for the seed".into() }
}

/// How a request ended that got this reply.
pub(super) fn said_of(reply: &Reply) -> Said {
    Said::Status(reply.status().as_u16())
}

/// How a request ended.
pub(super) fn said(answer: &Result<Reply, Failure>) -> Said {
    match answer {
        Ok(reply) => said_of(reply),
        Err(Failure::Refused { status, .. }) => Said::Status(*status),
        Err(failure) => Said::Nothing(failure.to_string()),
    }
}
