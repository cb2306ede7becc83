//! How it ends: in order, by a signal, or with whoever started it; nothing of it stays.
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use control_plane::{ControlPlane, Options};
use rustix::process::{Pid, Signal, kill_process};

use crate::client::{eventually, kubectl, play};

const BINARY: &str = env!("CARGO_BIN_EXE_control-plane");
const SERVERS: [&str; 3] = ["etcd", "kube-apiserver", "kube-controller-manager"];

/// `control-plane run` as a process of its own, ready.
struct Run {
    child: Child,
    dir: PathBuf,
}

impl Run {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(BINARY);
        let mut child = command.arg("run").args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let kubeconfig = line.trim().strip_prefix("export KUBECONFIG=");
        let kubeconfig = PathBuf::from(kubeconfig.unwrap_or_else(|| panic!("it says {line:?}")));
        Self { child, dir: kubeconfig.parent().unwrap().to_owned() }
    }

    fn kubectl(&self, arguments: &[&str]) -> bool {
        let program = control_plane::binaries_folder().unwrap().join("kubectl");
        let mut command = Command::new(program);
        command.arg("--kubeconfig").arg(self.dir.join("kubeconfig")).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap().success()
    }
}

/// The end of a failed test is the end of its control plane.
impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Id and command line of every process that was started with a path in this folder.
fn processes(dir: &Path) -> Vec<(u32, String)> {
    let dir = dir.display().to_string();
    let ids = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let line = |id: u32| {
        Some((id, String::from_utf8_lossy(&fs::read(format!("/proc/{id}/cmdline")).ok()?).into()))
    };
    ids.filter_map(line).filter(|(_, line): &(u32, String)| line.contains(&dir)).collect()
}

/// Which servers run on this folder.
fn servers(dir: &Path) -> Vec<&'static str> {
    let programs: Vec<String> = processes(dir)
        .into_iter()
        .map(|(_, line)| line.split('\0').next().unwrap().into())
        .collect();
    let runs =
        |server: &&str| programs.iter().any(|program| program.ends_with(&format!("/{server}")));
    SERVERS.into_iter().filter(runs).collect()
}

async fn processes_end(dir: &Path) {
    eventually("the end of every process", async || processes(dir).is_empty()).await;
}

#[test]
fn whoever_started_it_is_killed_and_nothing_of_it_stays() {
    play(async {
        let mut run = Run::start(&[]);
        assert_eq!(servers(&run.dir), SERVERS);
        // SIGKILL: nobody is left to clean up but the watchdogs.
        run.child.kill().unwrap();
        run.child.wait().unwrap();
        processes_end(&run.dir).await;
        assert!(!run.dir.exists(), "its folder stays");
    });
}

#[test]
fn told_to_stop_it_ends_in_order_and_a_folder_of_ones_own_is_kept() {
    play(async {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("data").display().to_string();
        for (round, signal) in [Signal::TERM, Signal::INT].into_iter().enumerate() {
            let mut run = Run::start(&["--data-dir", &dir]);
            if round == 0 {
                assert!(run.kubectl(&["create", "namespace", "kept"]));
            }
            assert!(
                run.kubectl(&["get", "namespace", "kept"]),
                "the data of the first run is gone"
            );
            kill_process(Pid::from_child(&run.child), signal).unwrap();
            assert_eq!(run.child.wait().unwrap().code(), Some(0), "{signal:?}");
            assert!(servers(&run.dir).is_empty(), "{signal:?}: these outlive it");
            processes_end(&run.dir).await;
            // What its watchdog's shell says of a server that did not end by itself.
            for log in SERVERS.map(|server| run.dir.join(format!("{server}.log"))) {
                let text = fs::read_to_string(&log).unwrap();
                assert!(
                    !text.contains("Killed"),
                    "{signal:?}: not ended in order, says {}",
                    log.display()
                );
            }
        }
    });
}

#[test]
fn restarted_on_the_same_data_put_back_to_older_data_and_stopped_in_order() {
    play(async {
        let plane = ControlPlane::start(Options::default()).await.unwrap();
        let dir = plane.data_dir().to_owned();
        assert_eq!(servers(&dir), SERVERS);
        kubectl(&plane, &["create", "namespace", "kept"]);
        plane.restart_api_server().await.unwrap();
        kubectl(&plane, &["get", "namespace", "kept"]);
        let backup = tempfile::tempdir().unwrap();
        let copy = backup.path().join("etcd");
        plane.back_up(&copy).await.unwrap();
        kubectl(&plane, &["create", "namespace", "lost"]);
        kubectl(&plane, &["delete", "namespace", "kept", "--wait=false"]);
        plane.restore(&copy).await.unwrap();
        kubectl(&plane, &["get", "namespace", "kept"]);
        let all = kubectl(&plane, &["get", "namespaces", "-o", "name"]);
        assert!(!all.contains("lost"), "what was written after the backup is there");
        plane.stop().await;
        processes_end(&dir).await;
        assert!(!dir.exists(), "its folder stays");
    });
}

#[test]
fn a_taken_port_is_named_and_nothing_is_started() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("data");
    let ran = Command::new(BINARY)
        .args(["run", "--port", &port, "--data-dir"])
        .arg(&dir)
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(1));
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(
        said.contains(&format!("port {port} on 127.0.0.1 is taken; choose another one")),
        "{said}"
    );
    assert_eq!(processes(&dir), []);
}
