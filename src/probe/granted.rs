//! Reads the access token that ISC granted, and the reply that it came with.
use std::time::Duration;

use super::facts::{self, Life};
use super::read;
use crate::isc::access_token;
use crate::isc::http::Reply;
use crate::redacted::Redacted;

/// An access token that was granted, and what came with it.
pub(super) struct Granted {
    pub(super) bearer: Redacted,
    pub(super) access: facts::Access,
}

impl Granted {
    /// Reads a reply; `None`: it grants nothing.
    pub(super) fn read(reply: &Reply) -> Option<Self> {
        // By the operator's own reading: what it cannot use grants nothing.
        access_token::verdict(reply).ok()?;
        let mut body = read::object(reply)?;
        let bearer = read::secret(&mut body, "access_token")?;
        let access = read::access(&body, &bearer);
        Some(Self { bearer, access })
    }

    /// The time for which it is used: three quarters of a life that can be as short as 15 s.
    pub(super) fn life(&self) -> Duration {
        let seconds = match self.access.life {
            Life::Seconds(seconds) | Life::Odd(seconds) if (15..=43_200).contains(&seconds) => {
                seconds
            }
            // No life that ISC grants: better a new access token a minute than one that is refused.
            Life::Seconds(_) | Life::Odd(_) | Life::Absent | Life::Other => 60,
        };
        Duration::from_secs(seconds).mul_f64(0.75)
    }
}
