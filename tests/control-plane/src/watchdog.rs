//! Servers that end with the process that started them: a shell beside each reads a pipe, and at
//! its end kills by id.
use std::fs::File;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, ChildStdin, Command};

use crate::Error;

/// A server under its watchdog. Dropping it closes the pipe, which ends the server.
pub struct Watched {
    child: Child,
    pipe: Option<ChildStdin>,
}

/// Runs the program given as arguments until it ends or until standard input does.
const WATCH: &str = r#"
exec 3<&0
"$@" </dev/null &
server=$!
{
  cat <&3 >/dev/null
  kill -TERM $server
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    kill -0 $server || exit 0
    sleep 0.25
  done
  kill -KILL $server
} 2>/dev/null &
trap '' INT HUP
wait $server
"#;

/// Removes a folder once standard input ends and the servers have had time to end.
const REMOVE: &str =
    r#"trap '' INT HUP TERM; cat >/dev/null; sleep 2; rm -rf "$1"; sleep 4; rm -rf "$1""#;

/// Starts a program under a watchdog; its output goes to a log file.
pub fn launch(program: &Path, arguments: &[String], log: &Path) -> Result<Watched, Error> {
    let io = |source| Error::Io { action: format!("start {}", program.display()), source };
    let output = File::options().create(true).append(true).open(log).map_err(io)?;
    let errors = output.try_clone().map_err(io)?;
    let mut command = Command::new("bash");
    command.args(["-c", WATCH, "watchdog"]).arg(program).args(arguments);
    spawn(command.stdout(output).stderr(errors)).map_err(io)
}

/// Has a folder removed when this process ends, however that happens.
pub fn remove_at_end(dir: &Path) -> Result<Watched, Error> {
    let mut command = Command::new("bash");
    command.args(["-c", REMOVE, "watchdog"]).arg(dir).stdout(Stdio::null()).stderr(Stdio::null());
    spawn(&mut command).map_err(|source| Error::Io { action: "start a watchdog".into(), source })
}

/// In a process group of its own: Ctrl-C reaches this process only, which then closes the pipes.
fn spawn(command: &mut Command) -> std::io::Result<Watched> {
    let mut child = command.stdin(Stdio::piped()).process_group(0).spawn()?;
    let pipe = child.stdin.take();
    Ok(Watched { child, pipe })
}

impl Watched {
    /// Whether the server has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends the server and waits until it is gone.
    pub async fn stop(mut self) -> Option<ExitStatus> {
        drop(self.pipe.take());
        tokio::time::timeout(Duration::from_secs(15), self.child.wait()).await.ok()?.ok()
    }
}
