//! The way to Kubernetes: the kubeconfig file that a flag names, or those of `KUBECONFIG`, merged
//! as kubectl merges them.
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use kube::config::{Kubeconfig, KubeconfigError};
use rustls::pki_types::pem;

/// The source that says where Kubernetes is, and as whom to speak to it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// The file of `--kubeconfig`.
    File(PathBuf),
    /// The files of `KUBECONFIG`.
    Variable(Vec<PathBuf>),
    /// The Pod's service account.
    Pod,
}

impl Access {
    /// The flag goes before the variable.
    pub(super) fn of(flag: Option<PathBuf>, variable: Vec<PathBuf>) -> Self {
        match flag {
            Some(path) => Self::File(path),
            None if variable.is_empty() => Self::Pod,
            None => Self::Variable(variable),
        }
    }
}

/// The reason why there is no kubeconfig.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("there is no file {0:?}")]
    NoFile(PathBuf),
    #[error("none of its files exists: {0:?}")]
    NoFiles(Vec<PathBuf>),
    #[error(
        "{0:?} is not a kubeconfig: line {1} is not the YAML that it should be; the line is not shown, since it may hold a credential"
    )]
    Syntax(PathBuf, u64),
    #[error(transparent)]
    Unusable(#[from] KubeconfigError),
    #[error("the certificate authority of its cluster is not in PEM")]
    Authority(#[source] pem::Error),
    #[error(
        "the certificate authority of its cluster has no certificate; put one or more in PEM into it"
    )]
    NoAuthority,
}

/// The file that a flag names.
pub(super) fn of_flag(path: &Path) -> Result<Kubeconfig, Error> {
    read(path)?.ok_or_else(|| Error::NoFile(path.to_owned()))
}

/// The files of `KUBECONFIG`: of each value the first one counts, and a file that is absent is
/// passed over.
// kube's own `Kubeconfig::from_env` would read the environment past `environment`, fail for a file
// that is absent, and take an empty `current-context` for one.
pub(super) fn of_variable(paths: &[PathBuf]) -> Result<Kubeconfig, Error> {
    let mut merged: Option<Kubeconfig> = None;
    for path in paths {
        // kubectl passes over a file that is absent, and fails for one that cannot be read.
        let Some(next) = read(path)? else { continue };
        merged = Some(match merged {
            Some(merged) => merged.merge(next)?,
            None => next,
        });
    }
    merged.ok_or_else(|| Error::NoFiles(paths.to_vec()))
}

/// One file; none if it is absent. An empty `current-context`, as `kubectl config unset` leaves it,
/// is none.
fn read(path: &Path) -> Result<Option<Kubeconfig>, Error> {
    let mut kubeconfig = match Kubeconfig::read_from(path) {
        Err(KubeconfigError::ReadConfig(error, _)) if error.kind() == ErrorKind::NotFound => {
            return Ok(None);
        }
        // The parser's own words quote the lines around the fault.
        Err(KubeconfigError::Parse(error)) => {
            let line = error.location().map_or(1, |place| place.line());
            return Err(Error::Syntax(path.to_owned(), line));
        }
        read => read?,
    };
    if kubeconfig.current_context.as_deref() == Some("") {
        kubeconfig.current_context = None;
    }
    Ok(Some(kubeconfig))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with these files; each kubeconfig has one context, cluster and user.
    struct Files(tempfile::TempDir);

    impl Files {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn add(&self, name: &str, server: &str, current: &str) -> PathBuf {
            let path = self.0.path().join(name);
            let text = format!(
                "current-context: \"{current}\"\n\
                 clusters: [{{name: {name}, cluster: {{server: \"{server}\", certificate-authority: ca.pem}}}}]\n\
                 contexts: [{{name: {name}, context: {{cluster: {name}, user: {name}}}}}]\n\
                 users: [{{name: {name}, user: {{}}}}]\n"
            );
            std::fs::write(&path, text).unwrap();
            path
        }
    }

    fn servers(kubeconfig: &Kubeconfig) -> Vec<&str> {
        let clusters = kubeconfig.clusters.iter().map(|named| named.cluster.as_ref().unwrap());
        clusters.map(|cluster| cluster.server.as_deref().unwrap()).collect()
    }

    #[test]
    fn of_each_value_the_first_file_that_has_it_counts() {
        let files = Files::new();
        let first = files.add("a", "https://first", "");
        let second = files.add("b", "https://second", "b");
        let absent = files.0.path().join("absent");
        let third = files.0.path().join("third");
        std::fs::write(
            &third,
            "current-context: c\nclusters: [{name: a, cluster: {server: \"https://third\"}}]\n",
        )
        .unwrap();
        let merged = of_variable(&[absent, first, second, third]).unwrap();
        assert_eq!(servers(&merged), ["https://first", "https://second"]);
        assert_eq!(merged.current_context.as_deref(), Some("b"), "an empty one does not count");
        let ca = merged.clusters[1].cluster.as_ref().unwrap().certificate_authority.as_deref();
        assert_eq!(ca, files.0.path().join("ca.pem").to_str(), "it lies beside its own file");
    }

    #[test]
    fn a_file_that_is_absent_is_told_where_it_was_named_or_nothing_else_is_there() {
        let absent = PathBuf::from("/nonexistent/a");
        let error = of_flag(&absent).unwrap_err().to_string();
        assert_eq!(error, "there is no file \"/nonexistent/a\"");
        let error = of_variable(&[absent]).unwrap_err().to_string();
        assert_eq!(error, "none of its files exists: [\"/nonexistent/a\"]");
    }

    #[test]
    fn a_file_that_is_no_kubeconfig_is_told_although_another_one_is() {
        let files = Files::new();
        let good = files.add("a", "https://first", "a");
        let bad = files.0.path().join("bad");
        std::fs::write(&bad, "[").unwrap();
        assert!(matches!(of_variable(&[good, bad]), Err(Error::Syntax(_, 1))));
    }

    #[test]
    fn a_slip_in_a_kubeconfig_is_told_by_its_line_and_nothing_of_it_is_quoted() {
        let files = Files::new();
        let path = files.0.path().join("bad");
        for (text, line) in [
            ("users:\n- name: a\n  user:\n\tclient-key-data: c4n4ry\n    token: c4n4ry\n", 4),
            ("users:\n- name: a\n  user:\n    token: [c4n4ry]\n", 4),
            ("users:\n- name: a\n  user: {token: c4n4ry\n", 3),
            ("users:\n- name: a\n  user: c4n4ry\n", 3),
            ("c4n4ry", 1),
        ] {
            std::fs::write(&path, text).unwrap();
            for error in
                [of_flag(&path).unwrap_err(), of_variable(std::slice::from_ref(&path)).unwrap_err()]
            {
                let told = format!("{} {error:?}", crate::process::error_chain::chain(&error));
                assert!(!told.contains("c4n4ry"), "{told}");
                assert!(told.contains(&format!("line {line} ")), "{text:?}: {told}");
            }
        }
    }
}
