//! The claim of an ISC user: the first Tenant to authenticate as a user has it, by a ledger that is created once.
use kube::ResourceExt;

use crate::api::Tenant;
use crate::controllers::board::Session;
use crate::controllers::context::Context;
use crate::controllers::trouble;
use crate::kubernetes::causes::Causes;
use crate::kubernetes::ledger_store::{self, LedgerStore, Written};
use crate::lifecycle::describe::Note;
use crate::lifecycle::ledger::{Endpoint, Ledger, OwnCredential};
use crate::metrics::KubernetesWrite;

/// Claims the user of a session (create-only); the same user under another Tenant is refused.
pub(super) async fn run(tenant: &Tenant, context: &Context, session: &Session) -> Result<(), Note> {
    let name = tenant.name_any();
    let ledger_name = LedgerStore::name_of(&session.owner);
    let unreachable =
        |error: &(dyn std::error::Error + 'static)| trouble::waiting(trouble::UNREADABLE, Causes(error).to_string());
    let unreadable = |error: &ledger_store::Error| trouble::frozen(error).unwrap_or_else(|| unreachable(error));
    let stored = context.ledgers.get(&ledger_name).await.map_err(|error| unreadable(&error))?;
    if let Some(stored) = stored {
        let holder = stored.ledger.endpoint.tenant.clone();
        return if *holder == *name {
            // Whatever became of the write: the ledger is looked for again.
            let relabelled = context.ledgers.relabel(stored).await;
            relabelled.into_iter().for_each(|_| context.metrics.write(KubernetesWrite::Ledger));
            Ok(())
        } else {
            Err(trouble::stalled(
                "UserClaimed",
                format!(
                    "ISC user {:?} already serves Tenant {holder:?}; use a personal access token of another user",
                    session.owner.identity_id
                ),
            ))
        };
    }
    if let Some(other) = context.ledgers_of(&name).into_iter().find(|other| *other != ledger_name) {
        return Err(trouble::stalled(
            "UserChanged",
            format!(
                "the credential now belongs to ISC user {:?}, but ledger {other:?} is another user's; put a credential of the old user back",
                session.owner.identity_id
            ),
        ));
    }
    let endpoint = Endpoint {
        tenant: name.into(),
        api_url: session.api_url.as_str().into(),
        nerm_url: session.nerm_url.as_deref().map(Into::into),
        ca_pem: session.ca_pem.clone(),
        tokens_per_user: tenant.spec.tokens_per_user(),
    };
    let incarnation = format!("{:016x}", context.random(&ledger_name));
    let mut ledger = Ledger::new(endpoint, session.owner.clone(), incarnation.into());
    let own = session.client.credential();
    ledger.credential =
        Some(OwnCredential { client_id: own.client_id.as_str().into(), client_secret: own.client_secret.clone() });
    match context.ledgers.create(&ledger).await {
        Written::Done(_) => {
            context.metrics.write(KubernetesWrite::Ledger);
            Ok(())
        }
        Written::Conflict => Err(trouble::waiting(
            "Reconciling",
            "the ledger was created by somebody else just now; it is read again".into(),
        )),
        Written::Unclear(error) => Err(unreachable(&error)),
    }
}
