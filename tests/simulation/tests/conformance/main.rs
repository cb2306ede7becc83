//! One script of requests, put to the API server in memory and to a real kube-apiserver. It says
//! what both must answer, and the transcripts of both must be the same word for word.
mod answer;
mod background;
mod deletion;
mod reads;
mod scene;
mod transcript;
mod validation;
mod watches;
mod writes;

use std::time::Duration;

use control_plane::{ControlPlane, Options};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use http::Request;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use scene::Scene;
use simulation::Cluster;

/// One scene: its name, which is also its namespace, and what happens in it.
type Act = (&'static str, for<'a> fn(&'a Scene) -> BoxFuture<'a, ()>);

macro_rules! script {
    ($($module:ident: $($act:ident),+;)+) => { &[$($((stringify!($act), |scene| $module::$act(scene).boxed())),+),+] };
}

const SCRIPT: &[Act] = script! {
    writes: creates, a_compare_and_swap, a_replacement_of_custom_objects, merge_patches, patches_with_preconditions,
        the_status_subresource, generations, secrets_and_their_strings, writes_that_change_nothing, events, tenants, leases;
    reads: gets, lists, metadata_only, label_selectors, everywhere;
    deletion: deletes, delete_preconditions, finalizers, finalizers_while_going, replacement_after_deletion;
    watches: a_watch_from_a_revision, a_watch_from_the_start, a_watch_with_a_selector, a_watch_of_metadata,
        a_streamed_list, a_watch_that_ends, a_watch_too_old, a_watch_of_the_future, a_watch_of_a_deletion, a_watch_of_all_namespaces;
    validation: names, metadata, misplaced_bodies, custom_content, secret_content;
    background: owners, half_of_the_owners, foreign_owners, namespaces, namespaces_with_finalizers, finalizers_of_orphans;
};

/// The transcript of a scene, or why it failed.
type Played = (&'static str, Result<Vec<String>, String>);

/// All scenes at once: each has a namespace of its own.
async fn play(client: &Client) -> Vec<Played> {
    join_all(SCRIPT.iter().map(|(name, act)| async {
        let scene = Scene::set(client.clone(), &name.replace('_', "-")).await;
        let ended = std::panic::AssertUnwindSafe(act(&scene)).catch_unwind().await;
        let failed = ended.err().map(|panic| match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => panic.downcast_ref::<&str>().copied().unwrap_or("panic").to_owned(),
        });
        (*name, failed.map_or_else(|| Ok(scene.transcript()), Err))
    }))
    .await
}

fn in_memory(seed: u64) -> Vec<Played> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async { play(&Cluster::new(seed).client("tester")).await })
}

fn on_a_real_one() -> Vec<Played> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let plane = ControlPlane::start(Options::default()).await.unwrap();
        let kubeconfig = Kubeconfig::read_from(plane.kubeconfig_path()).unwrap();
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
            .await
            .unwrap();
        let client = Client::try_from(config).unwrap();
        scene::install(&client).await;
        // It forgets the first revisions, so that a watch can be too old.
        plane.restart_api_server().await.unwrap();
        warm(&client).await;
        let all = play(&client).await;
        plane.stop().await;
        all
    })
}

/// Waits until its caches can serve watches: one that begins before the cache was filled is too old
/// for it.
async fn warm(client: &Client) {
    for path in ["/api/v1/secrets", "/apis/pat-operator.dev/v1alpha1/personalaccesstokens"] {
        let watch = || {
            Request::get(format!("{path}?watch=true&resourceVersion=0&timeoutSeconds=1"))
                .body(Vec::new())
        };
        let mut tries = 0;
        while let Err(busy) = client.request_text(watch().unwrap()).await {
            tries += 1;
            assert!(tries < 60, "{path} cannot be watched: {busy}");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

#[test]
fn the_server_in_memory_does_what_the_script_says_with_every_seed() {
    let first = in_memory(0);
    let failed: Vec<_> = first
        .iter()
        .filter_map(|(name, played)| played.as_ref().err().map(|why| format!("{name}: {why}")))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    for seed in 1..10 {
        assert_eq!(in_memory(seed), first, "seed {seed}");
    }
}

#[test]
fn a_real_server_does_the_same_and_says_it_in_the_same_words() {
    let mut differences = Vec::new();
    for ((name, real), (_, simulated)) in on_a_real_one().into_iter().zip(in_memory(0)) {
        match (real, simulated) {
            (Ok(real), Ok(simulated)) => {
                for (step, (real, simulated)) in real.iter().zip(&simulated).enumerate() {
                    if real != simulated {
                        differences.push(format!(
                            "{name}, step {step}\n  real      {real}\n  in memory {simulated}"
                        ));
                    }
                }
                if real.len() != simulated.len() {
                    differences.push(format!(
                        "{name}: {} steps, in memory {}",
                        real.len(),
                        simulated.len()
                    ));
                }
            }
            (real, simulated) => {
                differences.extend(real.err().map(|why| format!("{name}, real: {why}")));
                differences.extend(simulated.err().map(|why| format!("{name}, in memory: {why}")));
            }
        }
    }
    assert!(
        differences.is_empty(),
        "{} differences\n{}",
        differences.len(),
        differences.join("\n")
    );
}
