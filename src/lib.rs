//! pat-operator: declarative SailPoint personal access tokens for Kubernetes.
pub mod api;
pub mod controllers;
pub mod isc;
pub mod kubernetes;
pub mod lifecycle;
pub mod metrics;
pub mod process;
pub mod redacted;
