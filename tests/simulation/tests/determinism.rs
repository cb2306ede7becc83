//! The same seed is the same story: a client, two controllers of kube's own runtime and all delays,
//! twice.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{Api, DeleteParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::runtime::controller::Action;
use kube::runtime::{Controller, watcher};
use kube::{Client, Resource, ResourceExt};
use serde_json::json;
use simulation::{Cluster, Effect};

#[derive(Debug)]
struct Failed(kube::Error);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl std::error::Error for Failed {}

/// Keeps a Secret of the same name for each ConfigMap.
async fn reconcile(map: Arc<ConfigMap>, client: Arc<Client>) -> Result<Action, Failed> {
    let api: Api<Secret> = Api::namespaced((*client).clone(), "default");
    let wanted: BTreeMap<String, String> = map.data.clone().unwrap_or_default();
    let done = match api.get_opt(&map.name_any()).await.map_err(Failed)? {
        None => {
            let owners = vec![map.controller_owner_ref(&()).unwrap()];
            let metadata = ObjectMeta {
                owner_references: Some(owners),
                name: Some(map.name_any()),
                ..ObjectMeta::default()
            };
            let secret = Secret { metadata, string_data: Some(wanted), ..Secret::default() };
            api.create(&PostParams::default(), &secret).await
        }
        Some(found) => {
            let patch = json!({"metadata": {"resourceVersion": found.resource_version()}, "stringData": wanted});
            api.patch(&map.name_any(), &PatchParams::default(), &Patch::Merge(patch)).await
        }
    };
    done.map_err(Failed)?;
    Ok(Action::requeue(Duration::from_secs(300)))
}

async fn replica(client: Client) {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "default");
    let secrets: Api<Secret> = Api::namespaced(client.clone(), "default");
    Controller::new(maps, watcher::Config::default())
        .owns(secrets, watcher::Config::default())
        .run(reconcile, |_, _, _| Action::requeue(Duration::from_secs(5)), Arc::new(client))
        .for_each(|_| std::future::ready(()))
        .await;
}

/// A user who creates, changes and deletes.
async fn user(client: Client) {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "default");
    let secrets: Api<Secret> = Api::namespaced(client, "default");
    for number in 0..8 {
        let name = format!("map-{number}");
        let data = json!({"metadata": {"name": name}, "data": {"number": "0"}});
        maps.create(&PostParams::default(), &serde_json::from_value(data).unwrap()).await.unwrap();
    }
    for round in 1..20_u64 {
        tokio::time::sleep(Duration::from_secs(20)).await;
        let name = format!("map-{}", round % 8);
        let patch = Patch::Merge(json!({"data": {"number": round.to_string()}}));
        let _ = maps.patch(&name, &PatchParams::default(), &patch).await;
        let _ = secrets.delete(&format!("map-{}", (round * 3) % 8), &DeleteParams::default()).await;
        if round % 5 == 0 {
            let _ = maps.delete(&format!("map-{}", round % 7), &DeleteParams::default()).await;
        }
    }
}

fn history(seed: u64) -> Vec<Effect> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let cluster = Cluster::new(seed);
        let mut replicas = tokio::task::JoinSet::new();
        for name in ["replica-0", "replica-1"] {
            replicas.spawn(replica(cluster.client(name)));
        }
        user(cluster.client("user")).await;
        tokio::time::sleep(Duration::from_secs(600)).await;
        let count = |plural: &str| {
            cluster.objects().iter().filter(|(key, _)| key.kind.plural == plural).count()
        };
        assert_eq!((count("configmaps"), count("secrets")), (5, 5), "seed {seed}");
        cluster.history()
    })
}

#[test]
fn the_same_seed_is_the_same_story() {
    for seed in 0..20 {
        let (first, second) = (history(seed), history(seed));
        assert!(first.len() > 40, "{}", first.len());
        for (one, other) in first.iter().zip(&second) {
            assert_eq!(one.to_string(), other.to_string(), "seed {seed}");
            assert_eq!(one, other, "seed {seed}");
        }
        assert_eq!(first.len(), second.len(), "seed {seed}");
    }
}

#[test]
fn another_seed_is_another_story() {
    let story = |seed| history(seed).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_ne!(story(1), story(2));
}
