//! The servers while they run: started in order, restarted, stopped in order.
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::watchdog::{self, Watched};
use crate::{ControlPlane, Error};

const PATIENCE: Duration = Duration::from_secs(90);

/// The three processes, as far as they run.
#[derive(Default)]
pub struct Running {
    etcd: Option<Watched>,
    api_server: Option<Watched>,
    controllers: Option<Watched>,
}

impl Running {
    /// Stops each before the one that it talks to: none ends while it waits for another.
    pub async fn stop(&mut self) {
        for server in [self.controllers.take(), self.api_server.take(), self.etcd.take()] {
            stop(server).await;
        }
    }
}

async fn stop(server: Option<Watched>) {
    if let Some(server) = server {
        server.stop().await;
    }
}

impl ControlPlane {
    /// Stops the API server and starts it again on the same data.
    ///
    /// # Errors
    /// When it does not become ready again.
    pub async fn restart_api_server(&self) -> Result<(), Error> {
        let mut running = self.running.lock().await;
        stop(running.api_server.take()).await;
        self.run(&mut running).await
    }

    /// Stops all servers and waits until they are gone.
    pub async fn stop(self) {
        self.running.lock().await.stop().await;
    }

    /// Starts all and waits until the controller-manager has made the default service account.
    pub(crate) async fn begin(&self) -> Result<(), Error> {
        let mut running = self.running.lock().await;
        self.run(&mut running).await?;
        let account = ["get", "serviceaccount", "default", "-n", "default"];
        self.until("kube-controller-manager", &account, running.controllers.as_mut()).await
    }

    /// Starts what does not run; the controller-manager takes its time after that.
    pub(crate) async fn run(&self, running: &mut Running) -> Result<(), Error> {
        if running.etcd.is_none() {
            running.etcd = Some(self.launch("etcd", self.etcd())?);
        }
        if running.api_server.is_none() {
            running.api_server = Some(self.launch("kube-apiserver", self.kube_apiserver())?);
        }
        self.until("kube-apiserver", &["get", "--raw", "/readyz"], running.api_server.as_mut())
            .await?;
        if running.controllers.is_none() {
            running.controllers =
                Some(self.launch("kube-controller-manager", self.kube_controller_manager())?);
        }
        Ok(())
    }

    fn launch(&self, name: &'static str, arguments: Vec<String>) -> Result<Watched, Error> {
        watchdog::launch(&self.folder.join(name), &arguments, &self.log(name))
    }

    fn log(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.log"))
    }

    async fn until(
        &self,
        server: &'static str,
        arguments: &[&str],
        mut process: Option<&mut Watched>,
    ) -> Result<(), Error> {
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
            if ran
                .map_err(|source| Error::Io { action: "run kubectl".into(), source })?
                .status
                .success()
            {
                return Ok(());
            }
            if started.elapsed() > PATIENCE
                || process.as_mut().is_some_and(|process| process.has_ended())
            {
                let log = std::fs::read_to_string(self.log(server)).unwrap_or_default();
                let lines: Vec<&str> = log.lines().rev().take(15).collect();
                let log = lines.into_iter().rev().collect::<Vec<_>>().join("\n");
                return Err(Error::NotReady { server, seconds: PATIENCE.as_secs(), log });
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
