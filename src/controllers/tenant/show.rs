//! The status of a Tenant: whose tokens it mints, how many there are, when its credential ends, and
//! what is wrong.
use std::time::Duration;

use jiff::Timestamp;
use kube::api::Api;
use kube::{Resource, ResourceExt};
use thiserror::Error;

use super::memory::Memory;
use crate::api::conditions::{
    CLONE_SUSPECTED, CREDENTIAL_EXPIRES, ConditionSpec, READY, RECONCILING, Reason, STALLED, find,
    merge,
};
use crate::api::tenant::{CapacityStatus, CredentialStatus, IscTenant, User};
use crate::api::{Tenant, TenantStatus};
use crate::controllers::board::{Session, TenantView};
use crate::controllers::context::Context;
use crate::controllers::transitions;
use crate::controllers::trouble;
use crate::kubernetes::causes::Causes;
use crate::kubernetes::events::{self, News};
use crate::kubernetes::ledger_store::LedgerStore;
use crate::kubernetes::status;
use crate::lifecycle::capacity::Capacity;
use crate::lifecycle::describe::credential;
use crate::lifecycle::describe::{Note, stamp};
use crate::lifecycle::ledger::Millis;
use crate::metrics::{CapacityShare, KubernetesWrite};

/// The reason why a pass ended early.
#[derive(Debug, Error)]
pub enum Error {
    /// The status could not be written.
    #[error("failed to write the status of Tenant {name:?}")]
    Status {
        /// Name of the Tenant.
        name: String,
        /// The answer of the API server.
        source: kube::Error,
    },
}

/// Between two writes of which only the number of tokens is new.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// Writes the status if it differs from what is there. Gives the time to wait if only numbers
/// differ, and too soon.
pub(super) async fn run(
    tenant: &Tenant,
    context: &Context,
    memory: &Memory,
    view: &TenantView,
) -> Result<Option<Duration>, Error> {
    // After a restart, an outage that is not told yet: what the process before it showed stays.
    if view.session.is_none() && view.trouble.is_none() {
        return Ok(None);
    }
    let name = tenant.name_any();
    let tenant = &*memory.caught_up(tenant);
    let old = tenant.status.as_ref();
    let new = status_of(tenant, context, view);
    if old.is_some_and(|old| is_only_count(old, &new)) {
        let waits = memory.written_at(&name).and_then(|at| COUNT_EVERY.checked_sub(at.elapsed()));
        if waits.is_some() {
            return Ok(waits);
        }
    }
    let api: Api<Tenant> = Api::all(context.client.clone());
    let written = status::write(&api, &name, old, &new).await;
    if let Some(written) = written.map_err(|source| Error::Status { name: name.clone(), source })? {
        context.metrics.write(KubernetesWrite::Status);
        memory.put_written(written);
        let before = old.map_or(&[][..], |old| &old.conditions);
        transitions::log(&format!("Tenant {name:?}"), before, &new.conditions);
        announce(tenant, context, &new).await;
    }
    Ok(None)
}

fn status_of(tenant: &Tenant, context: &Context, view: &TenantView) -> TenantStatus {
    let old = tenant.status.as_ref();
    let session = view.session.as_ref();
    let report = session
        .and_then(|session| context.board.owners.report(&LedgerStore::name_of(&session.owner)));
    let report = report.unwrap_or_default();
    let trouble = match (&view.trouble, &report.trouble) {
        (Some(note), _) => Some(note),
        // All other trouble of an owner is for its resources to show.
        (None, Some(note)) if note.reason == Reason::LedgerUnreadable => Some(note),
        (None, _) => None,
    };
    let capacity = match report.capacity {
        Some(capacity) => Some(counted(tenant, context, capacity)),
        None => old.and_then(|old| old.capacity),
    };
    let mut wanted = conditions(trouble, session, report.strangers.as_deref());
    wanted.extend(expiry(tenant, context, view));
    // A new process shows what the one before knew, until it has a session of its own.
    let (isc, credential) = match (&view.last, old) {
        (Some(last), _) => (isc_tenant(last), Some(credential_of(last))),
        (None, Some(old)) => (old.tenant.clone(), old.credential.clone()),
        (None, None) => (None, None),
    };
    TenantStatus {
        observed_generation: tenant.metadata.generation,
        conditions: merge(
            old.map_or(&[], |status| &status.conditions),
            &wanted,
            tenant.metadata.generation,
            context.wall_clock(),
        ),
        user: session.map(|session| User {
            id: session.owner.identity_id.to_string(),
            tenant_id: session.owner.tenant_id.to_string(),
        }),
        tenant: isc,
        capacity,
        credential,
    }
}

fn counted(tenant: &Tenant, context: &Context, capacity: Capacity) -> CapacityStatus {
    let name = tenant.name_any();
    context.metrics.capacity(&name, CapacityShare::Limit, capacity.limit);
    context.metrics.capacity(&name, CapacityShare::Ours, capacity.ours);
    context.metrics.capacity(&name, CapacityShare::Others, capacity.others);
    let count = |tokens: usize| u32::try_from(tokens).unwrap_or(u32::MAX);
    CapacityStatus {
        limit: count(capacity.limit),
        ours: count(capacity.ours),
        others: count(capacity.others),
        free: count(capacity.free),
    }
}

fn isc_tenant(session: &Session) -> Option<IscTenant> {
    let isc = session.isc.clone();
    if isc.name.is_none() && isc.pod.is_none() {
        return None;
    }
    Some(IscTenant { name: isc.name, pod: isc.pod })
}

fn credential_of(session: &Session) -> CredentialStatus {
    CredentialStatus {
        client_id: session.client.client_id().into(),
        expires_at: session.expires.map(stamp),
        scopes: session.identity.scopes.clone().unwrap_or_default(),
    }
}

/// The end of the credential that works, or worked last.
fn expiry(tenant: &Tenant, context: &Context, view: &TenantView) -> Option<ConditionSpec> {
    let at = match view.last.as_ref() {
        Some(last) => last.expires,
        None => shown_expiry(tenant),
    };
    context.metrics.credential_expiry(&tenant.name_any(), at.map(|at| at.div_euclid(1_000)));
    let reading = view.last.as_ref().and_then(|last| last.client.now());
    // The local time is good enough for a warning: nothing is decided by it (R20).
    let now = reading.map_or_else(|| context.wall_clock().as_millisecond(), |now| now.ms);
    credential::expires(at?, now, &trouble::seed(tenant, context.namespace()))
}

/// The end of the credential that worked last before this process came, as the status shows it.
fn shown_expiry(tenant: &Tenant) -> Option<Millis> {
    let shown = tenant.status.as_ref()?.credential.as_ref()?.expires_at.as_deref()?;
    shown.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// An event for each stage on the way to the credential's end.
async fn announce(tenant: &Tenant, context: &Context, new: &TenantStatus) {
    let stage = |status: &TenantStatus| find(&status.conditions, CREDENTIAL_EXPIRES).cloned();
    let Some(now) = stage(new) else { return };
    let before = tenant.status.as_ref().and_then(stage);
    if before.is_some_and(|before| before.reason == now.reason) {
        return;
    }
    let news =
        News { warning: true, reason: CREDENTIAL_EXPIRES, action: "Reconcile", note: &now.message };
    let (client, identity) = (&context.client, &context.config.identity);
    let told =
        events::publish(client, identity, tenant.object_ref(&()), &news, context.wall_clock())
            .await;
    match told {
        Ok(()) => context.metrics.write(KubernetesWrite::Event),
        Err(error) => tracing::warn!(error = %Causes(&error), "failed to write an event"),
    }
}

fn is_only_count(old: &TenantStatus, new: &TenantStatus) -> bool {
    // The first count is written at once.
    old.capacity.is_some()
        && old.capacity != new.capacity
        && *old == TenantStatus { capacity: old.capacity, ..new.clone() }
}

fn conditions(
    trouble: Option<&Note>,
    session: Option<&Session>,
    strangers: Option<&str>,
) -> Vec<ConditionSpec> {
    let wanted = |kind, status, reason, message: &str| ConditionSpec {
        kind,
        status,
        reason,
        message: message.into(),
    };
    let mut all = match (trouble, session) {
        (Some(note), _) => vec![
            wanted(READY, Some(false), note.reason, &note.message),
            wanted(
                if note.stalled { STALLED } else { RECONCILING },
                Some(true),
                note.reason,
                &note.message,
            ),
        ],
        (None, Some(session)) => {
            let message =
                format!("ISC accepts the credential of user {:?}", session.owner.identity_id);
            vec![wanted(READY, Some(true), Reason::Connected, &message)]
        }
        (None, None) => vec![],
    };
    all.extend(
        strangers
            .map(|message| wanted(CLONE_SUSPECTED, Some(true), Reason::UnrecordedTokens, message)),
    );
    all
}
