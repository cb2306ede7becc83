//! ISC's time (R20): the `Date` of a reply plus the monotonic time since; the local wall clock
//! never counts.
use std::time::Duration;

use tokio::time::Instant;

/// Greatest age of a reply that the time is read from.
const MAX_AGE: Duration = Duration::from_secs(60);
/// Two replies that are at least so far apart can confirm each other.
const APART: Duration = Duration::from_secs(1);
/// Largest deviation of their difference from the monotonic one; `Date` has whole seconds.
const TOLERANCE_MS: i64 = 2_000;
/// A `Date` before 2020 or after 2100 is a broken server.
const PLAUSIBLE: std::ops::Range<i64> = 1_577_836_800_000..4_102_444_800_000;

/// The last `Date`s that ISC sent.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    earlier: Option<Sample>,
    latest: Option<Sample>,
    /// It contradicts the latest, and nothing has confirmed it yet.
    doubted: Option<Sample>,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    date: i64,
    at: Instant,
}

/// ISC's time in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The time.
    pub ms: i64,
    /// Two replies agree on it.
    pub consistent: bool,
}

/// The relation of a new sample to those before it.
enum Standing {
    /// No other is young enough to be compared with.
    Alone,
    /// It goes on from the latest, which is held here.
    Agrees(Sample),
    /// It contradicts the latest, as the sample held here did before: two against one.
    Confirms(Sample),
    /// It contradicts the latest, and nothing speaks for it yet.
    Jumps,
}

impl Clock {
    /// Takes note of a reply's `Date`; an implausible one is ignored. One that jumps counts once
    /// another confirms it: a reply may come from a proxy with a clock of its own.
    pub fn observe(&mut self, date: i64, at: Instant) {
        if !PLAUSIBLE.contains(&date) {
            return;
        }
        let sample = Sample { date, at };
        match self.standing(sample) {
            Standing::Alone => self.earlier = None,
            Standing::Agrees(latest) => {
                // The oldest young one stays: replies of one second cannot confirm each other.
                let kept = young(self.earlier, at);
                self.earlier = kept.or(Some(latest));
            }
            Standing::Confirms(doubted) => self.earlier = Some(doubted),
            Standing::Jumps => {
                self.doubted = Some(sample);
                return;
            }
        }
        self.latest = Some(sample);
        self.doubted = None;
    }

    /// ISC's time at a moment, if a reply is young enough.
    pub fn read(&self, at: Instant) -> Option<Reading> {
        let latest = young(self.latest, at)?;
        let since = i64::try_from(latest.age(at).as_millis()).ok()?;
        Some(Reading { ms: latest.date + since, consistent: self.is_confirmed(latest) })
    }

    fn standing(&self, sample: Sample) -> Standing {
        let Some(latest) = self.latest else { return Standing::Alone };
        if agree(latest, sample) {
            return Standing::Agrees(latest);
        }
        // After a long silence there is nothing left that could be contradicted.
        if latest.age(sample.at) > MAX_AGE {
            return Standing::Alone;
        }
        match young(self.doubted, sample.at) {
            Some(doubted) if agree(doubted, sample) => Standing::Confirms(doubted),
            Some(_) | None => Standing::Jumps,
        }
    }

    fn is_confirmed(&self, latest: Sample) -> bool {
        if self.doubted.is_some() {
            return false;
        }
        let Some(earlier) = self.earlier else { return false };
        // Two samples of the same second would agree whatever the clock does.
        earlier.age(latest.at) >= APART && agree(earlier, latest)
    }
}

impl Sample {
    /// The monotonic time from this sample to `at`; zero if it is the later one.
    fn age(self, at: Instant) -> Duration {
        at.saturating_duration_since(self.at)
    }
}

/// The sample, unless it is too old by then.
fn young(sample: Option<Sample>, at: Instant) -> Option<Sample> {
    sample.filter(|sample| sample.age(at) <= MAX_AGE)
}

fn agree(earlier: Sample, later: Sample) -> bool {
    let passed = i64::try_from(earlier.age(later.at).as_millis()).unwrap_or(i64::MAX);
    (later.date - earlier.date - passed).abs() <= TOLERANCE_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: i64 = 1_800_000_000_000;

    #[test]
    fn time_needs_a_young_reply_and_certainty_two_that_agree() {
        let start = Instant::now();
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        let mut clock = Clock::default();
        assert_eq!(clock.read(start), None);
        clock.observe(T, start);
        assert_eq!(clock.read(after(5)), Some(Reading { ms: T + 5_000, consistent: false }));
        assert_eq!(clock.read(after(61)), None);
        clock.observe(T + 10_000, after(10));
        assert_eq!(clock.read(after(10)), Some(Reading { ms: T + 10_000, consistent: true }));
        clock.observe(0, after(11));
        assert_eq!(
            clock.read(after(11)),
            Some(Reading { ms: T + 11_000, consistent: true }),
            "1970 is ignored"
        );
    }

    #[test]
    fn a_jump_counts_once_a_second_reply_confirms_it() {
        let start = Instant::now();
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        let read = |clock: &Clock, seconds| {
            clock.read(after(seconds)).map(|now| (now.ms - T, now.consistent))
        };
        let mut clock = Clock::default();
        clock.observe(T, start);
        clock.observe(T + 10_000, after(10));
        clock.observe(T + 500_000, after(20));
        assert_eq!(read(&clock, 20), Some((20_000, false)), "a single reply moves nothing");
        let mut lie = clock.clone();
        lie.observe(T + 21_000, after(21));
        assert_eq!(read(&lie, 21), Some((21_000, true)), "it was a proxy's");
        clock.observe(T + 500_000, after(20));
        assert_eq!(
            read(&clock, 20),
            Some((500_000, false)),
            "confirmed, but by a reply of the same moment"
        );
        clock.observe(T + 505_000, after(25));
        assert_eq!(read(&clock, 25), Some((505_000, true)));
        clock.observe(T, after(120));
        assert_eq!(
            read(&clock, 120),
            Some((0, false)),
            "after a silence there is nothing to contradict"
        );
    }
}
