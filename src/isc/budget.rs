//! Requests per owner: a steady rate below ISC's limit, and a hold after 429 (`Retry-After`).
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::Instant;

use super::error::Failure;

/// Longest wait that ISC is believed to ask for.
pub(super) const LONGEST_HOLD: Duration = Duration::from_secs(1_200);
/// Wait when ISC does not say how long.
const DEFAULT_HOLD: Duration = Duration::from_secs(10);

/// The request budget of one owner.
pub struct Budget {
    limiter: DefaultDirectRateLimiter,
    held_until: Mutex<Option<Instant>>,
}

impl Budget {
    /// So many requests in any ten seconds.
    pub fn new(per_10s: u32) -> Self {
        let burst = NonZeroU32::new(per_10s).unwrap_or(NonZeroU32::MIN);
        let quota = match Quota::with_period(Duration::from_secs(10) / burst.get()) {
            Some(quota) => quota,
            // A period of zero: more requests than there are nanoseconds.
            None => Quota::per_second(burst),
        };
        let limiter = RateLimiter::direct(quota.allow_burst(burst));
        Self { limiter, held_until: Mutex::new(None) }
    }

    /// Waits for a slot.
    ///
    /// # Errors
    /// [`Failure::Wait`] at once while ISC wants to be left alone: nothing is sent.
    pub async fn take(&self) -> Result<(), Failure> {
        // An error and no sleep: the pass may have other work that needs no ISC.
        if let Some(left) = self.held() {
            return Err(Failure::Wait(left));
        }
        self.limiter.until_ready().await;
        Ok(())
    }

    /// The time for which ISC still wants to be left alone.
    pub fn held(&self) -> Option<Duration> {
        let until = (*self.held_until())?;
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() { None } else { Some(left) }
    }

    /// ISC answered 429.
    pub fn hold(&self, retry_after: Option<Duration>) -> Duration {
        let asked = retry_after.unwrap_or(DEFAULT_HOLD);
        // Zero would be a busy loop, and a day may be a mistake of a proxy.
        let wait = asked.clamp(Duration::from_secs(1), LONGEST_HOLD);
        *self.held_until() = Some(Instant::now() + wait);
        wait
    }

    fn held_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.held_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hold_refuses_at_once_and_is_bounded() {
        let budget = Budget::new(80);
        assert_eq!(budget.take().await, Ok(()));
        assert_eq!(budget.hold(Some(Duration::from_secs(u64::MAX))), LONGEST_HOLD);
        assert!(matches!(budget.take().await, Err(Failure::Wait(left)) if left <= LONGEST_HOLD));
        assert_eq!(budget.hold(None), DEFAULT_HOLD);
    }
}
