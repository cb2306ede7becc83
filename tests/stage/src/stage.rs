//! A stage: a real control plane, the simulator, and the operator under its own RBAC.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use control_plane::audit::{self, Request};
use control_plane::{ControlPlane, Options};
use isc_simulator::{Dialect, Simulator, Switches, TenantSpec};
use kube::api::{Api, DynamicObject, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::GroupVersionKind;
use kube::discovery::ApiResource;
use kube::{Client, Config};
use serde_json::json;

use crate::place::{Place, object};
use crate::replica::{Replica, binary};

/// The operator's namespace.
pub const OWN: &str = "pat-operator-system";
/// Who the operator is to the API server.
const OPERATOR: &str = "system:serviceaccount:pat-operator-system:pat-operator";
/// The kinds that the operator serves.
const KINDS: [&str; 2] = ["PersonalAccessToken", "Tenant"];

/// Control plane, simulator and operator.
pub struct Stage {
    pub plane: ControlPlane,
    pub simulator: Simulator,
    pub client: Client,
    /// Inside of the control plane's, so that it goes with it although the shared stage is never
    /// dropped.
    folder: PathBuf,
    flags: Vec<String>,
    level: &'static str,
    operator: Mutex<Option<Replica>>,
    audited: Mutex<u64>,
}

impl Stage {
    /// A stage of one's own, for tests that kill, count or move time. The operator is not started
    /// yet.
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
        stage.install();
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
    fn install(&self) {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for shipped in ["crds", "deploy/manifests/namespace.yaml", "deploy/manifests/rbac.yaml"] {
            self.kubectl(&["apply", "-f", &top.join(shipped).display().to_string()]);
        }
        self.kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=90s"]);
        fs::write(self.folder.join("kubeconfig"), self.kubeconfig()).unwrap();
    }

    /// A kubeconfig of the operator's service account; its one context, cluster and user are called
    /// `it`.
    pub fn kubeconfig(&self) -> String {
        let token = self.kubectl(&["create", "token", "pat-operator", "-n", OWN, "--duration=24h"]);
        self.plane.kubeconfig_for(token.trim())
    }

    /// kubectl as administrator; panics with its message if it fails.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(self.plane.kubectl());
        let ran = command
            .arg("--kubeconfig")
            .arg(self.plane.kubeconfig_path())
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            ran.status.success(),
            "kubectl {arguments:?}: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
        String::from_utf8_lossy(&ran.stdout).into_owned()
    }

    /// Starts the operator with its service account's token; its log goes on in one file.
    pub fn start_operator(&self) {
        *self.operator.lock().unwrap() = Some(self.replica("pod-0", &[]));
    }

    /// One more operator, with flags of its own behind those of the stage; it is the caller's to
    /// end.
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

    /// SIGKILL, and another one at once.
    pub fn restart_operator(&self) {
        self.kill_operator();
        self.start_operator();
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

    /// What the operator has asked the API server for behind an offset of the audit log, and the
    /// offset to go on from.
    pub fn requests(&self, offset: u64) -> (Vec<Request>, u64) {
        let (mut all, end) = audit::read(&self.plane.audit_log(), offset).unwrap();
        all.retain(|request| request.user.username == OPERATOR);
        (all, end)
    }

    /// T1: nothing that the operator asked for since the last look was denied, and it read no
    /// Secrets at large.
    pub fn assert_rights_suffice(&self) {
        let mut offset = self.audited.lock().unwrap();
        let (requests, end) = self.requests(*offset);
        *offset = end;
        for request in &requests {
            assert!(
                !request.is_denied(),
                "the operator was denied {} {}",
                request.verb,
                request.uri
            );
            let own = request.object_ref.as_ref().is_none_or(|object| object.namespace == OWN);
            let at_large = request.target() == "secrets"
                && matches!(request.verb.as_str(), "list" | "watch")
                && !own;
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
        let namespace = object("Namespace", name, json!({}));
        self.api("Namespace", None).create(&PostParams::default(), &namespace).await.unwrap();
        Place {
            stage: self,
            name: name.to_owned(),
            user: seeds.users[0].id.clone(),
            client_id: credential.client_id.clone(),
            client_secret: credential.client_secret.clone(),
        }
    }

    /// A tenant of ISC without users' tokens but its seed, and a namespace that may mint through
    /// it.
    pub async fn place(&self, name: &str) -> Place<'_> {
        let place = self.bare(name).await;
        place.seed().await;
        place.tenant(json!({})).await;
        place
    }

    /// A tenant of ISC that speaks so, with a seed Secret and without Tenant.
    pub async fn speaking(&self, name: &str, dialect: Dialect) -> Place<'_> {
        self.behaving(name, |switches| switches.dialect = dialect.clone()).await
    }

    /// The same with any switches.
    pub async fn behaving(&self, name: &str, edit: impl Fn(&mut Switches)) -> Place<'_> {
        let place = self.bare(name).await;
        place.behaves(edit);
        place.seed().await;
        place
    }

    /// Objects of any kind.
    pub fn api(&self, kind: &str, namespace: Option<&str>) -> Api<DynamicObject> {
        let (group, version) = group_and_version(kind);
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        match namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        }
    }
}

/// The group, empty for the core's, and the version of a kind.
pub fn group_and_version(kind: &str) -> (&'static str, &'static str) {
    match kind {
        _ if KINDS.contains(&kind) => ("pat-operator.dev", "v1alpha1"),
        "Event" => ("events.k8s.io", "v1"),
        _ => ("", "v1"),
    }
}

async fn client(kubeconfig: &str) -> Client {
    let kubeconfig: Kubeconfig = Kubeconfig::from_yaml(kubeconfig).unwrap();
    let config =
        Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}
