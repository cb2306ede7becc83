//! What a seed decides for every strategy alike: who comes, asks and goes, when replicas end, how
//! often requests go wrong.
use std::time::Duration;

use simulation::Random;

use trials::call::Call;
use trials::fault::Fault;
use trials::plan::Plan;

/// The ISC tenant, its Tenant, and the namespace of the resources.
pub const TENANT: &str = "acme";
/// See [`TENANT`].
pub const NAMESPACE: &str = "blue";
/// How long an old token shall live on.
pub const OVERLAP: Duration = Duration::from_secs(600);
/// Most resources: with two tokens each and the operator's own they fit into the ten that ISC gives
/// to a user.
const MOST: u64 = 4;
const HOUR: Duration = Duration::from_secs(3_600);

/// Whether anything goes wrong at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Air {
    /// Nothing does.
    Calm,
    /// Requests and replies are lost, stall or come late, and replicas end, in the middle of a
    /// request or at any time.
    Rough,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Somebody creates the resource of this number.
    Create(u64),
    /// Somebody asks for its rotation.
    Rotate(u64),
    /// Somebody deletes it.
    Delete(u64),
    /// The replica ends.
    Kill,
}

/// All of it, in its order.
#[derive(Clone, Debug)]
pub struct Life {
    /// What happens, and how long after the beginning.
    pub deeds: Vec<(Duration, Deed)>,
    /// How long it all is.
    pub length: Duration,
}

impl Life {
    /// The life of a seed.
    pub fn of(seed: u64, air: Air) -> Self {
        let mut random = Random::of(seed, &["comparison", "life"]);
        let length = random.duration(&(HOUR / 2..=2 * HOUR));
        let mut deeds = Vec::new();
        for number in 0..=random.below(MOST) {
            let created = random.duration(&(Duration::from_secs(5)..=length / 4));
            deeds.push((created, Deed::Create(number)));
            for _ in 0..random.below(3) {
                deeds.push((random.duration(&(created..=length)), Deed::Rotate(number)));
            }
            if random.below(2) == 0 {
                deeds.push((random.duration(&(created..=length)), Deed::Delete(number)));
            }
        }
        for _ in 0..random.below(6) {
            let at = random.duration(&(Duration::ZERO..=length));
            if air == Air::Rough {
                deeds.push((at, Deed::Kill));
            }
        }
        deeds.sort();
        Self { deeds, length }
    }
}

/// Faults of a seed: crashes, losses, late effects and stalls, the same chance for each request.
pub struct Faults {
    seed: u64,
    /// Of ten thousand requests.
    rate: u64,
}

impl Faults {
    /// The faults of a seed.
    pub fn of(seed: u64, air: Air) -> Self {
        let mut random = Random::of(seed, &["comparison", "rate"]);
        let rate = [50, 200, 1_000][usize::try_from(random.below(3)).unwrap_or_default()];
        Self { seed, rate: if air == Air::Rough { rate } else { 0 } }
    }
}

impl Plan for Faults {
    fn fault(&self, call: &Call) -> Option<Fault> {
        let mut random = call.random(self.seed, "fault");
        if random.below(10_000) >= self.rate {
            return None;
        }
        let late = random.duration(&(Duration::from_secs(31)..=Duration::from_secs(800)));
        let all: Vec<Fault> =
            Fault::applicable(&call.site, late).into_iter().filter(Fault::is_of_pairs).collect();
        all.get(usize::try_from(random.below(all.len() as u64)).unwrap_or_default()).copied()
    }
}
