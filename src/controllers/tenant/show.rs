//! What a Tenant shows: whose tokens it mints, how many there are, and what is wrong.
use std::time::Duration;

use kube::ResourceExt;
use kube::api::Api;

use super::Error;
use crate::api::conditions::{CLONE_SUSPECTED, READY, RECONCILING, STALLED, Wanted, merge};
use crate::api::tenant::{CapacityStatus, CredentialStatus, User};
use crate::api::{Tenant, TenantStatus};
use crate::controllers::Context;
use crate::controllers::board::{Session, TenantView};
use crate::controllers::frozen::UNREADABLE;
use crate::kubernetes::ledger_store::LedgerStore;
use crate::kubernetes::status;
use crate::lifecycle::describe::Note;
use crate::metrics::{CapacityShare, KubernetesWrite};

/// Between two writes that only count tokens anew.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// Writes the status if there is something new to tell. Gives the time to wait if numbers alone are new, but too soon.
pub(super) async fn run(tenant: &Tenant, context: &Context, view: &TenantView) -> Result<Option<Duration>, Error> {
    let name = tenant.name_any();
    let old = tenant.status.as_ref();
    let session = view.session.as_ref();
    let report = session.and_then(|session| context.board.report(&LedgerStore::name_of(&session.owner)));
    let frozen = report.as_ref().and_then(|report| report.trouble.as_ref()).filter(|note| note.reason == UNREADABLE);
    let trouble = view.trouble.as_ref().or(frozen).cloned();
    let strangers = report.as_ref().and_then(|report| report.strangers.clone());
    let capacity = report.and_then(|report| report.capacity).map(|capacity| {
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
    });
    let new = TenantStatus {
        observed_generation: tenant.metadata.generation,
        conditions: merge(
            old.map_or(&[], |status| &status.conditions),
            &conditions(trouble.as_ref(), session, strangers.as_deref()),
            tenant.metadata.generation,
            context.wall_clock(),
        ),
        user: session.map(|session| User {
            id: session.owner.identity_id.to_string(),
            tenant_id: session.owner.tenant_id.to_string(),
        }),
        capacity: capacity.or_else(|| old.and_then(|status| status.capacity)),
        credential: session.map(|session| CredentialStatus {
            client_id: session.client.client_id().into(),
            scopes: session.identity.scopes.clone(),
        }),
    };
    if old.is_some_and(|old| is_only_count(old, &new)) {
        let waits = context.board.tenant_told(&name).and_then(|at| COUNT_EVERY.checked_sub(at.elapsed()));
        if waits.is_some() {
            return Ok(waits);
        }
    }
    let api: Api<Tenant> = Api::all(context.client.clone());
    let written = status::write(&api, &name, old, &new).await;
    if written.map_err(|source| Error::Status { name: name.clone(), source })?.is_some() {
        context.metrics.write(KubernetesWrite::Status);
        context.board.tell_tenant(&name);
    }
    Ok(None)
}

fn is_only_count(old: &TenantStatus, new: &TenantStatus) -> bool {
    old.capacity != new.capacity && *old == TenantStatus { capacity: old.capacity, ..new.clone() }
}

fn conditions(trouble: Option<&Note>, session: Option<&Session>, strangers: Option<&str>) -> Vec<Wanted> {
    let wanted = |kind, status, reason, message: &str| Wanted { kind, status, reason, message: message.into() };
    let mut all = match (trouble, session) {
        (Some(note), _) => vec![
            wanted(READY, Some(false), note.reason, &note.message),
            wanted(if note.stalled { STALLED } else { RECONCILING }, Some(true), note.reason, &note.message),
        ],
        (None, Some(session)) => {
            let message = format!("ISC accepts the credential of user {:?}", session.owner.identity_id);
            vec![wanted(READY, Some(true), "Connected", &message)]
        }
        (None, None) => vec![],
    };
    all.extend(strangers.map(|message| wanted(CLONE_SUSPECTED, Some(true), "UnrecordedTokens", message)));
    all
}
