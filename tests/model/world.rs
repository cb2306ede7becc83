//! The world of the model: Kubernetes objects, the tokens in ISC, requests whose effect is still to
//! come, and time.
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use pat_operator::lifecycle::ledger::{Attempt, Endpoint, Ledger, Millis, Owner, TokenId, Uid};
use pat_operator::lifecycle::publish::Glance;
use pat_operator::lifecycle::step::Extension;
use pat_operator::lifecycle::{Timings, token_name};

use crate::replica::Replica;
use crate::shared::Shared;

/// The uids of resources A and B.
pub static UIDS: LazyLock<[Uid; 2]> = LazyLock::new(|| ["a".into(), "b".into()]);
/// The tag of the installation.
pub static INSTALLATION: LazyLock<String> = LazyLock::new(|| token_name::tag("cluster"));
/// The durations of production.
pub static TIMINGS: LazyLock<Timings> = LazyLock::new(Timings::default);
/// How long a replaced credential stays valid.
pub const OVERLAP: Millis = 3_600_000;
/// The operator's own token, which every reliable LIST contains.
pub const SENTINEL: &str = "seed";
/// A token that a person made.
pub const FOREIGN: &str = "foreign";
/// A token of another user, whose pair ISC accepts.
pub const STRANGER: &str = "stranger";
/// The owner of all tokens.
pub const IDENTITY: &str = "user";
/// A number that no token ever gets.
pub const HIGH: u64 = 99;

/// Where a custom resource is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Not applied yet.
    Future,
    /// Applied; no finalizer yet.
    New,
    Alive,
    Deleting,
    Gone,
}

/// A custom resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Custom {
    pub phase: Phase,
    /// Requests to rotate so far.
    pub rotate: u8,
    /// Requests to revoke so far.
    pub revoke: u8,
}

/// A Secret in the resources' namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Published {
    /// The pair in it.
    pub id: TokenId,
    /// Its client secret was spoiled.
    pub spoiled: bool,
    /// The number in its annotation.
    pub claims: u64,
    /// The resource that controls it or whose mark it bears; `None`: somebody else's.
    pub marks: Option<usize>,
    /// It goes with the resource.
    pub owned: bool,
    /// Its pair was put there by a user.
    pub edited: bool,
    /// Written after the deletion was recorded, by a decision from before: P2 exempts it.
    pub stalled: bool,
    /// The operator left it to its user.
    pub left: bool,
}

/// What a token controller is about to write for one resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Worker {
    Idle,
    /// It read the Secret's metadata, and reads the ledger next. `is_same`: the Secret did not
    /// change since.
    Glanced {
        glance: Glance,
        is_same: bool,
    },
    /// It read the ledger, and reads the whole Secret next.
    Looking {
        ledger: Shared<Ledger>,
        is_same: bool,
    },
    Publish {
        id: TokenId,
        n: u64,
        create: bool,
    },
    RemoveSecret,
    RemoveFinalizer,
}

/// A token in ISC.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    pub id: TokenId,
    pub name: Arc<str>,
    /// The resource it was minted for; `None`: not ours.
    pub resource: Option<usize>,
    /// Its name is one of ours.
    pub ours: bool,
    /// It was left to its user; a stale replica may give it its old name back, and nobody destroys
    /// it for that.
    pub released: bool,
    pub n: u64,
    pub created: Millis,
    /// `None`: never.
    pub expires: Option<Millis>,
    /// Its expiry was extended and its credential accepted.
    pub accepted: bool,
    /// When its pair was first published; only told exactly while an older token of its resource
    /// lives.
    pub published: Option<Millis>,
    pub last_used: Option<Millis>,
}

/// A request that nobody waits for any more, and whose effect may still come.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Late {
    Post(Attempt),
    Extend(Extension),
    Rename { id: TokenId, name: String },
    Delete(TokenId),
    Write { base: Shared<Ledger>, new: Shared<Ledger> },
}

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Backup {
    pub ledger: Shared<Ledger>,
    pub secrets: [Option<Published>; 2],
    pub customs: [Custom; 2],
}

/// A state of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub replicas: Vec<Replica>,
    pub workers: [Vec<Worker>; 2],
    pub ledger: Shared<Ledger>,
    pub customs: [Custom; 2],
    pub secrets: [Option<Published>; 2],
    pub tokens: Vec<Token>,
    /// The tokens as a lagging LIST may still show them, and since when that is so.
    pub before: (Millis, Vec<Token>),
    pub late: Vec<Late>,
    pub clock: Millis,
    pub faults: u8,
    pub edits: u8,
    pub forced: [bool; 2],
    /// Unknown pairs that a token controller saw (R13).
    pub questions: [bool; 2],
    /// Failed attempts at this very moment.
    pub failures: [u8; 2],
    /// Tokens that were revoked on request.
    pub revoked: BTreeSet<TokenId>,
    /// Tokens that a person deleted in ISC.
    pub lost: BTreeSet<TokenId>,
    pub backup: Option<Shared<Backup>>,
    pub restored: bool,
    /// A person renamed a token in ISC.
    pub renamed: bool,
    /// Violations that a single transition shows (`violations.rs`).
    pub violations: u16,
}

pub fn index(uid: &Uid) -> usize {
    usize::from(*uid == UIDS[1])
}

/// A ledger as the tenant controller creates it.
pub fn new_ledger(slots: usize) -> Ledger {
    let endpoint = Endpoint {
        tenant: "acme".into(),
        api_url: "https://isc.example".into(),
        nerm_url: None,
        ca_pem: None,
        tokens_per_user: u32::try_from(slots).unwrap_or(10),
    };
    Ledger::new(
        endpoint,
        Owner { tenant_id: "tenant".into(), identity_id: IDENTITY.into() },
        "incarnation".into(),
    )
}

impl World {
    /// The resource that a Secret is marked with, if it is this one's.
    pub fn own_secret(&self, place: usize, r: usize) -> Option<&Published> {
        self.secrets[place].as_ref().filter(|secret| secret.marks == Some(r))
    }
}
