//! The ways to Kubernetes and to ISC that the environment names: kubeconfig files and proxies.
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use isc_simulator::{Options, loopback};
use serde_json::json;
use stage::{OWN, Replica, Stage, binary, eventually, play};

use crate::connect_proxy::{Asked, Proxy};

/// What a developer's machine may have set.
const VARIABLES: [&str; 11] = [
    "KUBECONFIG",
    "PAT_OPERATOR_KUBECONFIG",
    "PAT_OPERATOR_CONTEXT",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
];

/// What must not be told, in the two forms that it takes.
const PASSWORD: &str = "c4n4ry";
const BASIC: &str = "Basic bWU6YzRuNHJ5";

/// One operator after the other, each told in its own way where to find what.
struct Operators {
    folder: tempfile::TempDir,
}

impl Operators {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A file with this text.
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn start(&self, identity: &str, environment: &[(&str, &OsStr)], flags: &[&OsStr]) -> Replica {
        let mut command = Command::new(binary());
        VARIABLES.iter().for_each(|variable| _ = command.env_remove(variable));
        command.args(["run", "--namespace", OWN, "--identity", identity, "--allow-loopback-http"]);
        command.args(["--secret-poll=1s", "--recheck=1s"]);
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

    /// Waits until an operator that is started so has seen the Lease, whoever holds it.
    async fn arrives(&self, identity: &str, environment: &[(&str, &OsStr)], flags: &[&OsStr]) {
        let long =
            ["--leader-elect", "--lease-duration=10m", "--lease-renew-deadline=9m"].map(OsStr::new);
        let mut operator = self.start(identity, environment, &[flags, &long].concat());
        eventually(&format!("{identity} reaches Kubernetes"), async || {
            assert_eq!(operator.ended(), None, "{identity} ended: {}", self.log(identity));
            operator.answer("/readyz").await
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
    assert_eq!(
        words.iter().find(|word| !said.contains(**word)),
        None,
        "{flags:?} {environment:?}: {said}"
    );
    assert!(!said.contains(PASSWORD), "{flags:?} {environment:?}: {said}");
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
        let operators = Operators::new();
        let good = operators.file("good", &stage.kubeconfig());
        let astray = operators.file("astray", ASTRAY);
        let undecided = operators
            .file("undecided", &ASTRAY.replace("current-context: astray", "current-context: \"\""));
        let absent = operators.folder.path().join("absent");
        let list = |paths: &[&Path]| std::env::join_paths(paths).unwrap();

        for (identity, variable, flags) in [
            ("alone", list(&[&good]), vec![]),
            ("second-of-a-list", list(&[&absent, &undecided, &good]), vec![]),
            (
                "context-of-a-list",
                list(&[&astray, &good]),
                vec![OsStr::new("--context"), OsStr::new("it")],
            ),
            ("flag", list(&[&astray]), vec![OsStr::new("--kubeconfig"), good.as_os_str()]),
        ] {
            operators.arrives(identity, &[("KUBECONFIG", &variable)], &flags).await;
        }
    });
}

#[test]
fn without_a_way_to_kubernetes_the_error_says_what_is_missing_and_what_to_give() {
    let nowhere = [
        "found no Kubernetes",
        "not in a Pod",
        "give --kubeconfig FILE",
        "set KUBECONFIG",
        "~/.kube/config",
    ];
    for environment in [&[][..], &[("KUBECONFIG", "")]] {
        fails(&[], environment, &nowhere);
        let said = run(&[], environment).stderr;
        assert!(!String::from_utf8_lossy(&said).contains("environment variable not found"));
    }
    let pod = [("KUBERNETES_SERVICE_HOST", "127.0.0.1"), ("KUBERNETES_SERVICE_PORT", "1")];
    fails(&[], &pod, &["service account", "mounted", "--kubeconfig", "KUBECONFIG"]);
    fails(&["--context", "x"], &[], &["\\\"x\\\"", "--kubeconfig", "KUBECONFIG"]);
    fails(
        &[],
        &[("KUBECONFIG", "/nonexistent/a:/nonexistent/b")],
        &["check KUBECONFIG", "/nonexistent/b"],
    );
    fails(&["--kubeconfig", "/nonexistent/a"], &[], &["check --kubeconfig", "/nonexistent/a"]);
}

fn targets(asked: Vec<Asked>) -> BTreeSet<String> {
    asked.into_iter().map(|asked| asked.target).collect()
}

fn host_and_port(url: &str) -> String {
    url.trim_start_matches("https://").into()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story")]
fn the_proxy_of_the_environment_carries_https_to_kubernetes_and_isc_and_nothing_else() {
    play(async {
        let isc = Options { https: Some(loopback(0)), ..Options::with_tenants(Vec::new()) };
        let stage = Stage::before(isc, &[]).await;
        let operators = Operators::new();
        let kubeconfig = operators.file("kubeconfig", &stage.kubeconfig());
        let flags = [
            "--log-level=trace",
            "--no-leader-elect",
            "--kubeconfig",
            kubeconfig.to_str().unwrap(),
        ];
        let flags = flags.map(OsStr::new);
        let (secure, plain) = (stage.bare("secure").await, stage.place("plain").await);
        secure.seed().await;
        secure.secure_tenant(json!({})).await;
        let kubernetes = host_and_port(&stage.plane.server_url());
        let simulator = host_and_port(&stage.simulator.https_url());
        let proxy = Proxy::start().await;

        // With a user, under the name that curl prefers, and with names for plain http.
        let url = format!("http://me:{PASSWORD}@{}", proxy.address("127.0.0.1"));
        let environment = [
            ("https_proxy", OsStr::new(&url)),
            ("HTTP_PROXY", OsStr::new(&url)),
            ("ALL_PROXY", OsStr::new(&url)),
        ];
        let operator = operators.start("proxied", &environment, &flags);
        for place in [&secure, &plain] {
            place.serve("proxied", json!({})).await;
        }
        drop(operator);
        let asked = proxy.asked();
        assert!(
            asked.iter().all(|asked| asked.authorization.as_deref() == Some(BASIC)),
            "{asked:?}"
        );
        assert_eq!(targets(asked), BTreeSet::from([kubernetes, simulator.clone()]));
        let log = operators.log("proxied");
        assert!(
            log.contains(&format!("\"https_proxy\":\"http://{}\"", proxy.address("127.0.0.1"))),
            "{log}"
        );
        assert!(
            !log.contains(PASSWORD) && !log.contains(&BASIC[6..]),
            "the log tells the password"
        );

        for (name, names, no_proxy) in [
            ("excepted", &["HTTPS_PROXY", "ALL_PROXY"][..], Some("127.0.0.1,localhost")),
            ("all-excepted", &["HTTPS_PROXY"], Some("*")),
            ("others", &["HTTP_PROXY", "ALL_PROXY"], None),
        ] {
            // A new one: the operator may have asked for more when it was killed.
            let proxy = Proxy::start().await;
            let url = format!("http://{}", proxy.address("127.0.0.1"));
            let mut environment: Vec<_> =
                names.iter().map(|name| (*name, OsStr::new(&url))).collect();
            environment.extend(no_proxy.map(|hosts| ("NO_PROXY", OsStr::new(hosts))));
            let operator = operators.start(name, &environment, &flags);
            for place in [&secure, &plain] {
                place.serve(name, json!({})).await;
            }
            drop(operator);
            assert_eq!(proxy.asked(), [], "{environment:?}");
        }

        // A proxy that refuses is told of where a person looks, without its password.
        proxy.refuse(&simulator);
        let url = format!("http://me:{PASSWORD}@{}", proxy.address("127.0.0.1"));
        let operator = operators.start("refused", &[("HTTPS_PROXY", OsStr::new(&url))], &flags);
        let message = secure.tenant_shows("False", "IscUnavailable").await;
        assert!(message.contains("at the proxy of HTTPS_PROXY"), "{message}");
        drop(operator);
        for told in [&message, &operators.log("refused")] {
            assert!(
                !told.contains(PASSWORD) && !told.contains(&BASIC[6..]),
                "the password is told"
            );
        }
    });
}

#[test]
fn no_proxy_speaks_of_the_server_and_a_kubeconfig_has_a_proxy_of_its_own() {
    play(async {
        let stage = Stage::set(&[]).await;
        let operators = Operators::new();
        let kubernetes = host_and_port(&stage.plane.server_url());
        let text = stage.kubeconfig();
        let (upper, lower) = (["HTTPS_PROXY", "NO_PROXY"], ["https_proxy", "no_proxy"]);
        // The server is called 127.0.0.1, the proxy localhost.
        for (identity, [https_proxy, no_proxy], hosts, is_carried) in [
            ("nothing-is-named", lower, "", true),
            ("proxy-is-named", upper, "localhost", true),
            ("server-is-named", upper, "127.0.0.1", false),
            ("network-is-named", lower, "127.0.0.0/8", false),
            ("everything-is-named", upper, "*", false),
            ("a-star-stands-among-others", lower, "example.org,*", false),
            ("empty-names-stand-before-it", upper, ",localhost,,127.0.0.1,", false),
            ("only-empty-names", upper, " , ", true),
        ] {
            // Each has a proxy of its own: the one before may have asked for more when it was
            // killed.
            let proxy = Proxy::start().await;
            let url = proxy.address("localhost");
            let kubeconfig = operators.file(identity, &text);
            let environment = [(https_proxy, OsStr::new(&url)), (no_proxy, OsStr::new(hosts))];
            let by_file = [OsStr::new("--kubeconfig"), kubeconfig.as_os_str()];
            operators.arrives(identity, &environment, &by_file).await;
            let expected = is_carried.then(|| kubernetes.clone());
            assert_eq!(targets(proxy.asked()), expected.into_iter().collect(), "{identity}");
        }
        for (identity, environment) in
            [("own-proxy", vec![]), ("own-proxy-counts", vec!["HTTPS_PROXY", "NO_PROXY"])]
        {
            let proxy = Proxy::start().await;
            let own =
                format!("cluster: {{proxy-url: \"http://{}\", server", proxy.address("localhost"));
            let kubeconfig = operators.file(identity, &text.replace("cluster: {server", &own));
            let environment: Vec<_> =
                environment.into_iter().map(|name| (name, OsStr::new("127.0.0.1,"))).collect();
            let by_file = [OsStr::new("--kubeconfig"), kubeconfig.as_os_str()];
            operators.arrives(identity, &environment, &by_file).await;
            assert_eq!(targets(proxy.asked()), BTreeSet::from([kubernetes.clone()]), "{identity}");
        }
    });
}

#[test]
fn what_is_no_proxy_ends_with_the_name_of_the_variable_and_without_its_password() {
    let wrong = format!("socks5://me:{PASSWORD}@127.0.0.1:1080");
    let remedy = "is not the URL of a proxy: write http://HOST:PORT";
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        fails(&[], &[(variable, &wrong)], &[variable, remedy]);
    }
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    fs::write(&kubeconfig, ASTRAY.replace("{server", &format!("{{proxy-url: \"{wrong}\", server")))
        .unwrap();
    let kubeconfig = kubeconfig.to_str().unwrap();
    fails(&["--kubeconfig", kubeconfig], &[], &["proxy-url in the kubeconfig", remedy]);
}
