//! pat-operator: declarative SailPoint personal access tokens for Kubernetes.
#![warn(missing_docs)]
// Production code has no way to end by accident and says nothing past the log; tests may do both.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable)]
#![warn(clippy::print_stdout, clippy::print_stderr)]
pub mod api;
pub mod controllers;
pub mod credential;
pub mod isc;
pub mod kubernetes;
pub mod lifecycle;
pub mod metrics;
pub mod probe;
pub mod process;
pub mod redacted;
