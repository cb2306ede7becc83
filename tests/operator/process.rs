//! The process, without a cluster behind it: what it prints, how it stops, what it leaves on the
//! disk.
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Output, Stdio};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use stage::{Replica, binary, wait};
use tempfile::TempDir;

/// An operator whose API server accepts connections and never answers.
struct Operator {
    replica: Replica,
    port: u16,
    folder: TempDir,
    _silent_server: TcpListener,
}

impl Operator {
    fn start(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let kubeconfig = folder.path().join("kubeconfig");
        fs::write(&kubeconfig, kubeconfig_text(server.local_addr().unwrap().port())).unwrap();
        let mut command = Command::new(binary());
        command
            .args(["run", "--namespace", "pat-system", "--identity", "pod-0", "--kubeconfig"])
            .arg(&kubeconfig);
        command.args(flags);
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let replica = Replica::start(command, log, folder.path().join("port"));
        let port = wait("the port file", || replica.port());
        Self { replica, port, folder, _silent_server: server }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    fn ends(&mut self) -> ExitStatus {
        wait("the end of the operator", || self.replica.ended())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    fn logs(&self, message: &str) {
        wait(message, || self.log().contains(message).then_some(()));
    }
}

fn kubeconfig_text(port: u16) -> String {
    format!(
        r#"{{"apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{{"name": "test", "cluster": {{"server": "http://127.0.0.1:{port}"}}}}],
            "users": [{{"name": "test", "user": {{}}}}],
            "contexts": [{{"name": "test", "context": {{"cluster": "test", "user": "test"}}}}]}}"#
    )
}

fn run_without_pod(args: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.args(args).env_clear().stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn alive_but_not_ready_while_kubernetes_is_silent() {
    let operator = Operator::start(&[]);
    assert!(operator.get("/healthz").starts_with("HTTP/1.1 200"));
    assert!(operator.get("/readyz").starts_with("HTTP/1.1 503"));
    assert!(operator.get("/metrics").contains("pat_operator_leader 0\n"));
}

#[test]
fn a_request_to_stop_is_obeyed_although_kubernetes_is_silent() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut operator = Operator::start(&["--lease-renew-deadline", "3s"]);
        operator.replica.signal(signal);
        assert_eq!(operator.ends().code(), Some(0), "{}", operator.log());
        assert!(operator.log().contains("\"message\":\"stopped\""), "{}", operator.log());
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut operator =
        Operator::start(&["--lease-duration", "10m", "--lease-renew-deadline", "9m"]);
    operator.replica.signal(Signal::TERM);
    operator.logs("a second signal ends it at once");
    operator.replica.signal(Signal::TERM);
    assert_eq!(operator.ends().code(), Some(128 + 15), "{}", operator.log());
}

#[test]
fn an_abort_leaves_no_core() {
    let limit = getrlimit(Resource::Core);
    setrlimit(Resource::Core, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let mut operator = Operator::start(&[]);
    let limits = fs::read_to_string(format!("/proc/{}/limits", operator.replica.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).collect::<Vec<_>>(), ["0", "0", "bytes"], "{core}");
    operator.replica.signal(Signal::ABORT);
    let status = operator.ends();
    assert_eq!((status.signal(), status.core_dumped()), (Some(6), false));
}

#[test]
fn every_log_line_is_a_json_object_with_level_and_message() {
    let mut operator = Operator::start(&["--lease-renew-deadline", "3s", "--log-level", "debug"]);
    operator.logs("failed to get the lease");
    operator.replica.signal(Signal::TERM);
    operator.ends();
    for line in operator.log().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["level"].is_string() && line["timestamp"].is_string(), "{line}");
    }
}

#[test]
fn wrong_settings_end_with_a_remedy() {
    for (args, code, remedy) in [
        (&["run"][..], 1, "set --namespace, or POD_NAMESPACE"),
        (
            &["run", "--namespace", "ns", "--kubeconfig", "/nonexistent"],
            1,
            "check --kubeconfig and --context",
        ),
        (&["run", "--namespace", "ns", "--log-level", "a=b=c"], 1, "is not a log filter"),
        (&["run", "--recheck", "soon"], 2, "like 45s or 15m"),
        (&[], 2, "Usage: pat-operator <COMMAND>"),
    ] {
        let mut args = args.to_vec();
        if args.len() > 1 {
            args.extend(["--admin-address", "127.0.0.1:0"]);
        }
        let output = run_without_pod(&args);
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        assert!(text(&output.stderr).contains(remedy), "{args:?}: {}", text(&output.stderr));
    }
}

#[test]
fn the_binary_knows_its_version_and_its_definitions() {
    let version = run_without_pod(&["--version"]);
    assert_eq!(text(&version.stdout), concat!("pat-operator ", env!("CARGO_PKG_VERSION"), "\n"));
    let crds = run_without_pod(&["crds"]);
    assert_eq!(text(&crds.stdout).matches("\nkind: CustomResourceDefinition\n").count(), 2);
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let crds = Command::new(binary()).arg("crds").stdout(writer).output().unwrap();
    assert_eq!((crds.status.code(), text(&crds.stderr)), (Some(0), ""));
}

#[test]
fn a_broken_kubeconfig_is_told_by_its_line_and_nothing_of_it_is_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kubeconfig");
    for user in ["\tclient-key-data: c4n4ry", "    token: [c4n4ry]", "    {token: c4n4ry"] {
        fs::write(&path, format!("kind: Config\nusers:\n- name: a\n  user:\n{user}\n")).unwrap();
        let probe = ["probe", "--tenant", "a", "--namespace", "b", "--yes"];
        for args in [&["run"][..], &probe[..]] {
            let flag = ["--kubeconfig", path.to_str().unwrap()];
            let mut command = Command::new(binary());
            command.args(args).env_clear().stdin(Stdio::null());
            command.env("PAT_OPERATOR_NAMESPACE", "b");
            let by_variable = command.env("KUBECONFIG", &path).output().unwrap();
            let by_flag = command.env_remove("KUBECONFIG").args(flag).output().unwrap();
            for output in [by_variable, by_flag] {
                let told = format!("{}{}", text(&output.stdout), text(&output.stderr));
                assert!(!told.contains("c4n4ry"), "{told}");
                assert!(told.contains("is not a kubeconfig: line 5 "), "{args:?}: {told}");
                assert!(!output.status.success());
            }
        }
    }
}
