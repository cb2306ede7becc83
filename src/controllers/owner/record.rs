//! How a pass records what happened: by compare-and-swap, and never what another replica has overtaken.
use tokio::time::Instant;

use super::pass::{End, Pass};
use super::{AGAIN, report};
use crate::controllers::context::Context;
use crate::kubernetes::causes::Causes;
use crate::kubernetes::ledger_store::{Stored, Written};
use crate::lifecycle::facts::{Executing, Now, Stage};
use crate::lifecycle::ledger::{Entry, Ledger, State};
use crate::lifecycle::settle::{Outcome, Patched, may_commit};
use crate::lifecycle::{Step, settle};
use crate::metrics::{KubernetesWrite, TokenChange};

impl Pass<'_> {
    /// Records an outcome by compare-and-swap; an effect that changes nothing in the ledger costs no write.
    pub(super) async fn record(&mut self, step: &Step, outcome: &Outcome) -> Result<(), End> {
        if let (Step::Delete(id) | Step::Sweep { id, .. }, Outcome::Gone) = (step, outcome) {
            self.destroyed.insert(id.clone());
            if matches!(step, Step::Sweep { .. }) {
                self.context.metrics.token(TokenChange::OrphanSwept);
            }
        }
        if let (Step::Verify(id), Outcome::Verified(true)) = (step, outcome) {
            self.alive.insert(id.clone());
        }
        let now = self.now().unwrap_or(Now { ms: self.latest_moment(step), consistent: false });
        loop {
            let before = &self.stored.ledger;
            let mut after = settle(before, step, outcome, now, &self.context.config.timings);
            if after == *before {
                return Ok(());
            }
            after.write_nonce = self.context.random(&self.stored.name);
            match self.context.ledgers.replace(&self.stored, &after).await {
                Written::Done(stored) => return self.accept(step, outcome, *stored),
                Written::Conflict => self.read_again(step).await?,
                Written::Unclear(error) => {
                    tracing::warn!(error = %Causes(&error), "it is unknown whether the ledger was written");
                    let stored = self.read().await?;
                    if stored.ledger.write_nonce != after.write_nonce {
                        return Err(End::Left(AGAIN));
                    }
                    return self.accept(step, outcome, stored);
                }
            }
        }
    }

    /// A changed endpoint or credential is recorded before anything else is done: what is published and what a deletion
    /// without its Tenant works with come from the ledger.
    pub(super) async fn renew_endpoint(&mut self) -> Result<(), End> {
        if !self.refresh_endpoint() || self.context.shutdown.is_cancelled() {
            return Ok(());
        }
        let mut after = self.stored.ledger.clone();
        after.write_nonce = self.context.random(&self.stored.name);
        match self.context.ledgers.replace(&self.stored, &after).await {
            Written::Done(stored) => {
                self.context.metrics.write(KubernetesWrite::Ledger);
                (self.stored, self.touched) = (*stored, Instant::now());
                self.context.board.put_ledger(&self.stored.name, &self.stored.ledger);
                report::wake_all(self.context, &self.stored.ledger.endpoint.tenant);
                Ok(())
            }
            Written::Conflict => Err(End::Left(AGAIN)),
            Written::Unclear(error) => {
                tracing::warn!(error = %Causes(&error), "it is unknown whether the ledger was written");
                Err(End::Left(AGAIN))
            }
        }
    }

    /// Only the outcome of one's own POST may go onto a ledger that moved on (R4).
    async fn read_again(&mut self, step: &Step) -> Result<(), End> {
        let Step::Post { attempt, .. } = step else { return Err(End::Left(AGAIN)) };
        let stored = self.read().await?;
        if !may_commit(&stored.ledger, attempt) {
            return Err(End::Left(AGAIN));
        }
        self.stored = stored;
        self.touched = Instant::now();
        Ok(())
    }

    /// A LIST is judged by the ledger that was read before it: a young one, else it shows what another replica did since
    /// and seems to be somebody's doing.
    pub(super) async fn refresh(&mut self) -> Result<(), End> {
        if self.executing.is_none() && self.touched.elapsed() > AGAIN {
            self.stored = self.read().await?;
            self.touched = Instant::now();
            self.refresh_endpoint();
        }
        Ok(())
    }

    async fn read(&self) -> Result<Stored, End> {
        match self.context.ledgers.get(&self.stored.name).await {
            Ok(Some(stored)) => Ok(stored),
            Ok(None) => Err(End::Left(AGAIN)),
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "failed to read the ledger again");
                Err(End::Left(AGAIN))
            }
        }
    }

    fn accept(&mut self, step: &Step, outcome: &Outcome, stored: Stored) -> Result<(), End> {
        self.context.metrics.write(KubernetesWrite::Ledger);
        let before = std::mem::replace(&mut self.stored, stored);
        self.touched = Instant::now();
        self.context.board.put_ledger(&self.stored.name, &self.stored.ledger);
        report::wake_changed(self.context, &before.ledger, &self.stored.ledger);
        count(self.context, &before.ledger, &self.stored.ledger, step, outcome);
        self.executing = self.next_execution(step);
        Ok(())
    }

    /// An intent that this write confirmed is one's own to execute.
    fn next_execution(&self, step: &Step) -> Option<Executing> {
        let intent = match step {
            Step::Intent(attempt, _) => Some(attempt),
            Step::Post { then: Some((attempt, _)), .. } => Some(attempt),
            _ => None,
        };
        let confirmed = intent.filter(|attempt| may_commit(&self.stored.ledger, attempt));
        confirmed.map(|attempt| Executing { nonce: attempt.nonce, stage: Stage::Intended }).or(self.executing)
    }

    /// For a reply without a Date: no earlier than the moment itself, so that a token never counts as older than it is.
    fn latest_moment(&self, step: &Step) -> i64 {
        let known = self.stored.ledger.entries.iter().map(|entry| entry.created_at).max().unwrap_or(0);
        if let Step::Post { attempt, .. } | Step::Refused(attempt) = step { attempt.expiry.max(known) } else { known }
    }
}

fn count(context: &Context, before: &Ledger, after: &Ledger, step: &Step, outcome: &Outcome) {
    let new = after.entries.iter().filter(|entry| before.entry(&entry.id).is_none());
    let gone = before.entries.iter().filter(|entry| after.entry(&entry.id).is_none());
    let replaced = |entry: &&Entry| {
        entry.state == State::Retired && before.entry(&entry.id).is_some_and(|old| old.state == State::Current)
    };
    let made = if matches!(step, Step::Adopt(_)) { TokenChange::Adopted } else { TokenChange::Minted };
    let ended = |entry: &Entry| match entry.state {
        State::Released => TokenChange::Released,
        _ => TokenChange::Revoked,
    };
    let replaced = after.entries.iter().filter(replaced).map(|_| TokenChange::Rotated);
    let changed = match (step, outcome) {
        (Step::Renew { .. }, Outcome::Patched(Patched::Yes | Patched::Shorter(_))) => Some(TokenChange::Renewed),
        (Step::Apply { .. }, Outcome::Patched(Patched::Yes)) => Some(TokenChange::Updated),
        _ => None,
    };
    for change in new.map(|_| made).chain(gone.map(ended)).chain(replaced).chain(changed) {
        context.metrics.token(change);
    }
}
