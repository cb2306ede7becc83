//! The simulator's own clock: everything an ISC reply says about time comes from here, and tests
//! can move it.
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Where the simulator's time comes from before it is moved.
#[derive(Clone, Copy, Debug, Default)]
pub enum ClockSource {
    /// The machine's clock.
    #[default]
    System,
    /// Stands still at this time; only [`Clock::advance`] moves it.
    Frozen(Timestamp),
    /// Starts at this time and follows tokio's clock, which a test may have paused.
    Tokio(Timestamp),
}

/// How dates are written in replies: ISC is known to use all of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DateStyle {
    /// `2026-10-05T07:00:00.123Z`
    #[default]
    Millis,
    /// `2026-10-05T07:00:00Z`
    Seconds,
    /// `2026-10-05T09:00:00.123+02:00`
    Offset,
}

/// The movable clock, with millisecond precision.
pub struct Clock {
    source: ClockSource,
    origin: tokio::time::Instant,
    moved_ms: AtomicI64,
}

impl Clock {
    /// A clock that has not been moved yet.
    pub fn new(source: ClockSource) -> Self {
        Self { source, origin: tokio::time::Instant::now(), moved_ms: AtomicI64::new(0) }
    }

    /// The simulator's time, cut to milliseconds.
    pub fn now(&self) -> Timestamp {
        let base = match self.source {
            ClockSource::System => Timestamp::now(),
            ClockSource::Frozen(at) => at,
            ClockSource::Tokio(at) => {
                plus_ms(at, i64::try_from(self.origin.elapsed().as_millis()).unwrap_or(i64::MAX))
            }
        };
        to_millis(plus_ms(base, self.moved_ms.load(Ordering::Relaxed)))
    }

    /// The wall time for the record; equal to [`Clock::now`] where runs must be repeatable.
    pub fn wall(&self) -> Timestamp {
        match self.source {
            ClockSource::System => to_millis(Timestamp::now()),
            _ => self.now(),
        }
    }

    /// Moves the clock; a negative duration moves it back.
    pub fn advance(&self, by: SignedDuration) {
        self.moved_ms
            .fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}

/// `at` plus so many milliseconds; stays at `at` where the result cannot be represented.
pub fn plus_ms(at: Timestamp, ms: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_millis(ms)).unwrap_or(at)
}

/// `at` plus so many seconds; stays at `at` where the result cannot be represented.
pub fn plus_seconds(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(at)
}

/// Cuts to the precision that ISC keeps.
pub fn to_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// A date as it stands in a JSON reply.
pub fn json_date(at: Timestamp, style: DateStyle) -> String {
    match style {
        DateStyle::Millis => at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        DateStyle::Seconds => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        DateStyle::Offset => {
            let zone = TimeZone::fixed(Offset::constant(2));
            at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
        }
    }
}

/// A date as it stands in the `Date` and `Retry-After` headers.
pub fn http_date(at: Timestamp) -> String {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    #[test]
    fn each_style_names_the_same_instant() {
        let now = at("2026-10-05T07:00:00.120Z");
        assert_eq!(json_date(now, DateStyle::Millis), "2026-10-05T07:00:00.120Z");
        assert_eq!(json_date(now, DateStyle::Seconds), "2026-10-05T07:00:00Z");
        assert_eq!(json_date(now, DateStyle::Offset), "2026-10-05T09:00:00.120+02:00");
        assert_eq!(http_date(now), "Mon, 05 Oct 2026 07:00:00 GMT");
    }

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
        let clock = Clock::new(ClockSource::Frozen(at("2026-10-05T07:00:00Z")));
        clock.advance(SignedDuration::from_mins(11));
        assert_eq!(clock.now(), at("2026-10-05T07:11:00Z"));
        assert_eq!(clock.wall(), clock.now());
    }
}
