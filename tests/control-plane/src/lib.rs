//! A real Kubernetes control plane for tests: built once from declared Go tools, started on loopback.
//!
//! etcd, kube-apiserver (RBAC, audit log, verified TLS) and kube-controller-manager. They end with the process that
//! started them, also when that is killed: each runs under a watchdog that reads a pipe whose other end this holds.
pub mod audit;
mod binaries;
mod certificates;
mod servers;
mod watchdog;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use thiserror::Error;

use certificates::Certificates;
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
    servers: Vec<Watched>,
    api_server: Option<Watched>,
    _cleaner: Option<Watched>,
}

const PATIENCE: Duration = Duration::from_secs(90);

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
                let dir = std::env::temp_dir().join(format!("pat-operator-control-plane-{}", random()));
                (dir.clone(), Some(watchdog::remove_at_end(&dir)?))
            }
        };
        write_dir(&dir)?;
        let ports = Ports::choose(options.port)?;
        let certificates = Certificates::write(&dir)?;
        let token = random();
        let mut plane =
            Self { folder, dir, ports, certificates, token, servers: Vec::new(), api_server: None, _cleaner: cleaner };
        plane.write_files()?;
        plane.servers.push(plane.launch("etcd", plane.etcd())?);
        plane.api_server = Some(plane.launch("kube-apiserver", plane.kube_apiserver())?);
        plane.ready().await?;
        plane.servers.push(plane.launch("kube-controller-manager", plane.kube_controller_manager())?);
        plane.account_ready().await?;
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

    /// Stops the API server and starts it again on the same data.
    ///
    /// # Errors
    /// When it does not become ready again.
    pub async fn restart_api_server(&mut self) -> Result<(), Error> {
        if let Some(server) = self.api_server.take() {
            server.stop().await;
        }
        self.api_server = Some(self.launch("kube-apiserver", self.kube_apiserver())?);
        self.ready().await
    }

    /// Stops all servers and waits until they are gone.
    pub async fn stop(mut self) {
        // Each before the one that it talks to: none ends while it waits for another.
        let controllers = self.servers.split_off(1);
        for server in controllers.into_iter().chain(self.api_server.take()).chain(self.servers.drain(..)) {
            server.stop().await;
        }
    }

    fn launch(&self, name: &'static str, arguments: Vec<String>) -> Result<Watched, Error> {
        watchdog::launch(&self.folder.join(name), &arguments, &self.log(name))
    }

    fn log(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.log"))
    }

    async fn ready(&mut self) -> Result<(), Error> {
        self.until("kube-apiserver", &["get", "--raw", "/readyz"]).await
    }

    /// The controller-manager works once it has made the default service account.
    async fn account_ready(&mut self) -> Result<(), Error> {
        self.until("kube-controller-manager", &["get", "serviceaccount", "default", "-n", "default"]).await
    }

    fn has_ended(&mut self, server: &str) -> bool {
        let one = if server == "kube-apiserver" { self.api_server.as_mut() } else { self.servers.last_mut() };
        one.is_some_and(Watched::has_ended)
    }

    async fn until(&mut self, server: &'static str, arguments: &[&str]) -> Result<(), Error> {
        let started = Instant::now();
        loop {
            let kubeconfig = self.kubeconfig_path();
            let ran = tokio::process::Command::new(self.kubectl())
                .arg("--kubeconfig")
                .arg(kubeconfig)
                .args(arguments)
                .stdin(std::process::Stdio::null())
                .output()
                .await;
            if ran.map_err(|source| Error::Io { action: "run kubectl".into(), source })?.status.success() {
                return Ok(());
            }
            if started.elapsed() > PATIENCE || self.has_ended(server) {
                let log = std::fs::read_to_string(self.log(server)).unwrap_or_default();
                let lines: Vec<&str> = log.lines().rev().take(15).collect();
                let log = lines.into_iter().rev().collect::<Vec<_>>().join("\n");
                return Err(Error::NotReady { server, seconds: PATIENCE.as_secs(), log });
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn write_dir(dir: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|source| Error::Io { action: format!("create the folder {}", dir.display()), source })
}

/// 128 random bits in hex, from the process's hash keys.
fn random() -> String {
    use std::hash::{BuildHasher, RandomState};
    let one = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", one(), one())
}
