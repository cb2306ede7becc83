//! The ways to Kubernetes and to ISC that the environment names: kubeconfig files and proxies.
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::replica::{Replica, binary};
use crate::stage::{OWN, Stage, eventually, play};

/// What a developer's machine may have set.
const VARIABLES: [&str; 8] = [
    "KUBECONFIG",
    "PAT_OPERATOR_KUBECONFIG",
    "PAT_OPERATOR_CONTEXT",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "NO_PROXY",
    "no_proxy",
];

/// One operator after the other, each told in its own way where to find what.
struct Operators<'a> {
    stage: &'a Stage,
    folder: tempfile::TempDir,
}

impl<'a> Operators<'a> {
    fn of(stage: &'a Stage) -> Self {
        Self { stage, folder: tempfile::tempdir().unwrap() }
    }

    /// A file with this text.
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// The kubeconfig of the operator's service account; its one context, cluster and user are called `it`.
    fn kubeconfig(&self) -> String {
        let token = self.stage.kubectl(&["create", "token", "pat-operator", "-n", OWN, "--duration=1h"]);
        self.stage.plane.kubeconfig_for(token.trim())
    }

    fn start(&self, identity: &str, environment: &[(&str, &OsStr)], flags: &[&OsStr]) -> Replica {
        let mut command = Command::new(binary());
        VARIABLES.iter().for_each(|variable| _ = command.env_remove(variable));
        command.args(["run", "--namespace", OWN, "--identity", identity, "--allow-loopback-http"]);
        command.args(["--no-leader-elect", "--secret-poll=1s", "--recheck=1s"]);
        command.args(flags).envs(environment.iter().copied());
        let log = fs::File::create(self.log_path(identity)).unwrap();
        Replica::start(command, log, self.folder.path().join(format!("port-{identity}")))
    }

    fn log(&self, identity: &str) -> String {
        fs::read_to_string(self.log_path(identity)).unwrap()
    }

    fn log_path(&self, identity: &str) -> PathBuf {
        self.folder.path().join(format!("log-{identity}"))
    }

    /// Waits until the API server has been asked for something by an operator that is started so.
    async fn arrives(&self, identity: &str, environment: &[(&str, &OsStr)], flags: &[&OsStr]) {
        let (_, before) = self.stage.requests(0);
        let mut operator = self.start(identity, environment, flags);
        eventually(&format!("{identity} reaches Kubernetes"), async || {
            assert_eq!(operator.ended(), None, "{identity} ended: {}", self.log(identity));
            (!self.stage.requests(before).0.is_empty()).then_some(())
        })
        .await;
    }
}

/// Runs the operator to its end without any cluster.
fn run(flags: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(binary());
    command.args(["run", "--namespace", OWN, "--admin-address", "127.0.0.1:0"]).args(flags);
    command.env_clear().envs(environment.iter().copied()).stdin(Stdio::null()).output().unwrap()
}

/// It ends with a failure that says all of these.
fn fails(flags: &[&str], environment: &[(&str, &str)], words: &[&str]) {
    let ran = run(flags, environment);
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(1), "{flags:?} {environment:?}: {said}");
    assert_eq!(words.iter().find(|word| !said.contains(**word)), None, "{flags:?} {environment:?}: {said}");
}

/// A kubeconfig whose current context leads to where nobody listens.
const ASTRAY: &str = r#"
apiVersion: v1
kind: Config
current-context: astray
clusters: [{name: astray, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: astray, context: {cluster: astray, user: astray}}]
users: [{name: astray, user: {}}]
"#;

#[test]
fn kubeconfig_of_the_environment_leads_to_kubernetes_unless_a_flag_does() {
    play(async {
        let stage = Stage::set(&[]).await;
        let operators = Operators::of(&stage);
        let good = operators.file("good", &operators.kubeconfig());
        let astray = operators.file("astray", ASTRAY);
        let undecided =
            operators.file("undecided", &ASTRAY.replace("current-context: astray", "current-context: \"\""));
        let absent = operators.folder.path().join("absent");
        let list = |paths: &[&Path]| std::env::join_paths(paths).unwrap();

        for (identity, variable, flags) in [
            ("alone", list(&[&good]), vec![]),
            ("second-of-a-list", list(&[&absent, &undecided, &good]), vec![]),
            ("context-of-a-list", list(&[&astray, &good]), vec![OsStr::new("--context"), OsStr::new("it")]),
            ("flag", list(&[&astray]), vec![OsStr::new("--kubeconfig"), good.as_os_str()]),
        ] {
            operators.arrives(identity, &[("KUBECONFIG", &variable)], &flags).await;
        }
    });
}

#[test]
fn without_a_way_to_kubernetes_the_error_names_all_three() {
    fails(&[], &[], &["--kubeconfig", "KUBECONFIG", "service account"]);
    fails(&[], &[("KUBECONFIG", "")], &["--kubeconfig", "KUBECONFIG", "service account"]);
    fails(&["--context", "x"], &[], &["\\\"x\\\"", "--kubeconfig", "KUBECONFIG"]);
    fails(&[], &[("KUBECONFIG", "/nonexistent/a:/nonexistent/b")], &["check KUBECONFIG", "/nonexistent/b"]);
    fails(&["--kubeconfig", "/nonexistent/a"], &[], &["check --kubeconfig", "/nonexistent/a"]);
}
