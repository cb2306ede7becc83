//! pat-operator: declarative SailPoint personal access tokens for Kubernetes.
pub mod lifecycle;
pub mod redacted;
