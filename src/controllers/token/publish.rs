//! Publication (R8): the Secret is read first, then the ledger; only a current credential is ever published.
use std::sync::Arc;

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::core::ObjectMeta;

use super::{Error, full_name, wake_owners};
use crate::api::PersonalAccessToken;
use crate::api::names::ANNOTATION_NUMBER;
use crate::controllers::board::Seen;
use crate::controllers::context::Context;
use crate::kubernetes::ledger_store::Stored;
use crate::kubernetes::published_secret::{Content, differs, held, holds};
use crate::lifecycle::Ledger;
use crate::lifecycle::describe::Publication;
use crate::lifecycle::facts::Holds;
use crate::lifecycle::ledger::State;
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
        None => {
            if let (Holds::Ours, Some(found)) = (holds, &found) {
                question(token, &ledger, found, context).await?;
            }
            nothing(holds)
        }
        Some(entry) => {
            let content = Content { token, entry, endpoint: &ledger.endpoint };
            match (holds, &found) {
                (Holds::Foreign, _) => Publication::Taken,
                (Holds::Ours, Some(found)) => correct(&content, &ledger, found, context).await?,
                _ if is_deleting(&ledger, &uid) => Publication::Nothing,
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
    if is_deleting(ledger, &uid) {
        return Ok(None);
    }
    let publication = create(&Content { token, entry, endpoint: &ledger.endpoint }, context).await?;
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
    ledger.resources.get(uid).is_some_and(|resource| !resource.deleting || resource.retain)
}

/// What is left to its user is kept current, but not created: the owner controller may have seen that there is no Secret,
/// and condemn the token (R12).
fn is_deleting(ledger: &Ledger, uid: &str) -> bool {
    ledger.resources.get(uid).is_some_and(|resource| resource.deleting)
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
    if context.board.seen(&uid) == Some(seen(content, found.resource_version.clone())) {
        return Ok(Publication::Published);
    }
    let namespace = content.token.namespace().unwrap_or_default();
    let name = content.token.secret_name();
    let read = context.secrets.get(&namespace, name).await.map_err(|source| failed(content, source))?;
    // One that changed since may be newer than the ledger at hand: what is written rests on a read from before it (R8).
    let same = |secret: &Secret| {
        let metadata = &secret.metadata;
        metadata.uid == found.uid && metadata.resource_version == found.resource_version
    };
    let Some(secret) = read.filter(same) else { return Ok(Publication::Nothing) };
    if is_ahead(content.token, ledger, &secret, context) {
        return Ok(Publication::Published);
    }
    if !differs(&secret, content) {
        remember(content, context, secret.metadata.resource_version);
        return Ok(Publication::Published);
    }
    match context.secrets.correct(content, &secret.metadata).await {
        Ok(revision) => {
            context.metrics.write(KubernetesWrite::Secret);
            remember(content, context, revision);
            tell(content, ledger, context);
            Ok(Publication::Published)
        }
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(Publication::Nothing),
        Err(source) => refused(content, source),
    }
}

/// What the Secret holds is left alone: a recorded pair that is newer than the one at hand (P2), or an unknown one that
/// claims to be newer, until the owner controller has adopted or refused it (R13).
fn is_ahead(token: &PersonalAccessToken, ledger: &Ledger, secret: &Secret, context: &Context) -> bool {
    let uid = token.uid().unwrap_or_default();
    let held = held(secret, &uid);
    let current = ledger.current(&uid).map_or(0, |entry| entry.n);
    if let Some(known) = ledger.entry(&held.id) {
        return known.n > current && *known.uid == *uid && known.state == State::Prepared;
    }
    let asks = ledger.is_open(&uid, &held);
    if asks {
        context.board.ask(&uid);
        wake_owners(context, token);
    }
    asks
}

/// With nothing to publish, an unknown pair in the Secret may be one that the ledger lost (R13).
async fn question(
    token: &PersonalAccessToken,
    ledger: &Ledger,
    found: &ObjectMeta,
    context: &Context,
) -> Result<(), Error> {
    let claims = found.annotations.as_ref().and_then(|all| all.get(ANNOTATION_NUMBER)?.parse().ok());
    let uid = token.uid().unwrap_or_default();
    if is_deleting(ledger, &uid) || !ledger.may_have_lost(&uid, claims) {
        return Ok(());
    }
    let namespace = token.namespace().unwrap_or_default();
    let fail = |source| Error::Kubernetes { action: "read the Secret", name: full_name(token), source };
    let secret = context.secrets.get(&namespace, token.secret_name()).await.map_err(fail)?;
    if let Some(secret) = secret.filter(|secret| secret.metadata.uid == found.uid) {
        is_ahead(token, ledger, &secret, context);
    }
    Ok(())
}

/// What was published is news for the owner controller while an older token waits for its end (R9).
fn tell(content: &Content<'_>, ledger: &Ledger, context: &Context) {
    if ledger.retired(&content.entry.uid).next().is_some() && content.entry.published_at.is_none() {
        wake_owners(context, content.token);
    }
}

fn remember(content: &Content<'_>, context: &Context, revision: Option<String>) {
    context.board.put_seen(&content.token.uid().unwrap_or_default(), seen(content, revision));
}

fn seen(content: &Content<'_>, revision: Option<String>) -> Seen {
    let (n, generation) = (content.entry.n, content.token.metadata.generation);
    Seen { revision, n, generation, endpoint: content.endpoint_mark() }
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
