//! The decisions: pure functions over plain data. No I/O, no async, no clock, no randomness, no
//! client.
//!
//! [`step`] decides, [`settle`] records; the controllers act in between. Production, the model and
//! the tests call these same functions. The rules R1 to R23 are listed in `ARCHITECTURE.md` with
//! the place where each one lives.
pub mod capacity;
pub mod decide;
mod declared;
pub mod describe;
mod destroy;
pub mod encoding;
pub mod facts;
pub mod grants;
pub mod ledger;
pub mod listing;
pub mod mint;
pub mod overlap;
pub mod publish;
pub mod release;
pub mod rendering;
pub mod rotate;
#[cfg(test)]
pub(crate) mod sample;
pub mod schedule;
pub mod secret;
pub mod settle;
pub mod step;
#[cfg(test)]
mod tests;
pub mod timings;
pub mod token_name;
mod travel;
pub mod upkeep;

pub use decide::step;
pub use facts::Facts;
pub use ledger::Ledger;
pub use settle::{Outcome, settle};
pub use step::Step;
pub use timings::Timings;
