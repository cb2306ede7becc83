//! Effects outside the cluster: the token API of ISC over HTTP. It knows nothing of Kubernetes and
//! decides nothing.
//!
//! Deliberately absent: retries of a POST, redirects, a way to skip TLS verification, and any log
//! of a body.
pub mod access_token;
mod body;
pub mod budget;
mod call;
pub mod classify;
pub mod client;
pub mod clock;
pub mod endpoint;
pub mod error;
pub mod headers;
pub mod http;
mod introspection;
pub mod nerm;
pub mod stranger;
pub mod tenant_info;
pub mod tokens;
mod wire;

pub use client::Client;
pub use error::Failure;
