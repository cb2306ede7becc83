//! A panic is a failed pass of one object: the process goes on, others do not wait for it, and it
//! heals by itself.
use trials::replica::Setup;
use trials::trial::{self, Outcome};
use trials::world::World;

use crate::worlds::{MINUTE, declare, object, wait, world};

/// Whether a resource says that its Secret holds a credential.
fn is_served(world: &World, name: &str) -> bool {
    object(world, "PersonalAccessToken", name)
        .is_some_and(|resource| resource["status"]["secret"] == name)
}

/// The name of the ledger of this Tenant.
fn ledger(world: &World, tenant: &str) -> String {
    let objects = world.cluster.objects();
    let of_tenant = |object: &serde_json::Value| {
        object["metadata"]["labels"]["pat-operator.dev/tenant"] == tenant
    };
    let found = objects.iter().find(|(key, object)| key.kind.kind == "Secret" && of_tenant(object));
    found.map(|(key, _)| key.name.clone()).unwrap()
}

/// The passes of these names panic; meanwhile only what they are for is not done.
fn play(passes: impl FnOnce(&World) -> Vec<String>, early: bool) {
    let outcome = trial::run(1, async move {
        let setup = Setup::default();
        let panics = setup.panics.clone();
        let mut world = world(1, &["acme", "other"], setup).await;
        world.start(0);
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
