//! What a hostile user may think of, and which of it is known to cost others too much.
use simulation::Random;

/// A kind of deed, which he does again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Names that look like the operator's own, of resources, Secrets and tokens.
    Names,
    /// Resources that he deletes as soon as he has created them.
    CreateAndDelete,
    /// The same, and he takes their finalizers away.
    CreateAndVanish,
    /// Finalizers that he takes away as soon as they are there.
    StripFinalizers,
    /// Secrets that he makes immutable before he asks for a rotation.
    Immutable,
    /// Secrets with marks of the operator and pairs that he made up, with rising numbers.
    Forge,
    /// Status written by hand.
    Status,
    /// Requests for rotations in 1970.
    Rotate,
    /// Requests for revocations.
    Revoke,
    /// Resources with `Retain` that he deletes once they are served.
    Retain,
    /// Rotations with the longest overlap there is.
    Overlap,
    /// Labels and annotations as large as they may be.
    Large,
    /// Many resources at once.
    Many,
    /// Secrets that he deletes.
    DeleteSecret,
    /// Resources of another Tenant, and of Tenants that are none.
    OtherTenants,
    /// Owners and finalizers of his own on Secrets.
    Hold,
}

/// What makes him cost others more than he may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// A kind of deed.
    Of(Deed),
    /// Any deed that makes a token, where ISC refuses a new credential for a while.
    NewPairs,
    /// Any deed that ends a token, where LIST lags behind.
    OldLists,
}

/// All that is known to make others wait longer than he may, with the reason. It is played only if
/// somebody asks for it.
pub const KNOWN_GAPS: [(Gap, &str); 6] = [
    (
        Gap::NewPairs,
        "while ISC refuses one new credential (newPairDelaySeconds), no other resource of its owner \
         gets a first token or a rotation",
    ),
    (
        Gap::OldLists,
        "while LIST still shows a token that is gone (listLagSeconds), each pass sends one DELETE for \
         it, which ISC answers with 404, and ends there",
    ),
    (
        Gap::Of(Deed::Revoke),
        "each request is recorded, deleted and minted anew without a back-off, before any rotation",
    ),
    (
        Gap::Of(Deed::CreateAndDelete),
        "a first token goes before every rotation, and new resources can come without an end",
    ),
    (
        Gap::Of(Deed::Retain),
        "where ISC refuses short lives, a resource that is deleted between intent and POST can leave \
         a fenced attempt, for which its owner waits 30 minutes",
    ),
    (Gap::Of(Deed::Many), "as CreateAndDelete"),
];

impl Deed {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Names,
        Self::CreateAndDelete,
        Self::CreateAndVanish,
        Self::StripFinalizers,
        Self::Immutable,
        Self::Forge,
        Self::Status,
        Self::Rotate,
        Self::Revoke,
        Self::Retain,
        Self::Overlap,
        Self::Large,
        Self::Many,
        Self::DeleteSecret,
        Self::OtherTenants,
        Self::Hold,
    ];

    /// What he does in this seed: half of the time one kind of deed alone, so that its effect shows.
    pub fn draw(seed: u64, gaps: bool) -> Vec<Self> {
        let mut random = Random::of(seed, &["deeds"]);
        let count = random.one_of(&[1, 1, 2, 4]);
        let mut left: Vec<Self> =
            Self::ALL.into_iter().filter(|deed| gaps || !deed.is_gap()).collect();
        let mut drawn = Vec::new();
        while drawn.len() < count && !left.is_empty() {
            let chosen = random.place(left.len());
            drawn.push(left.swap_remove(chosen));
        }
        drawn
    }

    fn is_gap(self) -> bool {
        KNOWN_GAPS.iter().any(|(gap, _)| *gap == Gap::Of(self))
    }
}
