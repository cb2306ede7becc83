//! The signs that the process is alive and ready: written by the main runtime, read by the admin
//! thread.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Silence after which it counts as stuck: a busy machine delays a beat, a deadlock ends them.
const STUCK_AFTER: Duration = Duration::from_secs(15);

/// Shared state of the two probes; clones see the same.
#[derive(Clone, Debug)]
pub(super) struct Health(Arc<State>);

#[derive(Debug)]
struct State {
    stuck_after: Duration,
    started: Instant,
    /// Milliseconds from `started` to the last beat.
    last_beat: AtomicU64,
    ready: AtomicBool,
}

impl Health {
    /// Alive as of now, not ready.
    pub(super) fn new() -> Self {
        Self::stuck_after(STUCK_AFTER)
    }

    /// The same, with the silence that counts as stuck; it beats three times as often.
    pub(super) fn stuck_after(stuck_after: Duration) -> Self {
        Self(Arc::new(State {
            stuck_after,
            started: Instant::now(),
            last_beat: AtomicU64::new(0),
            ready: AtomicBool::new(false),
        }))
    }

    /// Beats for ever; a task of the main runtime, aborted at the end.
    pub(super) async fn beat(self) {
        // Three beats in the time: one that comes late is no alarm.
        let mut ticks = tokio::time::interval(self.0.stuck_after / 3);
        loop {
            ticks.tick().await;
            // Relaxed is enough: this number guards no other memory.
            self.0.last_beat.store(self.age(), Ordering::Relaxed);
        }
    }

    /// Ready: a standby that watches the Lease, or a leader that has read all that it watches.
    pub(super) fn set_ready(&self, ready: bool) {
        self.0.ready.store(ready, Ordering::Relaxed);
    }

    /// True if `/readyz` says yes.
    pub(super) fn is_ready(&self) -> bool {
        self.0.ready.load(Ordering::Relaxed)
    }

    /// The time for which the main runtime has been silent, if that is too long.
    pub(super) fn stuck_for(&self) -> Option<Duration> {
        let silence = self.age().saturating_sub(self.0.last_beat.load(Ordering::Relaxed));
        let silence = Duration::from_millis(silence);
        if silence > self.0.stuck_after { Some(silence) } else { None }
    }

    fn age(&self) -> u64 {
        u64::try_from(self.0.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_stuck_once_the_beats_end_and_not_before() {
        let health = Health::new();
        let mut beats = tokio::task::JoinSet::new();
        beats.spawn(health.clone().beat());
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(health.stuck_for(), None);
        beats.abort_all();
        tokio::time::sleep(Duration::from_secs(9)).await;
        assert_eq!(health.stuck_for(), None);
        tokio::time::sleep(Duration::from_secs(7)).await;
        assert!(health.stuck_for() > Some(STUCK_AFTER));
    }
}
