//! The ends that a pass can come to.
use std::time::Duration;

use tokio::time::Instant;

use super::at_hand::Overtaken;
use crate::controllers::board::Report;
use crate::controllers::context::Context;
use crate::isc::Failure;

/// The end of a pass.
pub enum End {
    /// Nothing is to be done now.
    Rest(Duration, Box<Report>),
    /// Something was not as expected: come in from the top.
    Left(Duration),
    /// It lasted too long: it goes on later.
    Slow,
    /// ISC did not do its part.
    Failed(Failure),
}

/// The longest time of a pass.
const LONGEST: Duration = Duration::from_secs(60);
/// Steps of one pass; more than any real sequence of an owner, so that no loop goes on for ever.
pub const MOST_STEPS: usize = 200;
/// LISTs of one pass likewise.
pub const MOST_LISTS: usize = 6;

impl End {
    /// The end of a pass that has no attempt under way, if it is time for one.
    pub fn in_time(context: &Context, began: Instant) -> Option<Self> {
        if context.shutdown.is_cancelled() {
            return Some(Self::Left(AGAIN));
        }
        if began.elapsed() > LONGEST { Some(Self::Slow) } else { None }
    }
}

impl From<Overtaken> for End {
    fn from(_: Overtaken) -> Self {
        Self::Left(AGAIN)
    }
}

/// The time after which a pass that met something unexpected is repeated; the ledger holds the
/// longer waits.
pub const AGAIN: Duration = Duration::from_secs(1);
