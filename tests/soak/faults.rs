//! What goes wrong, as the dice say: kills at writes, at calls of ISC and at any time, freezes,
//! leaps of time.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use isc_simulator::{GateSpec, Operation, When};
use jiff::SignedDuration;
use rustix::process::Signal;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::environment::Environment;
use crate::proxy::{Moment, Trap};
use crate::replicas::{LEASE, Replicas};
use simulation::Random;

/// How long a trap waits for its write or call; then the replica is killed all the same.
const PATIENCE: Duration = Duration::from_millis(900);
/// Calls of ISC to kill at, the more important ones more often.
const CALLS: [Operation; 8] = [
    Operation::Create,
    Operation::Create,
    Operation::Patch,
    Operation::Patch,
    Operation::Delete,
    Operation::Delete,
    Operation::List,
    Operation::Oauth,
];

/// Makes things go wrong.
pub struct Faults {
    pub environment: Arc<Environment>,
    pub replicas: Arc<Replicas>,
    pub dice: Random,
    /// Kills by where they hit.
    pub kills: BTreeMap<String, usize>,
}

impl Faults {
    /// One SIGKILL or two, of the leader mostly.
    pub async fn kill(&mut self) {
        let leader = self.leader().await;
        match self.dice.below(100) {
            0..50 => self.kill_at_write(leader).await,
            50..85 => self.kill_at_call(leader).await,
            85..95 => self.kill_at_any_time(leader).await,
            _ => self.kill_at_any_time(1 - leader).await,
        }
        if self.dice.below(20) == 0 {
            self.end(1 - leader, "the other one too".into());
        }
    }

    /// Who leads, or will again; or whoever has the Lease once the last leader's rest has been too
    /// long.
    async fn leader(&self) -> usize {
        let running = async {
            while !self.replicas.runs(self.environment.proxy.leader()) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let _ = timeout(LEASE * 3, running).await;
        self.environment.proxy.leader()
    }

    fn end(&mut self, replica: usize, place: String) {
        let rest = self.rest();
        if self.replicas.kill(replica, rest) {
            *self.kills.entry(place).or_default() += 1;
        }
    }

    /// Kills so far.
    pub fn count(&self) -> usize {
        self.kills.values().sum()
    }

    async fn kill_at_write(&mut self, replica: usize) {
        let moment = [Moment::Before, Moment::Late, Moment::After][self.below(3)];
        let (sprung, waits) = oneshot::channel();
        let delay = self.dice.duration(&(Duration::ZERO..=Duration::from_millis(500)));
        let trap = Trap { replica, nth: 1 + self.below(12), moment, sprung: Some(sprung), delay };
        let dead = self.environment.proxy.set(trap);
        let hit = timeout(PATIENCE, waits).await.ok().and_then(Result::ok);
        self.end(
            replica,
            hit.map_or("at any time, no write".into(), |what| format!("{what}, {moment:?}")),
        );
        self.environment.proxy.clear();
        let _ = dead.set(());
    }

    async fn kill_at_call(&mut self, replica: usize) {
        let control = self.environment.stage.simulator.control().clone();
        let operation = CALLS[self.below(CALLS.len())];
        let when = [When::Before, When::After][self.below(2)];
        // A workload's call is none of the operator's.
        let asking = Arc::clone(&self.environment.asking);
        let asking = if operation == Operation::Oauth { Some(asking.lock().await) } else { None };
        let gate = control.close_gate(GateSpec { tenant: None, operation: Some(operation), when });
        let hit = control.wait_held(gate, 1, PATIENCE).await;
        self.end(
            replica,
            if hit {
                format!("{operation:?} in ISC, {when:?}")
            } else {
                format!("at any time, no {operation:?}")
            },
        );
        drop(asking);
        // Later than the kill, as a request that was under way.
        let delay = self.dice.duration(&(Duration::ZERO..=Duration::from_millis(300)));
        tokio::spawn(async move {
            sleep(delay).await;
            let _ = control.open_gate(gate);
        });
    }

    async fn kill_at_any_time(&mut self, replica: usize) {
        sleep(self.dice.duration(&(Duration::ZERO..=Duration::from_millis(800)))).await;
        self.end(replica, "at any time".into());
    }

    /// Mostly the container starts again at once; sometimes so late that the other replica has
    /// taken over.
    fn rest(&mut self) -> Duration {
        let longest = LEASE + Duration::from_millis(1_500);
        if self.dice.below(16) == 0 {
            self.dice.duration(&(LEASE..=longest))
        } else {
            Duration::ZERO
        }
    }

    /// The leader stands still until after another has taken its place, and goes on then.
    pub async fn freeze(&mut self) {
        let leader = self.leader().await;
        self.replicas.signal(leader, Signal::STOP);
        let took_over = async {
            while self.environment.proxy.leader() == leader {
                sleep(Duration::from_millis(20)).await;
            }
        };
        let _ = timeout(LEASE * 4, took_over).await;
        sleep(self.dice.duration(&(Duration::ZERO..=Duration::from_millis(700)))).await;
        self.replicas.signal(leader, Signal::CONT);
    }

    /// Time of ISC goes on by seconds, minutes or hours at once.
    pub async fn leap(&mut self) {
        let seconds = [
            5 + self.dice.below(10),
            60 + self.dice.below(1_200),
            3_600 + self.dice.below(8 * 3_600),
        ];
        let seconds = seconds[self.below(3)];
        self.environment.jump(SignedDuration::from_secs(i64::try_from(seconds).unwrap())).await;
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.dice.below(end as u64)).unwrap()
    }
}
