//! A replica of the operator: its own controllers, started with what the simulation gives them,
//! ended at any moment.
use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use kube::Client;
use pat_operator::controllers::{self, Config, Outside};
use pat_operator::lifecycle::Timings;
use pat_operator::lifecycle::timings::millis;
use pat_operator::metrics::Metrics;
use prometheus_client::registry::Registry;
use simulation::{Cluster, Random};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use crate::OWN;
use crate::passes;
use crate::switchboard::{PATIENCE, Switchboard};
use crate::wire::Isc;

/// A replica that runs.
pub struct Replica {
    /// Its name, which no other ever had.
    pub identity: String,
    /// Asks it to stop.
    pub shutdown: CancellationToken,
    /// Ends it at once.
    pub abort: AbortHandle,
}

/// How a replica ended.
pub struct Ended {
    /// Which.
    pub identity: String,
    /// Why, if it was not asked to.
    pub panic: Option<String>,
}

/// How replicas are set up.
#[derive(Clone, Debug)]
pub struct Setup {
    /// How often a published Secret is looked at again.
    pub secret_poll: Duration,
    /// How often ISC is asked again while something waits on its clock.
    pub recheck: Duration,
    /// What they run instead of the operator's controllers.
    pub program: Option<Program>,
    /// Passes that panic as soon as they ask for chance or the time.
    pub panics: Panics,
}

/// Gives what a replica does, from its client, the cluster, ISC and its name.
#[derive(Clone)]
pub struct Program(pub Arc<dyn Fn(Client, Cluster, Isc, String) -> Life + Send + Sync>);

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Program")
    }
}

/// Names of passes, as the operator's own spans tell them, that panic; a test may change them at
/// any time.
#[derive(Clone, Debug, Default)]
pub struct Panics(Arc<Mutex<BTreeSet<String>>>);

impl Panics {
    /// From now on passes of these names panic, and no others.
    pub fn set(&self, names: &[&str]) {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// # Panics
    /// If the pass at work is one of them.
    fn hit(&self) {
        let current = passes::current();
        let is_hit = self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&current);
        assert!(!is_hit, "a pass panics on purpose");
    }
}

impl Default for Setup {
    fn default() -> Self {
        let (secret_poll, recheck) = (Duration::from_secs(120), Duration::from_secs(30));
        Self { secret_poll, recheck, program: None, panics: Panics::default() }
    }
}

impl Setup {
    fn config(&self, identity: &str) -> Config {
        Config {
            operator_namespace: OWN.into(),
            identity: identity.into(),
            concurrency: 16,
            allow_loopback_http: false,
            secret_poll: self.secret_poll,
            recheck: self.recheck,
            drift_interval: Duration::from_secs(600),
            installation_id: None,
            pat_path: "/personal-access-tokens/v1".into(),
            outage_told_after: Duration::from_secs(60),
            // The limiter counts real time.
            isc_requests_per_10s: 1_000_000_000,
            timings: Timings { recheck: millis(self.recheck), ..Timings::default() },
        }
    }
}

/// Starts a replica; when it ends by itself, `ended` is told.
pub fn start(
    identity: String,
    setup: &Setup,
    (cluster, isc, seed): (&Cluster, &Isc, u64),
    ended: UnboundedSender<Ended>,
) -> Replica {
    let shutdown = CancellationToken::new();
    let client = cluster.impatient_client(&identity, PATIENCE);
    let (name, switchboard) = (identity.clone(), isc.switchboard.clone());
    let life: Life = if let Some(Program(run)) = &setup.program {
        run(client, cluster.clone(), isc.clone(), identity.clone())
    } else {
        let outside = outside(&identity, cluster, isc, seed, setup.panics.clone());
        let metrics = Arc::new(Metrics::register(&mut Registry::default()));
        Box::pin(
            controllers::run_in(
                outside,
                client,
                setup.config(&identity),
                metrics,
                Arc::default(),
                shutdown.clone(),
            )
            .map(drop),
        )
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "a replica outlives nothing: the world aborts it, at the latest at its end"
    )]
    let task = tokio::spawn(async move {
        let run = Mortal { switchboard, identity: name.clone(), life };
        let panic = AssertUnwindSafe(run).catch_unwind().await.err().map(|panic| words(&*panic));
        // The world ends before its replicas do.
        let _ = ended.send(Ended { identity: name, panic });
    });
    Replica { identity, shutdown, abort: task.abort_handle() }
}

/// What a replica does as long as it lives.
pub type Life = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A life that ends before whatever happens at the time of its end.
struct Mortal {
    switchboard: Arc<Switchboard>,
    identity: String,
    life: Life,
}

impl Future for Mortal {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.switchboard.is_dead(&self.identity) {
            return Poll::Pending;
        }
        self.life.as_mut().poll(context)
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

fn outside(identity: &str, cluster: &Cluster, isc: &Isc, seed: u64, panics: Panics) -> Outside {
    let transports = isc.transports(identity);
    let (identity, counts) = (identity.to_owned(), Mutex::new(BTreeMap::<String, u64>::new()));
    let spoilt = panics.clone();
    let random = move |ledger: &str| {
        spoilt.hit();
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(ledger.into()).or_default();
        *count += 1;
        Random::of(seed, &["nonce", &identity, ledger, &count.to_string()]).number()
    };
    let cluster = cluster.clone();
    let wall_clock = move || {
        panics.hit();
        cluster.now()
    };
    Outside { transports, random: Box::new(random), wall_clock: Box::new(wall_clock) }
}

/// What a panic said.
pub fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("panic").to_owned()
}
