//! One round: so many kills while a user and a workload go about their business, then peace, then
//! the verdict.
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use judge::What;
use tokio::sync::{Mutex, RwLock};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::archive::Kind;
use crate::declared::{has_dead_pair, missing, resources};
use crate::environment::{Environment, MARKER, MARKERS};
use crate::faults::Faults;
use crate::feed::{Feed, LAG};
use crate::figures::Figures;
use crate::replicas::Replicas;
use crate::user::User;
use crate::workload::consume;
use simulation::Random;

/// Between two of a user's acts, at most.
const USER_PAUSE: Duration = Duration::from_millis(90);
/// Between two of a workload's requests.
const WORKLOAD_PAUSE: Duration = Duration::from_millis(15);
/// All is as declared within this time once nothing goes wrong any more.
const CONVERGENCE: Duration = Duration::from_secs(240);
/// How long the operator has for what is then left to do.
const REST: Duration = Duration::from_secs(90);
/// So long after a restore a person clears away in ISC what no ledger has: it may use up what an
/// owner may have.
const PERSON: Duration = Duration::from_secs(5);
const PROGRESS: Duration = Duration::from_secs(5);

/// What a round is to do.
pub struct Plan {
    pub seed: u64,
    pub kills: usize,
    /// No kills after this.
    pub until: Option<Instant>,
}

struct Round {
    plan: Plan,
    environment: Arc<Environment>,
    replicas: Arc<Replicas>,
    feed: Arc<Mutex<Feed>>,
    calm: Arc<RwLock<()>>,
    faults: Faults,
    figures: Figures,
    background: JoinSet<Result<(), String>>,
    began: Instant,
    told: Instant,
    log_read: usize,
    backed_up: bool,
}

/// Plays a round. An error: it could not be judged, or did not converge.
pub async fn play(plan: Plan, trace: &Path) -> Result<Figures, String> {
    let file = File::create(trace).map_err(|error| format!("{}: {error}", trace.display()))?;
    let (environment, feed) = Environment::prepare(file).await;
    let environment = Arc::new(environment);
    let replicas = Arc::new(
        Replicas::hire(&environment.stage, &environment.proxy, Arc::clone(&environment.timeline))
            .await,
    );
    let seed = plan.seed;
    let dice = |purpose| Random::of(seed, &[purpose]);
    let faults = Faults {
        environment: Arc::clone(&environment),
        replicas: Arc::clone(&replicas),
        dice: dice("faults"),
        kills: Default::default(),
    };
    let now = Instant::now();
    let mut round = Round {
        feed: Arc::new(Mutex::new(feed)),
        calm: Arc::default(),
        faults,
        figures: Figures { rounds: 1, ..Figures::default() },
        background: JoinSet::new(),
        began: now,
        told: now,
        log_read: 0,
        backed_up: false,
        environment,
        replicas,
        plan,
    };
    let user = User {
        environment: Arc::clone(&round.environment),
        dice: dice("user"),
        calm: Arc::clone(&round.calm),
    };
    round.background.spawn(async move {
        user.live(USER_PAUSE).await;
        Ok(())
    });
    let (environment, dice) = (Arc::clone(&round.environment), dice("consumer"));
    round.background.spawn(async move {
        consume(environment, dice, WORKLOAD_PAUSE).await;
        Ok(())
    });
    round.background.spawn(keep(Arc::clone(&round.replicas)));
    round.background.spawn(read(Arc::clone(&round.feed)));
    let played = match round.run().await {
        Ok(()) => round.end().await,
        Err(problem) => Err(problem),
    };
    let _ = fs::copy(round.replicas.log_path(), trace.with_extension("log"));
    played.map_err(|problem| {
        let _ = fs::write(trace.with_extension("state"), &problem);
        problem.lines().next().unwrap_or_default().to_owned()
    })
}

async fn keep(replicas: Arc<Replicas>) -> Result<(), String> {
    loop {
        replicas.keep_running();
        sleep(Duration::from_millis(10)).await;
    }
}

async fn read(feed: Arc<Mutex<Feed>>) -> Result<(), String> {
    loop {
        feed.lock().await.work(LAG)?;
        sleep(Duration::from_millis(200)).await;
    }
}

impl Round {
    async fn run(&mut self) -> Result<(), String> {
        while self.faults.count() < self.plan.kills
            && self.plan.until.is_none_or(|until| Instant::now() < until)
        {
            let turn = self.faults.count();
            self.faults.kill().await;
            if turn % 6 == 5 {
                self.faults.leap().await;
                self.figures.leaps += 1;
            }
            if turn % 50 == 25 {
                self.faults.freeze().await;
                self.figures.freezes += 1;
            }
            if turn % 150 == 60 {
                self.environment.restart_api_server().await;
                self.figures.restarts += 1;
            }
            if turn % 300 == 120 {
                self.environment.back_up("backup").await;
                self.backed_up = true;
            }
            if turn % 300 == 180 && std::mem::take(&mut self.backed_up) {
                self.travel().await?;
            }
            if turn % 60 == 45 {
                self.measure().await?;
            }
            self.check()?;
            self.tell(false).await;
        }
        Ok(())
    }

    /// How long it takes from a SIGKILL until all is as declared, the user doing nothing meanwhile.
    async fn measure(&mut self) -> Result<(), String> {
        let calm = Arc::clone(&self.calm);
        let _calm = calm.write().await;
        self.faults.kill().await;
        let killed = Instant::now();
        self.converge().await?;
        self.figures.convergence.push(u64::try_from(killed.elapsed().as_millis()).unwrap());
        Ok(())
    }

    /// Puts the backup back, the user doing nothing until all is as declared: by what the backup
    /// says.
    async fn travel(&mut self) -> Result<(), String> {
        let calm = Arc::clone(&self.calm);
        let _calm = calm.write().await;
        self.environment.restore("backup").await;
        let back = Instant::now();
        self.figures.restores += 1;
        let millis = |since: Instant| u64::try_from(since.elapsed().as_millis()).unwrap();
        let mut cleared = false;
        while has_dead_pair(&self.environment) {
            if back.elapsed() > PERSON && !std::mem::replace(&mut cleared, true) {
                self.environment.clear_lost();
            }
            if back.elapsed() > CONVERGENCE {
                return Err(format!(
                    "a dead pair is published {CONVERGENCE:?} after a restore\n{}",
                    self.state()
                ));
            }
            self.check()?;
            sleep(Duration::from_millis(20)).await;
        }
        self.figures.working.push(millis(back));
        self.environment.clear_lost();
        self.converge().await
    }

    async fn converge(&mut self) -> Result<(), String> {
        let began = Instant::now();
        while let Some(missing) = missing(&self.environment) {
            if began.elapsed() > CONVERGENCE {
                return Err(format!("not within {CONVERGENCE:?}: {missing}\n{}", self.state()));
            }
            self.check()?;
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Waits until nothing is left to do: an owner that was failing is left alone for a while. What
    /// is left after that, the judge tells.
    async fn rest(&self) {
        let began = Instant::now();
        while began.elapsed() < REST {
            if self.feed.lock().await.judge.open_ends(&[(MARKERS, MARKER)]).is_empty() {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Resources, ledgers and tokens as they are, without anything secret: for whoever looks into a
    /// failure.
    fn state(&self) -> String {
        let resources = resources(&self.environment).into_iter().map(|(place, name, token)| {
            format!("{place}/{name} {} {} {}", token["metadata"], token["spec"], token["status"])
        });
        let secrets = self.environment.archive.all(Kind::Secret).into_iter();
        let ledgers = secrets.filter_map(|(_, secret)| judge::data(&secret).remove("ledger.json"));
        let control = self.environment.stage.simulator.control();
        let tokens =
            self.environment.places.iter().flat_map(|place| control.tokens(place).unwrap());
        let tokens = tokens.map(|token| format!("{token:?}"));
        resources.chain(ledgers).chain(tokens).collect::<Vec<_>>().join("\n")
    }

    /// Peace, and what came of all.
    async fn end(&mut self) -> Result<Figures, String> {
        let calm = Arc::clone(&self.calm);
        let _calm = calm.write().await;
        self.converge().await?;
        self.rest().await;
        self.tell(true).await;
        self.background.shutdown().await;
        self.read_texts().await;
        let mut feed = self.feed.lock().await;
        feed.finish(&[(MARKERS, MARKER)]).await?;
        let forgiven = self.environment.stage.simulator.control().violations();
        if !forgiven.is_empty() {
            return Err(format!("ISC would not have forgiven this: {forgiven:?}"));
        }
        self.environment.stage.assert_rights_suffice();
        self.figures.counts = feed.judge.counts();
        self.figures.violations = feed.judge.violations().len();
        self.figures.kills = std::mem::take(&mut self.faults.kills);
        self.figures.seconds = self.began.elapsed().as_secs();
        (self.figures.starts, self.figures.ends) = self.replicas.starts_and_ends();
        Ok(std::mem::take(&mut self.figures))
    }

    /// The log since the last time, and the metrics: no client secret may be in them.
    async fn read_texts(&mut self) {
        let log = fs::read_to_string(self.replicas.log_path()).unwrap_or_default();
        let new = log.get(self.log_read..).unwrap_or_default();
        new.lines().for_each(|line| self.environment.timeline.tell(What::Text(line.into())));
        self.log_read = log.len();
        for page in self.replicas.metrics().await {
            self.environment.timeline.tell(What::Text(page));
        }
    }

    /// Whether whoever works in the background has failed.
    fn check(&mut self) -> Result<(), String> {
        match self.background.try_join_next() {
            Some(Ok(Err(problem))) => Err(problem),
            Some(Err(panic)) => Err(panic.to_string()),
            _ => Ok(()),
        }
    }

    async fn tell(&mut self, now: bool) {
        if !now && self.told.elapsed() < PROGRESS {
            return;
        }
        self.told = Instant::now();
        self.read_texts().await;
        let feed = self.feed.lock().await;
        let counts = feed.judge.counts();
        println!(
            "soak: {:>4} of {} kills, {:>3} s: {} tokens created, {} destroyed, at most {} unrecorded; {} authentications, {} outages; {} violations",
            self.faults.count(),
            self.plan.kills,
            self.began.elapsed().as_secs(),
            counts.created,
            counts.destroyed,
            counts.most_unrecorded,
            counts.authentications,
            counts.outages,
            feed.judge.violations().len(),
        );
    }
}
