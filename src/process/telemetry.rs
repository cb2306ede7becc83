//! Logs: JSON or text lines on standard error, without anything that could hold a secret value.
use std::panic::PanicHookInfo;

use clap::ValueEnum;
use tracing::level_filters::LevelFilter;
use tracing::{Metadata, error};
use tracing_subscriber::filter::{EnvFilter, FilterExt, filter_fn};
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, Registry, fmt};

/// Logs a whole body at WARN if it does not deserialise, and that body may be a Secret.
const LOGS_BODIES: &str = "kube_client::client";

/// Warns at each try of a watch that is refused, of which `kubernetes::unread` has a line a minute.
const REPEATS_ITSELF: &str = "kube_runtime::watcher";

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// One JSON object per line.
    Json,
    /// For people.
    Text,
}

/// The reason why nothing can be logged.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(
        "--log-level \"{filter}\" is not a log filter: write a level like info, or info,pat_operator=debug"
    )]
    Filter { filter: String, source: tracing_subscriber::filter::ParseError },
    #[error("failed to install the log subscriber: another one is installed already")]
    Installed(#[source] TryInitError),
}

/// Starts logging, panics included. Once per process.
pub(super) fn start(format: LogFormat, filter: &str) -> Result<(), Error> {
    let lines = lines(format, filter, BoxMakeWriter::new(std::io::stderr))?;
    tracing_subscriber::registry().with(lines).try_init().map_err(Error::Installed)?;
    // The default hook prints the message of a panic to standard error, whatever it holds.
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

fn lines(
    format: LogFormat,
    filter: &str,
    to: BoxMakeWriter,
) -> Result<Box<dyn Layer<Registry> + Send + Sync>, Error> {
    let levels = EnvFilter::try_new(filter)
        .map_err(|source| Error::Filter { filter: filter.into(), source })?;
    // Both: no --log-level can bring these lines back.
    let filter = levels.and(filter_fn(is_wanted));
    Ok(match format {
        LogFormat::Json => {
            fmt::layer().json().flatten_event(true).with_writer(to).with_filter(filter).boxed()
        }
        LogFormat::Text => {
            fmt::layer().with_ansi(false).with_writer(to).with_filter(filter).boxed()
        }
    })
}

/// True for a line that can be let through: none that hold bodies, of other crates none that hold
/// bytes of the wire, and none that only repeat what the operator says itself.
fn is_wanted(line: &Metadata<'_>) -> bool {
    if line.target() == LOGS_BODIES && line.is_event() {
        return *line.level() == LevelFilter::ERROR;
    }
    if line.target() == REPEATS_ITSELF && *line.level() == LevelFilter::WARN {
        return false;
    }
    line.target().starts_with("pat_operator") || *line.level() <= LevelFilter::DEBUG
}

/// A message put together at run time may hold anything, so that only a literal one is logged.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let message =
        panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(message withheld)");
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    error!(message, location, "panicked");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};
    use tracing::{info, trace, warn};

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, filter: &str, work: impl FnOnce()) -> String {
        let captured = Captured::default();
        let to = captured.clone();
        let lines = lines(format, filter, BoxMakeWriter::new(move || to.clone())).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), work);
        let bytes = captured.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_json_line_is_one_object_with_its_fields() {
        let text = logged(LogFormat::Json, "info", || info!(tenant = "acme", "minted"));
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&line["message"], &line["tenant"]), (&"minted".into(), &"acme".into()));
    }

    #[test]
    fn a_text_line_has_no_escape_sequences() {
        let text = logged(LogFormat::Text, "info", || info!(tenant = "acme", "minted"));
        assert!(text.contains("minted tenant=\"acme\"") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn bodies_and_bytes_of_the_wire_are_never_logged_whatever_the_filter_says() {
        for filter in ["trace", "kube_client::client=trace,other=trace", "info"] {
            let text = logged(LogFormat::Text, filter, || {
                warn!(target: "kube_client::client", "body c4n4ry");
                trace!(target: "other", "bytes c4n4ry");
                warn!(target: "kube_client", "connected");
                warn!(target: "kube_runtime::watcher", "watch list error c4n4ry");
            });
            assert!(!text.contains("c4n4ry"), "{filter}: {text}");
        }
    }

    #[test]
    fn the_filter_is_obeyed_otherwise() {
        let text = logged(LogFormat::Text, "warn,pat_operator=trace", || {
            trace!("ours");
            info!(target: "other", "theirs");
            warn!(target: "other", "warned");
        });
        assert!(
            text.contains("ours") && !text.contains("theirs") && text.contains("warned"),
            "{text}"
        );
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_named() {
        let error = lines(LogFormat::Json, "pat_operator=loud", BoxMakeWriter::new(io::sink))
            .err()
            .unwrap();
        assert!(
            error.to_string().starts_with("--log-level \"pat_operator=loud\" is not a log filter"),
            "{error}"
        );
    }
}
