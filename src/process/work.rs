//! The work itself under its three endings: it ends, the Lease is lost, or a stop is requested and
//! it gets a deadline.
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::controllers;

/// An end of the work other than on request and in time.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the controllers failed")]
    Failed(#[from] controllers::Error),
    #[error("the controllers ended without a request to stop")]
    Ended,
    #[error("the controllers panicked")]
    Panicked(#[source] JoinError),
    #[error("this replica lost the lease")]
    LeaseLost,
    #[error(
        "passes under way did not finish within {0:?}: raise --shutdown-deadline if this happens often"
    )]
    Overdue(Duration),
}

/// Lets the controllers run until they end, the Lease is `lost` or a stop is requested; then they
/// have until the deadline.
pub(super) async fn work_until_stopped(
    mut work: JoinSet<Result<(), controllers::Error>>,
    lost: impl Future<Output = ()>,
    stop: &CancellationToken,
    deadline: Duration,
) -> Result<(), Error> {
    let mut lost = std::pin::pin!(lost);
    let mut lease_lost = false;
    let mut overdue = None;
    let result = loop {
        tokio::select! {
            ended = work.join_next() => match ended {
                Some(ended) => break verdict(ended, stop),
                None => break Err(Error::Ended),
            },
            // A lost Lease stops the work in order: the ledgers' CAS keeps two leaders apart (P5).
            () = &mut lost, if !lease_lost => {
                // The branch is off from here on: a future that has ended must not be polled again.
                lease_lost = true;
                stop.cancel();
            }
            // The deadline runs from the first request to stop.
            () = stop.cancelled(), if overdue.is_none() => overdue = Some(Instant::now() + deadline),
            () = until(overdue) => break Err(Error::Overdue(deadline)),
        }
    };
    // What is left is overdue, or has lost the Lease to another replica.
    work.abort_all();
    if lease_lost { result.and(Err(Error::LeaseLost)) } else { result }
}

fn verdict(
    ended: Result<Result<(), controllers::Error>, JoinError>,
    stop: &CancellationToken,
) -> Result<(), Error> {
    ended.map_err(Error::Panicked)??;
    if stop.is_cancelled() { Ok(()) } else { Err(Error::Ended) }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    const DEADLINE: Duration = Duration::from_secs(25);

    type Ended = Result<(), controllers::Error>;

    async fn outcome(
        work: impl Future<Output = Ended> + Send + 'static,
        lost: impl Future<Output = ()>,
        stop: CancellationToken,
    ) -> (String, Duration) {
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        tasks.spawn(work);
        let result = work_until_stopped(tasks, lost, &stop, DEADLINE).await;
        (result.map_or_else(|error| error.to_string(), |()| "ok".into()), started.elapsed())
    }

    async fn passes_that_take(seconds: u64, stop: CancellationToken) -> Ended {
        stop.cancelled().await;
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn passes_under_way_are_finished() {
        let stop = CancellationToken::new();
        stop.cancel();
        let (result, took) = outcome(passes_that_take(24, stop.clone()), pending(), stop).await;
        assert_eq!((&*result, took.as_secs()), ("ok", 24));
    }

    #[tokio::test(start_paused = true)]
    async fn passes_that_do_not_finish_are_given_up_at_the_deadline() {
        let stop = CancellationToken::new();
        stop.cancel();
        let (result, took) = outcome(passes_that_take(60, stop.clone()), pending(), stop).await;
        assert!(result.contains("--shutdown-deadline"), "{result}");
        assert_eq!(took.as_secs(), 25);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_lease_ends_the_work_in_order_and_is_an_error() {
        let stop = CancellationToken::new();
        let lost = tokio::time::sleep(Duration::from_secs(3));
        let (result, took) = outcome(passes_that_take(2, stop.clone()), lost, stop).await;
        assert_eq!((&*result, took.as_secs()), ("this replica lost the lease", 5));
    }

    #[tokio::test(start_paused = true)]
    async fn controllers_that_end_or_panic_by_themselves_are_an_error() {
        let (ended, _) = outcome(async { Ok(()) }, pending(), CancellationToken::new()).await;
        assert_eq!(ended, "the controllers ended without a request to stop");
        let (panicked, _) =
            outcome(async { panic!("on purpose") }, pending(), CancellationToken::new()).await;
        assert_eq!(panicked, "the controllers panicked");
    }
}
