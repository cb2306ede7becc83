//! The two replicas of the operator: started, killed, frozen, and started again whenever they have
//! ended.
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use judge::What;
use rustix::process::Signal;
use stage::{OWN, Replica, Stage, binary};
use tokio::time::Instant;

use crate::proxy::Proxy;
use crate::timeline::Timeline;

/// What a Pod has for its whole life, however often its container starts.
const IDENTITIES: [&str; 2] = ["pod-a", "pod-b"];
pub const LEASE: Duration = Duration::from_secs(4);
/// The protocol in a hurry, and a Lease to match.
const FLAGS: [&str; 12] = [
    "--lease-duration=4s",
    "--lease-renew-deadline=3s",
    "--lease-retry=300ms",
    "--attempt-expiry=4s",
    // Longer than a place's own lag by what a `Date` of whole seconds hides.
    "--list-lag=3s",
    "--recheck=1s",
    "--secret-poll=2s",
    "--backoff-first=1s",
    "--backoff-max=4s",
    "--drift-interval=5s",
    "--vanish-after=2s",
    "--log-level=info,pat_operator=debug",
];

/// Both replicas.
pub struct Replicas {
    folder: PathBuf,
    timeline: Arc<Timeline>,
    slots: Mutex<[Slot; 2]>,
}

#[derive(Default)]
struct Slot {
    replica: Option<Replica>,
    rests_until: Option<Instant>,
    starts: usize,
    ends: usize,
}

impl Replicas {
    /// Each reaches the API server through its side of the proxy, with the service account's token.
    /// None is started yet.
    pub async fn hire(stage: &Stage, proxy: &Proxy, timeline: Arc<Timeline>) -> Self {
        let folder = stage.plane.data_dir().join("replicas");
        fs::create_dir(&folder).unwrap();
        let direct = stage.kubeconfig();
        for (number, identity) in IDENTITIES.iter().enumerate() {
            let through_tap =
                direct.replace(&stage.plane.server_url(), &proxy.listen(number).await);
            fs::write(folder.join(identity), through_tap).unwrap();
        }
        Self { folder, timeline, slots: Mutex::default() }
    }

    /// Starts whoever does not run and does not rest.
    pub fn keep_running(&self) {
        let mut slots = self.slots.lock().unwrap();
        for (number, slot) in slots.iter_mut().enumerate() {
            let ended = slot.replica.as_mut().is_some_and(|replica| replica.ended().is_some());
            if ended {
                slot.replica = None;
                slot.ends += 1;
            }
            let rests = slot.rests_until.is_some_and(|until| Instant::now() < until);
            if slot.replica.is_none() && !rests {
                self.timeline.tell(What::Started(IDENTITIES[number].into()));
                slot.replica = Some(self.start(IDENTITIES[number]));
                slot.starts += 1;
            }
        }
    }

    fn start(&self, identity: &str) -> Replica {
        let mut command = Command::new(binary());
        command.args(["run", "--namespace", OWN, "--identity", identity, "--kubeconfig"]);
        command.arg(self.folder.join(identity)).args(FLAGS);
        let log = File::options().create(true).append(true).open(self.log_path()).unwrap();
        Replica::start(command, log, self.folder.join(format!("port-{identity}")))
    }

    /// Whether it runs.
    pub fn runs(&self, number: usize) -> bool {
        self.slots.lock().unwrap()[number].replica.is_some()
    }

    /// SIGKILL, and waits for the end; the replica starts again after its rest. Whether there was
    /// one to kill.
    pub fn kill(&self, number: usize, rest: Duration) -> bool {
        let mut slots = self.slots.lock().unwrap();
        let slot = &mut slots[number];
        let killed = slot.replica.take().is_some();
        if killed {
            self.timeline.tell(What::Killed(IDENTITIES[number].into()));
            slot.rests_until = Some(Instant::now() + rest);
        }
        killed
    }

    /// SIGSTOP or SIGCONT.
    pub fn signal(&self, number: usize, signal: Signal) {
        if let Some(replica) = &self.slots.lock().unwrap()[number].replica {
            replica.signal(signal);
        }
    }

    /// How often replicas were started, and how often one ended by itself.
    pub fn starts_and_ends(&self) -> (usize, usize) {
        let slots = self.slots.lock().unwrap();
        (slots.iter().map(|slot| slot.starts).sum(), slots.iter().map(|slot| slot.ends).sum())
    }

    /// The metrics pages of whoever serves one.
    pub async fn metrics(&self) -> Vec<String> {
        let urls: Vec<String> = {
            let slots = self.slots.lock().unwrap();
            slots.iter().filter_map(|slot| slot.replica.as_ref()?.url("/metrics")).collect()
        };
        let mut pages = Vec::new();
        for url in urls {
            if let Ok(reply) = reqwest::get(url).await {
                pages.extend(reply.text().await.ok());
            }
        }
        pages
    }

    /// The log of both.
    pub fn log_path(&self) -> PathBuf {
        self.folder.join("operator.log")
    }
}
