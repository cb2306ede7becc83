//! Logs: JSON or text lines on standard error, without anything that could hold a secret value.
use std::panic::PanicHookInfo;

use clap::ValueEnum;
use tracing::level_filters::LevelFilter;
use tracing::{Metadata, error};
use tracing_subscriber::filter::{EnvFilter, FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, Registry, fmt};

/// Logs a whole body at WARN if it does not deserialise, and that body may be a Secret.
const LOGS_BODIES: &str = "kube_client::client";

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// One JSON object per line.
    Json,
    /// For people.
    Text,
}

/// Why nothing can be logged.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("--log-level \"{filter}\" is not a log filter: write a level like info, or info,pat_operator=debug")]
    Filter {
        filter: String,
        source: tracing_subscriber::filter::ParseError,
    },
    #[error("failed to install the log subscriber: another one is installed already")]
    Installed(#[source] TryInitError),
}

/// Starts logging, panics included. Once per process.
pub(super) fn start(format: LogFormat, filter: &str) -> Result<(), Error> {
    let levels = EnvFilter::try_new(filter).map_err(|source| Error::Filter {
        filter: filter.into(),
        source,
    })?;
    let filter = levels.and(filter_fn(is_harmless));
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match format {
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(std::io::stderr)
            .with_filter(filter)
            .boxed(),
        LogFormat::Text => fmt::layer()
            .with_ansi(false)
            .with_writer(std::io::stderr)
            .with_filter(filter)
            .boxed(),
    };
    tracing_subscriber::registry()
        .with(lines)
        .try_init()
        .map_err(Error::Installed)?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Whether a line can be let through: none that hold bodies, and of other crates none that hold bytes of the wire.
fn is_harmless(line: &Metadata<'_>) -> bool {
    if line.target() == LOGS_BODIES && line.is_event() {
        return *line.level() == LevelFilter::ERROR;
    }
    line.target().starts_with("pat_operator") || *line.level() <= LevelFilter::DEBUG
}

/// A message put together at run time may hold anything, so that only a literal one is logged.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let message = panic
        .payload()
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("(message withheld)");
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    error!(message, location, "panicked");
}
