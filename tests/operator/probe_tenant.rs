//! `pat-operator probe --tenant`: where and as whom, read from a real cluster.
use std::process::{Command, Output, Stdio};

use isc_simulator::Options;
use serde_json::{Value, json};
use stage::{OWN, Stage, binary, play};

use crate::connect_proxy::Proxy;

/// Probes a Tenant as whoever installed the operator, with these variables.
fn probe_with(stage: &Stage, tenant: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(binary());
    command.args([
        "probe",
        "--tenant",
        tenant,
        "--namespace",
        OWN,
        "--yes",
        "--output",
        "json",
        "--list-lag",
        "2s",
    ]);
    command.arg("--kubeconfig").arg(stage.plane.kubeconfig_path());
    command.env_clear().envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap()
}

fn probe(stage: &Stage, tenant: &str) -> Output {
    probe_with(stage, tenant, &[])
}

fn assert_error(told: &Output, words: &str) {
    let err = String::from_utf8_lossy(&told.stderr);
    assert!(
        told.status.code() == Some(2) && told.stdout.is_empty() && err.contains(words),
        "{words}: {err}"
    );
}

#[test]
fn url_authority_and_seed_come_from_the_tenant() {
    play(async {
        let stage =
            Stage::before(Options { tenants: Vec::new(), ..Options::with_https() }, &[]).await;
        let place = stage.bare("acme").await;
        assert_error(&probe(&stage, "acme"), "Tenant \"acme\" does not exist");
        place.secure_tenant(json!({})).await;
        assert_error(
            &probe(&stage, "acme"),
            "Secret \"pat-operator-system/acme-seed\" does not exist",
        );
        place.seed().await;
        let told = probe(&stage, "acme");
        assert_eq!(told.status.code(), Some(0), "{}", String::from_utf8_lossy(&told.stderr));
        let report: Value = serde_json::from_slice(&told.stdout).unwrap();
        assert_eq!(report["apiUrl"], stage.simulator.tenant_https_url("acme"));
        assert_eq!(report["clientId"], place.client_id.as_str());
        assert_eq!(place.created(), 2);
        assert_eq!(place.destroyed().len(), 2);
        let proxy = Proxy::start().await;
        let variables =
            [("HTTPS_PROXY", proxy.address("127.0.0.1")), ("NO_PROXY", "10.0.0.0/8".into())];
        let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(probe_with(&stage, "acme", &variables).status.code(), Some(0));
        let isc = stage.simulator.https_url().replace("https://", "");
        let targets: Vec<String> = proxy.asked().into_iter().map(|asked| asked.target).collect();
        assert!(targets.contains(&isc), "{targets:?}");
    });
}
