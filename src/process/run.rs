//! `pat-operator run`: from flags to running controllers, and in order down again.
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::registry::Registry;
use tokio::sync::SetOnce;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::admin::{self, Admin};
use super::environment::Environment;
use super::error_chain::{chain, report};
use super::flags::RunFlags;
use super::health::Health;
use super::leader::Election;
use super::settings::{self, Settings};
use super::shutdown::Signals;
use super::work::{self, work_until_stopped};
use super::{connection, hardening, proxy, telemetry};
use crate::controllers::{self, Outside};
use crate::metrics::Metrics;

/// Time for the runtime to drop what is left once all is done.
const REMAINS: Duration = Duration::from_millis(500);

/// The reason why the operator ended other than on request.
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
    #[error(transparent)]
    Work(#[from] work::Error),
    #[error("the admin endpoints failed")]
    AdminEnded(#[source] io::Error),
}

/// Runs until told to stop. Exit code 0: stopped on request and in order; 1: anything else.
pub(super) fn main(flags: RunFlags) -> ExitCode {
    let logging = telemetry::start(flags.process.log_format, &flags.process.log_level);
    if let Err(error) = logging {
        report(&error);
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
    // Before the environment is read: a proxy's URL may hold a password.
    hardening::forbid_memory_dumps()?;
    let settings = Settings::new(flags, Environment::read())?;
    // Fails only if a provider is installed already, and then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // The work is waiting; handing it from thread to thread costs more than a second core gives.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    let result = runtime.block_on(serve(settings));
    // A blocking task cannot be cancelled: the exit must not wait for one that hangs.
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
        https_proxy = settings.proxy.as_ref().and_then(|proxy| proxy::address(&proxy.url)),
        "starting"
    );
    let stop = CancellationToken::new();
    let health = Health::new();
    let mut registry = Registry::default();
    let metrics = Arc::new(Metrics::register(&mut registry));
    let mut background = JoinSet::new();
    // Before the election: a signal must end the wait for the Lease too.
    background.spawn(Signals::listen().map_err(Error::Signals)?.obey(stop.clone()));
    background.spawn(health.clone().beat());
    let admin = Admin::start(
        settings.admin_address,
        settings.admin_port_file.as_deref(),
        health.clone(),
        registry,
    )?;
    let result = take_turn(settings, &health, metrics, &stop).await;
    // First, so that no probe finds it ready while it ends.
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
    let client =
        connection::client(&settings.access, settings.context.as_deref(), settings.proxy.as_ref())?;
    let config = settings.controllers;
    let outside = match settings.proxy {
        Some(proxy) => Outside::through(proxy.url, proxy.except),
        None => Outside::default(),
    };
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
        let informed = Arc::<SetOnce<()>>::default();
        // A standby is ready without reading anything; it knows nothing yet of what it leads now.
        health.set_ready(false);
        let mut readiness = JoinSet::new();
        readiness.spawn(ready_once(informed.clone(), health.clone()));
        work.spawn(controllers::run_in(
            outside,
            client,
            config,
            metrics.clone(),
            informed,
            stop.clone(),
        ));
        let result =
            work_until_stopped(work, hold(election.as_mut()), stop, settings.shutdown_deadline)
                .await;
        metrics.leader(false);
        result.map_err(Error::Work)
    } else {
        Ok(())
    };
    // Also after a failure: the next replica need not wait for the end of the term.
    if let Some(election) = election {
        election.release().await;
    }
    result
}

/// Ready from the moment on at which all watches have been read.
async fn ready_once(informed: Arc<SetOnce<()>>, health: Health) {
    informed.wait().await;
    health.set_ready(true);
}

/// True if the work may begin; false if a stop was requested first.
async fn acquire(
    election: Option<&mut Election>,
    health: &Health,
    stop: &CancellationToken,
) -> bool {
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
