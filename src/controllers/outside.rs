//! The world outside of the cluster: the way to ISC, chance, and the local time. A simulation
//! brings its own, so that one seed decides all of it.
use crate::isc::http::Transports;
use crate::redacted::Redacted;

type Chance = Box<dyn Fn(&str) -> u64 + Send + Sync>;
type WallClock = Box<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// The outside; by default the real one.
pub struct Outside {
    /// Ways to ISC.
    pub transports: Transports,
    /// A random number for this ledger: a nonce of an attempt or of a write, or an incarnation.
    pub random: Chance,
    /// The local time, for what a person reads: condition and event times. Nothing is decided by it
    /// (R20).
    pub wall_clock: WallClock,
}

impl Default for Outside {
    fn default() -> Self {
        Self {
            transports: Transports::default(),
            random: Box::new(|_| random()),
            wall_clock: Box::new(wall_clock),
        }
    }
}

impl Outside {
    /// The real one, with https to ISC through a proxy, except to these hosts (separated by
    /// commas).
    pub fn through(proxy: Redacted, except: String) -> Self {
        Self { transports: Transports::through(proxy, except), ..Self::default() }
    }
}

#[expect(clippy::disallowed_methods, reason = "nonces of attempts and writes, and incarnations")]
fn random() -> u64 {
    rand::random()
}

#[expect(clippy::disallowed_methods, reason = "shown to people, never decided on")]
fn wall_clock() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
