//! Publishing (R8, R12): what the token controller does with the Secret of a resource, decided from
//! what it read.
use super::ledger::{Entry, Ledger};
use super::secret::Held;

/// The published Secret as the token controller left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Publication {
    /// It holds the current credential.
    Published,
    /// There is nothing to publish yet.
    Nothing,
    /// Its name belongs to something else.
    Taken,
    /// It is immutable and does not hold the current credential.
    Locked,
    /// The API server will not have it: a quota, an admission policy, or the operator's rights. It
    /// says why.
    Refused(String),
}

/// What the token controller does with the Secret of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act<'a> {
    /// Leaves it as it is.
    Leave(Publication),
    /// Leaves it, and has the owner controller adopt or refuse the unknown pair in it (R13).
    Ask(Publication),
    /// Creates it with the pair of this token. The write is create-only.
    Create(&'a Entry),
    /// Makes it hold the pair of this token. The write is conditional on the version that was read
    /// before the ledger.
    Correct(&'a Entry),
}

/// The Secret's metadata, read before the ledger (R8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Glance {
    /// Not read: nothing seems to be published yet.
    Unread,
    /// There is none.
    Absent,
    /// It belongs to something else.
    Foreign,
    /// It is the resource's own.
    Ours {
        /// The number that its annotation claims: a hint, since users can edit it.
        claims: Option<u64>,
        /// This very version was right for the current token before.
        is_known_right: bool,
    },
}

/// The resource's own Secret, read whole after the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// The pair in it.
    pub held: Held,
    /// It is the very version that was glanced at before the ledger was read.
    pub is_same: bool,
    /// All that is the operator's in it is as the current token and the spec want it.
    pub is_right: bool,
    /// It is immutable.
    pub is_locked: bool,
}

/// The end of a Secret whose resource is being deleted (R12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clearing {
    /// It stays as it is: the deletion is not recorded yet.
    Wait,
    /// It stays as it is: it was left to its user.
    Leave,
    /// It is left to its user, and holds the current credential before the operator lets go of
    /// both.
    Publish,
    /// It goes if it is the resource's own. A recorded deletion is for ever, so the Secret may be
    /// read after the ledger.
    Remove,
}

/// The token whose pair the resource's Secret should hold.
pub fn wanted<'a>(ledger: &'a Ledger, uid: &str) -> Option<&'a Entry> {
    let resource = ledger.resource(uid)?;
    if resource.deleting && !resource.retain { None } else { ledger.current(uid) }
}

/// What the metadata of the Secret decides; `None`: the next read is needed, of the metadata or of
/// the whole Secret.
pub fn by_glance<'a>(ledger: &'a Ledger, uid: &str, glance: Glance) -> Option<Act<'a>> {
    let is_deleting = ledger.is_deleting(uid);
    match (glance, wanted(ledger, uid)) {
        // A Secret that is left to its user is kept current, but not created: the owner controller
        // may have seen that there is none, and condemn the token (R12).
        (Glance::Unread | Glance::Absent, Some(entry)) if !is_deleting => Some(Act::Create(entry)),
        (Glance::Unread, _) => None,
        (Glance::Absent, _) => Some(Act::Leave(Publication::Nothing)),
        (Glance::Foreign, _) => Some(Act::Leave(Publication::Taken)),
        (Glance::Ours { is_known_right: true, .. }, Some(_)) => {
            Some(Act::Leave(Publication::Published))
        }
        (Glance::Ours { .. }, Some(_)) => None,
        // The whole Secret is read only if its pair may be one that the ledger lost (R13).
        (Glance::Ours { claims, .. }, None)
            if !is_deleting && ledger.may_have_lost(uid, claims) =>
        {
            None
        }
        (Glance::Ours { .. }, None) => Some(Act::Leave(Publication::Nothing)),
    }
}

/// What the content of the resource's own Secret decides.
pub fn by_content<'a>(ledger: &'a Ledger, uid: &str, whole: &Whole) -> Act<'a> {
    // One that changed since may be newer than the ledger at hand (R8).
    if !whole.is_same {
        return Act::Leave(Publication::Nothing);
    }
    let is_open = ledger.is_open(uid, &whole.held);
    let Some(entry) = wanted(ledger, uid) else {
        return if is_open {
            Act::Ask(Publication::Nothing)
        } else {
            Act::Leave(Publication::Nothing)
        };
    };
    // An unknown pair claims to be newer: it stays until the owner controller has adopted or
    // refused it (R13).
    if is_open {
        return Act::Ask(Publication::Published);
    }
    if whole.is_right || is_newer(ledger, uid, &whole.held, entry) {
        return Act::Leave(Publication::Published);
    }
    // The API server would refuse the write, each time.
    if whole.is_locked {
        return Act::Leave(Publication::Locked);
    }
    Act::Correct(entry)
}

/// The Secret holds a recorded pair that is newer than the one at hand: it was published from a
/// ledger that a backup has since replaced, and becomes current again (P2).
fn is_newer(ledger: &Ledger, uid: &str, held: &Held, entry: &Entry) -> bool {
    match ledger.entry(&held.id) {
        Some(known) => known.n > entry.n && *known.uid == *uid && known.is_prepared(),
        None => false,
    }
}

/// What becomes of the Secret of a resource that is being deleted in the cluster.
pub fn clear(ledger: &Ledger, uid: &str) -> Clearing {
    let Some(resource) = ledger.resource(uid) else { return Clearing::Wait };
    if !resource.deleting {
        return Clearing::Wait;
    }
    if resource.retain && ledger.current(uid).is_some() {
        return Clearing::Publish;
    }
    // The Secret of a released token belongs to its user by now.
    if ledger.of(uid).any(Entry::is_released) { Clearing::Leave } else { Clearing::Remove }
}
