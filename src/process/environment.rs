//! What the Pod says about itself: the only reads of the environment outside the flags.
#![expect(clippy::disallowed_methods, reason = "this is the home of environment reads")]
use std::fs;

use crate::redacted::Redacted;

/// Where Kubernetes mounts the namespace of the Pod's service account.
const NAMESPACE_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// What is used where a flag is absent.
#[derive(Debug)]
pub(super) struct Environment {
    /// `POD_NAMESPACE`, else the service account's namespace.
    pub(super) namespace: Option<String>,
    /// `POD_NAME`, else the host's name: the same after a restart, so that the Lease is found one's own.
    pub(super) identity: String,
}

impl Environment {
    /// Reads the environment once.
    pub(super) fn read() -> Self {
        Self {
            namespace: variable("POD_NAMESPACE").or_else(service_account_namespace),
            identity: variable("POD_NAME").unwrap_or_else(host_name),
        }
    }
}

/// The variables of SailPoint's own clients.
pub(super) struct SailVariables {
    /// `SAIL_BASE_URL`.
    pub(super) base_url: Option<String>,
    /// `SAIL_CLIENT_ID`.
    pub(super) client_id: Option<String>,
    /// `SAIL_CLIENT_SECRET`.
    pub(super) client_secret: Option<Redacted>,
}

impl SailVariables {
    /// Reads them once.
    pub(super) fn read() -> Self {
        Self {
            base_url: variable("SAIL_BASE_URL"),
            client_id: variable("SAIL_CLIENT_ID"),
            client_secret: variable("SAIL_CLIENT_SECRET").map(Redacted::new),
        }
    }
}

/// Whether Kubernetes accepts the text as a namespace's name (RFC 1123 label).
pub(super) fn is_dns_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn service_account_namespace() -> Option<String> {
    let text = fs::read_to_string(NAMESPACE_FILE).ok()?;
    Some(text.trim().to_owned()).filter(|name| !name.is_empty())
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_namespaces() {
        let longest = "a".repeat(63);
        for name in ["a", "pat-system", "0", &longest] {
            assert!(is_dns_label(name), "{name}");
        }
        let too_long = "a".repeat(64);
        for name in ["", "-a", "a-", "A", "a.b", "a_b", "ä", &too_long] {
            assert!(!is_dns_label(name), "{name}");
        }
    }

    #[test]
    fn the_host_has_a_name() {
        assert!(!host_name().is_empty());
    }
}
