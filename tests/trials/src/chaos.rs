//! Random lives: a trial in which one seed decides everything: who is there, what people do, what
//! goes wrong and when.
use std::ops::RangeInclusive;
use std::time::Duration;

use deeds::Deed;
use isc_simulator::{Nerm, Switches};
use script::Script;
use simulation::{Break, Delays, Delivery, Event, Random};
use tokio::time::Instant;

use crate::call::{Call, Side};
use crate::fault::Fault;
use crate::plan::{Calm, Plan, Ways};
use crate::replica::Setup;
use crate::trial::Outcome;
use crate::world::{Genesis, World};

mod deeds;
mod hands;
mod script;
pub(crate) mod wishes;

/// How wild a seed is.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    seed: u64,
    /// Requests of ten thousand that go wrong, at ISC and in the cluster.
    isc: u64,
    cluster: u64,
    /// Events of ten thousand that break their watch, and how late others are at most.
    breaks: u64,
    lag: Duration,
    /// How long requests take at most.
    slow: Duration,
}

impl Weather {
    /// The weather of a seed.
    pub fn of(seed: u64) -> Self {
        let mut random = Random::of(seed, &["weather"]);
        let mut rate = || random.one_of(&[0, 20, 100, 300, 1_000, 2_000]);
        let (isc, cluster, breaks) = (rate(), rate() / 2, rate() / 10);
        let lag = Duration::from_millis(random.one_of(&[200, 200, 2_000, 60_000]));
        let slow = Duration::from_millis(random.one_of(&[10, 50, 1_000, 9_000]));
        Self { seed, isc, cluster, breaks, lag, slow }
    }
}

impl Plan for Weather {
    fn fault(&self, call: &Call) -> Option<Fault> {
        let mut random = call.random(self.seed, "fault");
        let rate = if call.site.side == Side::Isc { self.isc } else { self.cluster };
        if random.below(10_000) >= rate {
            return None;
        }
        let all = Fault::applicable(&call.site, Duration::ZERO);
        let chosen = random.one_of(&all);
        Some(match chosen {
            // Replicas that do nothing but start would take most of the time.
            Fault::CrashBefore | Fault::CrashAfter
                if rate >= 300 && random.below(300) < rate.min(280) =>
            {
                Fault::LostReply
            }
            Fault::Late(_) => Fault::Late(random.seconds(31, 800)),
            // Two of a POST come one upon the other: the name of the first refuses the second as
            // long as it lives.
            Fault::Duplicate(_) if call.site.what == "create" => {
                Fault::Duplicate(Duration::from_millis(1))
            }
            Fault::Duplicate(_) => Fault::Duplicate(random.seconds(0, 5)),
            Fault::Status(429, _) => Fault::Status(429, random.one_of(&[1, 10, 60, 1_200])),
            Fault::Stale(_) if call.site.side == Side::Isc => Fault::Stale(random.seconds(1, 115)),
            other => other,
        })
    }

    fn ways(&self, call: &Call) -> Option<Ways> {
        let mut random = call.random(self.seed, "ways");
        let usual = Duration::from_millis(2)..=Duration::from_millis(20);
        let slow = Duration::from_millis(2)..=self.slow;
        let mut way = || {
            let slowly = random.below(10) == 0;
            random.duration(if slowly { &slow } else { &usual })
        };
        Some((way(), way()))
    }

    fn event(&self, watch: &Call, event: &Event) -> Delivery {
        let mut random = watch.random(self.seed, &format!("event {}", event.revision));
        if random.below(10_000) < self.breaks {
            return Delivery::Break(random.one_of(&[Break::End, Break::Reset, Break::Gone]));
        }
        Delivery::After(random.duration(&(Duration::from_millis(1)..=self.lag)))
    }
}

/// From this seed on a backup is put back in some lives. What was under way then can break P1 to P5
/// (docs/reliability.md).
const RESTORES_FROM: u64 = 1_000_000;

/// The trial of a seed.
pub async fn trial(seed: u64, traced: bool) -> Outcome {
    let mut random = Random::of(seed, &["chaos"]);
    let tenants = 1 + random.below(2);
    let length = length(&mut random);
    let mut world =
        World::new(genesis(&mut random, seed, traced, tenants, length), Weather::of(seed)).await;
    world.employ(pause(length));
    let script = script::wild(&mut random, length, tenants, seed >= RESTORES_FROM);
    live(&mut world, script, Instant::now() + length, &mut random).await;
    world.admit_everybody();
    let (wrong, counts) = world.finish(Duration::from_secs(14 * 3_600)).await;
    Outcome { wrong, counts, trace: world.witness.trace() }
}

/// The trial of a seed in which nothing goes wrong: no token is made that is not needed.
pub async fn calm_trial(seed: u64, traced: bool) -> Outcome {
    let mut random = Random::of(seed, &["calm"]);
    let length = Duration::from_secs(random.one_of(&[600, 10_000, 30_000]));
    let mut world = World::new(genesis(&mut random, seed, traced, 1, length), Calm).await;
    world.employ(pause(length));
    let script = script::gentle(&mut random, length);
    live(&mut world, script, Instant::now() + length, &mut random).await;
    let (mut wrong, counts) = world.finish(Duration::from_secs(3_600)).await;
    if counts.created != counts.first_publications + counts.rotations {
        wrong.push(format!("other tokens were made than published: {counts:?}"));
    }
    Outcome { wrong, counts, trace: world.witness.trace() }
}

/// Most lives are short, and a few are long enough for schedules.
fn length(random: &mut Random) -> Duration {
    Duration::from_secs(match random.below(100) {
        0..50 => 60,
        50..77 => 300,
        77..92 => 1_500,
        92..98 => 3 * 3_600,
        _ => 12 * 3_600,
    })
}

/// How long workloads wait between two uses of their credential, in a life of this length.
fn pause(length: Duration) -> RangeInclusive<Duration> {
    (length / 100).max(Duration::from_secs(20))..=(length / 10).max(Duration::from_secs(100))
}

fn genesis(
    random: &mut Random,
    seed: u64,
    traced: bool,
    tenants: u64,
    length: Duration,
) -> Genesis {
    let polls = if length > Duration::from_secs(3_600) {
        [600, 600, 1_800, 1_800]
    } else {
        [60, 120, 600, 1_800]
    };
    let setup =
        Setup { secret_poll: Duration::from_secs(random.one_of(&polls)), ..Setup::default() };
    Genesis {
        seed,
        traced,
        delays: Delays::default(),
        tenants: (0..tenants).map(|n| format!("tenant-{n}")).collect(),
        namespaces: vec!["blue".into(), "green".into()],
        isc: isc(seed),
        nerm: seed.is_multiple_of(3),
        setup,
    }
}

/// The ISC of a seed: what is not documented of it, chance decides.
pub(crate) fn isc(seed: u64) -> Switches {
    let mut random = Random::of(seed, &["isc"]);
    let drawn = Switches::draw(&mut |end| random.below(end));
    Switches { nerm: random.one_of(&Nerm::ALL), ..drawn }
}

/// Plays a script to its end.
async fn live(world: &mut World, mut script: Script, end: Instant, random: &mut Random) {
    let mut backup = None;
    while let Some((at, deed)) = script.take(end) {
        if let Deed::Kill(place) = deed {
            world.doom(place, at);
        }
        if let Some(place) = world.pass_until(at).await {
            script.later(script::restart(random, place));
            script.put_back(at, deed);
        } else {
            world.perform(&deed, random, &mut backup).await;
            script::consequence(random, &deed).into_iter().for_each(|next| script.later(next));
        }
    }
    while let Some(place) = world.pass_until(end).await {
        world.start(place);
    }
}

/// A number below one of these.
fn below(random: &mut Random, ends: &[u64]) -> u64 {
    let end = random.one_of(ends);
    random.below(end)
}
