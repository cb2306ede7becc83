//! What one exploration is about: replicas, resources, faults, and what must be found.
use crate::broken::Broken;
use crate::convergence::Settled;
use crate::properties::Situation;
use crate::replica::Bounds;

/// One configuration to explore.
#[derive(Clone, Default)]
pub struct Configuration {
    /// What it is, in the output.
    pub name: &'static str,
    /// Active replicas of the owner controller.
    pub replicas: usize,
    /// What A and B are at the start.
    pub start: [Start; 2],
    /// Users delete A, B.
    pub delete: [bool; 2],
    /// Numbers below this are minted at most.
    pub limit: u64,
    /// Faults in a whole run at most.
    pub faults: u8,
    /// Secrets that users remove, or take the name of, at most.
    pub edits: u8,
    /// Users remove the finalizer by force.
    pub force: bool,
    pub broken: Broken,
    /// The property, by its first letters, that must catch what is broken.
    pub caught_by: &'static str,
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
    /// Served: minted, extended and published.
    Served,
}

impl Configuration {
    pub fn bounds(&self) -> Bounds {
        Bounds { limit: self.limit, broken: self.broken }
    }
}
