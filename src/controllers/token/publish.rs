//! Publication (R8): the Secret is read first, then the ledger; only a current credential is ever published.
use std::sync::Arc;

use k8s_openapi::api::core::v1::Secret;
use kube::core::ObjectMeta;

use super::memory::InOrder;
use super::task::{Error, Task};
use crate::api::names::ANNOTATION_NUMBER;
use crate::controllers::secret_read::SecretRead;
use crate::kubernetes::ledger_store::Stored;
use crate::kubernetes::published_secret::{Content, differs, held};
use crate::lifecycle::Ledger;
use crate::lifecycle::describe::Publication;
use crate::lifecycle::ledger::{Entry, State};
use crate::lifecycle::secret::Holds;
use crate::metrics::KubernetesWrite;

/// Most characters of a refusal that are shown.
const LONGEST_REFUSAL: usize = 512;

/// Makes the Secret what the ledger says.
pub(super) async fn run(task: &Task<'_>) -> Result<(Publication, Option<Ledger>), Error> {
    let Task { token, subject, memory, .. } = *task;
    let is_shown = token.status.as_ref().is_some_and(|status| status.secret.is_some());
    if !is_shown
        && memory.in_order(subject.uid).is_none()
        && let Some(first) = publish_first(task).await?
    {
        return Ok(first);
    }
    // The Secret first, then the ledger (R8): otherwise an older pair could replace a newer one.
    let SecretRead { holds, metadata, .. } = read(task).await?;
    let Some(Stored { ledger, .. }) = ledger(task).await? else { return Ok((nothing(holds), None)) };
    let publication = match (published(&ledger, subject.uid), holds, &metadata) {
        (None, Holds::Ours, Some(found)) => {
            question(task, &ledger, found).await?;
            Publication::Nothing
        }
        (None, _, _) => nothing(holds),
        (Some(_), Holds::Foreign, _) => Publication::Taken,
        (Some(entry), Holds::Ours, Some(found)) => correct(task, &ledger, entry, found).await?,
        (Some(_), _, _) if is_deleting(&ledger, subject.uid) => Publication::Nothing,
        (Some(entry), _, _) => create(task, &ledger, entry).await?,
    };
    Ok((publication, Some(ledger)))
}

/// Nothing seems to be published yet: a create-only write needs no look at the Secret before. `None`: it is there.
async fn publish_first(task: &Task<'_>) -> Result<Option<(Publication, Option<Ledger>)>, Error> {
    let uid = task.subject.uid;
    let ledger = match ledger_at_hand(task) {
        Some(ledger) => Some((*ledger).clone()),
        None => ledger(task).await?.map(|stored| stored.ledger),
    };
    let entry = ledger.as_ref().and_then(|ledger| published(ledger, uid));
    let (Some(ledger), Some(entry)) = (&ledger, entry) else {
        let read = read(task).await?;
        return Ok(Some((nothing(read.holds), ledger)));
    };
    if is_deleting(ledger, uid) {
        return Ok(None);
    }
    match create(task, ledger, entry).await? {
        // The name is taken: the caller now looks by whom.
        Publication::Nothing => Ok(None),
        publication => Ok(Some((publication, Some(ledger.clone())))),
    }
}

async fn read(task: &Task<'_>) -> Result<SecretRead, Error> {
    let Task { token, subject, context, .. } = *task;
    let read = SecretRead::of(&context.secrets, subject.namespace, token.secret_name(), subject.uid).await;
    read.map_err(|error| task.failed("read the Secret", error))
}

/// The ledger that mentions the resource, as the owner controller of this process wrote it a moment ago.
fn ledger_at_hand(task: &Task<'_>) -> Option<Arc<Ledger>> {
    let Task { subject, context, .. } = *task;
    let names = context.ledgers_of(subject.tenant);
    let mut ledgers = names.iter().filter_map(|name| context.board.owners.ledger(name));
    ledgers.find(|ledger| ledger.resources.contains_key(subject.uid))
}

/// The ledger that mentions the resource, otherwise the Tenant's first.
pub(super) async fn ledger(task: &Task<'_>) -> Result<Option<Stored>, Error> {
    let Task { subject, context, .. } = *task;
    let mut first = None;
    for name in context.ledgers_of(subject.tenant) {
        let read = context.ledgers.get(&name).await;
        let Some(stored) = read.map_err(|error| task.ledger_failed(error))? else { continue };
        if stored.ledger.resources.contains_key(subject.uid) {
            return Ok(Some(stored));
        }
        first = first.or(Some(stored));
    }
    Ok(first)
}

/// The credential that the resource's Secret is to hold.
fn published<'a>(ledger: &'a Ledger, uid: &str) -> Option<&'a Entry> {
    let resource = ledger.resources.get(uid)?;
    if resource.deleting && !resource.retain { None } else { ledger.current(uid) }
}

/// A Secret that is left to its user is kept current, but not created: the owner controller may have seen that there is none,
/// and condemn the token (R12).
fn is_deleting(ledger: &Ledger, uid: &str) -> bool {
    ledger.resources.get(uid).is_some_and(|resource| resource.deleting)
}

fn nothing(holds: Holds) -> Publication {
    if holds == Holds::Foreign { Publication::Taken } else { Publication::Nothing }
}

async fn create(task: &Task<'_>, ledger: &Ledger, entry: &Entry) -> Result<Publication, Error> {
    let content = content(task, ledger, entry);
    match task.context.secrets.create(&content).await {
        Ok(revision) => {
            task.context.metrics.write(KubernetesWrite::Secret);
            task.memory.put_in_order(task.subject.uid, in_order(&content, revision));
            Ok(Publication::Published)
        }
        // Another replica created it, or it is foreign: the next look shows which.
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(Publication::Nothing),
        Err(source) => refused(task, &content, source),
    }
}

async fn correct(task: &Task<'_>, ledger: &Ledger, entry: &Entry, found: &ObjectMeta) -> Result<Publication, Error> {
    let Task { token, subject, context, memory } = *task;
    let content = content(task, ledger, entry);
    // The very version that was right before: the client secret in it need not be read.
    if memory.in_order(subject.uid) == Some(in_order(&content, found.resource_version.clone())) {
        return Ok(Publication::Published);
    }
    let read = context.secrets.get(subject.namespace, token.secret_name()).await;
    let Some(secret) = read.map_err(|source| task.failed("publish the Secret", source))? else {
        return Ok(Publication::Nothing);
    };
    // One that changed since may be newer than the ledger at hand: what is written rests on a read from before it (R8).
    let metadata = &secret.metadata;
    if metadata.uid != found.uid || metadata.resource_version != found.resource_version {
        return Ok(Publication::Nothing);
    }
    if is_ahead(task, ledger, &secret) {
        return Ok(Publication::Published);
    }
    if !differs(&secret, &content) {
        memory.put_in_order(subject.uid, in_order(&content, secret.metadata.resource_version));
        return Ok(Publication::Published);
    }
    match context.secrets.correct(&content, metadata).await {
        Ok(revision) => {
            context.metrics.write(KubernetesWrite::Secret);
            memory.put_in_order(subject.uid, in_order(&content, revision));
            // What was published is news for the owner controller while an older token waits for its end (R9).
            if ledger.retired(&entry.uid).next().is_some() && entry.published_at.is_none() {
                task.wake_owners();
            }
            Ok(Publication::Published)
        }
        // It changed or is gone: the next pass starts from what is there (R15).
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(Publication::Nothing),
        Err(source) => refused(task, &content, source),
    }
}

/// The pair in the Secret is left alone: a recorded one that is newer than the one at hand (P2), or an unknown one that
/// claims to be newer, until the owner controller has adopted or refused it (R13).
fn is_ahead(task: &Task<'_>, ledger: &Ledger, secret: &Secret) -> bool {
    let uid = task.subject.uid;
    let held = held(secret, uid);
    let current = ledger.current(uid).map_or(0, |entry| entry.n);
    if let Some(known) = ledger.entry(&held.id) {
        return known.n > current && *known.uid == *uid && known.state == State::Prepared;
    }
    let asks = ledger.is_open(uid, &held);
    if asks {
        task.context.board.resources.ask(uid);
        task.wake_owners();
    }
    asks
}

/// With nothing to publish, an unknown pair in the Secret may be one that the ledger lost (R13).
async fn question(task: &Task<'_>, ledger: &Ledger, found: &ObjectMeta) -> Result<(), Error> {
    let Task { token, subject, context, .. } = *task;
    // Metadata holds the claim: the whole Secret is read only if its pair may be a lost one.
    let claims = found.annotations.as_ref().and_then(|all| all.get(ANNOTATION_NUMBER)?.parse().ok());
    if is_deleting(ledger, subject.uid) || !ledger.may_have_lost(subject.uid, claims) {
        return Ok(());
    }
    let read = context.secrets.get(subject.namespace, token.secret_name()).await;
    let secret = read.map_err(|error| task.failed("read the Secret", error))?;
    if let Some(secret) = secret.filter(|secret| secret.metadata.uid == found.uid) {
        is_ahead(task, ledger, &secret);
    }
    Ok(())
}

fn content<'a>(task: &Task<'a>, ledger: &'a Ledger, entry: &'a Entry) -> Content<'a> {
    Content { token: task.token, entry, endpoint: &ledger.endpoint }
}

fn in_order(content: &Content<'_>, revision: Option<String>) -> InOrder {
    let (n, generation) = (content.entry.n, content.token.metadata.generation);
    InOrder { revision, n, generation, endpoint: content.endpoint_mark() }
}

/// A refusal by a rule of the cluster is shown to people; anything else is tried again.
fn refused(task: &Task<'_>, content: &Content<'_>, source: kube::Error) -> Result<Publication, Error> {
    match source {
        kube::Error::Api(status) if matches!(status.code, 400 | 403 | 422) => {
            // An admission policy may quote the object that it refuses.
            let quotes = content.is_quoted_in(&status.message);
            let why =
                if quotes { "message withheld: it contains the client secret".into() } else { status.message.clone() };
            Ok(Publication::Refused(why.chars().take(LONGEST_REFUSAL).collect()))
        }
        source => Err(task.failed("publish the Secret", source)),
    }
}
