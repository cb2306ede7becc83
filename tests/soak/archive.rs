//! Every revision of the kinds that the judge is told about, as the watches bring them, and what
//! there is now.
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use judge::Change;
use serde_json::Value;

/// The kinds that are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Secret,
    Token,
    Tenant,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Secret, Self::Token, Self::Tenant];

    /// As Kubernetes calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Secret => "Secret",
            Self::Token => "PersonalAccessToken",
            Self::Tenant => "Tenant",
        }
    }

    /// Where all of them are listed.
    pub fn path(self) -> &'static str {
        match self {
            Self::Secret => "/api/v1/secrets",
            Self::Token => "/apis/pat-operator.dev/v1alpha1/personalaccesstokens",
            Self::Tenant => "/apis/pat-operator.dev/v1alpha1/tenants",
        }
    }
}

/// Kind, namespace and name.
pub type Key = (Kind, String, String);

/// One revision of one object.
#[derive(Clone, Debug)]
pub struct Revision {
    pub kind: Kind,
    pub change: Change,
    pub content: Arc<Value>,
}

impl Revision {
    pub fn key(&self) -> Key {
        let text =
            |field: &str| self.content["metadata"][field].as_str().unwrap_or_default().to_owned();
        (self.kind, text("namespace"), text("name"))
    }

    pub fn uid(&self) -> &str {
        self.content["metadata"]["uid"].as_str().unwrap_or_default()
    }

    /// Its place among all revisions of its epoch.
    pub fn version(&self) -> u64 {
        version(&self.content)
    }
}

/// The resourceVersion of an object or a list. Only whoever orders the revisions of one server may
/// read it as a number.
pub fn version(object: &Value) -> u64 {
    object["metadata"]["resourceVersion"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_default()
}

/// What the watches have brought. An epoch ends when a backup is put back: its revisions are
/// counted from there again.
#[derive(Default)]
pub struct Archive(Mutex<Shelves>);

#[derive(Default)]
struct Shelves {
    waiting: BTreeMap<(u64, u64), Revision>,
    taken: (u64, u64),
    gone: HashSet<String>,
    seen: BTreeMap<(u64, Kind), u64>,
    late: Vec<String>,
    now: BTreeMap<Key, Arc<Value>>,
    changes: u64,
}

impl Archive {
    /// A watch has brought this.
    pub fn add(&self, epoch: u64, revision: Revision) {
        let mut shelves = self.0.lock().unwrap();
        let at = (epoch, revision.version());
        if at <= shelves.taken {
            let late = format!("{:?} of revision {at:?} after {:?}", revision.key(), shelves.taken);
            shelves.late.push(late);
        }
        shelves.seen.insert((epoch, revision.kind), at.1);
        shelves.changes += 1;
        match revision.change {
            Change::Deleted => shelves.now.remove(&revision.key()),
            _ => shelves.now.insert(revision.key(), Arc::clone(&revision.content)),
        };
        shelves.waiting.insert(at, revision);
    }

    /// All that is so at the beginning of an epoch; gives what is another than before.
    pub fn begin(&self, objects: Vec<Revision>) -> Vec<Revision> {
        let shelves = &mut *self.0.lock().unwrap();
        shelves.changes += 1;
        let before = std::mem::take(&mut shelves.now);
        shelves.now =
            objects.iter().map(|object| (object.key(), Arc::clone(&object.content))).collect();
        // One of the same name with another uid is another object.
        let same = |old: &Value, new: &Value| old["metadata"]["uid"] == new["metadata"]["uid"];
        let stays = |key: &Key, old: &Value| shelves.now.get(key).is_some_and(|new| same(old, new));
        let lost = before.iter().filter(|(key, old)| !stays(key, old));
        let gone = |(key, old): (&Key, &Arc<Value>)| Revision {
            kind: key.0,
            change: Change::Deleted,
            content: Arc::clone(old),
        };
        let mut all: Vec<Revision> = lost.map(gone).collect();
        for mut object in objects {
            let old = before.get(&object.key()).filter(|old| same(old, &object.content));
            object.change = if old.is_some() { Change::Changed } else { Change::Created };
            if old.is_none_or(|old| version(old) != object.version()) {
                all.push(object);
            }
        }
        all
    }

    /// Takes all revisions up to this one out, in their order; `None` while it has not come.
    pub fn take(&self, epoch: u64, upto: u64) -> Option<Vec<Revision>> {
        let mut shelves = self.0.lock().unwrap();
        let at = (epoch, upto);
        if at <= shelves.taken {
            return Some(Vec::new());
        }
        if !shelves.waiting.contains_key(&at) {
            return None;
        }
        let rest = shelves.waiting.split_off(&(epoch, upto + 1));
        let taken: Vec<Revision> =
            std::mem::replace(&mut shelves.waiting, rest).into_values().collect();
        let gone = taken.iter().filter(|revision| revision.change == Change::Deleted);
        shelves.gone.extend(gone.map(|revision| revision.uid().to_owned()));
        shelves.taken = at;
        Some(taken)
    }

    /// The revision in which the object with this uid went, 0 if that was taken out already.
    pub fn deletion(&self, epoch: u64, uid: &str) -> Option<u64> {
        let shelves = self.0.lock().unwrap();
        if shelves.gone.contains(uid) {
            return Some(0);
        }
        let is_it =
            |revision: &&Revision| revision.change == Change::Deleted && revision.uid() == uid;
        shelves
            .waiting
            .range((epoch, 0)..)
            .map(|(_, revision)| revision)
            .find(is_it)
            .map(Revision::version)
    }

    /// Whether the watch of a kind has come to this revision.
    pub fn has_seen(&self, epoch: u64, kind: Kind, version: u64) -> bool {
        self.0.lock().unwrap().seen.get(&(epoch, kind)).is_some_and(|seen| *seen >= version)
    }

    /// Revisions that came after later ones were taken out: the order is lost then.
    pub fn late(&self) -> Vec<String> {
        self.0.lock().unwrap().late.clone()
    }

    /// Another number whenever something has changed.
    pub fn changes(&self) -> u64 {
        self.0.lock().unwrap().changes
    }

    /// An object as it is now.
    pub fn get(&self, key: &Key) -> Option<Arc<Value>> {
        self.0.lock().unwrap().now.get(key).cloned()
    }

    /// All objects of a kind as they are now.
    pub fn all(&self, kind: Kind) -> Vec<(Key, Arc<Value>)> {
        let shelves = self.0.lock().unwrap();
        let of_kind = shelves.now.iter().filter(|(key, _)| key.0 == kind);
        of_kind.map(|(key, content)| (key.clone(), Arc::clone(content))).collect()
    }
}
