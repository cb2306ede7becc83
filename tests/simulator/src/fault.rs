//! Faults: what a test makes go wrong, for which requests, and how often.
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::clock::{http_date, plus_seconds};
use crate::hostile::Hostile;
use crate::refusal::Refuser;
use crate::reply::Reply;
use crate::route::Operation;

/// When a connection is dropped or a request held: on one side of the effect or the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum When {
    /// Nothing has happened yet; with a dropped connection, nothing will.
    Before,
    /// The operation took effect, the caller does not know.
    After,
}

/// The `Retry-After` header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RetryAfter {
    /// So many seconds.
    Seconds(u64),
    /// An HTTP date so many seconds ahead.
    Date(i64),
    /// This text, whatever it is.
    Text(String),
}

/// What is wrong with the `Date` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BadDate {
    /// There is none.
    Missing,
    /// It says 1970.
    Epoch,
    /// It is a year ahead.
    NextYear,
    /// It is no date at all.
    Garbage,
}

/// One thing that goes wrong. All that is set applies to the same request; several faults may meet
/// on one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Fault {
    /// Only this operation; all of them when absent.
    pub operation: Option<Operation>,
    /// Lets so many matching requests pass first.
    pub skip: u64,
    /// Applies to so many matching requests; to all when absent.
    pub times: Option<u64>,
    /// Waits so many milliseconds before the effect. A caller that gives up meanwhile does not stop
    /// it.
    pub latency_ms: u64,
    /// Answers with this status: an error in the tenant's style (a redirect with `redirectTo`; a
    /// 2xx keeps the body).
    pub status: Option<u16>,
    /// With `status` or `redirectTo`: the operation takes effect all the same.
    pub with_effect: bool,
    /// Adds this `Retry-After`.
    pub retry_after: Option<RetryAfter>,
    /// Adds this `Location`; the status is 302 unless given.
    pub redirect_to: Option<String>,
    /// Drops the connection instead of answering.
    pub drop: Option<When>,
    /// Takes effect and answers with this body instead.
    pub body: Option<Hostile>,
    /// LIST shows the state so many seconds ago, beside the standing lag.
    pub stale_seconds: u64,
    /// Spoils the `Date` header.
    pub date: Option<BadDate>,
}

impl Fault {
    /// A fault for one operation that is still to be filled in.
    pub fn on(operation: Operation) -> Self {
        Self { operation: Some(operation), ..Self::default() }
    }

    /// Applies to the next matching request only.
    pub fn once(mut self) -> Self {
        self.times = Some(1);
        self
    }

    /// Whether the answer is this fault's own.
    pub(crate) fn refuses(&self) -> bool {
        self.redirect_to.is_some()
            || self.status.is_some_and(|status| !(200..300).contains(&status))
    }

    /// That answer.
    pub(crate) fn refusal(&self, refuser: Refuser, now: Timestamp) -> Reply {
        let status = self.status.unwrap_or(if self.redirect_to.is_some() { 302 } else { 500 });
        let mut reply = refuser.refuse(status, "injected by a test");
        if let Some(to) = &self.redirect_to {
            reply.headers.push(("location", to.clone()));
        }
        match &self.retry_after {
            None => reply,
            Some(RetryAfter::Seconds(seconds)) => reply.with("retry-after", seconds.to_string()),
            Some(RetryAfter::Date(ahead)) => {
                reply.with("retry-after", http_date(plus_seconds(now, *ahead)))
            }
            Some(RetryAfter::Text(text)) => reply.with("retry-after", text.clone()),
        }
    }

    /// What becomes of the reply of an operation that took effect.
    pub(crate) fn after_effect(&self, reply: Reply, refuser: Refuser, now: Timestamp) -> Reply {
        if self.refuses() {
            return self.refusal(refuser, now);
        }
        match self.status {
            Some(status) => reply.with_status(status),
            None => reply,
        }
    }
}

/// A fault in force.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Armed {
    /// Its number.
    pub id: u64,
    /// The tenant it is limited to; all when absent.
    pub tenant: Option<String>,
    /// What it does.
    pub fault: Fault,
    /// Matching requests so far, those that were let pass included.
    pub seen: u64,
}

/// All faults in force.
#[derive(Default)]
pub struct Faults {
    armed: Mutex<Vec<Armed>>,
    count: AtomicUsize,
    next: AtomicU64,
}

impl Faults {
    /// Puts a fault in force, for one tenant or all; returns its number.
    pub fn add(&self, tenant: Option<String>, fault: Fault) -> u64 {
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let mut armed = self.armed.lock();
        armed.push(Armed { id, tenant, fault, seen: 0 });
        self.count.store(armed.len(), Ordering::Relaxed);
        id
    }

    /// Takes one fault, or all of them, out of force.
    pub fn clear(&self, id: Option<u64>) {
        let mut armed = self.armed.lock();
        armed.retain(|one| id.is_some_and(|id| id != one.id));
        self.count.store(armed.len(), Ordering::Relaxed);
    }

    /// The faults in force; spent ones are gone.
    pub fn all(&self) -> Vec<Armed> {
        self.armed.lock().clone()
    }

    /// The faults that apply to this request, oldest first; each counts it.
    pub fn take(&self, tenant: &str, operation: Operation) -> Vec<Fault> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return Vec::new();
        }
        let mut taken = Vec::new();
        let mut armed = self.armed.lock();
        for one in armed.iter_mut() {
            let elsewhere = one.tenant.as_deref().is_some_and(|name| name != tenant);
            if elsewhere || one.fault.operation.is_some_and(|wanted| wanted != operation) {
                continue;
            }
            one.seen += 1;
            if one.seen > one.fault.skip {
                taken.push(one.fault.clone());
            }
        }
        let spent = |one: &Armed| {
            one.fault.times.is_some_and(|times| one.seen >= one.fault.skip.saturating_add(times))
        };
        armed.retain(|one| !spent(one));
        self.count.store(armed.len(), Ordering::Relaxed);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_skips_applies_so_often_and_is_gone() {
        let faults = Faults::default();
        let fault = Fault { skip: 1, times: Some(2), ..Fault::on(Operation::List) };
        faults.add(Some("acme".into()), fault);
        let hits = |tenant, operation| faults.take(tenant, operation).len();
        assert_eq!(hits("other", Operation::List), 0);
        assert_eq!(hits("acme", Operation::Create), 0);
        let list: Vec<usize> = (0..5).map(|_| hits("acme", Operation::List)).collect();
        assert_eq!(list, [0, 1, 1, 0, 0]);
        assert!(faults.all().is_empty());
    }
}
