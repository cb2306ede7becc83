//! Status and events: written when they differ from what is there, and never read to decide anything.
use kube::{Api, Resource, ResourceExt};

use super::news::news;
use super::{Error, full_name};
use crate::api::{PersonalAccessToken, PersonalAccessTokenStatus, Tenant};
use crate::controllers::context::Context;
use crate::controllers::{transitions, trouble};
use crate::kubernetes::causes::Causes;
use crate::kubernetes::events;
use crate::kubernetes::status;
use crate::lifecycle::Ledger;
use crate::lifecycle::describe::{self, Note, Publication, Trial, View};
use crate::lifecycle::grants::admit;
use crate::metrics::KubernetesWrite;

/// Writes status and event if there is something new to tell.
pub(super) async fn run(
    token: &PersonalAccessToken,
    context: &Context,
    ledger: Option<&Ledger>,
    publication: Publication,
) -> Result<(), Error> {
    let token = &*context.board.caught_up(token);
    let fail = |action| move |source| Error::Kubernetes { action, name: full_name(token), source };
    let name = &token.spec.tenant_ref.name;
    // The watches of resources and Tenants are not one: what is missing in the one may only be late.
    let is_late = context.tenant(name).is_none() && exists(context, name).await.map_err(fail("read the Tenant"))?;
    match status_of(token, context, ledger, publication, is_late) {
        Some(new) => write(token, context, &new).await,
        None => Ok(()),
    }
}

/// Tells that the resource's ledger cannot be read. All else that it shows stays as it was last known.
pub(super) async fn frozen(token: &PersonalAccessToken, context: &Context, note: &Note) -> Result<(), Error> {
    let token = &*context.board.caught_up(token);
    write(token, context, &describe::frozen(token, note, context.wall_clock())).await
}

async fn write(token: &PersonalAccessToken, context: &Context, new: &PersonalAccessTokenStatus) -> Result<(), Error> {
    let fail = |action| move |source| Error::Kubernetes { action, name: full_name(token), source };
    let api: Api<PersonalAccessToken> = Api::namespaced(context.client.clone(), &token.namespace().unwrap_or_default());
    let written = status::write(&api, &token.name_any(), token.status.as_ref(), new).await;
    match written {
        Ok(Some(written)) => {
            context.metrics.write(KubernetesWrite::Status);
            let before = token.status.as_ref().map_or(&[][..], |status| &status.conditions);
            transitions::log(&format!("PersonalAccessToken {:?}", full_name(token)), before, &new.conditions);
            context.board.put_written(written);
        }
        Ok(None) => return Ok(()),
        Err(kube::Error::Api(status)) if status.code == 404 => return Ok(()),
        Err(error) => return Err(fail("write the status")(error)),
    }
    if let Some(news) = news(token.status.as_ref(), new) {
        let told = events::publish(
            &context.client,
            &context.config.identity,
            token.object_ref(&()),
            &news,
            context.wall_clock(),
        );
        match told.await {
            Ok(()) => context.metrics.write(KubernetesWrite::Event),
            // An event is told at most once; its namespace may be going away.
            Err(error) => tracing::warn!(error = %Causes(&error), "failed to write an event"),
        }
    }
    Ok(())
}

/// The new status; `None` while too little is known to replace an old one.
fn status_of(
    token: &PersonalAccessToken,
    context: &Context,
    ledger: Option<&Ledger>,
    publication: Publication,
    is_late: bool,
) -> Option<PersonalAccessTokenStatus> {
    let tenant_name = &token.spec.tenant_ref.name;
    let tenant = context.tenant(tenant_name);
    let found = context.board.tenant(tenant_name);
    let report = context.ledgers_of(tenant_name).iter().find_map(|name| context.board.report(name));
    if token.status.is_some()
        && (tenant.is_some() || is_late)
        && found.as_ref().is_none_or(|f| f.trouble.is_none() && report.is_none())
    {
        return None;
    }
    let neighbours = context.tokens_of(tenant_name);
    let denial = tenant
        .as_ref()
        .and_then(|tenant| admit(token, &tenant.spec, neighbours.iter().map(|neighbour| &**neighbour)).err());
    let trouble = match &tenant {
        None if !is_late => Some(trouble::tenant_missing(tenant_name)),
        _ => found.and_then(|found| found.trouble).or_else(|| report.as_ref()?.trouble.clone()),
    };
    let uid = token.uid().unwrap_or_default();
    let view = View {
        token,
        ledger,
        installation: &context.installation,
        denial: denial.as_ref(),
        trouble: trouble.as_ref(),
        obstacle: report.as_ref().and_then(|report| report.obstacles.get(&*uid)),
        trial: report.as_ref().and_then(|report| report.trials.get(&*uid)).map_or(Trial::None, trial),
        last_used: report.as_ref().and_then(|report| report.last_used.get(&*uid).copied()),
        publication,
    };
    Some(describe::status(&view, context.wall_clock()))
}

fn trial(refusal: &Option<String>) -> Trial<'_> {
    refusal.as_deref().map_or(Trial::Accepted, Trial::Refused)
}

async fn exists(context: &Context, tenant: &str) -> kube::Result<bool> {
    Ok(Api::<Tenant>::all(context.client.clone()).get_metadata_opt(tenant).await?.is_some())
}
