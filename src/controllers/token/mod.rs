//! The token controller: finalizer, published Secret, status and events of one resource. No ISC, no
//! ledger writes.
mod finalize;
mod memory;
mod news;
mod publish;
mod show;
mod task;

use std::sync::Arc;

use kube::runtime::controller::Action;

use self::memory::Memory;
use self::task::{Error, Task};
use super::context::Context;
use super::subject::{Subject, has_finalizer};
use super::trouble;
use crate::api::PersonalAccessToken;
use crate::api::conditions::Reason;
use crate::kubernetes::status;
use crate::lifecycle::publish::Publication;
use crate::metrics::KubernetesWrite;

/// The state of the token loop. It starts empty.
pub struct Tokens {
    context: Arc<Context>,
    memory: Memory,
}

impl Tokens {
    /// A loop that remembers nothing yet.
    pub fn new(context: Arc<Context>) -> Self {
        Self { context, memory: Memory::default() }
    }

    /// Forgets all resources but these.
    pub fn retain(&self, lives: impl Fn(&str) -> bool) {
        self.memory.retain(lives);
    }
}

/// One pass over a resource.
///
/// # Errors
/// The runtime tries again.
#[tracing::instrument(skip_all, fields(namespace = token.metadata.namespace, name = token.metadata.name))]
pub async fn reconcile(
    token: Arc<PersonalAccessToken>,
    tokens: Arc<Tokens>,
) -> Result<Action, Error> {
    let Tokens { context, memory } = &*tokens;
    if !context.is_informed().await {
        return Ok(Action::await_change());
    }
    let Some(subject) = Subject::of(&token) else { return Ok(Action::await_change()) };
    let task = Task { token: &token, subject, context, memory };
    let passed = pass(&task).await;
    let unreadable = match &passed {
        Err(Error::Ledger { source, .. }) => trouble::frozen(source),
        Ok(_) | Err(Error::Kubernetes { .. }) => None,
    };
    let Some(note) = unreadable else { return passed };
    show::frozen(&task, &note).await?;
    // Only a person can repair the ledger: to retry as after an error would not help.
    Ok(Action::requeue(context.config.recheck))
}

async fn pass(task: &Task<'_>) -> Result<Action, Error> {
    let Task { token, subject, context, memory } = *task;
    let finalizer = has_finalizer(token);
    // Before anything else: the owner controller finds a resource only through this index.
    context.board.tenants.index(subject);
    // Without the finalizer the owner controller mints nothing for it (R14).
    if memory.announce(subject.uid, token) && finalizer {
        task.wake_owners();
    }
    if token.metadata.deletion_timestamp.is_some() {
        return if finalizer { finalize::run(task).await } else { Ok(finalize::gone(task)) };
    }
    if !finalizer {
        admit(task).await?;
    } else if !context.board.resources.is_fresh(subject.uid) {
        let (publication, ledger) = publish::run(task).await?;
        // No watch tells that the foreign Secret is gone: only this look sees it.
        if publication == Publication::Nothing && waits_for_name(task) {
            task.wake_owners();
        }
        show::run(task, ledger.as_ref(), publication).await?;
    } else if context.ledgers_of(subject.tenant).is_empty() {
        show::run(task, None, Publication::Nothing).await?;
    }
    // The operator polls Secrets: a watch would need the right to read all of the cluster (T1).
    Ok(Action::requeue(context.config.secret_poll))
}

/// A resource seen for the first time: finalizer before anything else (R14), and a status at once.
async fn admit(task: &Task<'_>) -> Result<(), Error> {
    let Task { token, subject, context, .. } = *task;
    let fresh = token.status.is_none();
    // Before the write: the watch may bring the resource back before this pass continues.
    context.board.resources.mark_fresh(subject.uid, fresh);
    match status::finalizer(&context.client, token, true).await {
        Ok(()) => context.metrics.write(KubernetesWrite::Finalizer),
        // The watch is behind: it will bring the resource as it is now.
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => return Ok(()),
        Err(error) => return Err(task.failed("add the finalizer", error)),
    }
    if fresh {
        show::run(task, None, Publication::Nothing).await?;
    }
    Ok(())
}

/// Its owner last saw the name of its Secret taken.
fn waits_for_name(task: &Task<'_>) -> bool {
    let Task { subject, context, .. } = *task;
    context.ledgers_of(subject.tenant).iter().any(|ledger| {
        let Some(report) = context.board.owners.report(ledger) else { return false };
        report.obstacles.get(subject.uid).is_some_and(|note| note.reason == Reason::SecretConflict)
    })
}
