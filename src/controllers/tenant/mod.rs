//! The tenant controller: authenticates, claims the owner, creates its ledger, and shows capacity.
//! It mints nothing.
mod claim;
mod connect;
mod identify;
mod memory;
mod place;
mod show;
mod tries;

use std::sync::Arc;

use kube::ResourceExt;
use kube::runtime::controller::Action;

use self::connect::Trouble;
use self::memory::Memory;
use self::show::Error;
use self::tries::Tries;
use super::board::TenantView;
use super::context::Context;
use crate::api::Tenant;
use crate::kubernetes::ledger_store::LedgerStore;
use crate::lifecycle::describe::Note;

/// The state of the tenant loop. It starts empty.
pub struct Tenants {
    context: Arc<Context>,
    memory: Memory,
    tries: Tries,
}

impl Tenants {
    /// A loop that remembers nothing yet.
    pub fn new(context: Arc<Context>) -> Self {
        Self { context, memory: Memory::default(), tries: Tries::default() }
    }

    /// Forgets all Tenants but these.
    pub fn retain(&self, is_there: impl Fn(&str) -> bool) {
        self.memory.retain(&is_there);
        self.tries.retain(is_there);
    }
}

/// One pass over a Tenant.
///
/// # Errors
/// The runtime tries again.
#[tracing::instrument(skip_all, fields(tenant = tenant.metadata.name))]
pub async fn reconcile(tenant: Arc<Tenant>, tenants: Arc<Tenants>) -> Result<Action, Error> {
    let context = &*tenants.context;
    if !context.is_informed().await {
        return Ok(Action::await_change());
    }
    let name = tenant.name_any();
    let generation = tenant.metadata.generation;
    let before = context.board.tenants.view(&name).unwrap_or_default();
    // What was met with the Tenant as it was says nothing of it as it is.
    if before.generation != generation {
        context.board.outages.forget(&name);
    }
    let (view, wait) = match connect::run(&tenant, context, &tenants.tries).await {
        Ok(session) => {
            tenants.tries.forget(&name);
            if context.board.outages.ends(&name, &name) {
                context.wake_owners_of(&name);
            }
            let (last, session) = (Some(session.clone()), Some(session));
            (TenantView { generation, session, trouble: None, last }, context.config.drift_interval)
        }
        Err(Trouble::Waits(left)) => (before, left),
        Err(Trouble::Met(note)) => {
            let wait = if note.stalled {
                tenants.tries.forget(&name);
                context.config.recheck
            } else {
                tenants.tries.failed(&name)
            };
            (in_trouble(&tenant, &tenants, before, note), wait)
        }
    };
    let changed = context.board.tenants.put_view(&name, view.clone());
    let sooner = show::run(&tenant, context, &tenants.memory, &view).await?;
    if changed {
        wake_all(context, &name, &view);
    }
    Ok(Action::requeue(sooner.map_or(wait, |sooner| wait.min(sooner))))
}

/// The view of a Tenant whose credential could not be used. An outage is not told at once of one that
/// is ready.
fn in_trouble(tenant: &Tenant, tenants: &Tenants, before: TenantView, note: Note) -> TenantView {
    let generation = tenant.metadata.generation;
    let name = tenant.name_any();
    let told = tenants.context.told(&name, &name, note);
    let is_well = before.trouble.is_none() && tenants.memory.shows_ready(tenant);
    if !told.is_due && is_well {
        return TenantView { generation, ..before };
    }
    // In trouble that may pass the session stays: owners can still revoke through it.
    let session = before.session.filter(|_| !told.note.stalled);
    TenantView { generation, session, trouble: Some(told.note), last: before.last }
}

/// Has the other loops look at everything of a Tenant. What a resource shows may be about the
/// Tenant as it was.
fn wake_all(context: &Context, name: &str, view: &TenantView) {
    let mut ledgers = context.ledgers_of(name);
    // The watch may not have brought a ledger that `connect` just created.
    ledgers.extend(view.session.iter().map(|session| LedgerStore::name_of(&session.owner)));
    for ledger in ledgers {
        context.wake.owner(context.namespace(), &ledger);
    }
    context.wake_tokens_of(name);
}
