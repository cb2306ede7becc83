//! A replica of the owner controller: what it holds in memory, and what it sees of the cluster.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use pat_operator::lifecycle::facts::{Admission, Declared, Executing, Now, Rotation, SecretSeen};
use pat_operator::lifecycle::ledger::{Applied, Attempt, Ledger, TokenId, Uid, scopes};
use pat_operator::lifecycle::listing::Listing;
use pat_operator::lifecycle::settle::{Extended, Outcome, Posted};
use pat_operator::lifecycle::step::Step;

use crate::broken::Broken;
use crate::shared::Shared;
use crate::world::{Phase, UIDS};

/// One process that believes itself to be the leader.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Replica {
    /// The resources as its watch last showed them.
    pub seen: [Phase; 2],
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
    pub step: Step,
    pub progress: Progress,
}

/// How far the pass is with its step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Progress {
    /// Decided; the request may be under way. A POST and the extension beside it are answered one by one.
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
    pub fn new(seen: [Phase; 2]) -> Self {
        Self { seen, listing: None, pass: None }
    }

    /// The attempt whose POST may take effect now.
    pub fn posting(&self) -> Option<&Attempt> {
        match self.pass.as_ref()? {
            Pass { step: Step::Post { attempt, .. }, progress: Progress::Sent { post: None, .. }, .. } => Some(attempt),
            _ => None,
        }
    }
}

static DECLARED: LazyLock<[Declared; 2]> = LazyLock::new(|| {
    UIDS.clone().map(|name| Declared {
        namespace: "n".into(),
        name: name.clone(),
        deleting: false,
        finalizer: true,
        admission: Admission::Admitted,
        suspended: false,
        wanted: Applied { name: name.clone(), scopes: scopes(["idn:a:read"]), validity_seconds: 3600 },
        secret: name,
        rotation: Rotation { every: None, overlap: 0, max_overlap: None },
        rotate: None,
        revoke: None,
        retain: false,
    })
});

/// The resources as a watch shows them in these phases.
pub fn declared(seen: [Phase; 2]) -> BTreeMap<Uid, Declared> {
    let present = (0..2).filter(|r| seen[*r] != Phase::Gone);
    let show = |r: usize| Declared {
        deleting: seen[r] == Phase::Deleting,
        finalizer: seen[r] != Phase::New,
        ..DECLARED[r].clone()
    };
    present.map(|r| (UIDS[r].clone(), show(r))).collect()
}

/// The settings of a configuration that a pass needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds {
    /// No attempt gets this number or a higher one.
    pub limit: u64,
    pub broken: Broken,
}
