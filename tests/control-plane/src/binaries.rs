//! Where the binaries are; `build.sh` builds them if need be and prints its progress.
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::Error;

/// The folder with etcd, kube-apiserver, kube-controller-manager and kubectl.
///
/// # Errors
/// When they cannot be built; `build.sh` has said why.
pub fn folder() -> Result<PathBuf, Error> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("build.sh");
    let ran =
        Command::new("bash").arg(script).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let ran = ran.map_err(|source| Error::Io { action: "run bash".into(), source })?;
    let path = String::from_utf8_lossy(&ran.stdout).trim().to_owned();
    if ran.status.success() && !path.is_empty() { Ok(path.into()) } else { Err(Error::Binaries) }
}
