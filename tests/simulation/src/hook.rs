//! Where a scheduler decides what becomes of each request and of each watch event.
use std::sync::Arc;
use std::time::Duration;

use crate::history::{Effect, Key};

/// A request, as a scheduler sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Who asks.
    pub identity: String,
    /// `get`, `list`, `watch`, `create`, `update`, `patch` or `delete`.
    pub verb: &'static str,
    /// Plural, as in `secrets`.
    pub resource: &'static str,
    /// `status` or empty.
    pub subresource: &'static str,
    /// Namespace; empty for none or all.
    pub namespace: String,
    /// Name; empty for collections, and for objects whose name the server makes up.
    pub name: String,
    /// The label selector, of lists and watches.
    pub selector: String,
    /// How many requests of this identity were the same in all of the above before this one.
    pub nth: u64,
}

/// What becomes of a request. A request that was sent takes effect even if its sender has given up
/// waiting by then: a long `before` is thus a late effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// From sending to effect; by default from the seed.
    pub before: Option<Duration>,
    /// What then.
    pub fate: Fate,
    /// From effect to reply; by default from the seed.
    pub after: Option<Duration>,
}

impl Verdict {
    /// This fate, with the seed's delays.
    pub fn of(fate: Fate) -> Self {
        Self { fate, ..Self::default() }
    }
}

/// The ways a request may end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// It is served.
    #[default]
    Serve,
    /// It has no effect, and the sender sees a broken connection.
    LoseRequest,
    /// It has its effect, and the sender sees a broken connection.
    LoseReply,
    /// It has no effect and never gets an answer.
    Swallow,
    /// It has its effect, and the sender never gets an answer.
    SwallowReply,
    /// It has its effect, and once more after this time, as if a proxy had repeated it. The first
    /// reply counts.
    Repeat(Duration),
    /// It has its effect, and is answered with this HTTP status all the same, as by a gateway that
    /// gave up waiting.
    Deny(u16),
    /// It has no effect, and is answered with this HTTP status (401, 403, 404, 409, 410, 429, 500,
    /// 503, 504).
    Refuse(u16),
}

/// An event of a watch, as a scheduler sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `ADDED`, `MODIFIED` or `DELETED`.
    pub kind: &'static str,
    /// Which object.
    pub key: Key,
    /// The revision that caused it.
    pub revision: u64,
}

/// What becomes of an event of a watch. Events are never reordered: a late one holds back those
/// behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// It comes after a delay from the seed.
    #[default]
    Usual,
    /// It comes this long after it happened.
    After(Duration),
    /// The stream ends this way instead.
    Break(Break),
}

/// How a watch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// In order, as when its time is over.
    End,
    /// With a broken connection.
    Reset,
    /// With 410 Gone.
    Gone,
}

/// Decides. It is asked under a lock: it must not call the cluster.
pub trait Scheduler: Send + Sync + 'static {
    /// About a request that was just sent.
    fn request(&self, asked: &Asked) -> Verdict {
        let _ = asked;
        Verdict::default()
    }

    /// About an event that a watch is to deliver next; `watch` is the request that opened it.
    fn event(&self, watch: &Asked, event: &Event) -> Delivery {
        let _ = (watch, event);
        Delivery::default()
    }

    /// Is told what took effect, in order.
    fn effect(&self, effect: &Effect) {
        let _ = effect;
    }
}

impl<S: Scheduler> Scheduler for Arc<S> {
    fn request(&self, asked: &Asked) -> Verdict {
        (**self).request(asked)
    }

    fn event(&self, watch: &Asked, event: &Event) -> Delivery {
        (**self).event(watch, event)
    }

    fn effect(&self, effect: &Effect) {
        (**self).effect(effect);
    }
}

/// Lets everything happen, with the seed's delays.
#[derive(Clone, Copy, Debug, Default)]
pub struct Calm;

impl Scheduler for Calm {}
