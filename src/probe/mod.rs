//! `pat-operator probe`: puts the questions to a tenant that no document answers, with tokens that
//! it removes again.
//!
//! It makes at most three, each with ten minutes to live from the start, and changes nothing else.
mod calls;
mod cleanup;
mod dates;
mod error;
mod facts;
mod granted;
mod judge;
mod made;
mod names;
mod question;
mod read;
mod report;
mod script;
pub mod seed_file;
mod session;
mod target;
pub mod tenant;

use tokio_util::sync::CancellationToken;

pub use crate::isc::endpoint::ApiUrl;
pub use cleanup::Left;
pub use error::Error;
pub use question::{Promise, Question};
pub use report::{Counts, Line, Report};
pub use target::{Proxy, Target};

use facts::{Facts, Lag};
use made::Made;
use script::Script;
use session::Session;
pub use session::Tell;

/// The end of a probe.
#[derive(Debug)]
pub struct Ended {
    /// The report, or the reason why there is none.
    pub result: Result<Report, Error>,
    /// Tokens that may be left, and end by themselves.
    pub left: Vec<Left>,
}

/// Asks the tenant, removes what was made, and reports. `stop` ends the questions at once, but not
/// the removal; `tell` gets a line for each thing that is done, and while it waits.
pub async fn run(target: Target, stop: &CancellationToken, tell: Tell) -> Ended {
    let session = match Session::new(target, tell) {
        Ok(session) => session,
        Err(error) => return Ended { result: Err(error), left: Vec::new() },
    };
    let made = Made::default();
    let mut facts = Facts::default();
    let script = Script { session: &session, made: &made };
    let played = tokio::select! {
        // First in line: a stop wins over an answer that comes at the same moment.
        biased;
        () = stop.cancelled() => Err(Error::Stopped),
        played = script.play(&mut facts) => played,
    };
    let lags = matches!(facts.token.shown, Some(Lag::NotWithin(_) | Lag::Untold(_)));
    // Outside of the select: a stop ends the questions and never the removal.
    let left = cleanup::clean(&session, &made, lags).await;
    // After the removal: its replies count too.
    facts.headers = session.headers();
    // Once ISC answered as whom the probe asks, what the probe came to know is worth a report.
    facts.stopped = matches!(played, Err(Error::Stopped)) && facts.access.is_some();
    let result = if facts.stopped { Ok(()) } else { played };
    Ended { result: result.map(|()| Report::new(&session.target, &facts, left.clone())), left }
}
