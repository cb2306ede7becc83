//! What the judge is told.
use std::sync::Arc;

use serde_json::Value;

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Observation {
    /// When, in milliseconds by the clock of ISC.
    pub at: i64,
    /// What.
    pub what: What,
}

/// What can happen.
#[derive(Clone, Debug)]
pub enum What {
    /// A token in ISC came, changed or went.
    Token(Token),
    /// An object of the cluster came, changed or went.
    Object(Object),
    /// A workload asked ISC for an access token with what it had read.
    Authentication(Authentication),
    /// A replica started.
    Started(String),
    /// A replica was ended, whatever it was doing.
    Killed(String),
    /// A person did something that changes what is right.
    Action(Action),
    /// The cluster is as it was at a backup; the objects that differ follow.
    Restored,
    /// Something was written where people read it: a log line, a metric. Scanned for client
    /// secrets.
    Text(String),
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// A replica of the operator.
    Operator,
    /// Somebody else: a person, another tool.
    Person,
    /// The cluster itself: its garbage collector, a backup that was put back.
    Cluster,
    /// Time: an expiry.
    Clock,
}

/// What happened to a token or an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It came to be.
    Created,
    /// It is another.
    Changed,
    /// It is gone.
    Deleted,
}

/// A token in ISC as it is after the change.
#[derive(Clone, Debug)]
pub struct Token {
    /// Its id, which is the client ID.
    pub id: String,
    /// Identity id of its owner.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// When it ends by itself, in milliseconds; `None`: never.
    pub expires: Option<i64>,
    /// What happened; an expiry is a deletion by [`Actor::Clock`].
    pub change: Change,
    /// Who did it.
    pub by: Actor,
}

/// A revision of an object.
#[derive(Clone, Debug)]
pub struct Object {
    /// `Secret`, `PersonalAccessToken`, `Tenant`, …
    pub kind: String,
    /// Its namespace; empty for kinds without.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The whole object; of a deletion, as it was last.
    pub content: Arc<Value>,
    /// What happened.
    pub change: Change,
    /// Who did it.
    pub by: Actor,
}

/// A workload's request for an access token.
#[derive(Clone, Debug)]
pub struct Authentication {
    /// Namespace of the Secret it read, perhaps some time ago.
    pub namespace: String,
    /// Name of that Secret.
    pub secret: String,
    /// Client ID it used.
    pub client_id: String,
    /// Client secret it used.
    pub client_secret: String,
    /// Whether ISC accepted it. An ISC that did not answer is no observation.
    pub accepted: bool,
}

/// What a person did that no object and no token shows by itself.
#[derive(Clone, Debug)]
pub enum Action {
    /// Asked for the tokens of a resource (its uid) to be revoked at once.
    Revoke(String),
    /// Took the finalizer off a resource (its uid).
    ForceRemove(String),
    /// Disabled an ISC user (its identity id), whose credentials ISC refuses from then on.
    Disable(String),
    /// Enabled it again.
    Enable(String),
    /// Anything else: for the trace only.
    Other(String),
}

impl std::fmt::Display for Observation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:>14} {}", self.at, self.what)
    }
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Token(token) => {
                let Token { id, name, expires, change, by, .. } = token;
                let expires = expires.map_or("never".into(), |at| at.to_string());
                write!(f, "token {} {name:?} until {expires}: {change:?} by {by:?}", short(id))
            }
            Self::Object(object) => {
                let Object { kind, namespace, name, content, change, by } = object;
                let revision = content["metadata"]["resourceVersion"].as_str().unwrap_or("?");
                write!(f, "{kind} {namespace}/{name} r{revision}: {change:?} by {by:?}")
            }
            Self::Authentication(tried) => {
                let said = if tried.accepted { "accepted" } else { "refused" };
                write!(
                    f,
                    "consumer of {}/{} with {}: {said}",
                    tried.namespace,
                    tried.secret,
                    short(&tried.client_id)
                )
            }
            Self::Started(replica) => write!(f, "{replica} started"),
            Self::Killed(replica) => write!(f, "{replica} ended"),
            Self::Action(Action::Revoke(uid)) => write!(f, "revoke requested for {uid}"),
            Self::Action(Action::ForceRemove(uid)) => {
                write!(f, "finalizer of {uid} taken off by hand")
            }
            Self::Action(Action::Disable(user)) => write!(f, "user {} disabled", short(user)),
            Self::Action(Action::Enable(user)) => write!(f, "user {} enabled", short(user)),
            Self::Action(Action::Other(what)) => f.write_str(what),
            Self::Restored => f.write_str("a backup was put back"),
            Self::Text(_) => f.write_str("text"),
        }
    }
}

/// Enough of an id to tell it from the others of a trace.
pub(crate) fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}
