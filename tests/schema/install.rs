//! The documented installation on a real API server: taken, repeatable, admitted, and with the
//! rights it promises.
use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use control_plane::{ControlPlane, Options};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};
use stage::wait;
use tokio::runtime::Runtime;

const ACCOUNT: &str = "system:serviceaccount:pat-operator-system:pat-operator";
const RESTRICTED: &str = "pod-security.kubernetes.io/enforce";

/// A control plane on which everything is installed as `docs/install.md` says. The runtime runs its
/// processes.
static INSTALLED: LazyLock<(ControlPlane, Runtime)> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let plane = runtime.block_on(ControlPlane::start(Options::default())).unwrap();
    for arguments in INSTALLATION {
        let said = succeed(&plane, arguments, "");
        assert!(said.lines().all(|line| line.ends_with(" created")), "{said}");
    }
    succeed(&plane, &["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"], "");
    (plane, runtime)
});

const INSTALLATION: [&[&str]; 2] = [&["apply", "-f", "crds"], &["apply", "-k", "deploy/manifests"]];

/// Does this with a client of an administrator.
pub fn on_the_server<T>(deed: impl AsyncFnOnce(Client) -> T) -> T {
    let (plane, runtime) = &*INSTALLED;
    runtime.block_on(async {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let kubeconfig = Kubeconfig::read_from(plane.kubeconfig_path()).unwrap();
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
            .await
            .unwrap();
        deed(Client::try_from(config).unwrap()).await
    })
}

/// kubectl as administrator, at the top of the repository.
fn kubectl(plane: &ControlPlane, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(plane.kubectl());
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .arg("--kubeconfig")
        .arg(plane.kubeconfig_path())
        .args(arguments);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// What it prints; panics if it fails or warns.
fn succeed(plane: &ControlPlane, arguments: &[&str], input: &str) -> String {
    let ran = kubectl(plane, arguments, input);
    let warned = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && warned.is_empty(), "kubectl {arguments:?}: {warned}");
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn installed_a_second_time_nothing_changes() {
    let (plane, _) = &*INSTALLED;
    for arguments in INSTALLATION {
        let said = succeed(plane, arguments, "");
        assert!(said.lines().count() >= 2, "{said}");
        assert!(said.lines().all(|line| line.ends_with(" unchanged")), "{said}");
    }
}

/// The Pod that the Deployment makes.
fn pod() -> Value {
    let deployment: Value =
        serde_saphyr::from_str(include_str!("../../deploy/manifests/deployment.yaml"))
            .expect("it is YAML");
    let mut pod = deployment["spec"]["template"].clone();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = json!("pat-operator");
    pod
}

#[test]
fn the_pod_is_admitted_where_the_restricted_standard_is_enforced() {
    let (plane, _) = &*INSTALLED;
    succeed(plane, &["create", "namespace", "latest"], "");
    let labels = [format!("{RESTRICTED}=restricted"), format!("{RESTRICTED}-version=latest")];
    succeed(plane, &["label", "namespace", "latest", &labels[0], &labels[1]], "");
    succeed(plane, &["create", "serviceaccount", "pat-operator", "-n", "latest"], "");
    for namespace in ["pat-operator-system", "latest"] {
        let create = ["create", "--dry-run=server", "-n", namespace, "-f", "-"];
        succeed(plane, &create, &pod().to_string());
        for (lacks, pointer) in [
            ("runAsNonRoot", "/spec/securityContext"),
            ("seccompProfile", "/spec/securityContext"),
            ("allowPrivilegeEscalation", "/spec/containers/0/securityContext"),
            ("capabilities", "/spec/containers/0/securityContext"),
        ] {
            let mut worse = pod();
            worse.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(lacks).unwrap();
            let ran = kubectl(plane, &create, &worse.to_string());
            let said = String::from_utf8_lossy(&ran.stderr);
            assert!(
                !ran.status.success() && said.contains("violates PodSecurity"),
                "without {lacks}: {said}"
            );
        }
    }
}

#[test]
fn the_api_server_gives_the_operator_the_rights_that_are_promised() {
    let (plane, _) = &*INSTALLED;
    for (may, verb, what, namespace) in [
        ("yes", "list", "secrets", "pat-operator-system"),
        ("yes", "watch", "personalaccesstokens.pat-operator.dev", "default"),
        ("yes", "get", "secrets", "default"),
        ("yes", "update", "leases.coordination.k8s.io/pat-operator", "pat-operator-system"),
        ("no", "update", "leases.coordination.k8s.io/another", "pat-operator-system"),
        ("no", "list", "secrets", "default"),
        ("no", "watch", "secrets", "kube-system"),
        ("no", "update", "personalaccesstokens.pat-operator.dev", "default"),
        ("no", "delete", "personalaccesstokens.pat-operator.dev", "default"),
        ("no", "patch", "tenants.pat-operator.dev", "default"),
        ("no", "create", "pods", "pat-operator-system"),
        ("no", "patch", "clusterroles.rbac.authorization.k8s.io", "default"),
    ] {
        let ran =
            kubectl(plane, &["auth", "can-i", verb, what, "-n", namespace, "--as", ACCOUNT], "");
        assert_eq!(
            String::from_utf8_lossy(&ran.stdout).trim(),
            may,
            "{verb} {what} in {namespace}: {ran:?}"
        );
    }
}

#[test]
fn kubernetes_own_roles_cover_tokens_and_neither_tenants_nor_a_status() {
    let (plane, _) = &*INSTALLED;
    let tokens = "personalaccesstokens.pat-operator.dev";
    succeed(plane, &["create", "namespace", "team"], "");
    for role in ["view", "edit", "admin"] {
        let binding = ["create", "rolebinding", role, "-n", "team", "--clusterrole", role];
        succeed(plane, &[&binding[..], &["--user", role]].concat(), "");
        let may = |question: &[&str]| {
            let asked = [&["auth", "can-i"], question, &["-n", "team", "--as", role]].concat();
            String::from_utf8(kubectl(plane, &asked, "").stdout).unwrap().trim() == "yes"
        };
        let writes = role != "view";
        let last = if writes { "delete" } else { "watch" };
        // Kubernetes adds to its own roles a moment after the additions are applied.
        wait("the rights of a role", || may(&[last, tokens]).then_some(()));
        for verb in ["get", "list", "watch"] {
            assert!(may(&[verb, tokens]), "{role}: {verb}");
        }
        for verb in ["create", "update", "patch", "delete"] {
            assert_eq!(may(&[verb, tokens]), writes, "{role}: {verb}");
            assert!(!may(&[verb, tokens, "--subresource=status"]), "{role}: {verb} a status");
        }
        for verb in ["get", "list", "create", "update", "patch", "delete"] {
            assert!(!may(&[verb, "tenants.pat-operator.dev"]), "{role}: {verb} Tenants");
        }
    }
}

#[test]
fn who_may_edit_a_namespace_declares_a_token_there_and_nothing_of_the_platform_team() {
    let (plane, _) = &*INSTALLED;
    succeed(plane, &["create", "namespace", "workload"], "");
    let binding = ["create", "rolebinding", "edit", "-n", "workload", "--clusterrole=edit"];
    succeed(plane, &[&binding[..], &["--user=developer"]].concat(), "");
    let object = |kind: &str, spec: Value| {
        let mut object = json!({"apiVersion": "pat-operator.dev/v1alpha1", "kind": kind});
        object["metadata"] = json!({"name": "sync"});
        object["spec"] = spec;
        object.to_string()
    };
    let does = |arguments: &[&str], namespace: &str, input: &str| {
        let who = ["-n", namespace, "--as", "developer"];
        kubectl(plane, &[arguments, &who].concat(), input)
    };
    let create = ["create", "-f", "-"];
    let spec = json!({"tenantRef": {"name": "acme"}, "scopes": ["idn:nelm:read"]});
    let token = object("PersonalAccessToken", spec);
    let created = || does(&create, "workload", &token).status.success().then_some(());
    wait("a token of a developer", created);
    let credentials = json!([{"secretRef": {"name": "seed"}}]);
    let tenant =
        object("Tenant", json!({"apiUrl": "https://acme.example", "credentials": credentials}));
    let status = ["patch", "pat", "sync", "--subresource=status", "--type=merge", "-p"];
    let status = [&status[..], &[r#"{"status": {"failures": 1}}"#]].concat();
    for (what, ran) in [
        ("a Tenant", does(&create, "workload", &tenant)),
        ("a status", does(&status, "workload", "")),
        ("a token elsewhere", does(&create, "default", &token)),
    ] {
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(!ran.status.success() && said.contains("(Forbidden)"), "{what}: {said}");
    }
    let deleted = does(&["delete", "pat", "sync"], "workload", "");
    assert!(deleted.status.success(), "{}", String::from_utf8_lossy(&deleted.stderr));
}

#[test]
fn the_resources_of_the_demo_are_taken() {
    let (plane, _) = &*INSTALLED;
    succeed(plane, &["apply", "-f", "deploy/demo/namespace.yaml"], "");
    for file in ["seed-secret", "tenant", "personal-access-token"] {
        let path = format!("{}/deploy/demo/{file}.yaml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path)
            .unwrap()
            .replace("${ISC_URL}", "http://127.0.0.1:8080/t/acme");
        let said = succeed(plane, &["apply", "--dry-run=server", "-f", "-"], &text);
        assert!(said.contains(" created (server dry run)"), "{file}: {said}");
    }
}
