//! All that the judge has been told and still needs.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::ledger::Ledger;

/// Namespace and name.
pub type Place = (String, String);

/// A token that was ever seen.
#[derive(Clone, Debug)]
pub struct Known {
    pub owner: String,
    pub name: String,
    pub expires: Option<i64>,
    pub alive: bool,
    /// The operator made it.
    pub ours: bool,
    /// Its place among all tokens in the order of creation.
    pub order: usize,
    /// The resource it was made for.
    pub uid: Option<String>,
    /// Some ledger has recorded it.
    pub recorded_once: bool,
    /// A backup without it was put back.
    pub lost_by_restore: bool,
    /// Somebody else changed or destroyed it.
    pub meddled: bool,
    /// When somebody else last changed it.
    pub meddled_at: Option<i64>,
    /// Renamed by the operator out of its own names: it is somebody else's now.
    pub released: bool,
    /// Somebody else gave it a name that is none of the operator's: it was handed over.
    pub handed_over: bool,
    /// A person gave it such a name, and the operator never did: it is still to be revoked.
    pub renamed: bool,
    /// When it was first published.
    pub published: Option<i64>,
    /// Observations about it.
    pub seen: Vec<usize>,
}

impl Known {
    /// Whether it is alive and the operator's to look after.
    pub fn is_left(&self) -> bool {
        self.ours && self.alive && !self.released && !self.handed_over && !self.lost_by_restore
    }
}

/// A resource.
#[derive(Clone, Debug, Default)]
pub struct Resource {
    pub place: Place,
    pub deleting: bool,
    pub gone: bool,
    pub forced: bool,
    /// Its last revision has the operator's finalizer.
    pub held: bool,
    pub suspended: bool,
    /// The overlaps it declared, and since when.
    pub overlaps: Vec<(i64, Option<i64>)>,
    /// How long an overlap may last while the old token is still used.
    pub longest: Option<i64>,
    /// Somebody asked for its tokens to be revoked.
    pub revocation: bool,
    /// The observation by which such a request was last acted on: it condemns what was created
    /// before.
    pub revoked: Option<usize>,
    pub last_seen: usize,
}

impl Resource {
    /// Whether a revoke request condemned this token.
    pub fn has_revoked(&self, token: &Known) -> bool {
        let created = token.seen.first();
        self.revocation
            && self.revoked.is_some_and(|at| created.is_some_and(|created| *created < at))
    }

    /// The shortest overlap that it declared since then: of a longer one the operator may not know
    /// yet.
    pub fn overlap(&self, since: i64, usual: i64) -> i64 {
        let later = self.overlaps.iter().skip(1).map(|(at, _)| *at).chain([i64::MAX]);
        let in_force = self.overlaps.iter().zip(later).filter(|(_, until)| *until >= since);
        in_force.map(|((_, overlap), _)| overlap.unwrap_or(usual)).min().unwrap_or(usual)
    }
}

/// A Secret outside of the operator's namespace.
#[derive(Clone, Debug)]
pub struct Published {
    pub content: Arc<Value>,
    /// The resource that controls it.
    pub uid: Option<String>,
    /// Client ID in it.
    pub id: Option<String>,
    pub seen: usize,
}

/// The book.
#[derive(Debug, Default)]
pub struct Book {
    pub tokens: BTreeMap<String, Known>,
    pub ledgers: BTreeMap<Place, (Ledger, usize)>,
    pub resources: BTreeMap<String, Resource>,
    pub secrets: BTreeMap<Place, Published>,
    /// Resource of each attempt, by owner and number.
    pub attempts: BTreeMap<(String, u64), String>,
    /// Client secrets by client ID, as ledgers recorded them.
    pub client_secrets: BTreeMap<String, String>,
    /// What must be in no text.
    pub canaries: BTreeSet<String>,
    /// Owners with more unrecorded tokens than one, so that it is said once.
    pub crowded: BTreeSet<String>,
    /// Owners that are disabled: ISC refuses all of their credentials.
    pub disabled: BTreeSet<String>,
    pub observed: usize,
}

impl Book {
    /// What the ledgers say of a token now.
    pub fn record(&self, id: &str) -> Option<(&crate::ledger::Recorded, usize)> {
        self.ledgers
            .values()
            .find_map(|(ledger, seen)| ledger.entries.get(id).map(|entry| (entry, *seen)))
    }

    /// The resource of a token.
    pub fn resource_of(&self, id: &str) -> Option<&Resource> {
        self.resources.get(self.tokens.get(id)?.uid.as_deref()?)
    }

    /// Tokens of this owner that the operator made, that are alive, and that no ledger has.
    pub fn unrecorded<'a>(
        &'a self,
        owner: &'a str,
    ) -> impl Iterator<Item = (&'a String, &'a Known)> {
        self.tokens.iter().filter(move |(id, token)| {
            token.is_left() && !token.meddled && token.owner == owner && self.record(id).is_none()
        })
    }
}
