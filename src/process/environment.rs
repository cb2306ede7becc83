//! The Pod's own environment: the only reads of the environment outside the flags.
#![expect(clippy::disallowed_methods, reason = "this is the home of environment reads")]
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use crate::redacted::Redacted;

/// The file in which Kubernetes mounts the namespace of the Pod's service account.
const NAMESPACE_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// The values that are used where a flag is absent.
#[derive(Debug)]
pub(super) struct Environment {
    /// `POD_NAMESPACE`, otherwise the service account's namespace.
    pub(super) namespace: Option<String>,
    /// `POD_NAME`, otherwise the host's name: the same after a restart, so that the replica knows
    /// its Lease again.
    pub(super) identity: String,
    /// The files that `KUBECONFIG` lists, as kubectl reads it; empty without any.
    pub(super) kubeconfig: Vec<PathBuf>,
    /// `HTTPS_PROXY`, otherwise `https_proxy`.
    pub(super) https_proxy: Option<Variable>,
    /// `NO_PROXY`, otherwise `no_proxy`; empty without any.
    pub(super) no_proxy: String,
}

/// A value that may hold a password, and the variable that it was read from.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: &'static str,
    pub(super) value: Redacted,
}

impl Environment {
    /// Reads the environment once.
    pub(super) fn read() -> Self {
        Self {
            namespace: variable("POD_NAMESPACE").or_else(service_account_namespace),
            identity: variable("POD_NAME").unwrap_or_else(host_name),
            kubeconfig: paths(std::env::var_os("KUBECONFIG").unwrap_or_default()),
            https_proxy: first(["HTTPS_PROXY", "https_proxy"]),
            no_proxy: variable("NO_PROXY").or_else(|| variable("no_proxy")).unwrap_or_default(),
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

/// True if Kubernetes accepts the text as a namespace's name (RFC 1123 label).
pub(super) fn is_dns_label(text: &str) -> bool {
    let is_plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (1..=63).contains(&text.len()) && is_plain && !text.starts_with('-') && !text.ends_with('-')
}

/// An empty variable is none. A value that is not UTF-8 differs from all others and fails the
/// checks.
fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?.to_string_lossy().into_owned();
    if value.is_empty() { None } else { Some(value) }
}

fn first(names: [&'static str; 2]) -> Option<Variable> {
    for name in names {
        if let Some(value) = variable(name) {
            return Some(Variable { name, value: Redacted::new(value) });
        }
    }
    None
}

fn paths(list: OsString) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::env::split_paths(&list).collect();
    // kubectl passes over an empty entry, as in a list that ends with a separator.
    paths.retain(|path| !path.as_os_str().is_empty());
    paths
}

fn service_account_namespace() -> Option<String> {
    // Absent outside of a Pod, and where no service account is mounted.
    let text = fs::read_to_string(NAMESPACE_FILE).ok()?;
    let name = text.trim();
    if name.is_empty() { None } else { Some(name.to_owned()) }
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
    fn empty_names_in_a_list_of_files_are_passed_over() {
        assert_eq!(paths("/a::b c:".into()), [PathBuf::from("/a"), PathBuf::from("b c")]);
        for empty in ["", ":", "::"] {
            assert!(paths(empty.into()).is_empty(), "{empty:?}");
        }
    }

    #[test]
    fn the_host_has_a_name() {
        assert!(!host_name().is_empty());
    }
}
