//! One pass: observe, step, effect, settle, compare-and-swap; and again while all goes as expected.
use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::at_hand::AtHand;
use super::effect::{Effects, Performed};
use super::end::{AGAIN, End, MOST_LISTS, MOST_STEPS};
use super::learned::Learned;
use super::memory::Memory;
use super::session::OwnerSession;
use super::spared::Skips;
use super::{observe, report};
use crate::controllers::context::Context;
use crate::controllers::secret_read::SecretRead;
use crate::lifecycle::facts::{Declared, Stage};
use crate::lifecycle::ledger::Uid;
use crate::lifecycle::listing::Listing;
use crate::lifecycle::secret::Holds;
use crate::lifecycle::settle::Outcome;
use crate::lifecycle::step::{Call, Look, Record};
use crate::lifecycle::{Facts, Step, overlap, schedule, step};
use crate::metrics::TokenChange;

struct Pass<'a> {
    context: &'a Context,
    session: &'a OwnerSession,
    at_hand: AtHand,
    declared: BTreeMap<Uid, Declared>,
    learned: Learned,
    skips: Skips,
    lists: usize,
}

/// Runs one pass on the ledger at hand.
pub async fn run(
    context: &Context,
    session: &OwnerSession,
    at_hand: AtHand,
    memory: &mut Memory,
) -> End {
    let began = Instant::now();
    let mut pass = Pass {
        context,
        session,
        at_hand,
        declared: BTreeMap::new(),
        learned: Learned::default(),
        skips: memory.spared.now(&context.board.resources),
        lists: 0,
    };
    if let Err(overtaken) = pass.at_hand.renew_endpoint(context, session).await {
        return overtaken.into();
    }
    memory.forget_the_living();
    for _ in 0..MOST_STEPS {
        let tenant = pass.at_hand.ledger().endpoint.tenant.clone();
        pass.declared = observe::declared(context, &tenant, &mut memory.cache);
        memory.sightings.retain(|uid, _| !pass.declared.contains_key(uid));
        if context.shutdown.is_cancelled() {
            pass.learned.stop();
        }
        let nonce = context.random(pass.at_hand.name());
        let facts = pass.facts(memory, nonce);
        if pass.learned.executing.is_none()
            && let Some(end) = End::in_time(context, began)
        {
            return end;
        }
        let Some(next) = step(&facts) else {
            let report = report::of(&facts, memory.neighbours.growing(), context);
            let end = End::Rest(schedule::rest(&facts), Box::new(report));
            memory.at_hand = Some(pass.at_hand);
            return end;
        };
        tracing::debug!(step = ?next, "next step");
        let went = match &next {
            Step::Look(look) => pass.look(look, memory).await,
            Step::Call(call) => pass.call(&next, call, memory).await,
            Step::Record(_) => pass.decided(&next, memory).await,
        };
        if let Err(end) = went {
            return end;
        }
    }
    End::Left(context.config.recheck)
}

impl Pass<'_> {
    fn facts<'a>(&'a self, memory: &'a Memory, nonce: u64) -> Facts<'a> {
        Facts {
            now: self.session.now(),
            ledger: self.at_hand.ledger(),
            declared: &self.declared,
            sightings: &memory.sightings,
            listing: memory.listing.as_ref(),
            destroyed: &self.learned.destroyed,
            secrets: &self.learned.secrets,
            questions: &self.skips.questions,
            alive: &self.learned.alive,
            set_aside: &self.skips.set_aside,
            unsteady: &self.skips.unsteady,
            executing: self.learned.executing,
            may_mint: self.session.mints && !self.context.shutdown.is_cancelled(),
            installation: &self.context.installation,
            timings: &self.context.config.timings,
            nonce,
        }
    }

    async fn list(&mut self, memory: &mut Memory) -> Result<(), End> {
        let doubted = self.learned.doubted();
        // The LIST that settles this pass's own attempt is not counted: to leave now would fence
        // it.
        self.lists += usize::from(doubted.is_none());
        if self.lists > MOST_LISTS {
            return Err(End::Left(self.context.config.recheck));
        }
        // With an attempt under way, a ledger that moved on is found by the write.
        if self.learned.executing.is_none() {
            self.at_hand.refresh(self.context, self.session).await?;
        }
        let read = observe::list(self.context, self.session, self.at_hand.ledger()).await;
        let (tokens, at) = read.map_err(End::Failed)?;
        let read_with = Arc::new(self.at_hand.ledger().clone());
        let missed_before = memory.missed(&read_with, &self.context.config.timings);
        let after = self.learned.destroyed.clone();
        let listing = Listing { tokens, at, read_with, after, doubted, missed_before };
        self.learned.listed();
        memory.neighbours.note(&listing, &self.context.installation);
        memory.listing = Some(listing);
        Ok(())
    }

    /// Reads live what the next decision needs.
    async fn look(&mut self, look: &Look, memory: &mut Memory) -> Result<(), End> {
        match look {
            Look::List => self.list(memory).await,
            Look::ReadSecret(uid) => {
                let overlap_over = overlap::is_over(&self.facts(memory, 0), uid);
                let found = match self.effects().read_secret(uid).await {
                    Some(found) => found,
                    // It is the next resource's: the attempt at hand goes on without a next one.
                    None if self.learned.executing.is_some() => SecretRead::REFUSED,
                    None => return Err(End::Left(AGAIN)),
                };
                self.saw(uid, found, overlap_over);
                Ok(())
            }
            Look::Confirm(uid) => {
                let stage = self.effects().confirm(uid).await.unwrap_or(Stage::Unread);
                self.learned.reached(stage);
                Ok(())
            }
            Look::Find(uid) => {
                let alive = self.effects().find(uid).await.ok_or(End::Left(AGAIN))?;
                let now = self.session.now().ok_or(End::Left(AGAIN))?;
                memory.sighted(uid, alive, now.ms);
                Ok(())
            }
        }
    }

    async fn call(&mut self, step: &Step, call: &Call, memory: &mut Memory) -> Result<(), End> {
        let performed = self.effects().call(call).await;
        match performed {
            Performed::Outcome(outcome) => {
                self.learned.answered(call, &outcome);
                if matches!((call, &outcome), (Call::Sweep { .. }, Outcome::Gone)) {
                    self.context.metrics.token(TokenChange::OrphanSwept);
                }
                self.record(step, &outcome).await
            }
            Performed::Stripped(uid) => {
                self.learned.wrote(&uid);
                Ok(())
            }
            Performed::SecretRefused(uid) => {
                self.saw(&uid, SecretRead::REFUSED, false);
                Ok(())
            }
            Performed::Reached(stage) => {
                self.learned.reached(stage);
                Ok(())
            }
            Performed::Leave => Err(End::Left(AGAIN)),
            Performed::Later(wait) => Err(End::Left(wait)),
            Performed::Unsure => {
                self.blame(call, memory);
                Err(End::Left(self.context.config.recheck))
            }
            Performed::Failed(failure) => {
                self.blame(call, memory);
                Err(End::Failed(failure))
            }
        }
    }

    fn effects(&self) -> Effects<'_> {
        let Self { context, session, at_hand, declared, learned, .. } = self;
        Effects { context, session, ledger: at_hand.ledger(), declared, found: &learned.metadata }
    }

    /// Records the outcome of a step. An intent that this write confirmed is this pass's own to
    /// execute.
    async fn record(&mut self, step: &Step, outcome: &Outcome) -> Result<(), End> {
        let is_written =
            self.at_hand.record(self.context, step, outcome, self.session.now()).await?;
        if let Some(attempt) = step.intent()
            && is_written
            && self.at_hand.ledger().is_pending(attempt)
        {
            self.learned.intends(attempt);
        }
        Ok(())
    }

    /// Records what needs no call.
    async fn decided(&mut self, step: &Step, memory: &mut Memory) -> Result<(), End> {
        self.record(step, &Outcome::Decided).await?;
        let Step::Record(Record::Withdraw { attempt, waits }) = step else { return Ok(()) };
        self.learned.executing = None;
        if !waits {
            return Err(End::Left(AGAIN));
        }
        if let Some(resource) = self.at_hand.ledger().resource(&attempt.uid) {
            memory.spared.shun(&resource.namespace);
        }
        self.skips.unsteady = memory.spared.unsteady();
        Ok(())
    }

    fn blame(&self, call: &Call, memory: &mut Memory) {
        if let Some(token) = call.token() {
            memory.spared.blame(token, Instant::now() + self.context.config.recheck);
        }
    }

    fn saw(&mut self, uid: &Uid, read: SecretRead, overlap_over: bool) {
        let ledger = self.at_hand.ledger();
        if read.holds != Holds::Refused {
            self.context.board.resources.answer(uid);
        }
        self.learned.saw(uid, read, ledger.is_deleting(uid), overlap_over);
    }
}
