//! The order in which a tenant is asked; each part notes facts and judges nothing.
mod arrive;
mod change;
mod end;
mod make;
mod refuse;

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::error::Error;
use super::facts::{Facts, Lag, Listed, Said};
use super::made::Made;
use super::read;
use super::session::{Session, said_of};
use crate::isc::http::Reply;
use crate::isc::{Failure, access_token};

/// Shortest and longest pause between two looks.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));
/// Longest silence while it waits.
const SILENCE: Duration = Duration::from_secs(10);
/// Number of looks in a row that may fail.
const FAILURES: usize = 3;

/// The things that the parts of the script share.
pub(super) struct Script<'a> {
    pub(super) session: &'a Session,
    pub(super) made: &'a Made,
}

impl Script<'_> {
    /// Asks all that can be asked; what it made is for others to remove.
    pub(super) async fn play(&self, facts: &mut Facts) -> Result<(), Error> {
        self.arrive(facts).await?;
        self.survey(facts).await?;
        self.ask_nerm(facts).await;
        if let Some(token) = self.make(facts).await {
            let bearer = self.try_out(&token, facts).await;
            self.refusals(&token, facts).await;
            self.change(&token, facts).await;
            self.end(&token, bearer, facts).await;
        } else {
            self.refusal_without_token(facts).await;
        }
        Ok(())
    }

    /// The user's tokens, or the reason why they cannot be read.
    async fn list(&self) -> Result<Vec<Listed>, String> {
        let reply = self.session.list().await.map_err(|failure| failure.to_string())?;
        if reply.status() != 200 {
            return Err(format!("LIST answers {}", said_of(&reply)));
        }
        // What the operator cannot use shows nothing, whatever stands in it.
        read::usable(&reply)?;
        read::list(&reply).ok_or_else(|| "LIST is not a list of tokens".to_owned())
    }

    /// Waits until LIST shows what is looked for. `what`: that, in words.
    async fn listed(&self, what: &str, mut look: impl FnMut(&[Listed]) -> bool) -> Lag {
        self.until(what, self.session.target.list_lag, async || Ok(look(&self.list().await?))).await
    }

    /// Looks again and again until something is there, for so long at most; says so after the first
    /// look, and then from time to time.
    async fn until(
        &self,
        what: &str,
        bound: Duration,
        mut look: impl AsyncFnMut() -> Result<bool, String>,
    ) -> Lag {
        let started = Instant::now();
        let (mut pause, longest) = PAUSES;
        let mut failures = 0;
        let mut told = None;
        loop {
            match look().await {
                Ok(true) => return Lag::Within(started.elapsed()),
                Ok(false) => failures = 0,
                Err(why) if failures + 1 == FAILURES => return Lag::Untold(why),
                Err(_) => failures += 1,
            }
            let passed = started.elapsed();
            let left = bound.saturating_sub(passed);
            if left.is_zero() {
                return Lag::NotWithin(passed);
            }
            if told.is_none_or(|told| passed.saturating_sub(told) >= SILENCE) {
                told = Some(passed);
                self.session.tell(&format!(
                    "waiting for {what}, since {} of at most {} s",
                    passed.as_secs(),
                    bound.as_secs()
                ));
            }
            sleep(pause.min(left)).await;
            // Ever less often: each look is a request to ISC.
            pause = longest.min(pause * 2);
        }
    }
}

/// True if ISC refuses a credential, as the operator would take it.
fn is_refused(reply: &Reply) -> bool {
    matches!(access_token::verdict(reply), Err(Failure::Refused { .. }))
}

/// What the token endpoint said that is neither yes nor no.
fn answers(said: &Said) -> String {
    format!("/oauth/token answers {said}")
}

/// The error for a tenant that cannot be reached.
fn unreachable(session: &Session, failure: &Failure) -> Error {
    let why = match failure {
        Failure::Connect(why) => format!("no connection ({why})"),
        Failure::NoReply(why) => format!("no reply ({why})"),
        Failure::Setup(_) => return Error::Setup(failure.clone()),
        Failure::Malformed { .. }
        | Failure::Refused { .. }
        | Failure::Forbidden(_)
        | Failure::Elsewhere(_)
        | Failure::Wait(_)
        | Failure::Status { .. } => failure.to_string(),
    };
    Error::Unreachable { url: session.target.api.to_string(), why }
}
