//! The judge: it is told all that happened, one thing after the other, and says which of P1 to P7
//! was broken, when, and by which of those things. It shares no code with the operator and believes
//! nothing that the operator says of itself.
//!
//! ```
//! use judge::{Actor, Judge, Law, Observation, What};
//! let mut judge = Judge::new(Law::default());
//! let found = judge.observe(Observation { at: 0, what: What::Token(judge::Token {
//!     id: "0123".into(), owner: "mallory".into(), name: "by hand".into(), expires: None,
//!     change: judge::Change::Created, by: Actor::Person,
//! }) });
//! assert!(found.is_empty());
//! assert!(judge.finish(60_000, &[]).is_empty());
//! ```
//!
//! What whoever feeds it must keep to:
//!
//! - Observations come in the order in which they took effect; `at` is in milliseconds by one
//!   clock, ISC's.
//! - [`Actor::Operator`] is every replica. Who cannot tell whose a write is says `Operator` unless
//!   it was its own.
//! - Objects are whole, as the API server stores them (`metadata`, `spec`, `data` in base64,
//!   `status`). Secrets of all namespaces, `PersonalAccessToken`s and `Tenant`s are needed; other
//!   kinds are scanned for client secrets, and no write of the operator to them is expected but those
//!   to Leases and Events.
//! - After a backup was put back: [`What::Restored`], then each object that is now another as
//!   [`Actor::Cluster`].
#![warn(missing_docs)]
mod book;
mod canary;
mod counts;
mod end;
mod isc;
mod judge;
mod ledger;
mod objects;
mod observation;
mod pair;
mod published;
mod resources;
mod tally;
mod tokens;
mod verdict;

pub use counts::Counts;
pub use judge::{Judge, Law};
pub use ledger::{Ledger, Recorded, data};
pub use observation::{Action, Actor, Authentication, Change, Object, Observation, Token, What};
pub use pair::Pair;
pub use tally::{Figures, Tally};
pub use verdict::{Property, Violation};
