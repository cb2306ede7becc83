//! The record of everything that ever took effect. It only grows, and a judge reads it.
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::kinds::Kind;

/// Which object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Its kind.
    pub kind: &'static Kind,
    /// Its namespace; empty for kinds without.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Key {
    /// The order of lists: that of the keys in etcd, where a slash ends the namespace.
    pub fn path(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind.plural, self.path().trim_start_matches('/'))
    }
}

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It came to be.
    Created,
    /// It is another.
    Updated,
    /// It was asked to go and stays until its finalizers are gone.
    Marked,
    /// It is gone.
    Deleted,
    /// The whole cluster is as it was at a snapshot; `key` says nothing.
    Restored,
}

/// One effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// When, since the beginning.
    pub at: Duration,
    /// By whom.
    pub identity: String,
    /// What.
    pub change: Change,
    /// On what; `None` for the whole cluster.
    pub key: Option<Key>,
    /// The cluster's revision from then on.
    pub revision: u64,
    /// The object as it is since then; of a deletion, as it was last.
    pub object: Option<Arc<Value>>,
}

impl std::fmt::Display for Effect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:>10.3} r{:<6} {:<24} {:?}",
            self.at.as_secs_f64(),
            self.revision,
            self.identity,
            self.change
        )?;
        if let Some(key) = &self.key { write!(f, " {key}") } else { Ok(()) }
    }
}
