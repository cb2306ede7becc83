//! L4: a trial in which one seed decides everything: who is there, what people do, what goes wrong and when.
use std::time::Duration;

use simulation::{Break, Delays, Delivery, Event, Random};
use tokio::time::Instant;

use crate::call::{Call, Side};
use crate::fault::Fault;
use crate::plan::{Plan, Ways};
use crate::replica::Setup;
use crate::trial::Outcome;
use crate::world::{Genesis, World};

mod deeds;

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
        let mut rate = || [0, 20, 100, 300, 1_000, 2_000][index(&mut random, 6)];
        let (isc, cluster, breaks) = (rate(), rate() / 2, rate() / 10);
        let lag = Duration::from_millis([200, 200, 2_000, 60_000][index(&mut random, 4)]);
        let slow = Duration::from_millis([10, 50, 1_000, 9_000][index(&mut random, 4)]);
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
        let chosen = all[usize::try_from(random.below(all.len() as u64)).unwrap_or_default()];
        Some(match chosen {
            // Replicas that do nothing but start would take most of the time.
            Fault::CrashBefore | Fault::CrashAfter if rate >= 300 && random.below(300) < rate.min(280) => {
                Fault::LostReply
            }
            Fault::Late(_) => Fault::Late(seconds(&mut random, 31, 800)),
            // Two of a POST come one upon the other: the name of the first refuses the second as long as it lives.
            Fault::Duplicate(_) if call.site.what == "create" => Fault::Duplicate(Duration::from_millis(1)),
            Fault::Duplicate(_) => Fault::Duplicate(seconds(&mut random, 0, 5)),
            Fault::Status(429, _) => Fault::Status(429, [1, 10, 60, 1_200][index(&mut random, 4)]),
            Fault::Stale(_) if call.site.side == Side::Isc => Fault::Stale(seconds(&mut random, 1, 115)),
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
            return Delivery::Break([Break::End, Break::Reset, Break::Gone][index(&mut random, 3)]);
        }
        Delivery::After(random.duration(&(Duration::from_millis(1)..=self.lag)))
    }
}

/// The trial of a seed.
pub async fn trial(seed: u64, traced: bool) -> Outcome {
    let mut random = Random::of(seed, &["chaos"]);
    let tenants = 1 + random.below(2);
    let delays = Delays::default();
    let polls = [60, 120, 600, 1_800];
    let setup = Setup { secret_poll: Duration::from_secs(polls[index(&mut random, 4)]), ..Setup::default() };
    let genesis = Genesis {
        seed,
        traced,
        delays,
        tenants: (0..tenants).map(|n| format!("tenant-{n}")).collect(),
        namespaces: vec!["blue".into(), "green".into()],
        setup,
    };
    let mut world = World::new(genesis, Weather::of(seed)).await;
    world.employ(Duration::from_secs(20)..=Duration::from_secs(200));
    let length = Duration::from_secs([60, 200, 600, 1_500][index(&mut random, 4)]);
    let end = Instant::now() + length;
    let mut script = deeds::script(&mut random, length, tenants);
    while let Some((at, deed)) = script.take(end) {
        if let deeds::Deed::Kill(place) = deed {
            world.doom(place, at);
        }
        if let Some(place) = world.pass_until(at).await {
            script.later(deeds::restart(&mut random, place));
            script.put_back(at, deed);
        } else {
            world.perform(&deed, &mut random).await;
            deeds::consequence(&mut random, &deed).into_iter().for_each(|next| script.later(next));
        }
    }
    let (wrong, counts) = world.finish(Duration::from_secs(14 * 3_600)).await;
    Outcome { wrong, counts, trace: world.witness.trace() }
}

fn index(random: &mut Random, end: u64) -> usize {
    usize::try_from(random.below(end)).unwrap_or_default()
}

fn seconds(random: &mut Random, least: u64, most: u64) -> Duration {
    random.duration(&(Duration::from_secs(least)..=Duration::from_secs(most)))
}
