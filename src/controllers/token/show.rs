//! Status and events: written when they differ from what is there, and never read to decide
//! anything.
use kube::{Api, Resource};

use super::news::news;
use super::task::{Error, Task};
use crate::api::{PersonalAccessToken, PersonalAccessTokenStatus, Tenant};
use crate::controllers::board::Report;
use crate::controllers::{transitions, trouble};
use crate::kubernetes::causes::Causes;
use crate::kubernetes::events;
use crate::kubernetes::status;
use crate::lifecycle::Ledger;
use crate::lifecycle::describe::{self, Note, Trial, View};
use crate::lifecycle::grants::admit;
use crate::lifecycle::publish::Publication;
use crate::metrics::KubernetesWrite;

/// Writes status and event if they differ from what is there.
pub(super) async fn run(
    task: &Task<'_>,
    ledger: Option<&Ledger>,
    publication: Publication,
) -> Result<(), Error> {
    let Task { subject, context, memory, .. } = *task;
    let token = memory.caught_up(subject.uid, task.token);
    let task = Task { token: &token, ..*task };
    // The watches of resources and Tenants are not one: what is missing in the one may only be
    // late.
    let is_late = context.tenant(subject.tenant).is_none() && exists(&task).await?;
    match status_of(&task, ledger, publication, is_late) {
        Some(new) => write(&task, &new).await,
        None => Ok(()),
    }
}

/// Shows that the resource's ledger cannot be read. All else that it shows stays as it was last
/// known.
pub(super) async fn frozen(task: &Task<'_>, note: &Note) -> Result<(), Error> {
    let token = task.memory.caught_up(task.subject.uid, task.token);
    let task = Task { token: &token, ..*task };
    write(&task, &describe::frozen(&token, note, task.context.wall_clock())).await
}

async fn write(task: &Task<'_>, new: &PersonalAccessTokenStatus) -> Result<(), Error> {
    let Task { token, subject, context, memory } = *task;
    let old = token.status.as_ref();
    let api: Api<PersonalAccessToken> = Api::namespaced(context.client.clone(), subject.namespace);
    let written = match status::write(&api, subject.name, old, new).await {
        Ok(Some(written)) => written,
        Ok(None) => return Ok(()),
        Err(kube::Error::Api(status)) if status.code == 404 => return Ok(()),
        Err(error) => return Err(task.failed("write the status", error)),
    };
    context.metrics.write(KubernetesWrite::Status);
    let before = old.map_or(&[][..], |status| &status.conditions);
    transitions::log(
        &format!("PersonalAccessToken {:?}", subject.to_string()),
        before,
        &new.conditions,
    );
    memory.put_written(subject.uid, written);
    if let Some(news) = news(old, new) {
        let (client, identity) = (&context.client, &context.config.identity);
        match events::publish(client, identity, token.object_ref(&()), &news, context.wall_clock())
            .await
        {
            Ok(()) => context.metrics.write(KubernetesWrite::Event),
            // An event is published at most once; its namespace may be going away.
            Err(error) => tracing::warn!(error = %Causes(&error), "failed to write an event"),
        }
    }
    Ok(())
}

/// The new status; `None` while too little is known to replace an old one.
fn status_of(
    task: &Task<'_>,
    ledger: Option<&Ledger>,
    publication: Publication,
    is_late: bool,
) -> Option<PersonalAccessTokenStatus> {
    let Task { token, subject, context, .. } = *task;
    let tenant = context.tenant(subject.tenant);
    let view = context.board.tenants.view(subject.tenant);
    let ledgers = context.ledgers_of(subject.tenant);
    let report = ledgers.iter().find_map(|name| context.board.owners.report(name));
    let is_there = tenant.is_some() || is_late;
    // A process that just started knows less than the status that is there, but for the first
    // publication: an owner that others keep busy may be long in coming to a report.
    let is_first = publication == Publication::Published
        && token.status.as_ref().is_some_and(|status| status.secret.is_none());
    let is_unknown = view.as_ref().is_none_or(|view| view.trouble.is_none() && report.is_none());
    if token.status.is_some() && is_there && is_unknown && !is_first {
        return None;
    }
    let report = report.unwrap_or_default();
    let trouble = if is_there {
        // The Tenant's trouble is the cause of its owner's.
        let of_tenant = view.and_then(|view| view.trouble);
        of_tenant.or_else(|| report.trouble.clone())
    } else {
        Some(trouble::tenant_missing(subject.tenant))
    };
    let longest_overlap = tenant.as_ref().map_or(u64::MAX, |tenant| tenant.spec.longest_overlap());
    let neighbours = context.tokens_of(subject.tenant);
    let denial = tenant.and_then(|tenant| {
        admit(token, &tenant.spec, neighbours.iter().map(|other| &**other)).err()
    });
    let view = View {
        token,
        ledger,
        installation: &context.installation,
        denial: denial.as_ref(),
        trouble: trouble.as_ref(),
        obstacle: report.obstacles.get(subject.uid),
        longest_overlap,
        trial: trial(&report, subject.uid),
        last_used: report.last_used.get(subject.uid).copied(),
        publication,
    };
    Some(describe::status(&view, context.wall_clock()))
}

fn trial<'a>(report: &'a Report, uid: &str) -> Trial<'a> {
    match report.trials.get(uid) {
        None => Trial::None,
        Some(None) => Trial::Accepted,
        Some(Some(refusal)) => Trial::Refused(refusal),
    }
}

/// The Tenant by a live read.
async fn exists(task: &Task<'_>) -> Result<bool, Error> {
    let tenants: Api<Tenant> = Api::all(task.context.client.clone());
    let found = tenants.get_metadata_opt(task.subject.tenant).await;
    Ok(found.map_err(|error| task.failed("read the Tenant", error))?.is_some())
}
