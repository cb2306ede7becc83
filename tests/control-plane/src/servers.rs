//! The command lines of the three servers, and the files that they read.
use std::net::TcpListener;
use std::path::Path;

use crate::certificates::secret_file;
use crate::{ControlPlane, Error};

/// Ports on 127.0.0.1.
pub struct Ports {
    pub api: u16,
    etcd: u16,
    etcd_peer: u16,
}

impl Ports {
    /// The wanted port of the API server, and free ones for the rest.
    pub fn choose(api: Option<u16>) -> Result<Self, Error> {
        let open = |port| TcpListener::bind(("127.0.0.1", port));
        let taken = |source| Error::Io { action: "find a free port on 127.0.0.1".into(), source };
        let first = match api {
            Some(port) => open(port).map_err(|_| Error::PortTaken(port))?,
            None => open(0).map_err(taken)?,
        };
        // All are held at once, so that they differ.
        let (second, third) = (open(0).map_err(taken)?, open(0).map_err(taken)?);
        let port = |listener: &TcpListener| {
            listener.local_addr().map(|address| address.port()).map_err(taken)
        };
        Ok(Self { api: port(&first)?, etcd: port(&second)?, etcd_peer: port(&third)? })
    }
}

const AUDIT_POLICY: &str = "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived, ResponseStarted]\nrules: [{level: Metadata}]\n";
const CONTROLLERS: &str = "garbage-collector-controller,namespace-controller,serviceaccount-controller,serviceaccount-token-controller,clusterrole-aggregation-controller";

impl ControlPlane {
    pub(crate) fn write_files(&self) -> Result<(), Error> {
        let line = format!("{},admin,admin,\"system:masters\"\n", self.token);
        secret_file(&self.dir.join("tokens.csv"), &line)?;
        secret_file(&self.dir.join("audit-policy.yaml"), AUDIT_POLICY)?;
        secret_file(&self.kubeconfig_path(), &self.kubeconfig_for(&self.token))
    }

    pub(crate) fn etcd(&self) -> Vec<String> {
        let client = format!("http://127.0.0.1:{}", self.ports.etcd);
        let peer = format!("http://127.0.0.1:{}", self.ports.etcd_peer);
        vec![
            format!("--data-dir={}", file(&self.dir, "etcd")),
            "--unsafe-no-fsync".into(),
            "--name=it".into(),
            format!("--listen-client-urls={client}"),
            format!("--advertise-client-urls={client}"),
            format!("--listen-peer-urls={peer}"),
            format!("--initial-advertise-peer-urls={peer}"),
            format!("--initial-cluster=it={peer}"),
            "--quota-backend-bytes=4294967296".into(),
        ]
    }

    pub(crate) fn kube_apiserver(&self) -> Vec<String> {
        let file = |name: &str| file(&self.dir, name);
        vec![
            format!("--etcd-servers=http://127.0.0.1:{}", self.ports.etcd),
            "--bind-address=127.0.0.1".into(),
            "--advertise-address=127.0.0.1".into(),
            format!("--secure-port={}", self.ports.api),
            "--endpoint-reconciler-type=none".into(),
            "--service-cluster-ip-range=10.0.0.0/24".into(),
            format!("--cert-dir={}", file("certs")),
            format!("--tls-cert-file={}", file("serving.pem")),
            format!("--tls-private-key-file={}", file("serving.key")),
            format!("--token-auth-file={}", file("tokens.csv")),
            "--authorization-mode=RBAC".into(),
            "--anonymous-auth=false".into(),
            "--service-account-issuer=https://kubernetes.default.svc".into(),
            format!("--service-account-key-file={}", file("accounts.pub")),
            format!("--service-account-signing-key-file={}", file("accounts.key")),
            format!("--audit-policy-file={}", file("audit-policy.yaml")),
            format!("--audit-log-path={}", file("audit.log")),
            "--audit-log-mode=blocking".into(),
            "--profiling=false".into(),
        ]
    }

    pub(crate) fn kube_controller_manager(&self) -> Vec<String> {
        let file = |name: &str| file(&self.dir, name);
        vec![
            format!("--kubeconfig={}", file("kubeconfig")),
            format!("--controllers={CONTROLLERS}"),
            format!("--service-account-private-key-file={}", file("accounts.key")),
            format!("--root-ca-file={}", file("ca.pem")),
            format!("--cert-dir={}", file("certs")),
            "--use-service-account-credentials=false".into(),
            "--leader-elect=false".into(),
            "--bind-address=127.0.0.1".into(),
            "--secure-port=0".into(),
        ]
    }
}

fn file(dir: &Path, name: &str) -> String {
    dir.join(name).display().to_string()
}
