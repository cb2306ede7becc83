//! Calm worlds, and what a test does and finds there.
use std::sync::Arc;
use std::time::Duration;

use isc_simulator::Switches;
use serde_json::{Value, json};
use simulation::Delays;
use tokio::time::Instant;
use trials::people::Kind;
use trials::plan::Calm;
use trials::replica::Setup;
use trials::world::{Genesis, World};

pub const MINUTE: Duration = Duration::from_secs(60);

/// A world with these tenants and the namespace `blue`, in which nothing runs yet.
pub async fn world(seed: u64, tenants: &[&str], setup: Setup) -> World {
    let genesis = Genesis {
        seed,
        traced: true,
        delays: Delays::default(),
        tenants: tenants.iter().map(|tenant| (*tenant).into()).collect(),
        namespaces: vec!["blue".into()],
        isc: Switches::default(),
        nerm: false,
        setup,
    };
    World::new(genesis, Calm).await
}

pub async fn declare(world: &World, name: &str, tenant: &str) {
    let spec = json!({"tenantRef": {"name": tenant}, "scopes": ["idn:nelm:read"]});
    world.people.create(Kind::Token, "blue", name, json!({ "spec": spec })).await;
}

/// An object of this kind and name.
pub fn object(world: &World, kind: &str, name: &str) -> Option<Arc<Value>> {
    let mut objects = world.cluster.objects().into_iter();
    objects.find(|(key, _)| key.kind.kind == kind && key.name == name).map(|(_, object)| object)
}

pub async fn wait(world: &mut World, time: Duration) {
    let ended = world.pass_until(Instant::now() + time).await;
    assert_eq!(ended, None, "the process ended");
}
