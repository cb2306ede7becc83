//! A Kubernetes API server in memory for simulations in the style of FoundationDB: one process,
//! tokio's paused clock, every delay and every fault from one seed. A real `kube::Client` talks to
//! it.
//!
//! It knows what pat-operator and its tests need and answers 501 to all else. That it behaves like
//! kube-apiserver where it answers is what the conformance script in `tests/` is for. What it
//! leaves out and does not refuse:
//!
//! - `managedFields` are never there; whether a write changes anything is decided without them.
//! - Lists come in one piece whatever their `limit`, and are never stale; only watches lag behind.
//! - CEL rules and patterns of the CRDs are not evaluated, nor are field bounds other than those in
//!   `schema`.
//! - There is no authentication and no RBAC: who asks is a name, and a scheduler may refuse it.
//!
//! A simulation needs
//! `tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true)`, and nothing in
//! it may wait for real input or output.
#![warn(missing_docs)]
mod agenda;
mod background;
mod call;
mod clock;
mod cluster;
mod content;
mod history;
mod hook;
mod kinds;
mod names;
mod random;
mod refusal;
mod schema;
mod selector;
mod service;
mod state;
mod stream;
mod verbs;
mod watch;

pub use cluster::{Cluster, Revisions, Snapshot};
pub use history::{Change, Effect, Key};
pub use hook::{Asked, Break, Calm, Delivery, Event, Fate, Scheduler, Verdict};
pub use kinds::Kind;
pub use random::Random;
pub use state::Delays;
