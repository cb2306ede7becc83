//! What one exploration is about: replicas, resources, users, faults, and what must be found.
use pat_operator::lifecycle::ledger::Millis;

use crate::broken::Broken;
use crate::convergence::Settled;
use crate::properties::Situation;

/// One configuration to explore.
#[derive(Clone, Default)]
pub struct Configuration {
    /// What it is, in the output.
    pub name: &'static str,
    /// Active replicas of the owner controller.
    pub replicas: usize,
    /// Active replicas of the token controller; each may stall before its write.
    pub workers: usize,
    /// They may stall between their reads too.
    pub stalls_between_reads: bool,
    /// What A and B are at the start.
    pub start: [Start; 2],
    /// B has the name of A, and is applied once A is gone.
    pub same_name: bool,
    /// Users delete A, B.
    pub delete: [bool; 2],
    /// On deletion the token stays.
    pub retain: [bool; 2],
    /// Users remove the finalizer by force.
    pub force: bool,
    /// Users ask for so many rotations of A, B.
    pub rotate: [u8; 2],
    /// Users ask so often to revoke what A, B have.
    pub revoke: [u8; 2],
    /// Tokens are rotated by a schedule.
    pub every: bool,
    /// The overlap goes on while ISC sees the old token used.
    pub max_overlap: bool,
    /// Time goes on until tokens must be renewed.
    pub renew: bool,
    /// Numbers below this are minted at most.
    pub limit: u64,
    /// Tokens that the owner may have in ISC; 0: ten.
    pub slots: usize,
    /// ISC refuses a life of less than a day (R21).
    pub min_life: bool,
    /// Faults in a whole run at most.
    pub faults: u8,
    /// Which faults; empty: crashes, lagging LISTs, refusals, doubts and wrong 404s.
    pub kinds: &'static [Fault],
    /// Changes of Secrets by users at most.
    pub edits: u8,
    /// Which changes.
    pub changes: &'static [Edit],
    /// A person deletes a published token in ISC, once.
    pub by_hand: bool,
    /// A person renames a published token in ISC, once.
    pub renames: bool,
    /// A backup is made at some time and restored at another.
    pub restore: Restore,
    pub broken: Broken,
    /// The property, by its first letters, that must catch what is broken.
    pub caught_by: &'static str,
    /// Properties, by their first letters, that do not hold here by design.
    pub without: &'static [&'static str],
    /// Situations that must occur, else the configuration proves nothing.
    pub reaches: &'static [Situation],
    pub settled: Settled,
}

/// A resource at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// There is none.
    #[default]
    Absent,
    /// Just applied.
    Applied,
    /// With its finalizer.
    Admitted,
    /// Minted and recorded.
    Prepared,
    /// Served: minted, extended and published.
    Served,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A crash, a time-out, a lost reply.
    Crash,
    /// LIST shows what was.
    Lag,
    /// ISC says no.
    Refuse,
    /// ISC answers 400, without an effect or with one.
    Doubt,
    /// ISC answers 404 for what is there.
    Wrong404,
    /// The `Date` of one reply is ahead by so much.
    Ahead,
    /// The `Date` of one reply is behind by so much.
    Behind,
}

/// What users do to a Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Delete it.
    Remove,
    /// Put one of their own in its place, if there is none.
    TakeName,
    /// Spoil the client secret.
    Data,
    /// Raise the number in its annotation.
    Number,
    /// Lower the number in its annotation.
    NoNumber,
    /// Copy the pair of the other resource into it, as a newer one.
    CopyOther,
    /// Put the pair of a token in it that a person made, as a newer one.
    CopyForeign,
    /// The same with the pair of another ISC user.
    CopyStranger,
}

/// What a backup brings back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restore {
    #[default]
    Never,
    /// The operator's namespace.
    Ledger,
    /// All of the cluster.
    All,
}

/// How wrong a single `Date` may be.
pub const LIE: Millis = 2 * crate::world::OVERLAP;

impl Configuration {
    /// A is served, by one replica, and at most one thing goes wrong.
    pub fn only_a() -> Self {
        Self {
            replicas: 1,
            limit: 3,
            start: [Start::Served, Start::Absent],
            faults: 1,
            ..Self::default()
        }
    }

    pub fn slots(&self) -> usize {
        if self.slots == 0 { 10 } else { self.slots }
    }

    /// Whether this fault may happen.
    pub fn has(&self, fault: Fault) -> bool {
        match fault {
            Fault::Ahead | Fault::Behind => self.kinds.contains(&fault),
            _ => self.kinds.is_empty() || self.kinds.contains(&fault),
        }
    }

    /// Which Secret is the resource's.
    pub fn place(&self, r: usize) -> usize {
        if self.same_name { 0 } else { r }
    }
}
