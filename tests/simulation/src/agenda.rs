//! What is still to be done, in an order that does not depend on the order of asking.
use std::collections::BTreeMap;

use futures::future::BoxFuture;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::call::Call;
use crate::hook::Asked;
use crate::verbs::Answer;

/// One thing to do.
pub enum Job {
    /// Serves a request; its sender may have given up waiting.
    Serve(Box<Call>, Asked, oneshot::Sender<Answer>),
    /// Deletes one object whose owners are gone.
    Collect,
    /// Empties a namespace that is being deleted.
    Empty(String),
    /// Something of the test's own, to its end.
    Run(BoxFuture<'static, ()>),
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Serve(_, asked, _) => write!(f, "serve {asked:?}"),
            Self::Collect => write!(f, "collect"),
            Self::Empty(namespace) => write!(f, "empty {namespace}"),
            Self::Run(_) => write!(f, "run"),
        }
    }
}

/// Jobs by time; of those at the same time by rank, which is chance, and only then by arrival.
#[derive(Default)]
pub struct Agenda {
    jobs: BTreeMap<(Instant, u64, u64), Job>,
    added: u64,
}

impl Agenda {
    /// Adds a job.
    pub fn add(&mut self, at: Instant, rank: u64, job: Job) {
        self.added += 1;
        self.jobs.insert((at, rank, self.added), job);
    }

    /// When the next job is due.
    pub fn next(&self) -> Option<Instant> {
        self.jobs.keys().next().map(|(at, _, _)| *at)
    }

    /// Takes the next job if it is due.
    pub fn take(&mut self, now: Instant) -> Option<Job> {
        if self.next()? > now {
            return None;
        }
        self.jobs.pop_first().map(|(_, job)| job)
    }
}
