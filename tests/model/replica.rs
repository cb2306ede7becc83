//! A replica of the owner controller: what it holds in memory, and what it sees of the cluster.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use pat_operator::lifecycle::facts::{
    Admission, Declared, Executing, Now, Rotation, Sighting, Trigger,
};
use pat_operator::lifecycle::ledger::{Attempt, Ledger, Millis, TokenId, TokenSpec, Uid, scopes};
use pat_operator::lifecycle::listing::Listing;
use pat_operator::lifecycle::secret::SecretSeen;
use pat_operator::lifecycle::settle::{Extended, Outcome, Posted};
use pat_operator::lifecycle::step::{Call, Step};

use crate::configuration::Configuration;
use crate::shared::Shared;
use crate::world::{Custom, OVERLAP, Phase, UIDS};

/// Longest time between two rotations, where there is a schedule.
pub const EVERY: Millis = 30 * 24 * OVERLAP;

/// One process that believes itself to be the leader.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Replica {
    /// The resources as its watch last showed them.
    pub seen: [Custom; 2],
    /// What live reads say of resources that the watch does not show.
    pub sightings: BTreeMap<Uid, Sighting>,
    /// The LIST kept from an earlier pass.
    pub listing: Option<Shared<Listing>>,
    pub pass: Option<Pass>,
}

/// A pass under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pass {
    pub known: Shared<Ledger>,
    pub executing: Option<Executing>,
    pub destroyed: BTreeSet<TokenId>,
    pub secrets: BTreeMap<Uid, SecretSeen>,
    pub questions: BTreeSet<Uid>,
    pub alive: BTreeSet<TokenId>,
    /// How wrong the last `Date` of ISC was, until ISC replies again.
    pub lie: Millis,
    pub step: Step,
    /// The overlap of the step's resource was over when the step was decided.
    pub overlap_over: bool,
    pub progress: Progress,
}

/// How far the pass is with its step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Progress {
    /// Decided; the request may be under way. A POST and the extension beside it are answered one
    /// by one.
    Sent { post: Option<Reply>, extended: Option<Extended> },
    /// Answered, not recorded yet.
    Answered(Outcome, Now),
}

/// ISC's answer to a POST.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    Certain(Posted),
    /// 400.
    Doubtful,
}

/// A step that was decided and not answered.
pub const SENT: Progress = Progress::Sent { post: None, extended: None };

impl Replica {
    pub fn new(seen: [Custom; 2]) -> Self {
        Self { seen, sightings: BTreeMap::new(), listing: None, pass: None }
    }

    /// The attempt whose POST may take effect now.
    pub fn posting(&self) -> Option<&Attempt> {
        match self.pass.as_ref()? {
            Pass {
                step: Step::Call(Call::Post { attempt, .. }),
                progress: Progress::Sent { post: None, .. },
                ..
            } => Some(attempt),
            _ => None,
        }
    }
}

/// What every resource wants.
pub fn wanted(uid: &Uid) -> TokenSpec {
    static SCOPES: LazyLock<Arc<[String]>> = LazyLock::new(|| scopes(["idn:a:read"]));
    TokenSpec { name: uid.clone(), scopes: SCOPES.clone(), validity_seconds: 3600 }
}

/// The request with this number, made long ago.
pub fn request(number: u8) -> Option<Trigger> {
    (number > 0).then(|| Trigger { value: number.to_string().into(), at: 0 })
}

impl Configuration {
    /// The resources as a watch shows them.
    pub fn declared(&self, seen: [Custom; 2]) -> BTreeMap<Uid, Declared> {
        let present = (0..2).filter(|r| !matches!(seen[*r].phase, Phase::Gone | Phase::Future));
        present.map(|r| (UIDS[r].clone(), self.declare(r, seen[r]))).collect()
    }

    fn declare(&self, r: usize, seen: Custom) -> Declared {
        static NAMESPACE: LazyLock<Arc<str>> = LazyLock::new(|| "n".into());
        let max_overlap = self.max_overlap.then_some(2 * OVERLAP);
        Declared {
            namespace: NAMESPACE.clone(),
            name: UIDS[r].clone(),
            deleting: seen.phase == Phase::Deleting,
            finalizer: seen.phase != Phase::New,
            admission: Admission::Admitted,
            suspended: false,
            wanted: wanted(&UIDS[r]),
            secret: UIDS[self.place(r)].clone(),
            rotation: Rotation {
                every: self.every.then_some(EVERY),
                overlap: OVERLAP,
                max_overlap,
            },
            rotate: request(seen.rotate),
            revoke: request(seen.revoke),
            retain: self.retain[r],
        }
    }
}
