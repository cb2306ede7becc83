//! Times and durations as people write them.
use jiff::Timestamp;

use crate::lifecycle::ledger::Millis;

/// A time of ISC as people write it.
pub fn stamp(millis: Millis) -> String {
    match Timestamp::from_second(millis.div_euclid(1_000)) {
        Ok(stamp) => stamp.to_string(),
        Err(_) => String::new(),
    }
}

/// The shortest form of a duration, in whole hours, minutes or seconds.
pub(super) fn duration(seconds: u64) -> String {
    match seconds {
        hours if hours % 3_600 == 0 => format!("{}h", hours / 3_600),
        minutes if minutes % 60 == 0 => format!("{}m", minutes / 60),
        seconds => format!("{seconds}s"),
    }
}
