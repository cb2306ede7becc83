//! What must hold before anything is minted for a Tenant: a seed that ISC accepts, of a user that nobody else has claimed.
use std::sync::Arc;

use kube::ResourceExt;
use tokio::time::Instant;

use crate::api::{Tenant, check};
use crate::controllers::Context;
use crate::controllers::board::Session;
use crate::controllers::frozen;
use crate::isc::budget::Budget;
use crate::isc::endpoint::ApiUrl;
use crate::isc::{Client, Credential, Failure};
use crate::kubernetes::ledger_store::{self, LedgerStore, Written};
use crate::kubernetes::operator_files;
use crate::lifecycle::describe::Note;
use crate::lifecycle::ledger::{Endpoint, Ledger, OwnCredential, Owner};
use crate::metrics::KubernetesWrite;

/// Any of these lets a credential mint, change and revoke its user's tokens.
const MANAGE: [&str; 3] =
    ["sp:my-personal-access-tokens:manage", "sp:all-personal-access-tokens:manage", "sp:scopes:all"];

/// Everything that must hold before anything is minted.
pub(super) async fn run(tenant: &Tenant, context: &Context) -> Result<Session, Note> {
    let problems = check::tenant_problems(tenant);
    if !problems.is_empty() {
        return Err(stalled("Invalid", problems.join("; ")));
    }
    let (client, api, ca_pem) = client(tenant, context).await?;
    let known = context.board.tenant(&tenant.name_any()).and_then(|view| view.session);
    let young = |session: &Session| session.verified.is_some_and(|at| at.elapsed() < context.config.drift_interval);
    if let Some(known) = known.filter(|known| known.client.is(&client) && young(known)) {
        return Ok(known);
    }
    client.forget().await;
    let identity = client.identity().await.map_err(|failure| trouble(tenant, &failure))?;
    if identity.identity_id.is_none() {
        return Err(stalled(
            "NotAPersonalAccessToken",
            format!(
                "{} is an API client without a user; put the credential of a personal access token into it",
                seed_name(tenant, context)
            ),
        ));
    }
    if !identity.scopes.is_empty() && !identity.scopes.iter().any(|scope| MANAGE.contains(&scope.as_str())) {
        return Err(stalled(
            "MissingScope",
            format!(
                "the credential in {} lacks the scope {}; create a personal access token that has it",
                seed_name(tenant, context),
                MANAGE[0]
            ),
        ));
    }
    let listed = client.list().await.map_err(|failure| trouble(tenant, &failure))?;
    // Two witnesses: a ledger for a user whom one spoilt reply names would stand in the way of the right one for ever.
    let is_own = |owner: &str| identity.identity_id.as_deref() == Some(owner);
    let own = listed.iter().find(|token| token.id == client.client_id() && is_own(&token.owner_id));
    let (Some(own), Some(tenant_id)) = (own, identity.tenant_id.clone()) else {
        return Err(waiting(
            "UserUnknown",
            format!("ISC does not say whose the credential in {} is; it is asked again", seed_name(tenant, context)),
        ));
    };
    let owner = Owner { tenant_id: tenant_id.into(), identity_id: own.owner_id.as_str().into() };
    let api_url = api.to_string();
    let session = Session { client, owner, api_url, ca_pem, identity, verified: Some(Instant::now()) };
    claim(tenant, context, &session).await?;
    Ok(session)
}

async fn client(tenant: &Tenant, context: &Context) -> Result<(Client, ApiUrl, Option<Arc<str>>), Note> {
    let invalid = |message: String| stalled("Invalid", message);
    let api = ApiUrl::parse(&tenant.spec.api_url, context.config.allow_loopback_http);
    let api = api.map_err(|error| invalid(format!("spec.{error}")))?;
    let own = &context.config.operator_namespace;
    let ca_pem: Option<Arc<str>> = match &tenant.spec.ca_bundle {
        None => None,
        Some(bundle) => {
            let key = &bundle.config_map_ref;
            let read = operator_files::bundle(&context.client, own, &key.name, &key.key).await;
            Some(read.map_err(|error| file_trouble(&error))?.into())
        }
    };
    let Some(source) = tenant.spec.credentials.first() else {
        return Err(invalid("spec.credentials is empty; name the Secret with the operator's credential".into()));
    };
    let read = operator_files::seed(&context.client, own, &source.secret_ref.name).await;
    let (client_id, client_secret) = read.map_err(|error| file_trouble(&error))?;
    let credential = Credential { client_id, client_secret };
    let old = context.board.tenant(&tenant.name_any()).and_then(|view| view.session);
    if let Some(old) = old
        .filter(|old| *old.client.credential() == credential && old.api_url == api.to_string() && old.ca_pem == ca_pem)
    {
        return Ok((old.client, api, ca_pem));
    }
    let transport =
        context.outside.transports.trusting(ca_pem.as_deref()).map_err(|failure| invalid(failure.to_string()))?;
    let budget = Arc::new(Budget::new(context.config.isc_requests_per_10s));
    Ok((
        Client::new(
            api.clone(),
            context.config.pat_path.clone(),
            transport,
            credential,
            budget,
            context.metrics.clone(),
        ),
        api,
        ca_pem,
    ))
}

/// The first Tenant to authenticate as a user has it (create-only); the same user under another Tenant is refused.
async fn claim(tenant: &Tenant, context: &Context, session: &Session) -> Result<(), Note> {
    let name = tenant.name_any();
    let ledger_name = LedgerStore::name_of(&session.owner);
    let unreachable = |error: &(dyn std::error::Error + 'static)| {
        waiting(frozen::UNREADABLE, crate::controllers::watches::Causes(error).to_string())
    };
    let unreadable = |error: &ledger_store::Error| frozen::note(error).unwrap_or_else(|| unreachable(error));
    let stored = context.ledgers.get(&ledger_name).await.map_err(|error| unreadable(&error))?;
    if let Some(stored) = stored {
        let holder = stored.ledger.endpoint.tenant.clone();
        return if *holder == *name {
            // Whatever became of the write: the ledger is looked for again.
            let relabelled = context.ledgers.relabel(stored).await;
            relabelled.into_iter().for_each(|_| context.metrics.write(KubernetesWrite::Ledger));
            Ok(())
        } else {
            Err(stalled(
                "UserClaimed",
                format!(
                    "ISC user {:?} already serves Tenant {holder:?}; use a personal access token of another user",
                    session.owner.identity_id
                ),
            ))
        };
    }
    if let Some(other) = context.ledgers_of(&name).into_iter().find(|other| *other != ledger_name) {
        return Err(stalled(
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
        Written::Conflict => {
            Err(waiting("Reconciling", "the ledger was created by somebody else just now; it is read again".into()))
        }
        Written::Unclear(error) => Err(unreachable(&error)),
    }
}

fn stalled(reason: &'static str, message: String) -> Note {
    Note { reason, message, stalled: true, retry_at: None }
}

fn waiting(reason: &'static str, message: String) -> Note {
    Note { reason, message, stalled: false, retry_at: None }
}

fn file_trouble(error: &operator_files::Error) -> Note {
    match error {
        operator_files::Error::SeedMissing { .. } => stalled("SeedMissing", error.to_string()),
        operator_files::Error::SeedInvalid { .. } => stalled("SeedInvalid", error.to_string()),
        operator_files::Error::BundleMissing { .. } => stalled("Invalid", error.to_string()),
        operator_files::Error::Read { .. } => {
            waiting("Reconciling", crate::controllers::watches::Causes(error).to_string())
        }
    }
}

/// What a failed call means for the Tenant.
fn trouble(tenant: &Tenant, failure: &Failure) -> Note {
    let of = |text: &str| format!("{text} (Tenant {:?})", tenant.name_any());
    match failure {
        Failure::Refused { .. } => stalled(
            "CredentialRefused",
            of(&format!(
                "{failure}; put a live personal access token into the Secret {:?} of the operator's namespace",
                tenant.spec.credentials.first().map_or("", |source| &source.secret_ref.name)
            )),
        ),
        failure => crate::controllers::owner::outage(failure, &tenant.name_any()),
    }
}

fn seed_name(tenant: &Tenant, context: &Context) -> String {
    let name = tenant.spec.credentials.first().map_or("", |source| &source.secret_ref.name);
    format!("Secret \"{}/{name}\"", context.config.operator_namespace)
}
