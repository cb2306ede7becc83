//! The claim of an ISC user: the first Tenant to authenticate as a user has it, by a ledger that is
//! created once.
use kube::ResourceExt;

use crate::api::Tenant;
use crate::api::conditions::Reason;
use crate::controllers::board::Session;
use crate::controllers::context::Context;
use crate::controllers::trouble;
use crate::kubernetes::causes::Causes;
use crate::kubernetes::ledger_store::{LedgerStore, Stored, Written};
use crate::lifecycle::describe::Note;
use crate::lifecycle::ledger::Ledger;
use crate::metrics::KubernetesWrite;

/// Claims the user of a session (create-only); the same user under another Tenant is refused.
pub(super) async fn run(tenant: &Tenant, context: &Context, session: &Session) -> Result<(), Note> {
    let name = tenant.name_any();
    let ledger_name = LedgerStore::name_of(&session.owner);
    match context.ledgers.get(&ledger_name).await {
        Ok(Some(stored)) => return claimed(&name, context, session, stored).await,
        Ok(None) => {}
        Err(error) => return Err(trouble::frozen(&error).unwrap_or_else(|| unreachable(&error))),
    }
    if let Some(other) = context.ledgers_of(&name).into_iter().find(|other| *other != ledger_name) {
        return Err(Note::stalled(
            Reason::UserChanged,
            format!(
                "the credential now belongs to ISC user {:?}, but ledger {other:?} belongs to another user, or to the same one of another tenant; put back a credential of that user; if neither changed, ISC names the tenant's id differently than before",
                session.owner.identity_id
            ),
        ));
    }
    let endpoint = session.endpoint(name.into(), tenant.spec.tokens_per_user());
    // Chosen once: it tells these tokens from those of an earlier ledger of this user (R13).
    let incarnation = format!("{:016x}", context.random(&ledger_name));
    let mut ledger = Ledger::new(endpoint, session.owner.clone(), incarnation.into());
    ledger.credential = Some(session.client.credential().clone());
    // Create-only: of two Tenants with the same user, or of two replicas, one wins.
    match context.ledgers.create(&ledger).await {
        Written::Done(_) => {
            context.metrics.write(KubernetesWrite::Ledger);
            Ok(())
        }
        Written::Conflict => Err(Note::waiting(
            Reason::Reconciling,
            "another replica created the ledger just now; the operator reads it again".into(),
        )),
        Written::Unclear(error) => Err(unreachable(&error)),
    }
}

/// There is a ledger of the user: it is this Tenant's, or the user is taken.
async fn claimed(
    name: &str,
    context: &Context,
    session: &Session,
    stored: Stored,
) -> Result<(), Note> {
    let holder = stored.ledger.endpoint.tenant.clone();
    if *holder != *name {
        return Err(Note::stalled(
            Reason::UserClaimed,
            format!(
                "ISC user {:?} already serves Tenant {holder:?}; use a personal access token of another user",
                session.owner.identity_id
            ),
        ));
    }
    // Whatever became of the write: the ledger is looked for again.
    if context.ledgers.relabel(stored).await.is_some() {
        context.metrics.write(KubernetesWrite::Ledger);
    }
    Ok(())
}

fn unreachable(error: &(dyn std::error::Error + 'static)) -> Note {
    Note::waiting(Reason::LedgerUnreadable, Causes(error).to_string())
}
