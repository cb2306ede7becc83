//! Strategies that pat-operator is compared with, written as one would without a ledger: a
//! finalizer, passes that look at what is there, every write with the revision that was read, and
//! another try at the next pass after any trouble.
//!
//! They are given what makes their life easier: one replica at a time, fresh reads instead of a
//! cache, and all that they remember stands in the published Secret, so that it is written together
//! with the pair, at once or not at all.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pat_operator::api::names::ANNOTATION_ROTATE;
use pat_operator::api::personal_access_token::PersonalAccessToken;
use tokio::time::sleep;
use trials::replica::{Life, Program};
use trials::wire::Isc;

use objects::Objects;
use record::Record;
use session::{Credential, Session};

mod delete_then_create;
mod mint_then_record;
pub mod objects;
mod record;
mod session;

/// Time between two passes.
const PAUSE: Duration = Duration::from_secs(30);
/// How long a token lives unless it is destroyed.
const LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What replicas run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strategy {
    /// The operator's own controllers.
    PatOperator,
    /// A token is made, then published; the one before goes after the overlap.
    MintThenRecord,
    /// The token is destroyed, then another is made and published.
    DeleteThenCreate,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::PatOperator, Self::MintThenRecord, Self::DeleteThenCreate];

    /// What replicas run instead of the operator's own controllers.
    pub fn program(self) -> Option<Program> {
        let program = move |client, cluster, isc, identity| -> Life {
            Box::pin(run(self, Objects::new(client, cluster), isc, identity))
        };
        (self != Self::PatOperator).then(|| Program(Arc::new(program)))
    }
}

impl std::fmt::Display for Strategy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::PatOperator => "pat-operator",
            Self::MintThenRecord => "mint-then-record",
            Self::DeleteThenCreate => "delete-then-create",
        })
    }
}

/// Something did not go as it should; what it was does not matter, since all begins anew at the
/// next pass.
#[derive(Debug)]
pub struct Trouble;

/// One resource in one pass.
struct Pass<'a> {
    objects: &'a Objects,
    session: &'a Session,
    resource: &'a PersonalAccessToken,
    record: Option<Record>,
}

/// Looks at every resource again and again.
pub async fn run(strategy: Strategy, objects: Objects, isc: Isc, identity: String) {
    let mut sessions = BTreeMap::new();
    loop {
        for resource in objects.resources().await.unwrap_or_default() {
            let tenant = &resource.spec.tenant_ref.name;
            let session = match sessions.remove(tenant) {
                Some(session) => Ok(session),
                None => open(&objects, &isc, &identity, tenant).await,
            };
            let Ok(session) = session else { continue };
            // After trouble another session is as good a beginning as any.
            if look(strategy, &objects, &session, &resource).await.is_ok() {
                sessions.insert(tenant.clone(), session);
            }
        }
        sleep(PAUSE).await;
    }
}

async fn open(
    objects: &Objects,
    isc: &Isc,
    identity: &str,
    tenant: &str,
) -> Result<Session, Trouble> {
    let (api_url, seed) = objects.way_to(tenant).await?;
    Session::open(isc.clone(), identity.to_owned(), api_url, seed).await
}

async fn look(
    strategy: Strategy,
    objects: &Objects,
    session: &Session,
    resource: &PersonalAccessToken,
) -> Result<(), Trouble> {
    let record = objects.record(resource).await?;
    let pass = Pass { objects, session, resource, record };
    if resource.metadata.deletion_timestamp.is_some() {
        return pass.let_go().await;
    }
    objects.hold(resource).await?;
    match strategy {
        // Its own controllers run elsewhere.
        Strategy::PatOperator => Ok(()),
        Strategy::MintThenRecord => pass.mint_then_record().await,
        Strategy::DeleteThenCreate => pass.delete_then_create().await,
    }
}

impl Pass<'_> {
    /// Destroys all that is remembered, then lets the resource go.
    async fn let_go(&self) -> Result<(), Trouble> {
        for id in self.record.iter().flat_map(Record::ids) {
            self.session.delete(id).await?;
        }
        self.objects.release(self.resource).await
    }

    /// Makes a token.
    async fn mint(&self) -> Result<Credential, Trouble> {
        let now = self.objects.now();
        // ISC wants a name of its own for each.
        let name = format!("{} {}", now.as_millisecond(), self.resource.display_name());
        self.session.create(&name, &self.resource.spec.scopes, now + LIFE).await
    }

    async fn publish(&self, record: &Record) -> Result<(), Trouble> {
        let secret = record.secret(self.resource, self.session.api_url());
        self.objects.publish(objects::place(self.resource)?, secret).await
    }

    /// What the Secret shall say of a token that was just made.
    fn fresh(&self, credential: Credential, previous: Option<String>) -> Record {
        let issued = self.objects.now();
        Record { credential, issued, handled: self.request(), previous, revision: self.revision() }
    }

    fn revision(&self) -> Option<String> {
        self.record.as_ref().and_then(|record| record.revision.clone())
    }

    fn request(&self) -> Option<String> {
        self.resource.metadata.annotations.as_ref()?.get(ANNOTATION_ROTATE).cloned()
    }

    /// Whether the token is to be replaced: by schedule, or because somebody asked for it.
    fn is_due(&self, record: &Record) -> bool {
        let every =
            self.resource.spec.rotation.as_ref().and_then(|rotation| rotation.every.seconds().ok());
        let is_old = every.is_some_and(|every| self.objects.now() >= after(record.issued, every));
        is_old || self.request().is_some_and(|request| record.handled.as_ref() != Some(&request))
    }
}

fn after(time: Timestamp, seconds: u64) -> Timestamp {
    time + Duration::from_secs(seconds)
}
