//! A panic is a failed pass of one object: the process goes on, others do not wait for it, and it heals by itself.
use std::time::Duration;

use isc_simulator::Switches;
use serde_json::json;
use simulation::Delays;
use tokio::time::Instant;
use trials::people::Kind;
use trials::plan::Calm;
use trials::replica::Setup;
use trials::trial::{self, Outcome};
use trials::world::{Genesis, World};

const MINUTE: Duration = Duration::from_secs(60);

async fn world(setup: Setup) -> World {
    let genesis = Genesis {
        seed: 1,
        traced: true,
        delays: Delays::default(),
        tenants: vec!["acme".into(), "other".into()],
        namespaces: vec!["blue".into()],
        isc: Switches::default(),
        nerm: false,
        setup,
    };
    let mut world = World::new(genesis, Calm).await;
    world.start(0);
    world
}

async fn declare(world: &World, name: &str, tenant: &str) {
    let spec = json!({"tenantRef": {"name": tenant}, "scopes": ["idn:nelm:read"]});
    world.people.create(Kind::Token, "blue", name, json!({ "spec": spec })).await;
}

/// Whether a resource says that its Secret holds a credential.
fn is_served(world: &World, name: &str) -> bool {
    let objects = world.cluster.objects();
    let found = objects.iter().find(|(key, _)| key.kind.kind == "PersonalAccessToken" && key.name == name);
    found.is_some_and(|(_, resource)| resource["status"]["secret"] == name)
}

/// The name of the ledger of this Tenant.
fn ledger(world: &World, tenant: &str) -> String {
    let objects = world.cluster.objects();
    let of_tenant = |object: &serde_json::Value| object["metadata"]["labels"]["pat-operator.dev/tenant"] == tenant;
    let found = objects.iter().find(|(key, object)| key.kind.kind == "Secret" && of_tenant(object));
    found.map(|(key, _)| key.name.clone()).unwrap()
}

async fn wait(world: &mut World, time: Duration) {
    let ended = world.pass_until(Instant::now() + time).await;
    assert_eq!(ended, None, "the process ended");
}

/// The passes of these names panic; meanwhile only what they are for is not done.
fn play(passes: impl FnOnce(&World) -> Vec<String>, early: bool) {
    let outcome = trial::run(1, async move {
        let setup = Setup::default();
        let panics = setup.panics.clone();
        let mut world = world(setup).await;
        if !early {
            wait(&mut world, MINUTE).await;
        }
        let names = passes(&world);
        panics.set(&names.iter().map(String::as_str).collect::<Vec<_>>());
        declare(&world, "good", "acme").await;
        declare(&world, "bad", "other").await;
        wait(&mut world, 5 * MINUTE).await;
        assert!(is_served(&world, "good"), "others are served");
        assert!(!is_served(&world, "bad"), "its pass did not panic");
        panics.set(&[]);
        wait(&mut world, 6 * MINUTE).await;
        assert!(is_served(&world, "bad"), "it is tried again within five minutes");
        let (wrong, counts) = world.finish(10 * MINUTE).await;
        assert_eq!((counts.created, counts.most_unrecorded), (2, 1));
        Outcome { wrong, counts, trace: Vec::new() }
    });
    assert!(outcome.wrong.is_empty(), "{:#?}", outcome.wrong);
}

#[test]
fn a_pass_over_a_tenant_that_panics_costs_that_tenant_alone() {
    play(|_| vec!["tenant other".into()], true);
}

#[test]
fn a_pass_over_an_owner_that_panics_costs_that_owner_alone() {
    play(|world| vec![format!("owner {}", ledger(world, "other"))], false);
}

#[test]
fn a_pass_over_a_resource_that_panics_costs_that_resource_alone() {
    play(|_| vec!["token blue bad".into()], false);
}
