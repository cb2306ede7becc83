//! The owner controller: one pass per ledger. It alone makes, changes and deletes tokens, and it
//! alone changes ledgers.
//!
//! A pass reads now, ledger, resources, LIST and Secrets in this order; then `step` decides, one
//! effect is carried out, `settle` records it by compare-and-swap; and again while the outcome was
//! the expected one. On anything else the pass leaves and comes in from the top (R15).
mod at_hand;
mod circuit;
mod counting;
mod effect;
mod end;
mod explain;
mod learned;
mod memory;
mod neighbours;
mod observe;
mod pass;
mod report;
mod session;
mod spared;
mod strangers;
mod trial;

use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;
use kube::runtime::controller::Action;
use thiserror::Error;
use tokio::sync::Semaphore;

use self::at_hand::AtHand;
use self::end::{AGAIN, End};
use self::memory::{Memories, Memory};
use self::report::Reporter;
use self::session::{OwnSessions, OwnerSession};
use super::context::Context;
use super::trouble::{self, outage};
use super::wake::LedgerMeta;
use crate::isc::Failure;
use crate::kubernetes::ledger_store;

/// The reason why a pass ended early.
#[derive(Debug, Error)]
pub enum Error {
    /// The ledger cannot be read or written.
    #[error("failed to reconcile an owner")]
    Ledger(#[from] ledger_store::Error),
}

/// The time after which resources that are on their way are looked for again.
const SOON: Duration = Duration::from_secs(1);

/// The state of the owner loop. It starts empty, and holds nothing that could not be read again.
pub struct Owners {
    context: Arc<Context>,
    memories: Memories,
    own_sessions: OwnSessions,
    shared: Semaphore,
}

impl Owners {
    /// A loop that remembers nothing yet.
    pub fn new(context: Arc<Context>) -> Self {
        Self {
            context,
            memories: Memories::default(),
            own_sessions: OwnSessions::default(),
            shared: Semaphore::new(circuit::SHARED),
        }
    }
}

/// One pass over an owner.
///
/// # Errors
/// The runtime tries again.
#[tracing::instrument(skip_all, fields(ledger = meta.metadata.name))]
pub async fn reconcile(meta: Arc<LedgerMeta>, owners: Arc<Owners>) -> Result<Action, Error> {
    if !owners.context.is_informed().await {
        return Ok(Action::await_change());
    }
    let name = meta.name_any();
    // Taken out for the pass: after a panic the next one begins without a memory.
    let mut memory = owners.memories.take(&name);
    let action = turn(&meta, &owners, &mut memory).await;
    owners.memories.put(&name, memory);
    action
}

/// Does what there is to do for an owner now.
async fn turn(meta: &LedgerMeta, owners: &Owners, memory: &mut Memory) -> Result<Action, Error> {
    let context = &*owners.context;
    let name = meta.name_any();
    let tenant = meta.labels().get(ledger_store::TENANT_LABEL).cloned().unwrap_or_default();
    let reporter = Reporter { context, ledger: &name, tenant: &tenant };
    if memory.gathers(context.board.tenants.is_anyone_coming(&tenant)) {
        return Ok(Action::requeue(SOON));
    }
    let known =
        memory.take_ledger(meta.metadata.resource_version.as_deref(), context.config.recheck);
    let at_hand = match known {
        Some(known) => known,
        None => match read(&reporter).await? {
            Some(read) => read,
            // If it is gone, so is this pass; otherwise the answer was wrong, and no change will
            // come.
            None => return Ok(Action::requeue(context.config.recheck)),
        },
    };
    let Some(session) =
        OwnerSession::find(context, &owners.own_sessions, &tenant, at_hand.ledger())
    else {
        return Ok(Action::requeue(context.config.recheck));
    };
    // While ISC wants to be left alone, a pass could not even read LIST.
    if let Some(wait) = session.client.held() {
        failed(&reporter, &Failure::Wait(wait));
        return Ok(Action::requeue(wait + AGAIN));
    }
    let healed = context.board.outages.healed(&tenant);
    if let Some(wait) = memory.circuit.left(memory.asked.as_ref(), &session.client, healed) {
        return Ok(Action::requeue(wait));
    }
    // Held for the pass: otherwise owners whose ISC hangs would take every slot of the loop.
    let mut shared = None;
    if memory.circuit.is_in_trouble() {
        let Ok(free) = owners.shared.try_acquire() else {
            return Ok(Action::requeue(circuit::QUEUE));
        };
        shared = Some(free);
    }
    memory.asked = Some(session.client.clone());
    let end = pass::run(context, &session, at_hand, memory).await;
    let wait = after(end, &reporter, &session, memory).await;
    drop(shared);
    Ok(Action::requeue(wait))
}

/// Reports the end of a pass; gives the time until the next one.
async fn after(
    end: End,
    reporter: &Reporter<'_>,
    session: &OwnerSession,
    memory: &mut Memory,
) -> Duration {
    match end {
        End::Rest(wait, report) => {
            memory.succeeded();
            reporter.context.board.outages.ends(reporter.tenant, reporter.ledger);
            reporter.put(*report);
            wait
        }
        End::Left(wait) => {
            memory.come_in_from_the_top();
            wait
        }
        End::Slow => {
            memory.come_in_from_the_top();
            memory.circuit.slow();
            AGAIN
        }
        End::Failed(failure) => {
            memory.come_in_from_the_top();
            failed(reporter, &failure);
            match failure {
                // ISC said how long: the circuit need not guess.
                Failure::Wait(wait) => wait + AGAIN,
                // ISC answers, if with a refusal, so that the published pairs can be tried.
                Failure::Refused { .. } => {
                    trial::run(reporter, session, memory).await;
                    memory.circuit.failed(trial::EVERY)
                }
                Failure::Connect(_)
                | Failure::NoReply(_)
                | Failure::Malformed { .. }
                | Failure::Forbidden(_)
                | Failure::Elsewhere(_)
                | Failure::Status { .. }
                | Failure::Setup(_) => memory.circuit.failed(Duration::MAX),
            }
        }
    }
}

/// Reads the ledger live. One that is not understood is reported to all that depend on it (R15).
async fn read(reporter: &Reporter<'_>) -> Result<Option<AtHand>, Error> {
    let read = reporter.context.ledgers.get(reporter.ledger).await;
    if let Err(error) = &read
        && let Some(note) = trouble::frozen(error)
    {
        reporter.put_trouble(note);
    }
    Ok(read?.map(AtHand::new))
}

/// Reports a call that ISC did not carry out. After one that may be about the credential, the
/// tenant controller asks ISC who the operator is.
fn failed(reporter: &Reporter<'_>, failure: &Failure) {
    let (context, tenant) = (reporter.context, reporter.tenant);
    if matches!(failure, Failure::Refused { .. } | Failure::Forbidden(_) | Failure::Elsewhere(_)) {
        context.distrust(tenant);
    }
    // What differs from reply to reply is told here alone.
    tracing::warn!(error = %failure, "a call to ISC failed");
    let note = outage(failure, tenant, context.wall_clock());
    let told = context.told(tenant, reporter.ledger, note);
    if told.is_due {
        reporter.put_trouble(told.note);
    }
}
