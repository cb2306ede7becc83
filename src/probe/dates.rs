//! ISC's time by the `Date` of its replies, as far as these agree with each other and with this
//! machine.
use std::time::Duration;

use tokio::time::Instant;

/// Largest difference of two dates from what passed between them; `Date` has whole seconds.
const TOLERANCE_MS: i64 = 2_000;
/// Largest difference of ISC's clock from this machine's for a token to be made: beyond, one of
/// them is wrong.
const SANE_MS: i64 = 60 * 60 * 1_000;

/// A reply's `Date`, and when it came.
#[derive(Clone, Copy, Debug)]
struct Sample {
    date: i64,
    at: Instant,
}

/// The result of the dates of all replies.
#[derive(Clone, Debug, Default)]
pub struct Dates {
    first: Option<Sample>,
    latest: Option<Sample>,
    contradicted: bool,
    /// ISC's time less this machine's, of the latest reply, in milliseconds.
    offset: Option<i64>,
}

impl Dates {
    /// Takes note of a reply that took so long. `local`: this machine's time.
    pub fn observe(&mut self, date: i64, at: Instant, took: Duration, local: i64) {
        let sample = Sample { date, at };
        // Against the first one: small steps in one direction must not add up unseen.
        let first = *self.first.get_or_insert(sample);
        let passed = millis(at.saturating_duration_since(first.at));
        // ISC may have dated the reply at any moment of the wait for it.
        self.contradicted |= (date - first.date - passed).abs() > TOLERANCE_MS + millis(took);
        self.latest = Some(sample);
        self.offset = Some(date - local);
    }

    /// ISC's time, if there is one to go by.
    pub fn now(&self, at: Instant) -> Option<i64> {
        // For good: which of the two was right is not known.
        if self.contradicted {
            return None;
        }
        let latest = self.latest?;
        Some(latest.date + millis(at.saturating_duration_since(latest.at)))
    }

    /// The reason why a token made by this time might not live for ten minutes.
    pub fn obstacle(&self) -> Option<&'static str> {
        match self.offset {
            None => Some("no reply says what time it is at ISC"),
            Some(_) if self.contradicted => {
                Some("replies contradict each other about the time at ISC")
            }
            Some(offset) if offset.abs() > SANE_MS => Some(
                "ISC's clock and this machine's are more than an hour apart, so one of them is wrong",
            ),
            Some(_) => None,
        }
    }

    /// True if two replies contradict each other.
    pub fn contradicted(&self) -> bool {
        self.contradicted
    }

    /// ISC's time less this machine's, in milliseconds.
    pub fn offset(&self) -> Option<i64> {
        self.offset
    }
}

/// A duration in whole milliseconds.
fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: i64 = 1_800_000_000_000;

    fn dates(samples: &[(u64, i64)]) -> (Dates, Instant) {
        let start = Instant::now();
        let mut dates = Dates::default();
        for (second, date) in samples {
            dates.observe(T + date, start + Duration::from_secs(*second), Duration::ZERO, T);
        }
        (dates, start)
    }

    #[test]
    fn time_goes_on_from_the_latest_reply() {
        let (dates, start) = dates(&[(0, 0), (10, 9_000)]);
        assert_eq!(dates.now(start + Duration::from_secs(12)), Some(T + 11_000));
        assert_eq!((dates.obstacle(), dates.offset()), (None, Some(9_000)));
    }

    #[test]
    fn no_token_is_made_by_a_clock_that_is_missing_contradicts_itself_or_is_far_off() {
        assert!(Dates::default().obstacle().unwrap().contains("no reply"));
        for (samples, words) in [
            (&[(0, 0), (1, 9_000), (2, 2_000)][..], "contradict"),
            (&[(0, SANE_MS + 1)], "more than an hour"),
            (&[(0, -SANE_MS - 1)], "more than an hour"),
        ] {
            let obstacle = dates(samples).0.obstacle().unwrap();
            assert!(obstacle.contains(words), "{obstacle}");
        }
        let (dates, start) = dates(&[(0, 0), (1, 9_000)]);
        assert_eq!(dates.now(start), None);
    }
}
