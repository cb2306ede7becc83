//! One operator as a process of its own: told to stop, killed or frozen by its id, never outliving
//! the tests.
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// The operator under test: `PAT_OPERATOR_TEST_BINARY`, as `make test` sets it, or that of the
/// test's own profile, which Cargo builds before the test and two folders above it.
pub fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("PAT_OPERATOR_TEST_BINARY") {
        return named.into();
    }
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(Path::parent).unwrap().join("pat-operator");
    assert!(
        built.exists(),
        "{} is not there: name the operator in PAT_OPERATOR_TEST_BINARY",
        built.display()
    );
    built
}

/// Killed when dropped, and with this process if it is never dropped.
pub struct Replica {
    child: Child,
    watchdog: Child,
    port_file: PathBuf,
}

/// Kills by id once standard input ends.
const WATCH: &str = r#"trap '' INT HUP; cat >/dev/null; kill -KILL "$1""#;

impl Replica {
    /// Starts it with a free admin port, which the file tells, and its log at the end of another
    /// file.
    pub fn start(mut command: Command, log: File, port_file: PathBuf) -> Self {
        let _ = fs::remove_file(&port_file);
        command.args(["--admin-address", "127.0.0.1:0", "--admin-port-file"]).arg(&port_file);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let mut watchdog = Command::new("bash");
        watchdog
            .args(["-c", WATCH, "watchdog", &child.id().to_string()])
            .stdin(Stdio::piped())
            .process_group(0);
        let watchdog = watchdog.spawn().unwrap();
        Self { child, watchdog, port_file }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// How it ended; none while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Its admin port; none while it does not listen.
    pub fn port(&self) -> Option<u16> {
        fs::read_to_string(&self.port_file).ok()?.trim().parse().ok()
    }

    /// URL of an admin endpoint; none while it does not listen.
    pub fn url(&self, path: &str) -> Option<String> {
        Some(format!("http://127.0.0.1:{}{path}", self.port()?))
    }

    /// What an admin endpoint answers with success; none otherwise.
    pub async fn answer(&self, path: &str) -> Option<String> {
        let reply = reqwest::get(self.url(path)?).await.ok()?.error_for_status().ok()?;
        reply.text().await.ok()
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        // The watchdog first: the operator's id may be another process's soon.
        for child in [&mut self.watchdog, &mut self.child] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
