//! The tenant controller: authenticates, claims the owner, creates its ledger, and shows capacity. It mints nothing.
mod claim;
mod connect;
mod identify;
mod show;

use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;
use kube::runtime::controller::Action;
use thiserror::Error;

use super::board::TenantView;
use super::context::Context;
use crate::api::Tenant;
use crate::kubernetes::ledger_store::LedgerStore;

/// Why a pass ended early.
#[derive(Debug, Error)]
pub enum Error {
    /// The status could not be written.
    #[error("failed to write the status of Tenant {name:?}")]
    Status {
        /// Name of the Tenant.
        name: String,
        /// Why.
        source: kube::Error,
    },
}

/// How soon a Tenant that does not work is tried again.
const RETRY: Duration = Duration::from_secs(15);

/// One pass over a Tenant.
///
/// # Errors
/// The runtime tries again.
#[tracing::instrument(skip_all, fields(tenant = tenant.metadata.name))]
pub async fn reconcile(tenant: Arc<Tenant>, context: Arc<Context>) -> Result<Action, Error> {
    if !context.is_informed().await {
        return Ok(Action::await_change());
    }
    let name = tenant.name_any();
    let generation = tenant.metadata.generation;
    let found = connect::run(&tenant, &context).await;
    let (view, wait) = match found {
        Ok(session) => {
            let (last, session) = (Some(session.clone()), Some(session));
            (TenantView { generation, session, trouble: None, last }, context.config.drift_interval)
        }
        Err(note) => {
            let wait = if note.stalled { context.config.recheck } else { RETRY };
            let before = context.board.tenant(&name).unwrap_or_default();
            let session = before.session.filter(|_| !note.stalled);
            (TenantView { generation, session, trouble: Some(note), last: before.last }, wait)
        }
    };
    let changed = context.board.put_tenant(&name, Some(view.clone()));
    let sooner = show::run(&tenant, &context, &view).await?;
    if changed {
        wake_all(&context, &name, &view);
    }
    Ok(Action::requeue(sooner.map_or(wait, |sooner| wait.min(sooner))))
}

fn wake_all(context: &Context, name: &str, view: &TenantView) {
    let mut ledgers = context.ledgers_of(name);
    ledgers.extend(view.session.iter().map(|session| LedgerStore::name_of(&session.owner)));
    for ledger in ledgers {
        context.wake.owner(context.namespace(), &ledger);
    }
    for token in context.tokens_of(name) {
        // What it shows may be about the Tenant as it was.
        context.board.mark_fresh(&token.uid().unwrap_or_default(), false);
        context.wake.token(&token.namespace().unwrap_or_default(), &token.name_any());
    }
}
