//! Waits after failures: how long each one lasts, and what is left of it.
use std::time::Duration;

use tokio::time::Instant;

/// Twenty doublings already exceed every longest wait; more would only overflow.
const MOST_DOUBLINGS: u32 = 20;

/// The wait after a failure that follows so many others in a row: it doubles up to `longest`.
pub fn doubled(first: Duration, failures: u32, longest: Duration) -> Duration {
    first.saturating_mul(1 << failures.min(MOST_DOUBLINGS)).min(longest)
}

/// The time that is left until a moment; `None`: it has come.
pub fn left(until: Instant) -> Option<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { None } else { Some(left) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_doubles_up_to_the_longest_however_often_it_fails() {
        let (first, longest) = (Duration::from_secs(10), Duration::from_secs(300));
        let waits = [0, 1, 4, 5, 32, u32::MAX].map(|n| doubled(first, n, longest).as_secs());
        assert_eq!(waits, [10, 20, 160, 300, 300, 300]);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_left_until_a_moment_that_has_come() {
        let second = Duration::from_secs(1);
        let until = Instant::now() + second;
        assert_eq!(left(until), Some(second));
        tokio::time::advance(second).await;
        assert_eq!(left(until), None);
        tokio::time::advance(second).await;
        assert_eq!(left(until), None);
    }
}
