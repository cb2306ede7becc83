//! Credentials whose scopes ISC does not name, and the calls that it did not allow them.
use std::time::Duration;

use tokio::time::Instant;

use crate::controllers::keyed::Keyed;
use crate::controllers::wait::doubled;

/// The time for which a call that ISC did not allow is not tried again; it doubles.
const FORBIDDEN: Duration = Duration::from_secs(10 * 60);
/// The longest of these times.
const LONGEST_FORBIDDEN: Duration = Duration::from_secs(3_600);

/// Credentials by client ID.
#[derive(Default)]
pub struct Credentials(Keyed<Forbidden>);

struct Forbidden {
    why: String,
    times: u32,
    until: Instant,
}

impl Credentials {
    /// ISC did not allow this credential to make or change a token.
    pub fn forbid(&self, client_id: &str, why: &str) {
        let mut credentials = self.0.lock();
        let times = credentials.get(client_id).map_or(0, |forbidden| forbidden.times);
        let wait = doubled(FORBIDDEN, times, LONGEST_FORBIDDEN);
        let forbidden =
            Forbidden { why: why.into(), times: times + 1, until: Instant::now() + wait };
        // Without this, credentials that were replaced would pile up.
        credentials.retain(|_, old| old.until + LONGEST_FORBIDDEN > Instant::now());
        credentials.insert(client_id.into(), forbidden);
    }

    /// The answer with which ISC refused this credential a call, if that is not to be tried again
    /// yet.
    pub fn forbidden(&self, client_id: &str) -> Option<String> {
        let credentials = self.0.lock();
        let forbidden = credentials.get(client_id)?;
        if forbidden.until > Instant::now() { Some(forbidden.why.clone()) } else { None }
    }
}
