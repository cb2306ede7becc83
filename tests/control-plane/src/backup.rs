//! Backups of etcd: time travel for whoever keeps something outside of the cluster.
use std::path::Path;
use std::process::Stdio;

use crate::{ControlPlane, Error};

impl ControlPlane {
    /// Copies etcd's data to a folder that does not exist yet. API server and etcd stand still
    /// meanwhile.
    ///
    /// # Errors
    /// When the data cannot be copied or a server does not start again.
    pub async fn back_up(&self, to: &Path) -> Result<(), Error> {
        let mut running = self.running.lock().await;
        running.stop().await;
        copy(&self.data(), to).await?;
        self.run(&mut running).await
    }

    /// Puts such a copy back: all that was written since is gone, and revisions are counted from
    /// there again.
    ///
    /// # Errors
    /// When the data cannot be copied or a server does not start again.
    pub async fn restore(&self, from: &Path) -> Result<(), Error> {
        let mut running = self.running.lock().await;
        running.stop().await;
        let data = self.data();
        let removed = tokio::fs::remove_dir_all(&data).await;
        removed
            .map_err(|source| Error::Io { action: format!("remove {}", data.display()), source })?;
        copy(from, &data).await?;
        self.run(&mut running).await
    }

    fn data(&self) -> std::path::PathBuf {
        self.dir.join("etcd")
    }
}

async fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let action = || format!("copy {} to {}", from.display(), to.display());
    let mut command = tokio::process::Command::new("cp");
    let ran = command.arg("-a").arg(from).arg(to).stdin(Stdio::null()).status().await;
    match ran {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Error::Io { action: action(), source: std::io::Error::other("cp failed") }),
        Err(source) => Err(Error::Io { action: action(), source }),
    }
}
