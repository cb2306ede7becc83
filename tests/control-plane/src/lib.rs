//! A real Kubernetes control plane for tests: built once from declared Go tools, started on
//! loopback.
//!
//! etcd, kube-apiserver (RBAC, audit log, verified TLS) and kube-controller-manager. They end with
//! the process that started them, also when that is killed: each runs under a watchdog that reads a
//! pipe whose other end this holds.
pub mod audit;
mod backup;
mod binaries;
mod certificates;
mod running;
mod servers;
mod watchdog;

use std::path::{Path, PathBuf};

use thiserror::Error;
use tokio::sync::Mutex;

use certificates::Certificates;
use running::Running;
use servers::Ports;
use watchdog::Watched;

pub use binaries::folder as binaries_folder;

/// How a control plane is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Port of the API server; free ones are chosen otherwise.
    pub port: Option<u16>,
    /// Where its data goes; a temporary folder that is removed at the end otherwise.
    pub data_dir: Option<PathBuf>,
}

/// Why there is no control plane.
#[derive(Debug, Error)]
pub enum Error {
    /// The binaries could not be built or found; the cause has been printed.
    #[error("the control plane's binaries are not there; the lines above say why")]
    Binaries,
    /// A file could not be written or a program not started.
    #[error("failed to {action}")]
    Io {
        /// What was tried.
        action: String,
        /// Why.
        source: std::io::Error,
    },
    /// A certificate could not be made.
    #[error("failed to make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// The port is somebody else's.
    #[error("port {0} on 127.0.0.1 is taken; choose another one")]
    PortTaken(u16),
    /// A server ended or did not become ready.
    #[error("{server} ended, or was not ready after {seconds} s; the end of its log:\n{log}")]
    NotReady {
        /// Which one.
        server: &'static str,
        /// How long was waited.
        seconds: u64,
        /// The last lines of its log.
        log: String,
    },
}

/// A running control plane; it stops when dropped.
pub struct ControlPlane {
    folder: PathBuf,
    dir: PathBuf,
    ports: Ports,
    certificates: Certificates,
    token: String,
    running: Mutex<Running>,
    _cleaner: Option<Watched>,
}

impl ControlPlane {
    /// Builds the binaries if need be, starts the three servers and waits until they work.
    ///
    /// # Errors
    /// Each says what is wrong and what to do.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let folder = binaries::folder()?;
        let (dir, cleaner) = match options.data_dir {
            Some(dir) => (dir, None),
            None => {
                let dir =
                    std::env::temp_dir().join(format!("pat-operator-control-plane-{}", random()));
                (dir.clone(), Some(watchdog::remove_at_end(&dir)?))
            }
        };
        write_dir(&dir)?;
        let ports = Ports::choose(options.port)?;
        let certificates = Certificates::write(&dir)?;
        let token = random();
        let plane = Self {
            folder,
            dir,
            ports,
            certificates,
            token,
            running: Mutex::default(),
            _cleaner: cleaner,
        };
        plane.write_files()?;
        plane.begin().await?;
        Ok(plane)
    }

    /// The kubeconfig of an administrator.
    pub fn kubeconfig_path(&self) -> PathBuf {
        self.dir.join("kubeconfig")
    }

    /// A kubeconfig for whoever has this bearer token.
    pub fn kubeconfig_for(&self, token: &str) -> String {
        let (server, ca) = (self.server_url(), self.dir.join("ca.pem"));
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: it\nclusters: [{{name: it, cluster: {{server: \"{server}\", certificate-authority: \"{}\"}}}}]\ncontexts: [{{name: it, context: {{cluster: it, user: it}}}}]\nusers: [{{name: it, user: {{token: \"{token}\"}}}}]\n",
            ca.display()
        )
    }

    /// URL of the API server.
    pub fn server_url(&self) -> String {
        format!("https://127.0.0.1:{}", self.ports.api)
    }

    /// The authority that the API server's certificate is of, in PEM.
    pub fn ca_pem(&self) -> &str {
        &self.certificates.ca_pem
    }

    /// The bearer token of an administrator.
    pub fn admin_token(&self) -> &str {
        &self.token
    }

    /// The audit log: one JSON object a line, metadata of every request.
    pub fn audit_log(&self) -> PathBuf {
        self.dir.join("audit.log")
    }

    /// The kubectl of the same version.
    pub fn kubectl(&self) -> PathBuf {
        self.folder.join("kubectl")
    }

    /// Where data, logs and certificates are.
    pub fn data_dir(&self) -> &Path {
        &self.dir
    }
}

fn write_dir(dir: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|source| Error::Io {
        action: format!("create the folder {}", dir.display()),
        source,
    })
}

/// 128 random bits in hex, from the process's hash keys.
fn random() -> String {
    use std::hash::{BuildHasher, RandomState};
    let one = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", one(), one())
}
