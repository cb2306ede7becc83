//! Walks through declarations. Whatever a resource was declared to be before, in the end all is as
//! if it had been declared like that from the beginning: beside each walker a fresh resource gets
//! the last declaration at once.
mod declaration;
mod end_state;

use std::time::Duration;

use isc_simulator::Switches;
use serde_json::{Value, json};
use simulation::{Delays, Random};
use tokio::time::Instant;

use self::declaration::End;
use crate::people::Kind;
use crate::plan::Calm;
use crate::replica::Setup;
use crate::trial::Outcome;
use crate::world::{Genesis, World};
use crate::{many, trial};

const TENANTS: u64 = 4;
/// Half of what a user has room for; the other half is fresh.
const PER_TENANT: u64 = 4;
/// Walks that share a world.
pub const WALKS: u64 = TENANTS * PER_TENANT;
const WALKED: &str = "walked";
const FRESH: &str = "direct";
/// How often it is looked whether all walks have come to their end.
const LOOK: Duration = Duration::from_secs(2 * 3_600);
/// How often at most: each of a user's rotations may have to wait for a day until the one before it
/// is over.
const LOOKS: usize = 12 * 24;
const PATIENCE: Duration = Duration::from_secs(600);

/// A resource that walks.
struct Walker {
    name: String,
    tenant: String,
    /// When it is declared to be what, the last one being what counts.
    steps: Vec<(Instant, Value)>,
}

/// Walks so many walks; whether all came out right.
pub fn run(walks: u64, from: u64, threads: Option<usize>) -> bool {
    let worlds = walks.div_ceil(WALKS);
    println!("{} walks in {worlds} worlds", worlds * WALKS);
    many::run("world", from..from + worlds, threads, |seed| {
        let mut outcome = one(seed, false);
        if !outcome.wrong.is_empty() {
            outcome.wrong.insert(0, format!("told by `trials walks --world {seed}`"));
        }
        outcome
    })
}

/// The walks of one world.
pub fn one(seed: u64, traced: bool) -> Outcome {
    trial::run(seed, play(seed, traced))
}

async fn play(seed: u64, traced: bool) -> Outcome {
    let tenants = (0..TENANTS).map(|n| format!("tenant-{n}")).collect();
    let (secret_poll, recheck) = (Duration::from_secs(1_800), Duration::from_secs(600));
    let setup = Setup { secret_poll, recheck, ..Setup::default() };
    let namespaces = vec![WALKED.into(), FRESH.into()];
    let (isc, nerm, delays) = (Switches::default(), false, Delays::default());
    let genesis = Genesis { seed, traced, delays, tenants, namespaces, isc, nerm, setup };
    let mut world = World::new(genesis, Calm).await;
    world.start(0);
    let walkers: Vec<Walker> = (0..WALKS).map(|number| Walker::new(seed, number)).collect();
    walk(&mut world, &walkers).await;
    for _ in 0..LOOKS {
        live(&mut world, Instant::now() + LOOK).await;
        if walkers.iter().all(|walker| walker.compared(&world).is_empty()) {
            break;
        }
    }
    let (mut wrong, counts) = world.finish(PATIENCE).await;
    for walker in &walkers {
        wrong.extend(walker.compared(&world));
    }
    for tenant in (0..TENANTS).map(|n| format!("tenant-{n}")) {
        let alive = world.isc.control.tokens(&tenant).map_or(0, |tokens| tokens.len() as u64);
        if alive != 1 + 2 * PER_TENANT {
            wrong.push(format!("{tenant} has {alive} live tokens"));
        }
    }
    Outcome { wrong, counts, trace: world.witness.trace() }
}

/// Every declaration in its time.
async fn walk(world: &mut World, walkers: &[Walker]) {
    let mut script: Vec<(Instant, &Walker, usize)> = walkers
        .iter()
        .flat_map(|walker| {
            walker.steps.iter().enumerate().map(move |(index, (at, _))| (*at, walker, index))
        })
        .collect();
    script.sort_by_key(|(at, walker, index)| (*at, walker.name.clone(), *index));
    for (at, walker, index) in script {
        live(world, at).await;
        let spec = &walker.steps[index].1;
        let kind = Kind::Token;
        match index.checked_sub(1) {
            None => {
                _ = world.people.create(kind, WALKED, &walker.name, json!({ "spec": spec })).await;
            }
            Some(before) => {
                let mut patch = spec.clone();
                forget(&walker.steps[before].1, &mut patch);
                if !world.people.patch(kind, WALKED, &walker.name, json!({ "spec": patch })).await {
                    world
                        .witness
                        .fail(format!("{} could not be declared to be {spec}", walker.name));
                }
            }
        }
        if index + 1 == walker.steps.len() {
            world.people.create(kind, FRESH, &walker.name, json!({ "spec": spec })).await;
        }
    }
}

/// Makes a merge patch also take away what the new declaration does not say.
fn forget(old: &Value, new: &mut Value) {
    let (Value::Object(old), Value::Object(new)) = (old, new) else { return };
    for (key, value) in old {
        match new.get_mut(key) {
            Some(there) => forget(value, there),
            None => _ = new.insert(key.clone(), Value::Null),
        }
    }
}

async fn live(world: &mut World, until: Instant) {
    while let Some(place) = world.pass_until(until).await {
        world.start(place);
    }
}

impl Walker {
    fn new(seed: u64, number: u64) -> Self {
        let (name, tenant) = (format!("r{number}"), format!("tenant-{}", number % TENANTS));
        let mut random = Random::of(seed, &["walk", &number.to_string()]);
        let count = 2 + random.below(4);
        let mut at = Instant::now() + Duration::from_secs(1 + random.below(60));
        let steps = (1..=count).map(|step| {
            let end = End { last: step == count, slow: seed.is_multiple_of(8) };
            let spec = declaration::random(&mut random, &name, &tenant, end);
            let pause = random.one_of(&[1, 30, 90, 1_500, 4_000]);
            let then = at;
            at += Duration::from_secs(1 + random.below(pause));
            (then, spec)
        });
        let steps = steps.collect();
        Self { name, tenant, steps }
    }

    /// What is otherwise than it would be without the walk.
    fn compared(&self, world: &World) -> Vec<String> {
        let tokens = world.isc.control.tokens(&self.tenant).unwrap_or_default();
        let of = |namespace| end_state::of(&world.cluster, &tokens, namespace, &self.name);
        let (walked, fresh) = (of(WALKED), of(FRESH));
        if walked == fresh && walked["live tokens"] == 1 {
            return Vec::new();
        }
        let specs: Vec<String> = self.steps.iter().map(|(_, spec)| spec.to_string()).collect();
        let mut lines = vec![format!("{} walked {}", self.name, specs.join("\n    -> "))];
        differences("", &walked, &fresh, &mut lines);
        lines
    }
}

fn differences(path: &str, walked: &Value, fresh: &Value, lines: &mut Vec<String>) {
    match (walked, fresh) {
        _ if walked == fresh => {}
        (Value::Object(one), Value::Object(other)) => {
            let keys: std::collections::BTreeSet<&String> =
                one.keys().chain(other.keys()).collect();
            keys.into_iter().for_each(|key| {
                differences(&format!("{path}/{key}"), &walked[key], &fresh[key], lines);
            });
        }
        _ => lines.push(format!("  {path}: {walked} after the walk, {fresh} at once")),
    }
}
