//! Deletion (R12) as far as the cluster goes: the Secret, and at the very end the finalizer.
use kube::runtime::controller::Action;

use super::publish;
use super::show;
use super::task::{Error, Task};
use crate::api::PersonalAccessToken;
use crate::controllers::secret_read::SecretRead;
use crate::controllers::subject::Subject;
use crate::kubernetes::ledger_store::LedgerStore;
use crate::kubernetes::status;
use crate::lifecycle::Ledger;
use crate::lifecycle::publish::{self as decisions, Clearing, Publication};
use crate::lifecycle::secret::Holds;
use crate::metrics::KubernetesWrite;

/// One pass over a resource that is being deleted.
pub(super) async fn run(task: &Task<'_>) -> Result<Action, Error> {
    let Task { subject, context, .. } = *task;
    context.board.resources.mark_fresh(subject.uid, false);
    let stored = publish::ledger(task).await?;
    let Some(stored) = stored.filter(|stored| stored.ledger.mentions(subject.uid)) else {
        return release(task).await;
    };
    let publication = clear(task, &stored.ledger).await?;
    // After the removal: the owner controller condemns no token whose Secret is there (R12).
    task.wake_owners();
    show::run(task, Some(&stored.ledger), publication).await?;
    Ok(Action::requeue(context.config.recheck))
}

/// Removes the Secret, or sees to it that what is left to the user is the current credential (R12).
async fn clear(task: &Task<'_>, ledger: &Ledger) -> Result<Publication, Error> {
    match decisions::clear(ledger, task.subject.uid) {
        Clearing::Wait => Ok(as_shown(task)),
        Clearing::Leave => Ok(Publication::Nothing),
        Clearing::Publish => {
            let (publication, _) = publish::run(task).await?;
            Ok(publication)
        }
        Clearing::Remove => {
            remove_secret(task).await?;
            Ok(Publication::Nothing)
        }
    }
}

/// The Secret was not looked at: what the status says of it stays.
fn as_shown(task: &Task<'_>) -> Publication {
    let shown = task.token.status.as_ref().and_then(|status| status.secret.as_ref());
    if shown.is_some() { Publication::Published } else { Publication::Nothing }
}

/// The resource is gone as far as the operator is concerned.
pub(super) fn gone(task: &Task<'_>) -> Action {
    let Task { token, subject, context, memory } = *task;
    context.board.forget(subject);
    memory.forget(subject.uid);
    // Each of these was denied the name of the Secret, which is free now.
    for other in context.tokens_of(subject.tenant) {
        if !are_rivals(token, &other) {
            continue;
        }
        if let Some(Subject { uid, namespace, name, tenant }) = Subject::of(&other) {
            context.wake_token(uid, namespace, name);
            context.wake_owners_of(tenant);
        }
    }
    Action::await_change()
}

/// Both want the same Secret.
fn are_rivals(one: &PersonalAccessToken, other: &PersonalAccessToken) -> bool {
    one.metadata.namespace == other.metadata.namespace && one.secret_name() == other.secret_name()
}

/// The finalizer goes only when a live LIST shows no ledger that holds the uid.
async fn release(task: &Task<'_>) -> Result<Action, Error> {
    let Task { token, subject, context, .. } = *task;
    let live = context.ledgers.of_tenant(subject.tenant).await;
    let live = live.map_err(|error| task.ledger_failed(error))?;
    if live.iter().any(|stored| stored.ledger.mentions(subject.uid))
        || is_held_unlabelled(task).await?
    {
        task.wake_owners();
        return Ok(Action::requeue(context.config.recheck));
    }
    let written = status::finalizer(&context.client, token, false).await;
    written.map_err(|error| task.failed("remove the finalizer", error))?;
    context.metrics.write(KubernetesWrite::Finalizer);
    gone(task);
    // Should it be there still, the answer was wrong.
    Ok(Action::requeue(context.config.recheck))
}

/// The ledger of the Tenant's user, read by its name, holds the resource: its label may be lost.
/// Then the tenant controller puts it back.
async fn is_held_unlabelled(task: &Task<'_>) -> Result<bool, Error> {
    let Task { subject, context, .. } = *task;
    let Some(session) = context.board.tenants.view(subject.tenant).and_then(|view| view.session)
    else {
        return Ok(false);
    };
    let read = context.ledgers.get(&LedgerStore::name_of(&session.owner)).await;
    let Some(stored) = read.map_err(|error| task.ledger_failed(error))? else { return Ok(false) };
    let held =
        *stored.ledger.endpoint.tenant == *subject.tenant && stored.ledger.mentions(subject.uid);
    if held {
        context.distrust(subject.tenant);
    }
    Ok(held)
}

async fn remove_secret(task: &Task<'_>) -> Result<(), Error> {
    let Task { token, subject, context, .. } = *task;
    let failed = |error| task.failed("remove the Secret", error);
    let read =
        SecretRead::of(&context.secrets, subject.namespace, token.secret_name(), subject.uid).await;
    let SecretRead { holds, metadata, .. } = read.map_err(failed)?;
    if let (Holds::Ours, Some(found)) = (holds, metadata) {
        context.secrets.delete(subject.namespace, &found).await.map_err(failed)?;
        context.metrics.write(KubernetesWrite::Secret);
    }
    Ok(())
}
