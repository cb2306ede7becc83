//! One pass: observe, step, effect, settle, compare-and-swap; and again while all goes as expected.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use kube::core::ObjectMeta;
use tokio::time::Instant;

use super::effect::{Found, Performed, Scene};
use super::memory::Memory;
use super::{AGAIN, Working, observe, report};
use crate::controllers::board::Report;
use crate::controllers::context::Context;
use crate::isc::Failure;
use crate::kubernetes::ledger_store::Stored;
use crate::lifecycle::facts::{Declared, Executing, Holds, Now, SecretSeen, Sighting, Stage};
use crate::lifecycle::ledger::{Endpoint, OwnCredential, TokenId, Uid};
use crate::lifecycle::listing::Listing;
use crate::lifecycle::{Facts, Step, rotate, schedule, step};

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
    found: BTreeMap<Uid, ObjectMeta>,
    questions: BTreeSet<Uid>,
    set_aside: BTreeSet<TokenId>,
    pub(super) alive: BTreeSet<TokenId>,
    pub(super) executing: Option<Executing>,
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
        found: BTreeMap::new(),
        questions: context.board.questions(),
        set_aside: memory.set_aside(),
        alive: BTreeSet::new(),
        executing: None,
        lists: 0,
        touched,
    };
    if let Err(end) = pass.renew_endpoint().await {
        return end;
    }
    memory.forget_the_living();
    for _ in 0..MOST_STEPS {
        let tenant = pass.stored.ledger.endpoint.tenant.clone();
        pass.declared = observe::declared(context, &tenant, &mut memory.cache);
        memory.sightings.retain(|uid, _| !pass.declared.contains_key(uid));
        let nonce = context.random(&pass.stored.name);
        let facts = pass.facts(memory, nonce);
        if context.shutdown.is_cancelled() && pass.executing.is_none() {
            return End::Left(AGAIN);
        }
        let Some(next) = step(&facts) else {
            let report = report::of(&facts, memory.growing(), &context.board.refusals());
            let end = End::Rest(schedule::rest(&facts), Box::new(report));
            memory.stored = Some((pass.stored, pass.touched));
            return end;
        };
        tracing::debug!(step = ?next, "next step");
        let went = match next {
            Step::List => pass.list(memory).await,
            other => pass.carry_out(&other, memory).await,
        };
        match went {
            Ok(()) => {}
            Err(end) => return end,
        }
    }
    End::Left(context.config.recheck)
}

impl Pass<'_> {
    /// Takes endpoint and credential of the session over, if it works and they differ; says whether they did.
    pub(super) fn refresh_endpoint(&mut self) -> bool {
        let ledger = &mut self.stored.ledger;
        let Some(tenant) = self.context.tenant(&ledger.endpoint.tenant).filter(|_| self.session.mints) else {
            return false;
        };
        let own = self.session.client.credential();
        let (client_id, client_secret) = (own.client_id.as_str().into(), own.client_secret.clone());
        let credential = Some(OwnCredential { client_id, client_secret });
        let endpoint = Endpoint {
            tenant: ledger.endpoint.tenant.clone(),
            api_url: self.session.api_url.as_str().into(),
            nerm_url: self.session.nerm_url.as_deref().map(Into::into),
            ca_pem: self.session.ca_pem.clone(),
            tokens_per_user: tenant.spec.tokens_per_user(),
        };
        let differs = ledger.credential != credential || ledger.endpoint != endpoint;
        (ledger.credential, ledger.endpoint) = (credential, endpoint);
        differs
    }

    fn facts<'a>(&'a self, memory: &'a Memory, nonce: u64) -> Facts<'a> {
        Facts {
            now: self.now(),
            ledger: &self.stored.ledger,
            declared: &self.declared,
            sightings: &memory.sightings,
            listing: memory.listing.as_ref(),
            destroyed: &self.destroyed,
            secrets: &self.secrets,
            questions: &self.questions,
            alive: &self.alive,
            set_aside: &self.set_aside,
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
        let doubted = self.executing.filter(|e| e.stage == Stage::Doubted).map(|e| e.nonce);
        // The LIST that settles one's own attempt is not counted: to leave now would fence it.
        self.lists += usize::from(doubted.is_none());
        if self.lists > MOST_LISTS {
            return Err(End::Left(self.context.config.recheck));
        }
        self.refresh().await?;
        let begun = self.now();
        let tokens = observe::list(self.context, self.session, &self.stored.ledger).await.map_err(End::Failed)?;
        let Some(at) = begun.or(self.now()).map(|now| now.ms) else {
            let what = "there is no usable Date header".into();
            return Err(End::Failed(Failure::Malformed { status: 200, what }));
        };
        let read_with = Arc::new(self.stored.ledger.clone());
        let missed = |old: &Listing| -> BTreeSet<TokenId> {
            old.misses(&read_with, &self.context.config.timings).map(|entry| entry.id.clone()).collect()
        };
        let missed_before = memory.listing.as_ref().map(missed).unwrap_or_default();
        let after = self.destroyed.clone();
        let listing = Listing { tokens, at, read_with, after, doubted, missed_before };
        self.secrets.values_mut().for_each(|seen| seen.listed = true);
        memory.note_neighbours(&listing, &self.context.installation);
        memory.listing = Some(listing);
        Ok(())
    }

    async fn carry_out(&mut self, step: &Step, memory: &mut Memory) -> Result<(), End> {
        let overlap_over = |uid: &Uid| rotate::is_overlap_over(&self.facts(memory, 0), uid);
        let overlap_over = matches!(step, Step::ReadSecret(uid) if overlap_over(uid));
        let Self { context, session, stored, declared, found, .. } = self;
        let scene = Scene { context, session, ledger: &stored.ledger, declared, found };
        match (scene.perform(step).await, step) {
            (Performed::Outcome(outcome), _) => self.record(step, &outcome).await,
            (Performed::Saw(found), Step::ReadSecret(uid) | Step::Strip(uid)) => {
                self.saw(uid, *found, overlap_over, memory);
                Ok(())
            }
            (Performed::Sighted(alive), Step::LookFor(uid)) => self.sighted(uid, alive, memory),
            (Performed::Wrote, Step::Strip(uid)) => {
                self.secrets.remove(uid);
                Ok(())
            }
            (Performed::Reached(stage), _) => {
                self.executing = self.executing.map(|executing| Executing { stage, ..executing });
                Ok(())
            }
            (Performed::Later(wait), _) => Err(End::Left(wait)),
            (Performed::Unsure, _) => {
                self.blame(step, memory);
                Err(End::Left(self.context.config.recheck))
            }
            (Performed::Failed(failure), _) => {
                self.blame(step, memory);
                Err(End::Failed(failure))
            }
            (Performed::Leave | Performed::Saw(_) | Performed::Sighted(_) | Performed::Wrote, _) => {
                Err(End::Left(AGAIN))
            }
        }
    }

    fn blame(&self, step: &Step, memory: &mut Memory) {
        if let Some(token) = step.token() {
            memory.blame(token, Instant::now() + self.context.config.recheck);
        }
    }

    fn saw(&mut self, uid: &Uid, found: Found, overlap_over: bool, memory: &mut Memory) {
        let ledger = &self.stored.ledger;
        let deleting = ledger.resources.get(uid).is_some_and(|resource| resource.deleting);
        // R13: a LIST from before may be older than a pair that the ledger does not know.
        if found.held.as_ref().is_some_and(|held| ledger.is_unknown(uid, held)) {
            memory.listing = None;
        }
        if found.holds != Holds::Refused {
            self.context.board.answer(uid);
        }
        self.found.extend(found.metadata.map(|metadata| (uid.clone(), metadata)));
        let seen = SecretSeen { holds: found.holds, deleting, overlap_over, listed: false, held: found.held };
        self.secrets.insert(uid.clone(), seen);
    }

    fn sighted(&self, uid: &Uid, alive: bool, memory: &mut Memory) -> Result<(), End> {
        let now = self.now().ok_or(End::Left(AGAIN))?.ms;
        let sighting = match memory.sightings.get(uid) {
            _ if alive => Sighting::Alive,
            Some(Sighting::Absent { first, .. }) => Sighting::Absent { first: *first, last: now },
            _ => Sighting::Absent { first: now, last: now },
        };
        memory.sightings.insert(uid.clone(), sighting);
        Ok(())
    }
}
