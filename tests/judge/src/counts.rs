//! What the judge counts besides violations.

/// Figures of one history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Observations told.
    pub observations: usize,
    /// Most unrecorded tokens of the operator alive at once, of any one owner.
    pub most_unrecorded: usize,
    /// Tokens that the operator created.
    pub created: usize,
    /// How often a Secret got its first pair.
    pub first_publications: usize,
    /// How often a Secret's pair was replaced by a newer one.
    pub rotations: usize,
    /// Tokens that the operator destroyed.
    pub destroyed: usize,
    /// Tokens that it destroyed without licence.
    pub wrongly_destroyed: usize,
    /// Requests of workloads for access tokens.
    pub authentications: usize,
    /// Those refused, except where the resource was gone, revoked, or the pair was meddled with.
    pub outages: usize,
    /// Replicas that were ended.
    pub kills: usize,
}

impl Counts {
    /// Adds another history's figures: sums, and the greater of each maximum.
    pub fn add(&mut self, other: &Self) {
        self.observations += other.observations;
        self.most_unrecorded = self.most_unrecorded.max(other.most_unrecorded);
        self.created += other.created;
        self.first_publications += other.first_publications;
        self.rotations += other.rotations;
        self.destroyed += other.destroyed;
        self.wrongly_destroyed += other.wrongly_destroyed;
        self.authentications += other.authentications;
        self.outages += other.outages;
        self.kills += other.kills;
    }
}
