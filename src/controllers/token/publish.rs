//! Publication (R8): the Secret is read first, then the ledger; only a current credential is ever
//! published.
use std::sync::Arc;

use kube::core::ObjectMeta;

use super::memory::InOrder;
use super::task::{Error, Task};
use crate::controllers::secret_read::SecretRead;
use crate::kubernetes::ledger_store::Stored;
use crate::kubernetes::published_secret::{Content, claims, differs, held, is_locked};
use crate::lifecycle::Ledger;
use crate::lifecycle::ledger::Entry;
use crate::lifecycle::publish::{Act, Glance, Publication, Whole, by_content, by_glance, wanted};
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
    let found = read(task).await?;
    let Some(Stored { ledger, .. }) = ledger(task).await? else {
        return Ok((unrecorded(&found), None));
    };
    let publication = match by_glance(&ledger, subject.uid, glance(task, &ledger, &found)) {
        Some(act) => carry_out(task, &ledger, act, &found).await?,
        None => look_inside(task, &ledger, &found).await?,
    };
    Ok((publication, Some(ledger)))
}

/// Nothing seems to be published yet: a create-only write needs no look at the Secret before.
/// `None`: there is one, or a decision needs it.
async fn publish_first(task: &Task<'_>) -> Result<Option<(Publication, Option<Ledger>)>, Error> {
    let uid = task.subject.uid;
    let ledger = match ledger_at_hand(task) {
        Some(ledger) => Some((*ledger).clone()),
        None => ledger(task).await?.map(|stored| stored.ledger),
    };
    let Some(ledger) = ledger else {
        let found = read(task).await?;
        return Ok(Some((unrecorded(&found), None)));
    };
    if let Some(act) = by_glance(&ledger, uid, Glance::Unread) {
        return match carry_out(task, &ledger, act, &SecretRead::UNREAD).await? {
            // The name is taken: the caller now looks by whom.
            Publication::Nothing => Ok(None),
            publication => Ok(Some((publication, Some(ledger)))),
        };
    }
    if wanted(&ledger, uid).is_some() {
        return Ok(None);
    }
    let found = read(task).await?;
    Ok(Some((unrecorded(&found), Some(ledger))))
}

/// The whole Secret decides, if it is still the version that was read before the ledger.
async fn look_inside(
    task: &Task<'_>,
    ledger: &Ledger,
    found: &SecretRead,
) -> Result<Publication, Error> {
    let Task { token, subject, context, memory } = *task;
    let read = context.secrets.get(subject.namespace, token.secret_name()).await;
    let read = read.map_err(|source| task.failed("read the Secret", source))?;
    let (Some(secret), Some(before)) = (read, &found.metadata) else {
        return Ok(Publication::Nothing);
    };
    let content = wanted(ledger, subject.uid).map(|entry| content(task, ledger, entry));
    let metadata = &secret.metadata;
    let whole = Whole {
        held: held(&secret, subject.uid),
        is_same: metadata.uid == before.uid && metadata.resource_version == before.resource_version,
        is_locked: is_locked(&secret),
        is_right: content.as_ref().is_some_and(|content| !differs(&secret, content)),
    };
    if let Some(content) = content
        && whole.is_same
        && whole.is_right
    {
        memory.put_in_order(subject.uid, in_order(&content, metadata.resource_version.clone()));
    }
    carry_out(task, ledger, by_content(ledger, subject.uid, &whole), found).await
}

async fn carry_out(
    task: &Task<'_>,
    ledger: &Ledger,
    act: Act<'_>,
    found: &SecretRead,
) -> Result<Publication, Error> {
    match act {
        Act::Leave(publication) => Ok(publication),
        Act::Ask(publication) => {
            // Once: its answer may be long in coming, and each further look would wake the owner.
            if task.context.board.resources.ask(task.subject.uid) {
                task.wake_owners();
            }
            Ok(publication)
        }
        Act::Create(entry) => create(task, ledger, entry).await,
        Act::Correct(entry) => match &found.metadata {
            Some(metadata) => correct(task, ledger, entry, metadata).await,
            None => Ok(Publication::Nothing),
        },
    }
}

async fn read(task: &Task<'_>) -> Result<SecretRead, Error> {
    let Task { token, subject, context, .. } = *task;
    let read =
        SecretRead::of(&context.secrets, subject.namespace, token.secret_name(), subject.uid).await;
    read.map_err(|error| task.failed("read the Secret", error))
}

/// The ledger that mentions the resource, as the owner controller of this process wrote it a moment
/// ago.
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

/// The Secret as its metadata show it.
fn glance(task: &Task<'_>, ledger: &Ledger, found: &SecretRead) -> Glance {
    let uid = task.subject.uid;
    let Some(metadata) = &found.metadata else { return Glance::Absent };
    if found.holds != Holds::Ours {
        return Glance::Foreign;
    }
    // The very version that was right before: the client secret in it need not be read.
    let is_known_right = wanted(ledger, uid).is_some_and(|entry| {
        let right = in_order(&content(task, ledger, entry), metadata.resource_version.clone());
        task.memory.in_order(uid) == Some(right)
    });
    Glance::Ours { claims: claims(metadata), is_known_right }
}

/// No ledger says anything of the Secret.
fn unrecorded(found: &SecretRead) -> Publication {
    if found.holds == Holds::Foreign { Publication::Taken } else { Publication::Nothing }
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

async fn correct(
    task: &Task<'_>,
    ledger: &Ledger,
    entry: &Entry,
    found: &ObjectMeta,
) -> Result<Publication, Error> {
    let Task { subject, context, memory, .. } = *task;
    let content = content(task, ledger, entry);
    match context.secrets.correct(&content, found).await {
        Ok(revision) => {
            context.metrics.write(KubernetesWrite::Secret);
            memory.put_in_order(subject.uid, in_order(&content, revision));
            // What was published is news for the owner controller while an older token waits for
            // its end (R9).
            if ledger.retired(&entry.uid).next().is_some() && entry.published_at.is_none() {
                task.wake_owners();
            }
            Ok(Publication::Published)
        }
        // It changed or is gone: the next pass starts from what is there (R15).
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => {
            Ok(Publication::Nothing)
        }
        Err(source) => refused(task, &content, source),
    }
}

fn content<'a>(task: &Task<'a>, ledger: &'a Ledger, entry: &'a Entry) -> Content<'a> {
    Content { token: task.token, entry, endpoint: &ledger.endpoint }
}

fn in_order(content: &Content<'_>, revision: Option<String>) -> InOrder {
    let (n, generation) = (content.entry.n, content.token.metadata.generation);
    InOrder { revision, n, generation, endpoint: content.endpoint_mark() }
}

/// A refusal by a rule of the cluster is shown to people; anything else is tried again.
fn refused(
    task: &Task<'_>,
    content: &Content<'_>,
    source: kube::Error,
) -> Result<Publication, Error> {
    match source {
        kube::Error::Api(status) if matches!(status.code, 400 | 403 | 422) => {
            // An admission policy may quote the object that it refuses.
            let quotes = content.is_quoted_in(&status.message);
            let why = if quotes {
                "message withheld: it contains the client secret".into()
            } else {
                status.message.clone()
            };
            Ok(Publication::Refused(why.chars().take(LONGEST_REFUSAL).collect()))
        }
        source => Err(task.failed("publish the Secret", source)),
    }
}
