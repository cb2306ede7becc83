//! `pat-operator run`: from flags to running controllers, and in order down again.
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;
use std::{error, io};

use prometheus_client::registry::Registry;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::admin::{self, Admin};
use super::environment::Environment;
use super::flags::RunFlags;
use super::health::Health;
use super::leader::Election;
use super::settings::{self, Settings};
use super::shutdown::Signals;
use super::{connection, hardening, telemetry};
use crate::controllers;
use crate::metrics::Metrics;

/// Enough for the work; more only cost memory on large nodes.
const MOST_WORKERS: usize = 4;
/// How long the runtime may take to drop what is left once all is done.
const REMAINS: Duration = Duration::from_millis(500);

/// Why the operator ended other than on request.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Telemetry(#[from] telemetry::Error),
    #[error(transparent)]
    Hardening(#[from] hardening::Error),
    #[error(transparent)]
    Settings(#[from] settings::Error),
    #[error(transparent)]
    Connection(#[from] connection::Error),
    #[error(transparent)]
    Admin(#[from] admin::Error),
    #[error("failed to start the runtime")]
    Runtime(#[source] io::Error),
    #[error("failed to listen for signals")]
    Signals(#[source] io::Error),
    #[error("the controllers failed")]
    Controllers(#[from] controllers::Error),
    #[error("the controllers ended without being asked to")]
    ControllersEnded,
    #[error("the controllers panicked")]
    ControllersPanicked(#[source] JoinError),
    #[error("the lease is lost")]
    LeaseLost,
    #[error("passes under way did not finish within {0:?}: raise --shutdown-deadline if this happens often")]
    Overdue(Duration),
    #[error("the admin endpoints failed")]
    AdminEnded(#[source] io::Error),
}

/// Runs until told to stop. Exit code 0: stopped on request and in order; 1: anything else.
pub(super) fn main(flags: RunFlags) -> ExitCode {
    let logging = telemetry::start(flags.process.log_format, &flags.process.log_level);
    if let Err(error) = logging {
        eprintln!("pat-operator: {}", chain(&error));
        return ExitCode::FAILURE;
    }
    match start(flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!(error = chain(&error), "ended");
            ExitCode::FAILURE
        }
    }
}

fn start(flags: RunFlags) -> Result<(), Error> {
    hardening::forbid_memory_dumps()?;
    let settings = Settings::new(flags, Environment::read())?;
    // Fails only if a provider is installed already, and then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let workers = available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    let result = runtime.block_on(serve(settings));
    runtime.shutdown_timeout(REMAINS);
    result
}

/// Everything around the work: signals, heartbeat, admin endpoints.
async fn serve(settings: Settings) -> Result<(), Error> {
    let version = env!("CARGO_PKG_VERSION");
    info!(
        version,
        identity = settings.controllers.identity,
        namespace = settings.controllers.operator_namespace,
        "starting"
    );
    let stop = CancellationToken::new();
    let health = Health::new();
    let mut registry = Registry::default();
    let metrics = Arc::new(Metrics::register(&mut registry));
    let mut background = JoinSet::new();
    background.spawn(Signals::listen().map_err(Error::Signals)?.obey(stop.clone()));
    background.spawn(health.clone().beat());
    let admin = Admin::start(
        settings.admin_address,
        settings.admin_port_file.as_deref(),
        health.clone(),
        registry,
    )?;
    let result = take_turn(settings, &health, metrics, &stop).await;
    health.set_ready(false);
    background.shutdown().await;
    let admin = admin.stop().map_err(Error::AdminEnded);
    if result.is_ok() {
        info!("stopped");
    }
    result.and(admin)
}

/// Waits for the Lease, works while it is held, and frees it.
async fn take_turn(
    settings: Settings,
    health: &Health,
    metrics: Arc<Metrics>,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let client = connection::client(&settings).await?;
    let config = settings.controllers;
    let mut election = settings.lease.map(|lease| {
        Election::new(
            client.clone(),
            &config.operator_namespace,
            lease.name,
            config.identity.clone(),
            lease.times,
        )
    });
    let acquired = acquire(election.as_mut(), health, stop).await;
    let result = if acquired {
        metrics.leader(true);
        let mut work = JoinSet::new();
        work.spawn(controllers::run(client, config, metrics.clone(), stop.clone()));
        health.set_ready(true);
        let result = work_until_stopped(work, hold(election.as_mut()), stop, settings.shutdown_deadline).await;
        metrics.leader(false);
        result
    } else {
        Ok(())
    };
    if let Some(election) = election {
        election.release().await;
    }
    result
}

/// Whether the work may begin; if not, a stop was requested first.
async fn acquire(election: Option<&mut Election>, health: &Health, stop: &CancellationToken) -> bool {
    let Some(election) = election else { return true };
    tokio::select! {
        () = election.acquire(|| health.set_ready(true)) => true,
        () = stop.cancelled() => false,
    }
}

async fn hold(election: Option<&mut Election>) {
    match election {
        Some(election) => election.hold().await,
        None => std::future::pending().await,
    }
}

/// Lets the controllers run until they end, the Lease is `lost` or a stop is requested; then they have until the deadline.
async fn work_until_stopped(
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
            ended = work.join_next() => break ended.map_or(Err(Error::ControllersEnded), |ended| verdict(ended, stop)),
            () = &mut lost, if !lease_lost => {
                lease_lost = true;
                stop.cancel();
            }
            () = stop.cancelled(), if overdue.is_none() => overdue = Some(Instant::now() + deadline),
            () = until(overdue) => break Err(Error::Overdue(deadline)),
        }
    };
    work.abort_all();
    if lease_lost {
        result.and(Err(Error::LeaseLost))
    } else {
        result
    }
}

fn verdict(ended: Result<Result<(), controllers::Error>, JoinError>, stop: &CancellationToken) -> Result<(), Error> {
    ended.map_err(Error::ControllersPanicked)??;
    if stop.is_cancelled() {
        Ok(())
    } else {
        Err(Error::ControllersEnded)
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// An error and its causes in one line.
fn chain(error: &dyn error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
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
        (
            result.map_or_else(|error| error.to_string(), |()| "ok".into()),
            started.elapsed(),
        )
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
        assert_eq!((&*result, took.as_secs()), ("the lease is lost", 5));
    }

    #[tokio::test(start_paused = true)]
    async fn controllers_that_end_or_panic_by_themselves_are_an_error() {
        let (ended, _) = outcome(async { Ok(()) }, pending(), CancellationToken::new()).await;
        assert_eq!(ended, "the controllers ended without being asked to");
        let (panicked, _) = outcome(async { panic!("on purpose") }, pending(), CancellationToken::new()).await;
        assert_eq!(panicked, "the controllers panicked");
    }
}
