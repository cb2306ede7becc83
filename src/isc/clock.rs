//! ISC's time (R20): the `Date` of a reply plus the monotonic time since; the local wall clock never counts.
use std::time::Duration;

use tokio::time::Instant;

/// How old a reply may be.
const MAX_AGE: Duration = Duration::from_secs(60);
/// Two replies that are at least so far apart can confirm each other.
const APART: Duration = Duration::from_secs(1);
/// How far their difference may be from the monotonic one; `Date` has whole seconds.
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

impl Clock {
    /// Takes note of a reply's `Date`; an implausible one is ignored. One that jumps counts once another confirms it: a
    /// reply may come from a proxy with a clock of its own.
    pub fn observe(&mut self, date: i64, at: Instant) {
        if !PLAUSIBLE.contains(&date) {
            return;
        }
        let sample = Sample { date, at };
        let is_young = |known: &Sample| at.saturating_duration_since(known.at) <= MAX_AGE;
        match self.latest {
            Some(latest) if agree(latest, sample) => {
                self.earlier = self.earlier.filter(is_young).or(Some(latest));
            }
            Some(latest) if is_young(&latest) => {
                let confirmed = self.doubted.filter(is_young).filter(|doubted| agree(*doubted, sample));
                if confirmed.is_none() {
                    self.doubted = Some(sample);
                    return;
                }
                self.earlier = confirmed;
            }
            _ => self.earlier = None,
        }
        (self.latest, self.doubted) = (Some(sample), None);
    }

    /// ISC's time at a moment, if a reply is young enough.
    pub fn read(&self, at: Instant) -> Option<Reading> {
        let latest = self.latest.filter(|sample| at.saturating_duration_since(sample.at) <= MAX_AGE)?;
        let since = i64::try_from(at.saturating_duration_since(latest.at).as_millis()).ok()?;
        let confirms =
            |earlier: Sample| latest.at.saturating_duration_since(earlier.at) >= APART && agree(earlier, latest);
        let consistent = self.doubted.is_none() && self.earlier.is_some_and(confirms);
        Some(Reading { ms: latest.date + since, consistent })
    }
}

fn agree(earlier: Sample, later: Sample) -> bool {
    let passed = i64::try_from(later.at.saturating_duration_since(earlier.at).as_millis()).unwrap_or(i64::MAX);
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
        assert_eq!(clock.read(after(11)), Some(Reading { ms: T + 11_000, consistent: true }), "1970 is ignored");
    }

    #[test]
    fn a_jump_counts_once_a_second_reply_confirms_it() {
        let start = Instant::now();
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        let read = |clock: &Clock, seconds| clock.read(after(seconds)).map(|now| (now.ms - T, now.consistent));
        let mut clock = Clock::default();
        clock.observe(T, start);
        clock.observe(T + 10_000, after(10));
        clock.observe(T + 500_000, after(20));
        assert_eq!(read(&clock, 20), Some((20_000, false)), "a single reply moves nothing");
        let mut lie = clock.clone();
        lie.observe(T + 21_000, after(21));
        assert_eq!(read(&lie, 21), Some((21_000, true)), "it was a proxy's");
        clock.observe(T + 500_000, after(20));
        assert_eq!(read(&clock, 20), Some((500_000, false)), "confirmed, but by a reply of the same moment");
        clock.observe(T + 505_000, after(25));
        assert_eq!(read(&clock, 25), Some((505_000, true)));
        clock.observe(T, after(120));
        assert_eq!(read(&clock, 120), Some((0, false)), "after a silence there is nothing to contradict");
    }
}
