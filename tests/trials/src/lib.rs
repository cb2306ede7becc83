//! Trials of pat-operator: its own controllers, with the real encoding and reply classifier,
//! against an API server and an ISC in memory, on a paused clock. One seed decides everything, so
//! that a failing trial is told again word for word.
//!
//! A *world* has a cluster, ISC, replicas of the operator, people and workloads; a *plan* says
//! which request goes wrong and how; a *judge*, who shares no code with the operator, sees every
//! effect in its order.
#![warn(missing_docs)]
pub mod call;
pub mod chaos;
mod consumer;
mod end;
pub mod evil;
pub mod exhaustive;
pub mod fault;
pub mod fields;
pub mod many;
mod passes;
pub mod people;
pub mod plan;
pub mod replica;
pub mod scene;
pub mod switchboard;
pub mod trial;
pub mod walks;
pub mod wire;
mod witness;
pub mod world;

/// The operator's namespace.
pub const OWN: &str = "pat-operator-system";
