//! The owner controller: one pass per ledger. It alone makes, changes and deletes tokens, and it alone changes ledgers.
//!
//! A pass reads now, ledger, resources, LIST and Secrets in this order; then `step` decides, one effect is carried
//! out, `settle` records it by compare-and-swap; and again while the outcome was the expected one. On anything else
//! the pass leaves and comes in from the top (R15).
mod effect;
mod explain;
mod memory;
mod observe;
mod pass;
mod record;
mod report;
mod trial;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;
use kube::runtime::controller::Action;
use thiserror::Error;
use tokio::time::Instant;

use super::board::{Report, Session};
use super::context::Context;
use super::trouble::{self, outage};
use super::wake::LedgerMeta;
use crate::isc::Failure;
use crate::kubernetes::ledger_store;
use crate::lifecycle::describe::Note;

pub use memory::Memory;

/// Why a pass ended early.
#[derive(Debug, Error)]
pub enum Error {
    /// The ledger cannot be read or written.
    #[error("failed to work on an owner")]
    Ledger(#[from] ledger_store::Error),
}

/// How soon to try again after something unexpected; the ledger holds the longer waits.
const AGAIN: Duration = Duration::from_secs(1);
/// How soon to look again for resources that are on their way.
const SOON: Duration = Duration::from_secs(1);

/// One pass over an owner.
///
/// # Errors
/// The runtime tries again.
#[tracing::instrument(skip_all, fields(ledger = meta.metadata.name))]
pub async fn reconcile(meta: Arc<LedgerMeta>, context: Arc<Context>) -> Result<Action, Error> {
    if !context.is_informed().await {
        return Ok(Action::await_change());
    }
    let name = meta.name_any();
    let mut memory = context.board.take_memory(&name);
    let action = turn(&meta, &context, &mut memory).await;
    context.board.put_memory(&name, memory);
    action
}

/// What there is to do for an owner now.
async fn turn(meta: &LedgerMeta, context: &Context, memory: &mut Memory) -> Result<Action, Error> {
    let name = meta.name_any();
    let tenant = meta.labels().get(ledger_store::TENANT_LABEL).cloned().unwrap_or_default();
    if memory.gathers(context.board.is_anyone_coming(&tenant)) {
        return Ok(Action::requeue(SOON));
    }
    let known = memory.take_stored(meta.metadata.resource_version.as_deref(), context.config.recheck);
    let found = match known {
        Some(known) => known,
        None => match read(context, &name, &tenant).await? {
            Some(stored) => (stored, Instant::now()),
            // If it is gone, so is this pass; else whoever said so was wrong, and no change will come.
            None => return Ok(Action::requeue(context.config.recheck)),
        },
    };
    let Some(session) = session(context, &tenant, &found.0.ledger) else {
        return Ok(Action::requeue(context.config.recheck));
    };
    if let Some(wait) = session.client.held() {
        let report = Report { trouble: Some(outage(&Failure::Wait(wait), &tenant)), ..old_report(context, &name) };
        report::put(context, &name, &tenant, report);
        return Ok(Action::requeue(wait + AGAIN));
    }
    let wait = match pass::run(context, &session, found, memory).await {
        pass::End::Rest(wait, report) => {
            memory.succeeded();
            report::put(context, &name, &tenant, *report);
            wait
        }
        pass::End::Left(wait) => {
            memory.come_in_from_the_top();
            wait
        }
        pass::End::Failed(failure) => {
            memory.come_in_from_the_top();
            let wait = failed(context, &name, &tenant, &failure).unwrap_or_else(|| memory.failed());
            if matches!(failure, Failure::Refused { .. }) {
                trial::run(context, &session, &name, memory).await;
                wait.min(trial::EVERY)
            } else {
                wait
            }
        }
    };
    Ok(Action::requeue(wait))
}

/// Reads the ledger live. One that is not understood is told to everybody (R15).
async fn read(context: &Context, ledger: &str, tenant: &str) -> Result<Option<ledger_store::Stored>, Error> {
    let read = context.ledgers.get(ledger).await;
    if let Some(note) = read.as_ref().err().and_then(trouble::frozen) {
        report::put(context, ledger, tenant, Report { trouble: Some(note), ..old_report(context, ledger) });
    }
    Ok(read?)
}

/// Tells what ISC did not do; says how long ISC wants to be left alone.
fn failed(context: &Context, ledger: &str, tenant: &str, failure: &Failure) -> Option<Duration> {
    if matches!(failure, Failure::Refused { .. } | Failure::Forbidden(_) | Failure::Elsewhere(_)) {
        context.board.distrust(tenant);
        context.wake.tenant(tenant);
    }
    let report = Report { trouble: Some(outage(failure, tenant)), ..old_report(context, ledger) };
    report::put(context, ledger, tenant, report);
    if let Failure::Wait(wait) = failure { Some(*wait + AGAIN) } else { None }
}

fn old_report(context: &Context, ledger: &str) -> Report {
    context.board.report(ledger).map(|report| (*report).clone()).unwrap_or_default()
}

/// The Tenant's session if it is this owner's, else one with the credential that the ledger keeps.
fn session(context: &Context, tenant: &str, ledger: &crate::lifecycle::Ledger) -> Option<Working> {
    let view = context.board.tenant(tenant);
    let mints = view.as_ref().is_some_and(|view| view.trouble.is_none());
    if let Some(session) = view.as_ref().and_then(|view| view.session.clone()).filter(|s| s.owner == ledger.owner) {
        return Some(Working { session, mints });
    }
    // Before the tenant controller's first word on a Tenant that exists, nothing is known.
    if view.is_none() && context.tenant(tenant).is_some() {
        return None;
    }
    observe::own_session(context, ledger).map(|session| Working { session, mints: false })
}

/// A session, and whether new tokens may be made through it.
struct Working {
    session: Session,
    mints: bool,
}

impl std::ops::Deref for Working {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

/// Notes of single resources.
type Notes = BTreeMap<crate::lifecycle::ledger::Uid, Note>;
