//! What the controllers of this process tell each other. Nothing here has authority: after a restart it starts empty.
mod resources;
mod tenants;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kube::runtime::reflector::ObjectRef;
use tokio::time::Instant;

use crate::api::{PersonalAccessToken, PersonalAccessTokenStatus};
use crate::isc::access_token::Identity;
use crate::isc::{Client, Credential};
use crate::lifecycle::capacity::Capacity;
use crate::lifecycle::describe::Note;
use crate::lifecycle::ledger::{Ledger, Millis, Owner, Uid};

/// How long a ledger on the board is taken for the stored one.
const MOMENT: Duration = Duration::from_secs(1);

/// The board.
#[derive(Default)]
pub struct Board(Mutex<Content>);

#[derive(Default)]
struct Content {
    tenants: HashMap<String, TenantView>,
    reports: HashMap<String, Arc<Report>>,
    index: HashMap<String, HashSet<ObjectRef<PersonalAccessToken>>>,
    coming: HashMap<String, HashSet<String>>,
    fresh: HashMap<String, Instant>,
    questions: BTreeSet<Uid>,
    told: HashMap<String, Told>,
    seen: HashMap<String, Seen>,
    written: HashMap<String, (u64, Option<PersonalAccessTokenStatus>)>,
    tenants_told: HashMap<String, tenants::Told>,
    ledgers: HashMap<String, (Arc<Ledger>, Instant)>,
    forbidden: HashMap<String, Forbidden>,
    refusals: BTreeMap<Uid, String>,
}

/// What ISC did not allow a credential of which nobody names the scopes.
struct Forbidden {
    why: String,
    times: u32,
    until: Instant,
}

/// How long what ISC did not allow is not tried again; it doubles.
const FORBIDDEN: Duration = Duration::from_secs(10 * 60);
/// The longest of these times.
const LONGEST_FORBIDDEN: Duration = Duration::from_secs(3_600);

/// What an owner was last told of a resource: its generation, whether it has the finalizer, its requests.
type Told = (Option<i64>, bool, [Option<String>; 2]);

/// What the tenant controller found.
#[derive(Clone, Default)]
pub struct TenantView {
    /// Generation of the Tenant: its grants are read by everybody else.
    pub generation: Option<i64>,
    /// The session, if tokens can be minted through it.
    pub session: Option<Session>,
    /// Why not.
    pub trouble: Option<Note>,
    /// The last session that worked, for what is shown while none does.
    pub last: Option<Session>,
}

/// A session with ISC as the owner of a ledger.
#[derive(Clone)]
pub struct Session {
    /// The client.
    pub client: Client,
    /// Who it is.
    pub owner: Owner,
    /// Base URL as published.
    pub api_url: String,
    /// Base URL of NERM as published.
    pub nerm_url: Option<String>,
    /// PEM of the authorities, if not the system's.
    pub ca_pem: Option<Arc<str>>,
    /// What ISC said of the credential.
    pub identity: Identity,
    /// Name and data centre of the tenant.
    pub isc: IscTenant,
    /// When the credential expires; `None`: never.
    pub expires: Option<Millis>,
    /// When it said so; `None`: it must be asked again.
    pub verified: Option<Instant>,
}

impl Session {
    /// Its client was made of just these.
    pub fn is_made_of(&self, credential: &Credential, api_url: &str, ca_pem: Option<&str>) -> bool {
        self.client.credential() == credential && self.api_url == api_url && self.ca_pem.as_deref() == ca_pem
    }
}

/// What people call a tenant of ISC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IscTenant {
    /// Name.
    pub name: Option<String>,
    /// Data centre.
    pub pod: Option<String>,
}

/// What an owner's last pass met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What keeps the whole owner from working.
    pub trouble: Option<Note>,
    /// What keeps single resources waiting.
    pub obstacles: BTreeMap<Uid, Note>,
    /// What is published and was tried while ISC refuses the operator's own credential, by resource: why it is refused too;
    /// `None`: it is not.
    pub trials: BTreeMap<Uid, Option<String>>,
    /// When ISC last saw replaced tokens used, by resource.
    pub last_used: BTreeMap<Uid, Millis>,
    /// How its tokens are used.
    pub capacity: Option<Capacity>,
    /// Tokens in ISC that should not be there.
    pub strangers: Option<String>,
}

/// A published Secret as it was last found right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its resourceVersion.
    pub revision: Option<String>,
    /// Number of the token in it.
    pub n: u64,
    /// Generation of the resource that it was made from.
    pub generation: Option<i64>,
    /// What stands for the URLs in it.
    pub endpoint: u64,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the tenant controller last found; `None` before its first pass.
    pub fn tenant(&self, name: &str) -> Option<TenantView> {
        self.lock().tenants.get(name).cloned()
    }

    /// Puts up what the tenant controller found; says whether what others act on changed.
    pub fn put_tenant(&self, name: &str, view: Option<TenantView>) -> bool {
        let mut content = self.lock();
        let summary = |view: &TenantView| {
            let session = view.session.as_ref().map(|s| (s.client.client_id().to_owned(), s.owner.clone()));
            (view.generation, view.trouble.clone(), session)
        };
        let old = content.tenants.get(name).map(summary);
        let new = view.as_ref().map(summary);
        match view {
            Some(view) => content.tenants.insert(name.into(), view),
            None => {
                content.tenants_told.remove(name);
                content.tenants.remove(name)
            }
        };
        old != new
    }

    /// ISC did not allow this credential to make or change a token.
    pub fn forbid(&self, client_id: &str, why: &str) {
        let mut content = self.lock();
        let times = content.forbidden.get(client_id).map_or(0, |forbidden| forbidden.times);
        let wait = FORBIDDEN.saturating_mul(1 << times.min(3)).min(LONGEST_FORBIDDEN);
        let forbidden = Forbidden { why: why.into(), times: times + 1, until: Instant::now() + wait };
        content.forbidden.retain(|_, old| old.until + LONGEST_FORBIDDEN > Instant::now());
        content.forbidden.insert(client_id.into(), forbidden);
    }

    /// What ISC did not allow this credential, if that is not to be tried again yet.
    pub fn forbidden(&self, client_id: &str) -> Option<String> {
        let content = self.lock();
        let forbidden = content.forbidden.get(client_id)?;
        (forbidden.until > Instant::now()).then(|| forbidden.why.clone())
    }

    /// What the last pass of an owner met; `None` before the first.
    pub fn report(&self, ledger: &str) -> Option<Arc<Report>> {
        self.lock().reports.get(ledger).cloned()
    }

    /// Puts up what a pass met; gives the report before it.
    pub fn put_report(&self, ledger: &str, report: Report) -> Option<Arc<Report>> {
        self.lock().reports.insert(ledger.into(), Arc::new(report))
    }

    /// A ledger as this process wrote it a moment ago: to act on it is to be a little slow.
    pub fn ledger(&self, name: &str) -> Option<Arc<Ledger>> {
        let content = self.lock();
        content.ledgers.get(name).filter(|(_, at)| at.elapsed() < MOMENT).map(|(ledger, _)| ledger.clone())
    }

    /// Puts a ledger up as it was just written.
    pub fn put_ledger(&self, name: &str, ledger: &Ledger) {
        self.lock().ledgers.insert(name.into(), (Arc::new(ledger.clone()), Instant::now()));
    }
}
