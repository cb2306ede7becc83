//! The ledger at hand: read live, recorded by compare-and-swap, and never over what another replica
//! wrote since.
#![deny(clippy::wildcard_enum_match_arm)]

use std::time::Duration;

use tokio::time::Instant;

use super::counting::count;
use super::report;
use super::session::OwnerSession;
use crate::controllers::context::Context;
use crate::kubernetes::causes::Causes;
use crate::kubernetes::ledger_store::{Stored, Written};
use crate::lifecycle::facts::Now;
use crate::lifecycle::ledger::{Ledger, Millis};
use crate::lifecycle::settle::Outcome;
use crate::lifecycle::step::Call;
use crate::lifecycle::{Step, settle};
use crate::metrics::KubernetesWrite;

/// The greatest age of a ledger that a LIST is read with.
const YOUNG: Duration = Duration::from_secs(1);

/// A ledger as it was last read or written live.
pub struct AtHand {
    stored: Stored,
    touched: Instant,
}

/// The stored ledger is not the one at hand, or was not reached: the pass comes in from the top
/// (R15).
pub struct Overtaken;

impl AtHand {
    /// A ledger that was read now.
    pub fn new(stored: Stored) -> Self {
        Self { stored, touched: Instant::now() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.stored.name
    }

    /// Its content.
    pub fn ledger(&self) -> &Ledger {
        &self.stored.ledger
    }

    /// It was read or written less than this long ago.
    pub fn is_younger_than(&self, age: Duration) -> bool {
        self.touched.elapsed() < age
    }

    /// It is this revision or a later one.
    pub fn is_at_least(&self, revision: Option<&str>) -> bool {
        self.stored.is_at_least(revision)
    }

    /// A changed endpoint or credential is recorded before anything else is done: what is published
    /// and what a deletion without its Tenant works with come from the ledger.
    pub async fn renew_endpoint(
        &mut self,
        context: &Context,
        session: &OwnerSession,
    ) -> Result<(), Overtaken> {
        // When the process is to end, the next replica records it.
        if !self.take_over(context, session) || context.shutdown.is_cancelled() {
            return Ok(());
        }
        let mut after = self.stored.ledger.clone();
        after.write_nonce = context.random(&self.stored.name);
        match context.ledgers.replace(&self.stored, &after).await {
            Written::Done(stored) => {
                self.accept(context, *stored);
                // Where ISC is has changed, and so has what is published.
                context.wake_tokens_of(&self.stored.ledger.endpoint.tenant);
                Ok(())
            }
            Written::Conflict => Err(Overtaken),
            Written::Unclear(error) => {
                tracing::warn!(error = %Causes(&error), "it is unknown whether the ledger was written");
                Err(Overtaken)
            }
        }
    }

    /// Takes endpoint and credential of the session over, if it works; `true`: they differ from the
    /// ledger's.
    fn take_over(&mut self, context: &Context, session: &OwnerSession) -> bool {
        let ledger = &mut self.stored.ledger;
        // A session that does not work must not replace the credential that worked last.
        if !session.mints {
            return false;
        }
        let Some(tenant) = context.tenant(&ledger.endpoint.tenant) else { return false };
        let credential = Some(session.client.credential().clone());
        let endpoint =
            session.endpoint(ledger.endpoint.tenant.clone(), tenant.spec.tokens_per_user());
        let differs = ledger.credential != credential || ledger.endpoint != endpoint;
        (ledger.credential, ledger.endpoint) = (credential, endpoint);
        differs
    }

    /// Reads it again if it is too old for a LIST. A LIST that is judged by an old ledger shows
    /// what another replica did since, as if a user had done it.
    pub async fn refresh(
        &mut self,
        context: &Context,
        session: &OwnerSession,
    ) -> Result<(), Overtaken> {
        if self.touched.elapsed() > YOUNG {
            self.read_live(context).await?;
            // In memory only: the next write carries it into the stored ledger.
            self.take_over(context, session);
        }
        Ok(())
    }

    /// Records an outcome by compare-and-swap. `false`: it changes nothing in the ledger, and costs
    /// no write.
    pub async fn record(
        &mut self,
        context: &Context,
        step: &Step,
        outcome: &Outcome,
        now: Option<Now>,
    ) -> Result<bool, Overtaken> {
        // Without a `Date` nothing may be judged final (R20).
        let now = now.unwrap_or(Now { ms: self.latest_moment(step), consistent: false });
        loop {
            let mut after =
                settle(&self.stored.ledger, step, outcome, now, &context.config.timings);
            if after == self.stored.ledger {
                return Ok(false);
            }
            // After the comparison: a new nonce alone is no reason to write.
            after.write_nonce = context.random(&self.stored.name);
            let written = match context.ledgers.replace(&self.stored, &after).await {
                Written::Done(stored) => *stored,
                Written::Conflict => {
                    self.read_again(context, step).await?;
                    continue;
                }
                Written::Unclear(error) => {
                    tracing::warn!(error = %Causes(&error), "it is unknown whether the ledger was written");
                    let stored = self.read(context).await?;
                    // The nonce of the write says whose write this is.
                    if stored.ledger.write_nonce != after.write_nonce {
                        return Err(Overtaken);
                    }
                    stored
                }
            };
            let before = self.accept(context, written);
            // `accept` put the ledger on the board first: the loops that are woken read it there.
            report::wake_changed(context, &before.ledger, &self.stored.ledger);
            count(context, &before.ledger, &self.stored.ledger, step, outcome);
            return Ok(true);
        }
    }

    /// Only the outcome of this pass's own POST may go onto a ledger that moved on (R4).
    async fn read_again(&mut self, context: &Context, step: &Step) -> Result<(), Overtaken> {
        let Step::Call(Call::Post { attempt, .. }) = step else { return Err(Overtaken) };
        self.read_live(context).await?;
        if self.stored.ledger.is_pending(attempt) { Ok(()) } else { Err(Overtaken) }
    }

    async fn read_live(&mut self, context: &Context) -> Result<(), Overtaken> {
        self.stored = self.read(context).await?;
        self.touched = Instant::now();
        Ok(())
    }

    async fn read(&self, context: &Context) -> Result<Stored, Overtaken> {
        match context.ledgers.get(&self.stored.name).await {
            Ok(Some(stored)) => Ok(stored),
            // Only the tenant controller creates a ledger: one that is gone is not written back.
            Ok(None) => Err(Overtaken),
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "failed to read the ledger again");
                Err(Overtaken)
            }
        }
    }

    /// This ledger was written now; gives the one before.
    fn accept(&mut self, context: &Context, written: Stored) -> Stored {
        context.metrics.write(KubernetesWrite::Ledger);
        let before = std::mem::replace(&mut self.stored, written);
        self.touched = Instant::now();
        context.board.owners.put_ledger(&self.stored.name, &self.stored.ledger);
        before
    }

    /// For a reply without a Date: no earlier than the moment itself, so that a token never counts
    /// as older than it is.
    fn latest_moment(&self, step: &Step) -> Millis {
        let mut latest = 0;
        for entry in &self.stored.ledger.entries {
            latest = entry.created_at.max(latest);
        }
        match step.ends() {
            Some(attempt) => attempt.expiry.max(latest),
            None => latest,
        }
    }
}
