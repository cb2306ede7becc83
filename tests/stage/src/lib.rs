//! What the suites on a real control plane share: cluster, simulated ISC and operator (`Stage`), a
//! tenant and a namespace for each test (`Place`), one process of the operator (`Replica`), a proxy
//! before the API server, and what was spent.
#![allow(
    clippy::disallowed_methods,
    reason = "a test measures real time and reads its own settings"
)]
mod place;
pub mod proxy;
mod replica;
mod shared;
mod spent;
mod stage;
mod wait;

pub use place::conditions::{condition, ready_message};
pub use place::history::History;
pub use place::wording::{assert_says, says_each_thing_once};
pub use place::{Place, object, recorded};
pub use replica::{Replica, binary};
pub use shared::WATCHFUL;
pub use spent::{Spent, settled, writes};
pub use stage::{OWN, Stage};
pub use wait::{PATIENCE, eventually, play, wait};

/// Annotation that asks for a rotation.
pub const ROTATE: &str = "pat-operator.dev/rotate-requested-at";
/// Annotation that asks for all tokens to be revoked.
pub const REVOKE: &str = "pat-operator.dev/revoke-requested-at";
