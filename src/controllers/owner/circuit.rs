//! The circuit of an owner: an ISC that fails is left alone, by wake-ups too, and an owner whose
//! passes fail or last long is in nobody's way.
use std::time::Duration;

use tokio::time::Instant;

use crate::controllers::wait;
use crate::isc::Client;

/// The time after which an ISC that failed is called again; it doubles.
const FIRST: Duration = Duration::from_secs(10);
/// The longest wait for an ISC that fails.
const LONGEST: Duration = Duration::from_secs(5 * 60);
/// Passes that may be under way at once for all owners whose last pass failed or lasted long.
pub(super) const SHARED: usize = 2;
/// The time after which such an owner asks for one of these again.
pub(super) const QUEUE: Duration = Duration::from_secs(3);

/// The circuit; it starts closed.
#[derive(Default)]
pub struct Circuit {
    failures: u32,
    is_slow: bool,
    open: Option<Open>,
}

struct Open {
    since: Instant,
    until: Instant,
}

impl Circuit {
    /// A call failed: gives the time for which to leave ISC alone, at most `longest`.
    pub fn failed(&mut self, longest: Duration) -> Duration {
        let wait = wait::doubled(FIRST, self.failures, LONGEST).min(longest);
        self.failures = self.failures.saturating_add(1);
        let since = Instant::now();
        self.open = Some(Open { since, until: since + wait });
        wait
    }

    /// The pass lasted too long.
    pub fn slow(&mut self) {
        self.is_slow = true;
    }

    /// The last pass failed or lasted too long.
    pub fn is_in_trouble(&self) -> bool {
        self.failures > 0 || self.is_slow
    }

    /// The time for which ISC is still left alone. Through another client, or once ISC has answered
    /// the Tenant again at `healed`, nothing is known against it.
    pub fn left(
        &self,
        before: Option<&Client>,
        now: &Client,
        healed: Option<Instant>,
    ) -> Option<Duration> {
        let open = self.open.as_ref()?;
        let is_another = before.is_some_and(|before| !before.is(now));
        if is_another || healed.is_some_and(|healed| healed > open.since) {
            return None;
        }
        wait::left(open.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_circuit_opens_for_longer_with_each_failure_and_closes_with_a_success() {
        let mut circuit = Circuit::default();
        assert!(!circuit.is_in_trouble());
        let waits: Vec<u64> = (0..7).map(|_| circuit.failed(LONGEST).as_secs()).collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(circuit.failed(FIRST), FIRST, "not longer than it may be");
        let left =
            |circuit: &Circuit| circuit.open.as_ref().and_then(|open| wait::left(open.until));
        tokio::time::advance(FIRST / 2).await;
        assert_eq!(left(&circuit), Some(FIRST / 2));
        tokio::time::advance(FIRST / 2).await;
        assert_eq!(left(&circuit), None);
        assert!(circuit.is_in_trouble(), "until a pass succeeds");
    }
}
