//! A hostile user of one namespace: he may write all PersonalAccessTokens, their status and all
//! Secrets there, and nothing else. Honest people in another namespace of the same Tenant are
//! served almost as fast as without him.
//!
//! Each seed is played twice, with him and without him. Nothing else differs.
mod deed;
mod deeds;
mod honest;
mod mallory;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use isc_simulator::Switches;
use serde_json::{Value, json};
use simulation::{Cluster, Delays, Random};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::chaos;
use crate::many;
use crate::people::Kind;
use crate::plan::Calm;
use crate::replica::Setup;
use crate::trial::{self, Outcome};
use crate::world::{Genesis, World};
pub use deed::{Deed, Gap, KNOWN_GAPS};
use honest::{Story, Waits};
use mallory::Mallory;

/// The hostile user's name at the API server.
pub const IDENTITY: &str = "mallory";
/// The namespace that is his.
pub const NAMESPACE: &str = "evil";

/// The Tenant of everybody.
const TENANT: &str = "tenant-0";
/// A Tenant that nobody honest uses.
const OTHER: &str = "tenant-1";
/// Most tokens of a user. A namespace has no share of its own, and what a grant lets the hostile
/// user have is his by right: there is room for him and for everybody else.
const SLOTS: usize = 100;
/// How long somebody honest may wait beyond twice the time that it takes without him: a pass that
/// met something unexpected comes again after 30 s (`--recheck`).
pub const ALLOWANCE: Duration = Duration::from_secs(30);
/// Longest that the end may take: a back-off of hours, an attempt of 25 h.
const PATIENCE: Duration = Duration::from_secs(30 * 3_600);

/// Plays these seeds; whether all came out right. `gaps`: also what is known to go wrong.
pub fn run(seeds: Range<u64>, gaps: bool, threads: Option<usize>) -> bool {
    let is_played = if gaps { "played" } else { "not played" };
    println!("{} known gaps, {is_played}", KNOWN_GAPS.len());
    for (deed, why) in KNOWN_GAPS {
        println!("  {deed:?}: {why}");
    }
    many::run("evil seed", seeds, threads, |seed| one(seed, gaps, false))
}

/// A seed, with him and without him. `gaps`: also what is known to go wrong.
pub fn one(seed: u64, gaps: bool, traced: bool) -> Outcome {
    let deeds = Deed::draw(seed, gaps);
    let (mut without, mut with) = (Waits::new(), Waits::new());
    let before = trial::run(seed, play(seed, (&[], gaps), false, &mut without));
    let mut after = trial::run(seed, play(seed, (&deeds, gaps), traced, &mut with));
    let mut wrong: Vec<String> =
        before.wrong.into_iter().map(|why| format!("without him: {why}")).collect();
    wrong.extend(late(&without, &with));
    if !wrong.is_empty() || !after.wrong.is_empty() {
        let granted = if is_granted(seed) { "with" } else { "without" };
        wrong.insert(0, format!("he did {deeds:?} {granted} a grant"));
    }
    wrong.append(&mut after.wrong);
    after.counts.add(&before.counts);
    Outcome { wrong, ..after }
}

/// Whoever waited longer for something than he lets others wait.
fn late(without: &Waits, with: &Waits) -> Vec<String> {
    let mut all = Vec::new();
    for (name, wish, usual) in without {
        let Some(usual) = usual else {
            all.push(format!("without him: {name} was never {wish:?}"));
            continue;
        };
        let waited = with.iter().find(|(other, what, _)| other == name && what == wish);
        let most = 2 * *usual + ALLOWANCE;
        match waited {
            Some((_, _, Some(took))) if *took <= most => {}
            Some((_, _, Some(took))) => {
                let (took, usual) = (took.as_secs_f64(), usual.as_secs_f64());
                all.push(format!(
                    "{name} was {wish:?} after {took} s, without him after {usual} s"
                ));
            }
            Some((_, _, None)) => all.push(format!("{name} was never {wish:?}")),
            // It waited in vain for something before.
            None => {}
        }
    }
    all
}

async fn play(
    seed: u64,
    (deeds, gaps): (&[Deed], bool),
    traced: bool,
    waits: &mut Waits,
) -> Outcome {
    let mut world = World::new(genesis(seed, gaps, traced), Calm).await;
    let limits = json!({"spec": {"limits": {"tokensPerUser": SLOTS}}});
    for tenant in [TENANT, OTHER] {
        world.people.patch(Kind::Tenant, "", tenant, limits.clone()).await;
    }
    if !is_granted(seed) {
        world.people.create(Kind::Namespace, "", NAMESPACE, json!({})).await;
    }
    world.employ(Duration::from_secs(20)..=Duration::from_secs(100));
    world.start(0);
    let mut honest = JoinSet::new();
    for story in Story::all(seed) {
        honest.spawn(story.live(world.cluster.clone(), world.people.clone()));
    }
    let mut hostile = JoinSet::new();
    for deed in deeds {
        let mallory = Mallory::new(&world.cluster, seed, *deed, is_granted(seed));
        hostile.spawn(mallory.live());
    }
    while let Some(told) = next(&mut world, &mut honest).await {
        waits.extend(told);
    }
    hostile.shutdown().await;
    clean_up(&world).await;
    let (wrong, counts) = world.finish(PATIENCE).await;
    Outcome { wrong, counts, trace: world.witness.trace() }
}

/// The next honest person's story, as soon as it is over; `None`: there are no more.
async fn next(world: &mut World, honest: &mut JoinSet<Waits>) -> Option<Waits> {
    loop {
        let until = Instant::now() + Duration::from_secs(60);
        tokio::select! {
            biased;
            told = honest.join_next() => return told.map(Result::unwrap_or_default),
            ended = world.pass_until(until) => {
                if let Some(place) = ended {
                    world.start(place);
                }
            }
        }
    }
}

/// An administrator deletes the hostile namespace, and takes away all that would keep it but the
/// operator's own finalizers: nothing that the operator made for it may be left.
async fn clean_up(world: &World) {
    world.people.delete(Kind::Namespace, "", NAMESPACE).await;
    for (key, object) in world.cluster.objects() {
        let kind = match key.kind.kind {
            "Secret" => Kind::Secret,
            "PersonalAccessToken" => Kind::Token,
            _ => continue,
        };
        let mut finalizers = object["metadata"]["finalizers"].clone();
        let Some(all) = finalizers.as_array_mut() else { continue };
        let before = all.len();
        all.retain(|finalizer| *finalizer == "pat-operator.dev/revoke");
        if key.namespace == NAMESPACE && all.len() < before {
            let patch = json!({"metadata": {"finalizers": finalizers}});
            world.people.patch(kind, NAMESPACE, &key.name, patch).await;
        }
    }
}

fn genesis(seed: u64, gaps: bool, traced: bool) -> Genesis {
    let mut namespaces = vec![honest::NAMESPACE.to_owned()];
    if is_granted(seed) {
        namespaces.push(NAMESPACE.to_owned());
    }
    let mut isc = Switches { tokens_per_user: SLOTS, ..chaos::isc(seed) };
    for (gap, _) in KNOWN_GAPS.iter().filter(|_| !gaps) {
        match gap {
            Gap::NewPairs => isc.new_pair_delay_seconds = 0,
            Gap::OldLists => isc.list_lag_seconds = 0,
            Gap::Of(_) => {}
        }
    }
    Genesis {
        seed,
        traced,
        delays: Delays::default(),
        tenants: vec![TENANT.into(), OTHER.into()],
        namespaces,
        isc,
        nerm: seed.is_multiple_of(3),
        setup: Setup::default(),
    }
}

/// Whether his namespace has a grant.
fn is_granted(seed: u64) -> bool {
    Random::of(seed, &["granted"]).below(2) == 0
}

/// The object of this kind and name.
fn find(cluster: &Cluster, kind: &str, namespace: &str, name: &str) -> Option<Arc<Value>> {
    let is = |key: &simulation::Key| {
        key.kind.kind == kind && key.namespace == namespace && key.name == name
    };
    cluster.objects().into_iter().find(|(key, _)| is(key)).map(|(_, object)| object)
}

/// Waits for its turn among all that takes effect at one moment.
async fn turn(cluster: &Cluster, purpose: &str) {
    let (sender, receiver) = oneshot::channel();
    cluster.later(Duration::from_millis(1), purpose, async move {
        // Whoever waits may have given up.
        let _ = sender.send(());
    });
    // The world ends before whoever waits does.
    let _ = receiver.await;
}
