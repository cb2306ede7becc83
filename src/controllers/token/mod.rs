//! The token controller: finalizer, published Secret, status and events of one resource. No ISC, no ledger writes.
mod finalize;
mod news;
mod publish;
mod show;

use std::sync::Arc;

use kube::ResourceExt;
use kube::runtime::controller::Action;
use thiserror::Error;

use super::context::Context;
use super::trouble;
use crate::api::PersonalAccessToken;
use crate::api::names::FINALIZER;
use crate::kubernetes::{ledger_store, status};
use crate::lifecycle::describe::{Note, Publication};
use crate::lifecycle::grants::SECRET_CONFLICT;
use crate::metrics::KubernetesWrite;

/// Why a pass ended early.
#[derive(Debug, Error)]
pub enum Error {
    /// The API server refused or failed.
    #[error("failed to {action} for PersonalAccessToken {name:?}")]
    Kubernetes {
        /// What was tried.
        action: &'static str,
        /// `namespace/name`.
        name: String,
        /// Why.
        source: kube::Error,
    },
    /// The ledger cannot be read (R15).
    #[error("failed to look up PersonalAccessToken {name:?} in its ledger")]
    Ledger {
        /// `namespace/name`.
        name: String,
        /// Why.
        source: ledger_store::Error,
    },
}

/// One pass over a resource.
///
/// # Errors
/// The runtime tries again.
#[tracing::instrument(skip_all, fields(namespace = token.metadata.namespace, name = token.metadata.name))]
pub async fn reconcile(token: Arc<PersonalAccessToken>, context: Arc<Context>) -> Result<Action, Error> {
    if !context.is_informed().await {
        return Ok(Action::await_change());
    }
    let passed = pass(&token, &context).await;
    let unreadable = match &passed {
        Err(Error::Ledger { source, .. }) => trouble::frozen(source),
        _ => None,
    };
    let Some(note) = unreadable else { return passed };
    show::frozen(&token, &context, &note).await?;
    Ok(Action::requeue(context.config.recheck))
}

async fn pass(token: &PersonalAccessToken, context: &Context) -> Result<Action, Error> {
    let finalizer = token.finalizers().iter().any(|name| name == FINALIZER);
    if context.board.note(token, finalizer) && finalizer {
        wake_owners(context, token);
    }
    if token.metadata.deletion_timestamp.is_some() {
        return if finalizer { finalize::run(token, context).await } else { Ok(finalize::gone(token, context)) };
    }
    let uid = token.uid().unwrap_or_default();
    if !finalizer {
        admit(token, context).await?;
    } else if !context.board.is_fresh(&uid) {
        let (publication, ledger) = publish::run(token, context).await?;
        if publication == Publication::Nothing && waits_for_name(token, context) {
            wake_owners(context, token);
        }
        show::run(token, context, ledger.as_ref(), publication).await?;
    } else if context.ledgers_of(&token.spec.tenant_ref.name).is_empty() {
        show::run(token, context, None, Publication::Nothing).await?;
    }
    Ok(Action::requeue(context.config.secret_poll))
}

/// A resource seen for the first time: finalizer before anything else (R14), and a status at once.
async fn admit(token: &PersonalAccessToken, context: &Context) -> Result<(), Error> {
    let fail = |action| move |source| Error::Kubernetes { action, name: full_name(token), source };
    let fresh = token.status.is_none();
    context.board.mark_fresh(&token.uid().unwrap_or_default(), fresh);
    match status::finalizer(&context.client, token, true).await {
        // The watch is behind: it will bring the resource as it is now.
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => return Ok(()),
        written => written.map_err(fail("add the finalizer"))?,
    };
    context.metrics.write(KubernetesWrite::Finalizer);
    if fresh {
        show::run(token, context, None, Publication::Nothing).await?;
    }
    Ok(())
}

/// Whether its owner last saw the name of its Secret taken.
fn waits_for_name(token: &PersonalAccessToken, context: &Context) -> bool {
    let uid = token.uid().unwrap_or_default();
    let taken = |note: &Note| note.reason == SECRET_CONFLICT;
    let reports = context.ledgers_of(&token.spec.tenant_ref.name).into_iter();
    reports.filter_map(|name| context.board.report(&name)).any(|report| report.obstacles.get(&*uid).is_some_and(taken))
}

fn wake_owners(context: &Context, token: &PersonalAccessToken) {
    for ledger in context.ledgers_of(&token.spec.tenant_ref.name) {
        context.wake.owner_soon(context.namespace(), &ledger);
    }
}

fn full_name(token: &PersonalAccessToken) -> String {
    format!("{}/{}", token.namespace().unwrap_or_default(), token.name_any())
}
