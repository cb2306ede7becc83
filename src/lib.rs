//! pat-operator: declarative SailPoint personal access tokens for Kubernetes.
pub mod api;
pub mod kubernetes;
pub mod lifecycle;
pub mod redacted;
