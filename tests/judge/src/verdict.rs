//! What the judge says.

/// The properties of the protocol, in a word each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// At most one unrecorded token alive per owner, and it ends by itself.
    P1,
    /// The published pair is one that ISC accepts, and never an older one over a newer.
    P2,
    /// A credential goes only after its successor was published for the overlap, on request, or
    /// with its resource.
    P3,
    /// When the finalizer is gone, no token of the resource is alive and none appears.
    P4,
    /// No live credential is destroyed, whatever the replicas do.
    P5,
    /// Foreign tokens and Secrets are not touched, nor another resource's token.
    P6,
    /// At the end all is current and nothing is left over.
    P7,
    /// No client secret is anywhere but in a Secret.
    Secrecy,
}

/// A property that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub property: Property,
    /// When, in milliseconds by the clock of ISC.
    pub at: i64,
    /// What is wrong, with the names of what it is about.
    pub what: String,
    /// The observations it rests on, counted from 0 in the order in which they were told.
    pub rests_on: Vec<usize>,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:?} at {}: {} (observations {:?})",
            self.property, self.at, self.what, self.rests_on
        )
    }
}
