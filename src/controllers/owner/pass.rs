//! One pass: observe, step, effect, settle, compare-and-swap; and again while all goes as expected.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::effect::{Performed, Scene};
use super::{AGAIN, Working, observe, report};
use crate::controllers::Context;
use crate::controllers::board::Report;
use crate::isc::Failure;
use crate::kubernetes::ledger_store::Stored;
use crate::lifecycle::facts::{Declared, Executing, Now, SecretSeen, Stage};
use crate::lifecycle::ledger::{OwnCredential, TokenId, Uid};
use crate::lifecycle::listing::Listing;
use crate::lifecycle::{Facts, Step, schedule, step};

/// What an owner's pass hands to its next one. It holds nothing that could not be read again.
#[derive(Default)]
pub struct Memory {
    stored: Option<(Stored, Instant)>,
    listing: Option<Listing>,
    cache: observe::Cache,
    gathering: Option<Instant>,
}

/// How long a pass waits for resources that are about to get their finalizer.
const GATHER: Duration = Duration::from_secs(5);

impl Memory {
    /// Whether to wait a little for others that are on their way, so that one pass mints for all of them.
    pub fn gathers(&mut self, others_come: bool) -> bool {
        let since = others_come.then(|| self.gathering.unwrap_or_else(Instant::now));
        self.gathering = since.filter(|since| since.elapsed() < GATHER);
        self.gathering.is_some()
    }

    /// The ledger as this process left it, if the watch has brought nothing newer. To act on it is to be a slow pass,
    /// which the protocol allows at any time: its writes are compare-and-swap, and it destroys on irrevocable facts only.
    pub fn take_stored(&mut self, revision: Option<&str>, longest: Duration) -> Option<(Stored, Instant)> {
        self.stored.take().filter(|(stored, at)| at.elapsed() < longest && stored.is_at_least(revision))
    }
}

/// How a pass ended.
pub enum End {
    /// Nothing is to be done now.
    Rest(Duration, Box<Report>),
    /// Something was not as expected: come in from the top.
    Left(Duration),
    /// ISC did not do its part.
    Failed(Failure),
}

/// Steps of one pass; more than any real sequence of an owner, so that a loop cannot go on for ever.
const MOST_STEPS: usize = 200;
/// LISTs of one pass likewise.
const MOST_LISTS: usize = 6;

pub(super) struct Pass<'a> {
    pub(super) context: &'a Context,
    session: &'a Working,
    pub(super) stored: Stored,
    declared: BTreeMap<Uid, Declared>,
    pub(super) destroyed: BTreeSet<TokenId>,
    secrets: BTreeMap<Uid, SecretSeen>,
    pub(super) executing: Option<Executing>,
    vanished: BTreeSet<Uid>,
    lists: usize,
    /// When the ledger was last read or written live.
    pub(super) touched: Instant,
}

/// Runs one pass on the ledger as it was at `touched`.
pub async fn run(
    context: &Context,
    session: &Working,
    (stored, touched): (Stored, Instant),
    memory: &mut Memory,
) -> End {
    let mut pass = Pass {
        context,
        session,
        stored,
        declared: BTreeMap::new(),
        destroyed: BTreeSet::new(),
        secrets: BTreeMap::new(),
        executing: None,
        vanished: BTreeSet::new(),
        lists: 0,
        touched,
    };
    pass.refresh_endpoint();
    for _ in 0..MOST_STEPS {
        let tenant = pass.stored.ledger.endpoint.tenant.clone();
        pass.declared = observe::declared(context, &tenant, &mut memory.cache);
        let nonce = context.random(&pass.stored.name);
        let facts = pass.facts(memory, nonce);
        if context.shutdown.is_cancelled() && pass.executing.is_none() {
            return End::Left(AGAIN);
        }
        let Some(next) = step(&facts) else {
            let end = End::Rest(schedule::rest(&facts), Box::new(report::of(&facts)));
            memory.stored = Some((pass.stored, pass.touched));
            return end;
        };
        tracing::debug!(step = ?next, "next step");
        let went = match next {
            Step::List => pass.list(memory).await,
            other => pass.carry_out(&other).await,
        };
        match went {
            Ok(()) => {}
            Err(end) => return end,
        }
    }
    End::Left(context.config.recheck)
}

impl Pass<'_> {
    /// A changed endpoint or credential rides on the next write.
    fn refresh_endpoint(&mut self) {
        if self.session.mints {
            let own = self.session.client.credential();
            let (client_id, client_secret) = (own.client_id.as_str().into(), own.client_secret.clone());
            self.stored.ledger.credential = Some(OwnCredential { client_id, client_secret });
        }
        let endpoint = &mut self.stored.ledger.endpoint;
        let Some(tenant) = self.context.tenant(&endpoint.tenant).filter(|_| self.session.mints) else { return };
        endpoint.api_url = self.session.api_url.as_str().into();
        endpoint.ca_pem = self.session.ca_pem.clone();
        endpoint.tokens_per_user = tenant.spec.tokens_per_user();
    }

    fn facts<'a>(&'a self, memory: &'a Memory, nonce: u64) -> Facts<'a> {
        Facts {
            now: self.now(),
            ledger: &self.stored.ledger,
            declared: &self.declared,
            vanished: &self.vanished,
            listing: memory.listing.as_ref(),
            destroyed: &self.destroyed,
            secrets: &self.secrets,
            executing: self.executing,
            may_mint: self.session.mints,
            installation: &self.context.installation,
            timings: &self.context.config.timings,
            nonce,
        }
    }

    pub(super) fn now(&self) -> Option<Now> {
        self.session.client.now().map(|now| Now { ms: now.ms, consistent: now.consistent })
    }

    async fn list(&mut self, memory: &mut Memory) -> Result<(), End> {
        self.lists += 1;
        if self.lists > MOST_LISTS {
            return Err(End::Left(self.context.config.recheck));
        }
        let begun = self.now();
        let doubted = self.executing.filter(|e| e.stage == Stage::Doubted).map(|e| e.nonce);
        let tokens = observe::list(self.context, self.session, &self.stored.ledger).await.map_err(End::Failed)?;
        let Some(at) = begun.or(self.now()).map(|now| now.ms) else {
            let what = "there is no usable Date header".into();
            return Err(End::Failed(Failure::Malformed { status: 200, what }));
        };
        let read_with = Arc::new(self.stored.ledger.clone());
        memory.listing = Some(Listing { tokens, at, read_with, after: self.destroyed.clone(), doubted });
        Ok(())
    }

    async fn carry_out(&mut self, step: &Step) -> Result<(), End> {
        let Self { context, session, stored, declared, .. } = self;
        let scene = Scene { context, session, ledger: &stored.ledger, declared };
        match scene.perform(step).await {
            Performed::Outcome(outcome) => self.record(step, &outcome).await,
            Performed::Saw(holds) => {
                if let Step::ReadSecret(uid) = step {
                    let deleting = self.stored.ledger.resources.get(uid).is_some_and(|resource| resource.deleting);
                    self.secrets.insert(uid.clone(), SecretSeen { holds, deleting });
                }
                Ok(())
            }
            Performed::Reached(stage) => {
                self.executing = self.executing.map(|executing| Executing { stage, ..executing });
                Ok(())
            }
            Performed::Leave => Err(End::Left(AGAIN)),
            Performed::Unsure => Err(End::Left(self.context.config.recheck)),
            Performed::Failed(failure) => Err(End::Failed(failure)),
        }
    }
}
