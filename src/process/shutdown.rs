//! Requests to stop: the first SIGTERM or SIGINT ends the work in order, the second ends the
//! process at once.
use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Listens for the two signals. From here on neither ends the process by itself.
#[derive(Debug)]
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Installs the handlers; needs a runtime.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Cancels `stop` on the first signal and ends the process on the second. Runs until aborted.
    pub(super) async fn obey(mut self, stop: CancellationToken) {
        let first = self.next().await;
        info!(
            signal = first.as_raw_value(),
            "stopping: the operator finishes passes under way; a second signal ends it at once"
        );
        stop.cancel();
        let second = self.next().await;
        warn!(signal = second.as_raw_value(), "ending at once");
        // The code that a shell gives a process which a signal ended.
        abort(128 + second.as_raw_value());
    }

    async fn next(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
        }
    }
}

#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "the second signal is the one place that ends without order"
)]
fn abort(code: i32) {
    std::process::exit(code)
}
