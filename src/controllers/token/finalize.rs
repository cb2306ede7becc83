//! Deletion (R12) as far as the cluster goes: the Secret, and at the very end the finalizer.
use kube::ResourceExt;
use kube::runtime::controller::Action;

use super::{Error, full_name, publish, show, wake_owners};
use crate::api::PersonalAccessToken;
use crate::controllers::context::Context;
use crate::kubernetes::ledger_store::LedgerStore;
use crate::kubernetes::published_secret::holds;
use crate::kubernetes::status;
use crate::lifecycle::Ledger;
use crate::lifecycle::describe::Publication;
use crate::lifecycle::facts::Holds;
use crate::lifecycle::ledger::State;
use crate::metrics::KubernetesWrite;

/// One pass over a resource that is being deleted.
pub(super) async fn run(token: &PersonalAccessToken, context: &Context) -> Result<Action, Error> {
    let uid = token.uid().unwrap_or_default();
    context.board.mark_fresh(&uid, false);
    let stored = publish::ledger(token, context).await?.filter(|stored| mentions(&stored.ledger, &uid));
    match stored {
        Some(stored) => {
            let publication = clear(token, context, &stored.ledger).await?;
            wake_owners(context, token);
            show::run(token, context, Some(&stored.ledger), publication).await?;
            Ok(Action::requeue(context.config.recheck))
        }
        None => release(token, context).await,
    }
}

/// Removes the Secret, or sees to it that what is left to the user is the current credential (R12).
async fn clear(token: &PersonalAccessToken, context: &Context, ledger: &Ledger) -> Result<Publication, Error> {
    let uid = token.uid().unwrap_or_default();
    let Some(resource) = ledger.resources.get(&*uid).filter(|resource| resource.deleting) else {
        return Ok(Publication::Nothing);
    };
    if resource.retain && ledger.current(&uid).is_some() {
        return Ok(publish::run(token, context).await?.0);
    }
    if ledger.of(&uid).all(|entry| entry.state != State::Released) {
        remove_secret(token, context).await?;
    }
    Ok(Publication::Nothing)
}

/// The resource is gone as far as the operator is concerned.
pub(super) fn gone(token: &PersonalAccessToken, context: &Context) -> Action {
    context.board.forget(token);
    for rival in context.tokens_of(&token.spec.tenant_ref.name).iter().filter(|other| are_rivals(token, other)) {
        context.board.mark_fresh(&rival.uid().unwrap_or_default(), false);
        context.wake.token(&rival.namespace().unwrap_or_default(), &rival.name_any());
        wake_owners(context, rival);
    }
    Action::await_change()
}

/// Whether both want the same Secret.
fn are_rivals(one: &PersonalAccessToken, other: &PersonalAccessToken) -> bool {
    one.namespace() == other.namespace() && one.secret_name() == other.secret_name()
}

/// The finalizer goes only when a live LIST shows no ledger that holds the uid.
async fn release(token: &PersonalAccessToken, context: &Context) -> Result<Action, Error> {
    let uid = token.uid().unwrap_or_default();
    let live = context.ledgers.of_tenant(&token.spec.tenant_ref.name).await;
    let live = live.map_err(|source| Error::Ledger { name: full_name(token), source })?;
    if live.iter().any(|stored| mentions(&stored.ledger, &uid)) || is_held_unlabelled(token, context).await? {
        wake_owners(context, token);
        return Ok(Action::requeue(context.config.recheck));
    }
    let fail = |source| Error::Kubernetes { action: "remove the finalizer", name: full_name(token), source };
    status::finalizer(&context.client, token, false).await.map_err(fail)?;
    context.metrics.write(KubernetesWrite::Finalizer);
    gone(token, context);
    // Should it be there still, the answer was wrong.
    Ok(Action::requeue(context.config.recheck))
}

/// Whether the ledger of the Tenant's user, read by its name, holds the resource: its label may be lost. Then the tenant
/// controller puts it back.
async fn is_held_unlabelled(token: &PersonalAccessToken, context: &Context) -> Result<bool, Error> {
    let tenant = &token.spec.tenant_ref.name;
    let Some(session) = context.board.tenant(tenant).and_then(|view| view.session) else { return Ok(false) };
    let read = context.ledgers.get(&LedgerStore::name_of(&session.owner)).await;
    let stored = read.map_err(|source| Error::Ledger { name: full_name(token), source })?;
    let held = stored.is_some_and(|stored| {
        *stored.ledger.endpoint.tenant == **tenant && mentions(&stored.ledger, &token.uid().unwrap_or_default())
    });
    if held {
        context.board.distrust(tenant);
        context.wake.tenant(tenant);
    }
    Ok(held)
}

fn mentions(ledger: &Ledger, uid: &str) -> bool {
    ledger.resources.contains_key(uid)
        || ledger.of(uid).next().is_some()
        || ledger.pending.as_ref().is_some_and(|pending| &*pending.uid == uid)
}

async fn remove_secret(token: &PersonalAccessToken, context: &Context) -> Result<(), Error> {
    let namespace = token.namespace().unwrap_or_default();
    let fail = |source| Error::Kubernetes { action: "remove the Secret", name: full_name(token), source };
    let found = context.secrets.metadata(&namespace, token.secret_name()).await.map_err(fail)?;
    let Some(found) = found.map(|secret| secret.metadata) else { return Ok(()) };
    if holds(Some(&found), &token.uid().unwrap_or_default()) == Holds::Ours {
        context.secrets.delete(&namespace, &found).await.map_err(fail)?;
        context.metrics.write(KubernetesWrite::Secret);
    }
    Ok(())
}
