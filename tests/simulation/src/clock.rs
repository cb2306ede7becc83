//! Time: tokio's clock, which a test pauses, and a fixed date at which every simulation begins.
use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use tokio::time::Instant;

/// When every simulation begins: 2030-01-01T00:00:00Z.
const BEGIN: i64 = 1_893_456_000;

/// The time of one simulation.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    /// It begins now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The date then.
    pub fn begin() -> Timestamp {
        Timestamp::from_second(BEGIN).unwrap_or_default()
    }

    /// Time since the beginning.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// The date, for whoever needs one.
    pub fn now(self) -> Timestamp {
        let millis = i64::try_from(self.elapsed().as_millis()).unwrap_or(i64::MAX);
        Self::begin().checked_add(millis.milliseconds()).unwrap_or(Timestamp::MAX)
    }

    /// The date in whole seconds, as objects carry it.
    pub fn stamp(self) -> String {
        let seconds = Timestamp::from_second(self.now().as_second()).unwrap_or_default();
        seconds.to_string()
    }
}
