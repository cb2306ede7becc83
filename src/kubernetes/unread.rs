//! A kind that cannot be read: at most one line of the log a minute, however often its watch fails.
use std::time::Duration;

use kube::core::Status;
use kube::runtime::watcher;
use tokio::time::Instant;

use super::causes::Causes;

/// Between two lines about one watch.
const PAUSE: Duration = Duration::from_secs(60);

/// Logs errors of the watch of a kind; one of these for each watch.
pub fn log(kind: &'static str) -> impl FnMut(&watcher::Error) {
    let mut last: Option<Instant> = None;
    move |error| {
        // The watch was too far behind and reads all again at once.
        if status(error).is_some_and(|status| status.code == 410) {
            return;
        }
        let now = Instant::now();
        if last.is_none_or(|last| now.duration_since(last) >= PAUSE) {
            last = Some(now);
            tell(kind, error);
        }
    }
}

fn tell(kind: &'static str, error: &watcher::Error) {
    // The API server answers with plain text for a kind that it does not know: only the code is sure.
    let code = status(error).map(|status| status.code);
    let cause = cause(error);
    if code == Some(404) {
        tracing::warn!(kind, cause, "the API server does not know a kind; apply the CRDs");
    } else if code == Some(403) {
        tracing::warn!(
            kind,
            cause,
            "the API server refuses to let the operator list and watch a kind; grant the rights of deploy/manifests/rbac.yaml"
        );
    } else {
        tracing::warn!(kind, cause, "failed to watch a kind; the operator tries again");
    }
}

/// The API server's own answer, if there is one.
fn status(error: &watcher::Error) -> Option<&Status> {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status))
        | watcher::Error::WatchError(status) => Some(status),
        watcher::Error::InitialListFailed(_)
        | watcher::Error::WatchStartFailed(_)
        | watcher::Error::WatchFailed(_)
        | watcher::Error::NoResourceVersion => None,
    }
}

fn cause(error: &watcher::Error) -> String {
    match error {
        // kube's words before these add nothing that a person needs.
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => Causes(error).to_string(),
        watcher::Error::WatchError(status) => Causes(&kube::Error::Api(status.clone())).to_string(),
        watcher::Error::NoResourceVersion => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::fmt::MakeWriter;

    fn answer(code: u16, reason: &str) -> watcher::Error {
        let status = Status::failure("as it is", reason).with_code(code).boxed();
        watcher::Error::InitialListFailed(kube::Error::Api(status))
    }

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Lines {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    impl Lines {
        fn taken(&self) -> Vec<String> {
            let bytes = std::mem::take(&mut *self.0.lock().unwrap());
            String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_kind_has_a_line_a_minute_that_tells_cause_and_remedy() {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false);
        let _default = tracing::subscriber::set_default(subscriber.finish());
        let (mut tenants, mut tokens) = (log("Tenant"), log("PersonalAccessToken"));
        for second in 0..120 {
            tenants(&answer(403, "Forbidden"));
            if second < 60 {
                tokens(&answer(404, "NotFound"));
            }
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        let told = lines.taken();
        assert_eq!(told.len(), 3, "{told:#?}");
        for (line, words) in told.iter().zip([
            ["Tenant", "(403 Forbidden)", "rbac.yaml"],
            ["PersonalAccessToken", "(404 NotFound)", "apply the CRDs"],
            ["Tenant", "(403 Forbidden)", "rbac.yaml"],
        ]) {
            assert!(words.iter().all(|word| line.contains(word)), "{words:?}: {line}");
        }
        tokens(&watcher::Error::NoResourceVersion);
        assert!(lines.taken().concat().contains("the operator tries again"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_watch_that_has_expired_is_no_trouble() {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false);
        let _default = tracing::subscriber::set_default(subscriber.finish());
        log("Tenant")(&watcher::Error::WatchError(
            Status::failure("too old", "Expired").with_code(410).boxed(),
        ));
        assert_eq!(lines.taken(), [""; 0]);
    }
}
