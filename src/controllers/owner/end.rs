//! The ends that a pass can come to.
use std::time::Duration;

use super::at_hand::Overtaken;
use crate::controllers::board::Report;
use crate::isc::Failure;

/// The end of a pass.
pub enum End {
    /// Nothing is to be done now.
    Rest(Duration, Box<Report>),
    /// Something was not as expected: come in from the top.
    Left(Duration),
    /// ISC did not do its part.
    Failed(Failure),
}

impl From<Overtaken> for End {
    fn from(_: Overtaken) -> Self {
        Self::Left(AGAIN)
    }
}

/// The time after which a pass that met something unexpected is repeated; the ledger holds the
/// longer waits.
pub const AGAIN: Duration = Duration::from_secs(1);
