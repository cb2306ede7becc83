//! The same lives with several strategies: for each seed the same people, the same ends of
//! replicas, the same chance of each fault for each request. What came of them is told by a tally
//! that knows nothing of ledgers.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use isc_simulator::Switches;
use judge::{Figures, Tally};
use serde_json::json;
use simulation::{Delays, Random};
use tokio::time::{Instant, sleep_until};

use trials::people::Kind;
use trials::replica::Setup;
use trials::switchboard::next_moment;
use trials::trial::{self, Outcome};
use trials::world::{Genesis, World};

use life::{Air, Deed, Life, NAMESPACE, OVERLAP, TENANT};
use strategies::Strategy;

pub mod life;
pub mod strategies;
pub mod table;

/// How long all goes on without faults at least: until every late request has come and every
/// overlap is over.
const QUIET: Duration = Duration::from_secs(40 * 60);
/// How long it may take until every resource has what it is for.
const PATIENCE: Duration = Duration::from_secs(8 * 3_600);
/// How often it is looked whether all is done.
const LOOK: Duration = Duration::from_secs(60);

/// What came of one seed with one strategy. What is wrong with pat-operator is said by the judge;
/// of the others only what must never happen to anybody is wrong.
pub fn run(seed: u64, strategy: Strategy, air: Air) -> (Outcome, Figures) {
    let kept = Mutex::new(Figures::default());
    let outcome = trial::run(seed, async {
        let mut run = Run::new(seed, strategy, air).await;
        run.play(&Life::of(seed, air)).await;
        let (outcome, figures) = run.finish(strategy).await;
        *kept.lock().unwrap_or_else(PoisonError::into_inner) = figures;
        outcome
    });
    (outcome, kept.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// A world with one replica at a time.
struct Run {
    world: World,
    tally: Arc<Mutex<Tally>>,
    random: Random,
    /// When a replica that ended is there again.
    back: Option<Instant>,
}

impl Run {
    async fn new(seed: u64, strategy: Strategy, air: Air) -> Self {
        let genesis = Genesis {
            seed,
            traced: false,
            delays: Delays::default(),
            tenants: vec![TENANT.into()],
            namespaces: vec![NAMESPACE.into()],
            isc: Switches::default(),
            nerm: false,
            setup: Setup { program: strategy.program(), ..Setup::default() },
        };
        let mut world = World::new(genesis, life::Faults::of(seed, air)).await;
        let tally = Arc::<Mutex<Tally>>::default();
        let told = tally.clone();
        world.witness.also_tell(Box::new(move |observation| locked(&told).observe(observation)));
        world.employ(Duration::from_secs(20)..=Duration::from_secs(90));
        world.start(0);
        Self { world, tally, random: Random::of(seed, &["comparison", "restarts"]), back: None }
    }

    async fn play(&mut self, life: &Life) {
        let begin = Instant::now();
        for (after, deed) in &life.deeds {
            self.pass_until(begin + *after, *deed == Deed::Kill).await;
            self.perform(*deed).await;
        }
        self.pass_until(begin + life.length, false).await;
    }

    /// Lets time pass; a replica that ends is started again. `fatal`: the one that is there at the
    /// end of this time ends.
    async fn pass_until(&mut self, until: Instant, fatal: bool) {
        loop {
            if fatal {
                self.world.doom(0, until);
            }
            match self.back {
                Some(back) if back > until => return sleep_until(until).await,
                Some(back) => {
                    sleep_until(back).await;
                    self.world.start(0);
                    self.back = None;
                }
                None if self.world.pass_until(until).await.is_none() => return,
                None => self.will_be_back(),
            }
        }
    }

    fn will_be_back(&mut self) {
        let pause = self.random.duration(&(Duration::from_secs(1)..=Duration::from_secs(30)));
        self.back = Some(Instant::now() + pause);
    }

    async fn perform(&mut self, deed: Deed) {
        let people = &self.world.people;
        let name = |number: u64| format!("r{number}");
        match deed {
            Deed::Create(number) => {
                let rotation = json!({"every": "1h", "overlap": format!("{}s", OVERLAP.as_secs())});
                let spec = json!({"tenantRef": {"name": TENANT}, "scopes": ["idn:nelm:read"], "rotation": rotation});
                people.create(Kind::Token, NAMESPACE, &name(number), json!({"spec": spec})).await;
            }
            Deed::Rotate(number) => {
                let asked = json!({"pat-operator.dev/rotate-requested-at": self.world.cluster.now().to_string()});
                let patch = json!({"metadata": {"annotations": asked}});
                people.patch(Kind::Token, NAMESPACE, &name(number), patch).await;
            }
            Deed::Delete(number) => _ = people.delete(Kind::Token, NAMESPACE, &name(number)).await,
            Deed::Kill if self.back.is_none() => {
                self.world.kill(0);
                self.will_be_back();
            }
            Deed::Kill => {}
        }
    }

    /// Lets the strategy come to its end.
    async fn finish(&mut self, strategy: Strategy) -> (Outcome, Figures) {
        self.world.switchboard.calm_down();
        sleep_until(next_moment()).await;
        let begin = Instant::now();
        self.pass_until(begin + QUIET, false).await;
        while begin.elapsed() < PATIENCE && !self.is_settled(strategy) {
            self.pass_until(Instant::now() + LOOK, false).await;
        }
        let witness = &self.world.witness;
        witness.look_at_isc(&self.world.isc.control);
        let now = witness.now();
        let figures = locked(&self.tally).figures(now);
        let (wrong, counts) = witness.finish(&[]);
        let wrong = if strategy == Strategy::PatOperator { wrong } else { witness.failures() };
        (Outcome { wrong, counts, trace: Vec::new() }, figures)
    }

    fn is_settled(&self, strategy: Strategy) -> bool {
        let witness = &self.world.witness;
        locked(&self.tally).unserved().is_empty()
            && (strategy != Strategy::PatOperator || witness.open_ends(&[]).is_empty())
    }
}

fn locked(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}
