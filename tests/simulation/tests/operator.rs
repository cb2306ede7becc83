//! The operator's own controllers on the cluster in memory, as far as they come without ISC.
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::discovery::ApiResource;
use pat_operator::controllers::{self, Config};
use pat_operator::lifecycle::Timings;
use pat_operator::metrics::Metrics;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use simulation::{Change, Cluster};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

const OWN: &str = "pat-operator-system";

async fn replica(client: Client, identity: &'static str) {
    let config = Config {
        operator_namespace: OWN.into(),
        identity: identity.into(),
        concurrency: 16,
        allow_loopback_http: false,
        secret_poll: Duration::from_secs(120),
        recheck: Duration::from_secs(30),
        drift_interval: Duration::from_secs(600),
        installation_id: None,
        pat_path: "/v2024/personal-access-tokens".into(),
        isc_requests_per_10s: 100,
        timings: Timings::default(),
    };
    let metrics = Arc::new(Metrics::register(&mut Registry::default()));
    controllers::run(client, config, metrics, CancellationToken::new()).await.unwrap();
}

fn api(client: &Client, kind: &str, namespace: Option<&str>) -> Api<DynamicObject> {
    let (group, version) = if kind.len() == 9 { ("", "v1") } else { ("pat-operator.dev", "v1alpha1") };
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}

async fn make(api: &Api<DynamicObject>, body: Value) {
    let object: DynamicObject = serde_json::from_value(body).unwrap();
    api.create(&PostParams::default(), &object).await.unwrap();
}

fn reason(object: &DynamicObject) -> String {
    let conditions = object.data["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let ready = conditions.iter().find(|condition| condition["type"] == "Ready");
    ready.and_then(|ready| ready["reason"].as_str()).unwrap_or_default().to_owned()
}

/// A Tenant without its seed, a resource that waits for it, its deletion; two replicas at once.
async fn story(seed: u64) -> Vec<String> {
    let cluster = Cluster::new(seed);
    let client = cluster.client("user");
    let namespaces = api(&client, "Namespace", None);
    make(&namespaces, json!({"metadata": {"name": OWN}})).await;
    make(&namespaces, json!({"metadata": {"name": "integrations"}})).await;
    let mut replicas = JoinSet::new();
    replicas.spawn(replica(cluster.client("pod-0"), "pod-0"));
    replicas.spawn(replica(cluster.client("pod-1"), "pod-1"));
    let (tenants, tokens) = (api(&client, "Tenant", None), api(&client, "PersonalAccessToken", Some("integrations")));
    let spec =
        json!({"apiUrl": "https://acme.api.identitynow.com", "credentials": [{"secretRef": {"name": "acme-seed"}}]});
    make(&tenants, json!({"metadata": {"name": "acme"}, "spec": spec})).await;
    let spec = json!({"tenantRef": {"name": "acme"}, "scopes": ["idn:nelm:read"]});
    make(&tokens, json!({"metadata": {"name": "sync"}, "spec": spec})).await;
    sleep(Duration::from_secs(120)).await;
    assert_eq!(reason(&tenants.get("acme").await.unwrap()), "SeedMissing");
    let waiting = tokens.get("sync").await.unwrap();
    assert_ne!(reason(&waiting), "", "{waiting:?}");
    let patch = Patch::Merge(json!({"spec": {"tenantRef": {"name": "acme"}, "suspend": true}}));
    tokens.patch("sync", &PatchParams::default(), &patch).await.unwrap();
    sleep(Duration::from_secs(60)).await;
    tokens.delete("sync", &DeleteParams::default()).await.unwrap();
    sleep(Duration::from_secs(120)).await;
    assert!(tokens.get_opt("sync").await.unwrap().is_none());
    let history = cluster.history();
    sleep(Duration::from_secs(3_600)).await;
    let later = cluster.history().len() - history.len();
    assert_eq!(later, 0, "an idle operator writes nothing");
    assert!(history.iter().any(|effect| effect.identity.starts_with("pod-") && effect.change == Change::Updated));
    history.iter().map(ToString::to_string).collect()
}

fn tell(seed: u64) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(story(seed))
}

#[test]
fn two_replicas_of_the_operator_live_on_it_and_the_same_seed_is_the_same_story() {
    for seed in 0..10 {
        assert_eq!(tell(seed), tell(seed), "seed {seed}");
    }
}

#[test]
#[ignore = "run by the next test, in processes of its own"]
fn tells_its_stories() {
    for seed in 0..5 {
        println!("{}", tell(seed).join("\n"));
    }
}

/// Hash maps have other keys in each process, and no story may depend on them.
#[test]
fn a_story_is_the_same_in_every_process() {
    let told = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let ran = command.args(["--exact", "tells_its_stories", "--ignored", "--nocapture"]).output().unwrap();
        let all = String::from_utf8(ran.stdout).unwrap();
        all.lines().filter(|line| line.starts_with("  ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let first = told();
    assert!(first.len() > 50, "{first:?}");
    assert_eq!(first, told());
}
