//! `make bench`: from apply to Ready, against a bare loop that makes the same reads and writes
//! without a controller.
#![allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
#![allow(clippy::cast_precision_loss, reason = "counts of some thousands, printed with two places")]

mod bare;
mod process;

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use isc_simulator::Fault;
use kube::ResourceExt;
use kube::api::{DynamicObject, PostParams};
use kube::runtime::{WatchStreamExt, watcher};
use serde_json::json;
use stage::{Spent, Stage, condition, object, play};

use process::Usage;

const NAMESPACE: &str = "bench";
const PER_TENANT: usize = 8;

fn main() {
    let number = |name: &str, default| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (resources, idle) = (number("RESOURCES", 1_000), number("IDLE_SECONDS", 60) as u64);
    println!(
        "bench: {resources} resources, {PER_TENANT} per owner, 10 owners in flight; all in one run, both cores shared by all parts"
    );
    play(async {
        for latency in [0, 20] {
            let stage = Stage::quiet(&["--concurrency", "10"]).await;
            stage.start_operator();
            if latency == 0 {
                measure_idle(&stage, Duration::from_secs(idle)).await;
            }
            round(&stage, resources, latency).await;
        }
    });
}

async fn measure_idle(stage: &Stage, time: Duration) {
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = Usage::of(stage.operator_pid());
    tokio::time::sleep(time).await;
    let after = Usage::of(stage.operator_pid());
    let core = (after.cpu_seconds - before.cpu_seconds) / time.as_secs_f64() * 100.0;
    println!(
        "idle {} s without resources: {:.1} MB resident, {core:.3} % of a core",
        time.as_secs(),
        after.resident_mb
    );
}

async fn round(stage: &Stage, resources: usize, latency: u64) {
    let tenants = resources.div_ceil(PER_TENANT);
    let names: Vec<String> = (0..tenants).map(|n| format!("t{n}")).collect();
    prepare(stage, &names).await;
    if latency > 0 {
        stage
            .simulator
            .control()
            .add_fault(None, Fault { latency_ms: latency, ..Fault::default() });
    }
    let offset = std::fs::metadata(stage.plane.audit_log()).unwrap().len();
    let seq = stage.simulator.control().last_seq();
    let before = Usage::of(stage.operator_pid());
    let started = Instant::now();
    let owner = |n: usize| names[n / PER_TENANT].clone();
    let applying = async {
        stream::iter(0..resources).for_each_concurrent(10, |n| apply(stage, n, owner(n))).await;
        started.elapsed()
    };
    let (applied, ()) = tokio::join!(
        applying,
        until_ready(stage, "PersonalAccessToken", Some(NAMESPACE), resources)
    );
    let took = started.elapsed();
    let after = Usage::of(stage.operator_pid());
    let spent = Spent::since(stage, offset, seq);
    println!("\n{latency} ms ISC latency, {resources} resources of {tenants} owners");
    println!(
        "  apply to Ready      {:>8.1} creates/s ({:.1} s, of which {:.1} s until all were applied)",
        resources as f64 / took.as_secs_f64(),
        took.as_secs_f64(),
        applied.as_secs_f64()
    );
    println!(
        "  operator            {:>8.2} CPU s, {:.1} MB resident, {:.1} MB at most",
        after.cpu_seconds - before.cpu_seconds,
        after.resident_mb,
        after.peak_mb
    );
    println!("  Kubernetes/create   {}", per_create(&spent.kubernetes, resources));
    println!("  ISC/create          {}", per_create(&spent.isc, resources));
    println!("  passes/create       {}", passes(&stage.metrics().await, resources));
    stage.kill_operator();
    let bare = bare::run(stage, resources, &spent).await;
    println!(
        "  bare loop           {:>8.1} creates/s ({:.1} s)",
        resources as f64 / bare.as_secs_f64(),
        bare.as_secs_f64()
    );
    println!(
        "  ratio               {:>8.0} % of the bare loop",
        bare.as_secs_f64() / took.as_secs_f64() * 100.0
    );
}

/// Requests per create.
fn per_create(requests: &BTreeMap<String, usize>, creates: usize) -> String {
    let each = requests
        .iter()
        .map(|(what, number)| format!("{what} {:.2}", *number as f64 / creates as f64));
    each.collect::<Vec<_>>().join(", ")
}

/// Passes of each controller so far, by its own count.
fn passes(metrics: &str, creates: usize) -> String {
    let each = metrics.lines().filter_map(|line| {
        let (labels, number) = line.strip_prefix("pat_operator_passes_total{")?.split_once("} ")?;
        Some(format!("{labels} {:.2}", number.parse::<f64>().ok()? / creates as f64))
    });
    each.collect::<Vec<_>>().join(", ")
}

/// Tenants that are Ready, so that only minting is measured.
async fn prepare(stage: &Stage, names: &[String]) {
    let namespace = object("Namespace", NAMESPACE, json!({}));
    stage.api("Namespace", None).create(&PostParams::default(), &namespace).await.unwrap();
    for name in names {
        let place = stage.bare(name).await;
        place.seed().await;
        place
            .tenant(json!({"grants": [{"namespaces": [NAMESPACE], "scopes": ["idn:nelm:*"]}]}))
            .await;
    }
    until_ready(stage, "Tenant", None, names.len()).await;
}

async fn apply(stage: &Stage, n: usize, tenant: String) {
    let spec = json!({"spec": {"tenantRef": {"name": tenant}, "scopes": ["idn:nelm:read", "idn:nelm:manage"]}});
    let token = object("PersonalAccessToken", &format!("p{n}"), spec);
    let api = stage.api("PersonalAccessToken", Some(NAMESPACE));
    api.create(&PostParams::default(), &token).await.unwrap();
}

/// Watches rather than asks: lists of a thousand objects would be a load of their own.
async fn until_ready(stage: &Stage, kind: &str, namespace: Option<&str>, wanted: usize) {
    let is_ready = |object: &DynamicObject| condition(object, "Ready")["status"] == "True";
    let seen = watcher(stage.api(kind, namespace), watcher::Config::default()).applied_objects();
    let mut seen = std::pin::pin!(seen.try_filter(|object| std::future::ready(is_ready(object))));
    let mut ready = HashSet::new();
    while ready.len() < wanted {
        let next = tokio::time::timeout(Duration::from_secs(120), seen.next()).await;
        let Ok(Some(object)) = next else {
            panic!("only {} of {wanted} became Ready", ready.len())
        };
        ready.insert(object.unwrap().name_any());
    }
}
