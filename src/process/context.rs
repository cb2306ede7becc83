//! Reads a context of a kubeconfig: where Kubernetes is, whom to trust there, and as whom to speak
//! to it.
use kube::Config;
use kube::config::{
    AuthInfo, Cluster, Context, ExecAuthCluster, Kubeconfig, KubeconfigError, NamedAuthInfo,
    NamedCluster, NamedContext,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::kubeconfig::Error;
use crate::redacted::Redacted;

/// Kubernetes as a context finds it, without any proxy. `name`: the context, if not the current
/// one.
// kube's own `Config::from_custom_kubeconfig` also reads the proxy variables, and fails for a
// NO_PROXY with which curl and Go live: one with an empty entry, or with a star among others.
pub(super) fn config(kubeconfig: &Kubeconfig, name: Option<&str>) -> Result<Config, Error> {
    let context = context(kubeconfig, name)?;
    let cluster = cluster(kubeconfig, context)?;
    let told = ExecAuthCluster::try_from(cluster)?;
    let Some(server) = &cluster.server else {
        return Err(KubeconfigError::MissingClusterUrl.into());
    };
    let mut config = Config::new(server.parse().map_err(KubeconfigError::ParseClusterUrl)?);
    if let Some(namespace) = &context.namespace {
        config.default_namespace.clone_from(namespace);
    }
    if let Some(pem) = &told.certificate_authority_data {
        config.root_cert = Some(authorities(pem)?);
    }
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.disable_compression = cluster.disable_compression.unwrap_or(false);
    config.tls_server_name.clone_from(&cluster.tls_server_name);
    config.auth_info = user(kubeconfig, context);
    // A plug-in that asks for it is given the cluster, as kubectl does.
    if let Some(plugin) = &mut config.auth_info.exec
        && plugin.provide_cluster_info
    {
        plugin.cluster = Some(told);
    }
    Ok(config)
}

/// The `proxy-url` of the cluster that a context leads to.
pub(super) fn proxy_url(
    kubeconfig: &Kubeconfig,
    name: Option<&str>,
) -> Result<Option<Redacted>, Error> {
    let cluster = cluster(kubeconfig, context(kubeconfig, name)?)?;
    match &cluster.proxy_url {
        // An empty `proxy-url` is none, as for kubectl.
        Some(url) if !url.is_empty() => Ok(Some(Redacted::new(url.clone()))),
        Some(_) | None => Ok(None),
    }
}

fn context<'a>(
    kubeconfig: &'a Kubeconfig,
    name: Option<&str>,
) -> Result<&'a Context, KubeconfigError> {
    let Some(name) = name.or(kubeconfig.current_context.as_deref()) else {
        return Err(KubeconfigError::CurrentContextNotSet);
    };
    match kubeconfig.contexts.iter().find(|named| named.name == name) {
        Some(NamedContext { context: Some(context), .. }) => Ok(context),
        Some(_) | None => Err(KubeconfigError::LoadContext(name.into())),
    }
}

fn cluster<'a>(
    kubeconfig: &'a Kubeconfig,
    context: &Context,
) -> Result<&'a Cluster, KubeconfigError> {
    let name = &context.cluster;
    match kubeconfig.clusters.iter().find(|named| named.name == *name) {
        Some(NamedCluster { cluster: Some(cluster), .. }) => Ok(cluster),
        Some(_) | None => Err(KubeconfigError::LoadClusterOfContext(name.clone())),
    }
}

/// A user that is not there is nobody, as for kubectl.
fn user(kubeconfig: &Kubeconfig, context: &Context) -> AuthInfo {
    match kubeconfig.auth_infos.iter().find(|named| Some(&named.name) == context.user.as_ref()) {
        Some(NamedAuthInfo { auth_info: Some(user), .. }) => user.clone(),
        Some(_) | None => AuthInfo::default(),
    }
}

fn authorities(pem: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let mut authorities = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        authorities.push(certificate.map_err(Error::Authority)?.to_vec());
    }
    // Without any authority each connection would fail, and none would say why.
    if authorities.is_empty() { Err(Error::NoAuthority) } else { Ok(authorities) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three blocks, two of them certificates.
    const AUTHORITIES: &str = "The first\n-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n\
        -----BEGIN PUBLIC KEY-----\nBQYH\n-----END PUBLIC KEY-----\n\
        -----BEGIN CERTIFICATE-----\nAwQ=\n-----END CERTIFICATE-----";

    const RICH: &str = r#"
        clusters:
        - {name: bare, cluster: {server: "http://127.0.0.1:8001"}}
        - name: rich
          cluster:
            server: "https://[fd00::1]:6443"
            certificate-authority: AUTHORITY
            tls-server-name: kubernetes
            disable-compression: true
            extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: me}}]
        - {name: data, cluster: {server: "https://a", certificate-authority-data: DATA, insecure-skip-tls-verify: true}}
        - {name: no-server, cluster: {}}
        - {name: no-url, cluster: {server: "https://a b"}}
        - {name: no-file, cluster: {server: "https://a", certificate-authority: /nonexistent/ca.pem}}
        - {name: nothing}
        contexts:
        - {name: bare, context: {cluster: bare}}
        - {name: nobody, context: {cluster: bare, user: absent}}
        - {name: token, context: {cluster: data, user: token, namespace: mine}}
        - {name: certificate, context: {cluster: rich, user: certificate}}
        - {name: plugin, context: {cluster: rich, user: plugin}}
        - {name: informed, context: {cluster: rich, user: informed}}
        - {name: no-server, context: {cluster: no-server}}
        - {name: no-url, context: {cluster: no-url}}
        - {name: no-file, context: {cluster: no-file}}
        - {name: no-cluster, context: {cluster: absent}}
        - {name: nothing, context: {cluster: nothing}}
        - {name: hollow}
        users:
        - {name: token, user: {token: c4n4ry, as: other, as-groups: [one, two]}}
        - {name: certificate, user: {client-certificate: /a/cert.pem, client-key-data: c4n4ry}}
        - {name: plugin, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: get, args: [token]}}}
        - name: informed
          user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: get, provideClusterInfo: true}}
    "#;

    /// All that was found, or why nothing was.
    fn told<E: ToString>(config: Result<Config, E>) -> Result<String, String> {
        let mut config = config.map_err(|error| error.to_string())?;
        // kube takes it from the environment of this test.
        config.proxy_url = None;
        Ok(format!("{config:?}"))
    }

    #[test]
    fn a_context_leads_where_kube_finds_it() {
        let folder = tempfile::tempdir().unwrap();
        let authority = folder.path().join("ca.pem");
        std::fs::write(&authority, AUTHORITIES).unwrap();
        let data = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, AUTHORITIES);
        let text = RICH.replace("AUTHORITY", authority.to_str().unwrap()).replace("DATA", &data);
        let kubeconfig = Kubeconfig::from_yaml(&text).unwrap();
        let mut found = Vec::new();
        for name in kubeconfig.contexts.iter().map(|named| named.name.as_str()).chain(["absent"]) {
            let current = Kubeconfig { current_context: Some(name.into()), ..kubeconfig.clone() };
            let theirs = told(Config::try_from(current.clone()));
            assert_eq!(told(config(&current, None)), theirs, "{name}");
            let another = Kubeconfig { current_context: Some("bare".into()), ..kubeconfig.clone() };
            assert_eq!(told(config(&another, Some(name))), theirs, "{name} by a flag");
            found.extend(theirs.is_ok().then_some(name));
        }
        assert_eq!(found, ["bare", "nobody", "token", "certificate", "plugin", "informed"]);
        assert_eq!(
            told(config(&kubeconfig, None)),
            told(Config::try_from(kubeconfig)),
            "without a current context"
        );
    }

    #[test]
    fn an_authority_without_a_certificate_is_told() {
        for (text, error) in [
            ("", "has no certificate"),
            ("-----BEGIN PUBLIC KEY-----\nBQYH\n-----END PUBLIC KEY-----\n", "has no certificate"),
            ("-----BEGIN CERTIFICATE-----\nAwQ=\n", "is not in PEM"),
            ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", "is not in PEM"),
        ] {
            let told = authorities(text.as_bytes()).unwrap_err().to_string();
            assert!(told.contains(error), "{text}: {told}");
        }
    }
}
