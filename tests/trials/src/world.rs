//! A world: a cluster, ISC, replicas of the operator, workloads, and a judge who sees it all.
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use isc_simulator::{ClockSource, Control, Switches, TenantSpec, UserSpec};
use jiff::SignedDuration;
use judge::What;
use serde_json::json;
use simulation::{Cluster, Delays};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::OWN;
use crate::consumer;
use crate::people::{Kind, People};
use crate::plan::Plan;
use crate::replica::{self, Ended, Replica, Setup};
use crate::switchboard::{Switchboard, next_moment};
use crate::wire::{Isc, Wires};
use crate::witness::Witness;

/// How a world is made.
#[derive(Clone, Debug)]
pub struct Genesis {
    /// Decides all that is left to chance.
    pub seed: u64,
    /// Keeps a trace.
    pub traced: bool,
    /// Delays of the cluster.
    pub delays: Delays,
    /// Names of the ISC tenants; each has one user and one Tenant of the same name.
    pub tenants: Vec<String>,
    /// Namespaces that the Tenants grant everything.
    pub namespaces: Vec<String>,
    /// How ISC behaves, its dialect included.
    pub isc: Switches,
    /// Whether the Tenants have a NERM.
    pub nerm: bool,
    /// How replicas are set up.
    pub setup: Setup,
}

/// The world of one trial.
pub struct World {
    /// The cluster.
    pub cluster: Cluster,
    /// ISC.
    pub isc: Isc,
    /// Whoever uses both.
    pub people: People,
    /// Every request passes here.
    pub switchboard: Arc<Switchboard>,
    /// Sees everything.
    pub witness: Arc<Witness>,
    /// The seed of it all.
    pub seed: u64,
    setup: Setup,
    replicas: BTreeMap<usize, Replica>,
    started: BTreeMap<usize, usize>,
    crashed: UnboundedReceiver<String>,
    ended: UnboundedReceiver<Ended>,
    ends: UnboundedSender<Ended>,
    workloads: JoinSet<()>,
}

impl World {
    /// A world without resources and replicas, in which requests go as planned.
    pub async fn new(genesis: Genesis, plan: impl Plan) -> Self {
        let Genesis { seed, traced, delays, tenants, namespaces, isc, nerm, setup } = genesis;
        let (crashes, crashed) = unbounded_channel();
        let (ends, ended) = unbounded_channel();
        let begin = Cluster::begin();
        let witness = Arc::new(Witness::new(begin.as_millisecond(), traced));
        let switchboard = Arc::new(Switchboard::new(plan, seed, witness.clone(), crashes));
        let cluster = Cluster::with(seed, delays, switchboard.clone());
        let control = Control::new(ClockSource::Tokio(begin), seed);
        // There is no tenant yet that could be missing.
        let _ = control.edit_switches(None, |switches| *switches = isc.clone());
        let people = People::new(cluster.client("user"));
        let mut seeds = BTreeSet::new();
        for name in namespaces.iter().map(String::as_str).chain([OWN]) {
            people.create(Kind::Namespace, "", name, json!({})).await;
        }
        for tenant in &tenants {
            let made = control.add_tenant(&TenantSpec {
                name: tenant.clone(),
                users: vec![UserSpec::named("admin")],
            });
            let Some(seed) = made.users.first().and_then(|user| user.seeds.first()) else {
                continue;
            };
            let data = json!({"clientId": seed.client_id, "clientSecret": seed.client_secret});
            people
                .create(Kind::Secret, OWN, &format!("{tenant}-seed"), json!({"stringData": data}))
                .await;
            seeds.insert(seed.client_id.clone());
            let mut spec = json!({
                "apiUrl": format!("https://isc.example/t/{tenant}"),
                "credentials": [{"secretRef": {"name": format!("{tenant}-seed")}}],
                "grants": [{"namespaces": namespaces, "scopes": ["idn:*"], "allowRetain": true}],
            });
            if nerm {
                spec["nermUrl"] = json!(format!("https://isc.example/t/{tenant}/api"));
            }
            people.create(Kind::Tenant, "", tenant, json!({"spec": spec})).await;
        }
        witness.look_at_isc(&control);
        let wires = Wires { switchboard: switchboard.clone(), witness: witness.clone() };
        let isc = Isc::new(control, cluster.clone(), &wires, seeds);
        Self {
            cluster,
            isc,
            people,
            switchboard,
            witness,
            seed,
            setup,
            replicas: BTreeMap::new(),
            started: BTreeMap::new(),
            crashed,
            ended,
            ends,
            workloads: JoinSet::new(),
        }
    }

    /// Starts a replica in this place, unless one runs there.
    pub fn start(&mut self, place: usize) {
        if self.replicas.contains_key(&place) {
            return;
        }
        let count = self.started.entry(place).or_default();
        let identity = format!("pod-{place}-{count}");
        *count += 1;
        self.witness.tell(What::Started(identity.clone()));
        let world = (&self.cluster, &self.isc, self.seed);
        self.replicas
            .insert(place, replica::start(identity, &self.setup, world, self.ends.clone()));
    }

    /// Ends the replica in this place, whatever it is doing.
    pub fn kill(&mut self, place: usize) {
        if let Some(replica) = self.replicas.remove(&place) {
            self.switchboard.doom(&replica.identity, Instant::now());
            self.witness.tell(What::Killed(replica.identity.clone()));
        }
    }

    /// The replica in this place will be ended at this time.
    pub fn doom(&self, place: usize, at: Instant) {
        if let Some(replica) = self.replicas.get(&place) {
            self.switchboard.doom(&replica.identity, at);
        }
    }

    /// Asks the replica in this place to end.
    pub fn stop(&mut self, place: usize) {
        if let Some(replica) = self.replicas.get(&place) {
            self.witness.note(|| format!("{} is asked to stop", replica.identity));
            replica.shutdown.cancel();
        }
    }

    /// Lets workloads use what is published, once in a while of such a length.
    pub fn employ(&mut self, every: RangeInclusive<Duration>) {
        self.workloads.spawn(consumer::run(self.isc.clone(), self.seed, every));
    }

    /// Ends the replica in this place if it has been asked to end.
    pub fn kill_stopped(&mut self, place: usize) {
        if self.replicas.get(&place).is_some_and(|replica| replica.shutdown.is_cancelled()) {
            self.kill(place);
        }
    }

    /// Places with a replica.
    pub fn running(&self) -> Vec<usize> {
        self.replicas.keys().copied().collect()
    }

    /// Lets time pass until then, or until a replica has ended; gives its place.
    pub async fn pass_until(&mut self, until: Instant) -> Option<usize> {
        loop {
            tokio::select! {
                biased;
                Some(identity) = self.crashed.recv() => {
                    if let Some(place) = self.place_of(&identity) {
                        sleep_until(next_moment()).await;
                        self.kill(place);
                        return Some(place);
                    }
                }
                Some(Ended { identity, panic }) = self.ended.recv() => {
                    if let Some(why) = panic {
                        self.witness.fail(format!("{identity} panicked: {why}"));
                    }
                    if let Some(place) = self.place_of(&identity) {
                        self.kill(place);
                        return Some(place);
                    }
                }
                () = sleep_until(until) => return None,
            }
        }
    }

    /// Moves ISC's clock by so many milliseconds.
    pub fn jump(&self, millis: i64) {
        let witness = self.witness.clone();
        self.isc.by_hand(&format!("jump {millis}"), move |control| {
            witness.look_at_isc(control);
            control.advance(SignedDuration::from_millis(millis));
            witness.jump(millis);
        });
    }

    fn place_of(&self, identity: &str) -> Option<usize> {
        self.replicas
            .iter()
            .find(|(_, replica)| replica.identity == identity)
            .map(|(place, _)| *place)
    }
}
