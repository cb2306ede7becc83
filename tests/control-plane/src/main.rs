//! `control-plane`: builds and runs the control plane by hand.
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use control_plane::{ControlPlane, Options};

/// A real Kubernetes control plane on loopback: etcd, kube-apiserver and kube-controller-manager,
/// without nodes
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start it and leave it running until Ctrl-C
    Run {
        /// Port of the API server; a free one is chosen otherwise
        #[arg(long)]
        port: Option<u16>,
        /// Where its data goes; a temporary folder, removed at the end, otherwise
        #[arg(long)]
        data_dir: Option<PathBuf>,
    },
    /// Print the folder with the binaries, building them if need be
    Path,
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run { port, data_dir } => run(Options { port, data_dir }).await,
        Command::Path => {
            control_plane::binaries_folder().map(|folder| println!("{}", folder.display()))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("control-plane: {error}");
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                eprintln!("  because: {cause}");
                source = cause.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), control_plane::Error> {
    let plane = ControlPlane::start(options).await?;
    println!("export KUBECONFIG={}", plane.kubeconfig_path().display());
    eprintln!(
        "control-plane: ready at {}; kubectl is {}",
        plane.server_url(),
        plane.kubectl().display()
    );
    eprintln!("control-plane: Ctrl-C stops it");
    let mut terminate =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(
            |source| control_plane::Error::Io { action: "listen for SIGTERM".into(), source },
        )?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    plane.stop().await;
    Ok(())
}
