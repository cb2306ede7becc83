//! The tenant controller: authenticates, claims the owner, creates its ledger, and shows capacity. It mints nothing.
use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;
use kube::api::Api;
use kube::runtime::controller::Action;
use thiserror::Error;
use tokio::time::Instant;

use super::board::{Session, TenantView};
use super::{Context, wall_clock};
use crate::api::conditions::{READY, RECONCILING, STALLED, Wanted, merge};
use crate::api::tenant::{CapacityStatus, CredentialStatus, User};
use crate::api::{Tenant, TenantStatus, check};
use crate::isc::budget::Budget;
use crate::isc::endpoint::ApiUrl;
use crate::isc::{Client, Credential, Failure, http};
use crate::kubernetes::ledger_store::{LedgerStore, Written};
use crate::kubernetes::{operator_files, status};
use crate::lifecycle::describe::Note;
use crate::lifecycle::ledger::{Endpoint, Ledger, OwnCredential, Owner};
use crate::metrics::{CapacityShare, KubernetesWrite};

/// Why a pass ended early.
#[derive(Debug, Error)]
pub enum Error {
    /// The status could not be written.
    #[error("failed to write the status of Tenant {name:?}")]
    Status {
        /// Name of the Tenant.
        name: String,
        /// Why.
        source: kube::Error,
    },
}

/// Any of these lets a credential mint, change and revoke its user's tokens.
const MANAGE: [&str; 3] =
    ["sp:my-personal-access-tokens:manage", "sp:all-personal-access-tokens:manage", "sp:scopes:all"];
/// How soon a Tenant that does not work is tried again.
const RETRY: Duration = Duration::from_secs(15);

/// One pass over a Tenant.
///
/// # Errors
/// The runtime tries again.
#[tracing::instrument(skip_all, fields(tenant = tenant.metadata.name))]
pub async fn reconcile(tenant: Arc<Tenant>, context: Arc<Context>) -> Result<Action, Error> {
    if !context.is_informed().await {
        return Ok(Action::await_change());
    }
    let name = tenant.name_any();
    let generation = tenant.metadata.generation;
    let found = connect(&tenant, &context).await;
    let (view, wait) = match found {
        Ok(session) => {
            (TenantView { generation, session: Some(session), trouble: None }, context.config.drift_interval)
        }
        Err(note) => {
            let wait = if note.stalled { context.config.recheck } else { RETRY };
            let session = context.board.tenant(&name).and_then(|view| view.session).filter(|_| !note.stalled);
            (TenantView { generation, session, trouble: Some(note) }, wait)
        }
    };
    let changed = context.board.put_tenant(&name, Some(view.clone()));
    show(&tenant, &context, &view).await?;
    if changed {
        wake_all(&context, &name, &view);
    }
    Ok(Action::requeue(wait))
}

fn wake_all(context: &Context, name: &str, view: &TenantView) {
    let mut ledgers = context.ledgers_of(name);
    ledgers.extend(view.session.iter().map(|session| LedgerStore::name_of(&session.owner)));
    for ledger in ledgers {
        context.wake.owner(&context.config.operator_namespace, &ledger);
    }
    for token in context.tokens_of(name) {
        // What it shows may be about the Tenant as it was.
        context.board.mark_fresh(&token.uid().unwrap_or_default(), false);
        context.wake.token(&token.namespace().unwrap_or_default(), &token.name_any());
    }
}

/// Everything that must hold before anything is minted.
async fn connect(tenant: &Tenant, context: &Context) -> Result<Session, Note> {
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
    let own = listed.iter().find(|token| token.id == client.client_id());
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
    let transport = http::transport(ca_pem.as_deref()).map_err(|failure| invalid(failure.to_string()))?;
    let budget = Arc::new(Budget::new(context.config.isc_requests_per_10s));
    Ok((Client::new(api.clone(), context.config.pat_path.clone(), transport, credential, budget), api, ca_pem))
}

/// The first Tenant to authenticate as a user has it (create-only); the same user under another Tenant is refused.
async fn claim(tenant: &Tenant, context: &Context, session: &Session) -> Result<(), Note> {
    let name = tenant.name_any();
    let ledger_name = LedgerStore::name_of(&session.owner);
    let unreadable =
        |error: &dyn std::error::Error| waiting("LedgerUnreadable", super::watches::Causes(error).to_string());
    let stored = context.ledgers.get(&ledger_name).await.map_err(|error| unreadable(&error))?;
    if let Some(stored) = stored {
        let holder = &stored.ledger.endpoint.tenant;
        return if **holder == *name {
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
    let incarnation = format!("{:016x}", random());
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
        Written::Unclear(error) => Err(unreadable(&error)),
    }
}

#[expect(clippy::disallowed_methods, reason = "the incarnation of a new ledger")]
fn random() -> u64 {
    rand::random()
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
        operator_files::Error::Read { .. } => waiting("Reconciling", super::watches::Causes(error).to_string()),
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
        failure => super::owner::outage(failure, &tenant.name_any()),
    }
}

fn seed_name(tenant: &Tenant, context: &Context) -> String {
    let name = tenant.spec.credentials.first().map_or("", |source| &source.secret_ref.name);
    format!("Secret \"{}/{name}\"", context.config.operator_namespace)
}

async fn show(tenant: &Tenant, context: &Context, view: &TenantView) -> Result<(), Error> {
    let name = tenant.name_any();
    let old = tenant.status.as_ref();
    let session = view.session.as_ref();
    let report = session.and_then(|session| context.board.report(&LedgerStore::name_of(&session.owner)));
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
            &conditions(view, session),
            tenant.metadata.generation,
            wall_clock(),
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
    let api: Api<Tenant> = Api::all(context.client.clone());
    let written = status::write(&api, &name, old, &new).await;
    if written.map_err(|source| Error::Status { name, source })?.is_some() {
        context.metrics.write(KubernetesWrite::Status);
    }
    Ok(())
}

fn conditions(view: &TenantView, session: Option<&Session>) -> Vec<Wanted> {
    let wanted = |kind, status, reason, message: &str| Wanted { kind, status, reason, message: message.into() };
    match (&view.trouble, session) {
        (Some(note), _) => vec![
            wanted(READY, Some(false), note.reason, &note.message),
            wanted(if note.stalled { STALLED } else { RECONCILING }, Some(true), note.reason, &note.message),
        ],
        (None, Some(session)) => {
            let message = format!("ISC accepts the credential of user {:?}", session.owner.identity_id);
            vec![wanted(READY, Some(true), "Connected", &message)]
        }
        (None, None) => vec![],
    }
}
