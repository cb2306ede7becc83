//! Replicas that have nothing to do: they say what they wait for, let go of what they never minted
//! for, and write no more.
use std::time::Duration;

use serde_json::{Value, json};
use simulation::Change;
use trials::OWN;
use trials::people::Kind;
use trials::replica::Setup;
use trials::trial::{self, Outcome};
use trials::world::World;

use crate::worlds::{MINUTE, declare, object, wait, world};

fn reason(world: &World, kind: &str, name: &str) -> Value {
    let object = object(world, kind, name).unwrap_or_default();
    let ready = object["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|one| one["type"] == "Ready");
    ready.map(|ready| ready["reason"].clone()).unwrap_or_default()
}

/// A Tenant without its seed, a resource that waits for it, its deletion; two replicas at once.
async fn story(seed: u64) -> Outcome {
    let mut world = world(seed, &["acme"], Setup::default()).await;
    assert!(world.people.delete(Kind::Secret, OWN, "acme-seed").await);
    world.start(0);
    world.start(1);
    declare(&world, "sync", "acme").await;
    wait(&mut world, 2 * MINUTE).await;
    assert_eq!(reason(&world, "Tenant", "acme"), "SeedMissing");
    assert!(reason(&world, "PersonalAccessToken", "sync").is_string());
    let suspend = json!({"spec": {"suspend": true}});
    assert!(world.people.patch(Kind::Token, "blue", "sync", suspend).await);
    wait(&mut world, MINUTE).await;
    assert!(world.people.delete(Kind::Token, "blue", "sync").await);
    wait(&mut world, 2 * MINUTE).await;
    assert!(object(&world, "PersonalAccessToken", "sync").is_none());
    let history = world.cluster.history();
    wait(&mut world, Duration::from_secs(3_600)).await;
    assert_eq!(world.cluster.history().len(), history.len(), "an idle operator writes nothing");
    assert!(
        history
            .iter()
            .any(|effect| effect.identity.starts_with("pod-") && effect.change == Change::Updated)
    );
    Outcome::default()
}

#[test]
fn replicas_without_a_seed_say_so_let_go_and_write_nothing_more() {
    for seed in 0..10 {
        let outcome = trial::run(seed, story(seed));
        assert!(outcome.wrong.is_empty(), "seed {seed}: {:#?}", outcome.wrong);
    }
}
