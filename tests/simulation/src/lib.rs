//! A Kubernetes API server in memory for simulations in the style of FoundationDB: one process, tokio's paused clock,
//! every delay and every fault from one seed. A real `kube::Client` talks to it.
//!
//! It knows what pat-operator and its tests need and answers 501 to all else. That it behaves like kube-apiserver where
//! it answers is what the conformance script in `tests/` is for.
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
