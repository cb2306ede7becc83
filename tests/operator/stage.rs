//! The stage of the integration tests: a real control plane, the simulator, and the operator under its own RBAC.
use std::fs;
use std::future::Future;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use control_plane::audit::{self, Request};
use control_plane::{ControlPlane, Options};
use isc_simulator::{Simulator, TenantSpec};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::GroupVersionKind;
use kube::discovery::ApiResource;
use kube::{Client, Config};
use pat_operator::api::crd;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::replica::{Replica, binary};

/// The operator's namespace.
pub const OWN: &str = "pat-operator-system";
/// Who the operator is to the API server.
const OPERATOR: &str = "system:serviceaccount:pat-operator-system:pat-operator";
/// Flags of an operator that looks at ISC every other second.
pub const WATCHFUL: [&str; 6] = [
    "--drift-interval=2s",
    "--secret-poll=1s",
    "--recheck=1s",
    "--list-lag=1s",
    "--vanish-after=2s",
    "--backoff-first=1s",
];
/// Flags of one that also looks at once at what ISC needs time for, or NERM.
const ATTENTIVE: [&str; 6] = [
    "--drift-interval=3s",
    "--secret-poll=2s",
    "--recheck=1s",
    "--list-lag=1s",
    "--scope-lag=1s",
    "--backoff-first=1s",
];
/// How long to look for what should come; a machine that does other things as well is slow.
pub const PATIENCE: Duration = Duration::from_secs(240);

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Runtime::new().unwrap()
});

/// Runs a test on the one runtime that the servers' processes belong to.
pub fn play<F: Future>(test: F) -> F::Output {
    RUNTIME.block_on(test)
}

/// Control plane, simulator and operator.
pub struct Stage {
    pub plane: ControlPlane,
    pub simulator: Simulator,
    pub client: Client,
    /// Inside of the control plane's, so that it goes with it although the shared stage is never dropped.
    folder: PathBuf,
    flags: Vec<String>,
    level: &'static str,
    operator: Mutex<Option<Replica>>,
    audited: Mutex<u64>,
}

impl Stage {
    /// The stage that most tests share; each has a tenant and a namespace of its own on it.
    pub async fn shared() -> &'static Self {
        static SHARED: tokio::sync::OnceCell<Stage> = tokio::sync::OnceCell::const_new();
        SHARED.get_or_init(|| Self::started(&["--secret-poll", "1s", "--recheck", "2s"])).await
    }

    /// Likewise, with an operator that looks at ISC every other second.
    pub async fn watchful() -> &'static Self {
        static SHARED: tokio::sync::OnceCell<Stage> = tokio::sync::OnceCell::const_new();
        SHARED.get_or_init(|| Self::started(&WATCHFUL)).await
    }

    /// Likewise, with one that also looks at once whether scopes count and NERM accepts, and an ISC that speaks https too.
    pub async fn attentive() -> &'static Self {
        static SHARED: tokio::sync::OnceCell<Stage> = tokio::sync::OnceCell::const_new();
        let start = async || {
            let isc = isc_simulator::Options { tenants: Vec::new(), ..isc_simulator::Options::with_https() };
            let stage = Self::before(isc, &ATTENTIVE).await;
            stage.start_operator();
            stage
        };
        SHARED.get_or_init(start).await
    }

    async fn started(flags: &[&str]) -> Self {
        let stage = Self::set(flags).await;
        stage.start_operator();
        stage
    }

    /// A stage of one's own, for tests that kill, count or move time. The operator is not started yet.
    pub async fn set(flags: &[&str]) -> Self {
        Self::before(isc_simulator::Options::with_tenants(Vec::new()), flags).await
    }

    /// The same before a simulator that is started so.
    pub async fn before(isc: isc_simulator::Options, flags: &[&str]) -> Self {
        let plane = ControlPlane::start(Options::default()).await.unwrap();
        let simulator = Simulator::start(isc).unwrap();
        let client = client(&fs::read_to_string(plane.kubeconfig_path()).unwrap()).await;
        let folder = plane.data_dir().join("stage");
        fs::create_dir(&folder).unwrap();
        let stage = Self {
            plane,
            simulator,
            client,
            folder,
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
            level: "info,pat_operator=debug",
            operator: Mutex::new(None),
            audited: Mutex::new(0),
        };
        stage.install().await;
        stage
    }

    /// The same with a log as in production.
    pub async fn quiet(flags: &[&str]) -> Self {
        Self { level: "info", ..Self::set(flags).await }
    }

    /// Process id of the operator.
    pub fn operator_pid(&self) -> u32 {
        self.operator.lock().unwrap().as_ref().map_or(0, Replica::id)
    }

    /// CRDs, namespace and RBAC as shipped; then a token of the operator's service account.
    async fn install(&self) {
        for (_, crd) in crd::all() {
            let api: Api<CustomResourceDefinition> = Api::all(self.client.clone());
            let name = crd.metadata.name.clone().unwrap();
            api.patch(&name, &PatchParams::apply("test"), &Patch::Apply(&crd)).await.unwrap();
        }
        let manifests = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy/manifests");
        self.kubectl(&["apply", "-f", &manifests.join("namespace.yaml").display().to_string()]);
        self.kubectl(&["apply", "-f", &manifests.join("rbac.yaml").display().to_string()]);
        self.kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=90s"]);
        let token = self.kubectl(&["create", "token", "pat-operator", "-n", OWN, "--duration=12h"]);
        fs::write(self.folder.join("kubeconfig"), self.plane.kubeconfig_for(token.trim())).unwrap();
    }

    /// kubectl as administrator; panics with its message if it fails.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(self.plane.kubectl());
        let ran = command.arg("--kubeconfig").arg(self.plane.kubeconfig_path()).args(arguments).output().unwrap();
        assert!(ran.status.success(), "kubectl {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8_lossy(&ran.stdout).into_owned()
    }

    /// Starts the operator with its service account's token; its log goes on in one file.
    pub fn start_operator(&self) {
        *self.operator.lock().unwrap() = Some(self.replica("pod-0", &[]));
    }

    /// One more operator, with flags of its own behind those of the stage; it is the caller's to end.
    pub fn replica(&self, identity: &str, flags: &[&str]) -> Replica {
        let mut command = Command::new(binary());
        command
            .args(["run", "--namespace", OWN, "--identity", identity])
            .args(["--allow-loopback-http", "--no-leader-elect", "--log-level", self.level])
            .arg("--kubeconfig")
            .arg(self.folder.join("kubeconfig"))
            .args(&self.flags)
            .args(flags);
        let log = fs::File::options().create(true).append(true).open(self.log_path()).unwrap();
        Replica::start(command, log, self.folder.join(format!("port-{identity}")))
    }

    /// Has the operator reach the API server through this URL from its next start on.
    pub fn route_through(&self, url: &str) {
        let path = self.folder.join("kubeconfig");
        let direct = fs::read_to_string(&path).unwrap();
        fs::write(path, direct.replace(&self.plane.server_url(), url)).unwrap();
    }

    /// SIGKILL, and waits for the end.
    pub fn kill_operator(&self) {
        drop(self.operator.lock().unwrap().take());
    }

    /// All that the operator has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// The operator's metrics page.
    pub async fn metrics(&self) -> String {
        let url = self.operator.lock().unwrap().as_ref().unwrap().url("/metrics");
        reqwest::get(url.unwrap()).await.unwrap().text().await.unwrap()
    }

    /// What the operator has asked the API server for behind an offset of the audit log, and the offset to go on from.
    pub fn requests(&self, offset: u64) -> (Vec<Request>, u64) {
        let (mut all, end) = audit::read(&self.plane.audit_log(), offset).unwrap();
        all.retain(|request| request.user.username == OPERATOR);
        (all, end)
    }

    /// T1: nothing that the operator asked for since the last look was denied, and it read no Secrets at large.
    pub fn assert_rights_suffice(&self) {
        let mut offset = self.audited.lock().unwrap();
        let (requests, end) = self.requests(*offset);
        *offset = end;
        for request in &requests {
            assert!(!request.is_denied(), "the operator was denied {} {}", request.verb, request.uri);
            let own = request.object_ref.as_ref().is_none_or(|object| object.namespace == OWN);
            let at_large = request.target() == "secrets" && matches!(request.verb.as_str(), "list" | "watch") && !own;
            assert!(!at_large, "the operator may not {} {}", request.verb, request.uri);
        }
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("operator.log")
    }

    /// A tenant of ISC and a namespace, without seed Secret and Tenant.
    pub async fn bare(&self, name: &str) -> Place<'_> {
        let seeds = self.simulator.control().add_tenant(&TenantSpec::named(name));
        let credential = &seeds.users[0].seeds[0];
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        let namespace: Namespace = serde_json::from_value(json!({"metadata": {"name": name}})).unwrap();
        namespaces.create(&Default::default(), &namespace).await.unwrap();
        Place {
            stage: self,
            name: name.to_owned(),
            user: seeds.users[0].id.clone(),
            client_id: credential.client_id.clone(),
            client_secret: credential.client_secret.clone(),
        }
    }

    /// Objects of any kind.
    pub fn api(&self, kind: &str, namespace: Option<&str>) -> Api<DynamicObject> {
        let (group, version) = match kind {
            "PersonalAccessToken" | "Tenant" => ("pat-operator.dev", "v1alpha1"),
            "Event" => ("events.k8s.io", "v1"),
            _ => ("", "v1"),
        };
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        match namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        }
    }
}

/// One ISC tenant with one user, one namespace and one Tenant, all of the same name.
pub struct Place<'a> {
    pub stage: &'a Stage,
    pub name: String,
    pub user: String,
    pub client_id: String,
    pub client_secret: String,
}

/// Every test ends with a look at the operator's rights (T1).
impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.stage.assert_rights_suffice();
        }
    }
}

async fn client(kubeconfig: &str) -> Client {
    let kubeconfig: Kubeconfig = Kubeconfig::from_yaml(kubeconfig).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}

/// Looks again until something is there.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let started = std::time::Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
