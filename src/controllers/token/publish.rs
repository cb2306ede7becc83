//! Publication (R8): the Secret is read first, then the ledger; only a current credential is ever published.
use std::sync::Arc;

use kube::ResourceExt;
use kube::core::ObjectMeta;

use super::{Error, full_name};
use crate::api::PersonalAccessToken;
use crate::api::names::ANNOTATION_CLIENT_ID;
use crate::controllers::Context;
use crate::controllers::board::Seen;
use crate::kubernetes::ledger_store::Stored;
use crate::kubernetes::published_secret::{Content, differs, holds};
use crate::lifecycle::Ledger;
use crate::lifecycle::describe::Publication;
use crate::lifecycle::facts::Holds;
use crate::lifecycle::ledger::Entry;
use crate::metrics::KubernetesWrite;

/// Most characters of a refusal that are shown.
const LONGEST_REFUSAL: usize = 512;

/// Makes the Secret what the ledger says.
pub(super) async fn run(
    token: &PersonalAccessToken,
    context: &Context,
) -> Result<(Publication, Option<Ledger>), Error> {
    let uid = token.uid().unwrap_or_default();
    let is_told = token.status.as_ref().is_some_and(|status| status.secret.is_some());
    if !is_told
        && context.board.seen(&uid).is_none()
        && let Some(first) = publish_first(token, context).await?
    {
        return Ok(first);
    }
    let found = metadata(token, context).await?;
    let holds = holds(found.as_ref(), &uid);
    let Some(stored) = ledger(token, context).await? else { return Ok((nothing(holds), None)) };
    let ledger = stored.ledger;
    let publication = match ledger.current(&uid).filter(|_| is_published(&ledger, &uid)) {
        None => nothing(holds),
        Some(entry) => {
            let content = Content { token, entry, api_url: &ledger.endpoint.api_url };
            match (holds, &found) {
                (Holds::Foreign, _) => Publication::Taken,
                (Holds::Ours, Some(found)) => correct(&content, &ledger, found, context).await?,
                _ => create(&content, context).await?,
            }
        }
    };
    Ok((publication, Some(ledger)))
}

/// Nothing seems to be published yet: a create-only write needs no look at the Secret before. `None`: it is there.
async fn publish_first(
    token: &PersonalAccessToken,
    context: &Context,
) -> Result<Option<(Publication, Option<Ledger>)>, Error> {
    let uid = token.uid().unwrap_or_default();
    let ledger = match ledger_at_hand(token, context) {
        Some(ledger) => Some((*ledger).clone()),
        None => ledger(token, context).await?.map(|stored| stored.ledger),
    };
    let current = ledger.as_ref().filter(|ledger| is_published(ledger, &uid));
    let Some((ledger, entry)) = current.and_then(|ledger| Some((ledger, ledger.current(&uid)?))) else {
        let found = metadata(token, context).await?;
        return Ok(Some((nothing(holds(found.as_ref(), &uid)), ledger)));
    };
    let publication = create(&Content { token, entry, api_url: &ledger.endpoint.api_url }, context).await?;
    Ok((publication != Publication::Nothing).then(|| (publication, Some(ledger.clone()))))
}

async fn metadata(token: &PersonalAccessToken, context: &Context) -> Result<Option<ObjectMeta>, Error> {
    let namespace = token.namespace().unwrap_or_default();
    let fail = |source| Error::Kubernetes { action: "read the Secret", name: full_name(token), source };
    let found = context.secrets.metadata(&namespace, token.secret_name()).await.map_err(fail)?;
    Ok(found.map(|secret| secret.metadata))
}

/// The ledger that mentions the resource, as the owner controller of this process wrote it a moment ago.
fn ledger_at_hand(token: &PersonalAccessToken, context: &Context) -> Option<Arc<Ledger>> {
    let uid = token.uid().unwrap_or_default();
    let names = context.ledgers_of(&token.spec.tenant_ref.name);
    names.iter().find_map(|name| context.board.ledger(name).filter(|ledger| ledger.resources.contains_key(&*uid)))
}

/// The ledger that mentions the resource, else the Tenant's first.
pub(super) async fn ledger(token: &PersonalAccessToken, context: &Context) -> Result<Option<Stored>, Error> {
    let uid = token.uid().unwrap_or_default();
    let mut first = None;
    for name in context.ledgers_of(&token.spec.tenant_ref.name) {
        let read = context.ledgers.get(&name).await;
        let Some(stored) = read.map_err(|source| Error::Ledger { name: full_name(token), source })? else { continue };
        if stored.ledger.resources.contains_key(&*uid) {
            return Ok(Some(stored));
        }
        first = first.or(Some(stored));
    }
    Ok(first)
}

fn is_published(ledger: &Ledger, uid: &str) -> bool {
    ledger.resources.get(uid).is_some_and(|resource| !resource.deleting)
}

fn nothing(holds: Holds) -> Publication {
    if holds == Holds::Foreign { Publication::Taken } else { Publication::Nothing }
}

async fn create(content: &Content<'_>, context: &Context) -> Result<Publication, Error> {
    match context.secrets.create(content).await {
        Ok(revision) => {
            context.metrics.write(KubernetesWrite::Secret);
            remember(content, context, revision);
            Ok(Publication::Published)
        }
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(Publication::Nothing),
        Err(source) => refused(content, source),
    }
}

async fn correct(
    content: &Content<'_>,
    ledger: &Ledger,
    found: &ObjectMeta,
    context: &Context,
) -> Result<Publication, Error> {
    let uid = content.token.uid().unwrap_or_default();
    let right = Seen {
        revision: found.resource_version.clone(),
        n: content.entry.n,
        generation: content.token.metadata.generation,
    };
    if context.board.seen(&uid).as_ref() == Some(&right) || is_ahead(ledger, content.entry, found) {
        return Ok(Publication::Published);
    }
    let namespace = content.token.namespace().unwrap_or_default();
    let name = content.token.secret_name();
    let read = context.secrets.get(&namespace, name).await.map_err(|source| failed(content, source))?;
    let Some(secret) = read.filter(|secret| secret.metadata.uid == found.uid) else { return Ok(Publication::Nothing) };
    if !differs(&secret, content) {
        remember(content, context, secret.metadata.resource_version);
        return Ok(Publication::Published);
    }
    match context.secrets.correct(content, &secret.metadata).await {
        Ok(revision) => {
            context.metrics.write(KubernetesWrite::Secret);
            remember(content, context, revision);
            Ok(Publication::Published)
        }
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(Publication::Nothing),
        Err(source) => refused(content, source),
    }
}

/// A recorded pair that is newer than the one at hand is never overwritten (P2).
fn is_ahead(ledger: &Ledger, entry: &Entry, found: &ObjectMeta) -> bool {
    let id = found.annotations.as_ref().and_then(|all| all.get(ANNOTATION_CLIENT_ID));
    id.and_then(|id| ledger.entry(id)).is_some_and(|held| held.n > entry.n && held.uid == entry.uid)
}

fn remember(content: &Content<'_>, context: &Context, revision: Option<String>) {
    let seen = Seen { revision, n: content.entry.n, generation: content.token.metadata.generation };
    context.board.put_seen(&content.token.uid().unwrap_or_default(), seen);
}

/// A refusal by a rule of the cluster is shown to people; anything else is tried again.
fn refused(content: &Content<'_>, source: kube::Error) -> Result<Publication, Error> {
    match source {
        kube::Error::Api(status) if matches!(status.code, 400 | 403 | 422) => {
            let quotes = content.is_quoted_in(&status.message);
            let why = if quotes {
                "its words hold the client secret and are not shown".into()
            } else {
                status.message.clone()
            };
            Ok(Publication::Refused(why.chars().take(LONGEST_REFUSAL).collect()))
        }
        source => Err(failed(content, source)),
    }
}

fn failed(content: &Content<'_>, source: kube::Error) -> Error {
    Error::Kubernetes { action: "publish the Secret", name: full_name(content.token), source }
}
