//! Reads the simulator's record of ISC as observations.
use isc_simulator::{Effect, Entry, Kind, Origin};
use jiff::Timestamp;

use crate::observation::{Actor, Change, Token};

impl Token {
    /// What an entry of the record says of a token; `None` if nothing happened to one.
    pub fn of(entry: &Entry) -> Option<Self> {
        // A request names the effect that it had too.
        if entry.kind != Kind::Effect {
            return None;
        }
        let change = match entry.effect? {
            Effect::Created => Change::Created,
            Effect::Patched => Change::Changed,
            Effect::Deleted | Effect::Expired => Change::Deleted,
        };
        let by = match entry.origin {
            Origin::Api => Actor::Operator,
            Origin::Hand => Actor::Person,
            Origin::Clock => Actor::Clock,
        };
        Some(Self {
            id: entry.token_id.clone()?,
            owner: entry.user.clone().unwrap_or_default(),
            name: entry.token_name.clone().unwrap_or_default(),
            expires: entry.expiration_date.map(Timestamp::as_millisecond),
            change,
            by,
        })
    }
}
