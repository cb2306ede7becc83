//! The tools of every pass: the operator's settings, the cluster, the stores of the watches, and
//! the board.
use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;
use kube::runtime::reflector::{ObjectRef, Store};
use tokio::sync::SetOnce;
use tokio_util::sync::CancellationToken;

use super::board::{Board, Told};
use super::outside::Outside;
use super::subject::Subject;
use super::wake::{LedgerMeta, Wake};
use crate::api::{PersonalAccessToken, Tenant};
use crate::credential::Credential;
use crate::isc::budget::Budget;
use crate::isc::endpoint::ApiUrl;
use crate::isc::{Client, Failure};
use crate::kubernetes::ledger_store::{LedgerStore, TENANT_LABEL};
use crate::kubernetes::published_secret::PublishedSecrets;
use crate::lifecycle::Timings;
use crate::lifecycle::describe::Note;
use crate::lifecycle::ledger::Owner;
use crate::metrics::Metrics;

/// The operator's settings; `process` parses them once from the flags.
#[derive(Clone, Debug)]
pub struct Config {
    /// The namespace that holds the ledgers and the seed Secrets.
    pub operator_namespace: String,
    /// The replica's name: the Pod's.
    pub identity: String,
    /// Passes in flight per controller.
    pub concurrency: u16,
    /// A Tenant may use http on a loopback address.
    pub allow_loopback_http: bool,
    /// Between two looks at a published Secret.
    pub secret_poll: Duration,
    /// Between two calls to ISC while something waits on its clock (R20).
    pub recheck: Duration,
    /// Between two sweeps of an owner without any event (R6).
    pub drift_interval: Duration,
    /// Replaces the installation id derived from the cluster.
    pub installation_id: Option<String>,
    /// Path of the token API below a Tenant's `apiUrl`.
    pub pat_path: String,
    /// How long ISC has to fail before that is shown.
    pub outage_told_after: Duration,
    /// Requests per tenant in ten seconds.
    pub isc_requests_per_10s: u32,
    /// The durations of the protocol.
    pub timings: Timings,
}

/// The tools of every pass.
pub struct Context {
    /// The cluster.
    pub client: kube::Client,
    /// The operator's settings.
    pub config: Config,
    /// Every metric.
    pub metrics: Arc<Metrics>,
    /// Ledgers, read live.
    pub ledgers: LedgerStore,
    /// Published Secrets, read live.
    pub secrets: PublishedSecrets,
    /// Ways to ISC, chance and the local time.
    pub outside: Outside,
    /// Identifier of the installation, as a tag.
    pub installation: String,
    /// The place where the loops leave things for each other.
    pub board: Arc<Board>,
    /// Has a loop look at an object.
    pub wake: Wake,
    /// The resources, from the watch.
    pub tokens: Store<PersonalAccessToken>,
    /// The Tenants, from the watch.
    pub tenants: Store<Tenant>,
    /// The ledgers without their content, from the watch.
    pub ledger_names: Store<LedgerMeta>,
    /// Set once all three watches have been read.
    pub informed: Arc<SetOnce<()>>,
    /// Cancelled when the process is to end.
    pub shutdown: CancellationToken,
}

impl Context {
    /// Waits until all watches have been read once, so that what is missing is known to be missing;
    /// `false`: the process ends before that.
    pub async fn is_informed(&self) -> bool {
        tokio::select! {
            biased;
            () = async { _ = self.informed.wait().await } => true,
            () = self.shutdown.cancelled() => false,
        }
    }

    /// Ends the wait of all passes. A store can be waited for in one task only: it forgets all
    /// wakers but the last.
    pub async fn inform(&self) {
        let read = async {
            let tokens = self.tokens.wait_until_ready().await;
            tokens
                .and(self.tenants.wait_until_ready().await)
                .and(self.ledger_names.wait_until_ready().await)
        };
        tokio::select! {
            biased;
            read = read => if read.is_ok() { _ = self.informed.set(()) },
            () = self.shutdown.cancelled() => {}
        }
    }

    /// Has the token controller look at a resource in full, even if no token was minted for it yet.
    pub fn wake_token(&self, uid: &str, namespace: &str, name: &str) {
        // The pass over a fresh resource skips Secret and ledger, and the news may be in either.
        self.board.resources.mark_fresh(uid, false);
        self.wake.token(namespace, name);
    }

    /// The same for all resources of a Tenant.
    pub fn wake_tokens_of(&self, tenant: &str) {
        for token in self.tokens_of(tenant) {
            if let Some(Subject { uid, namespace, name, .. }) = Subject::of(&token) {
                self.wake_token(uid, namespace, name);
            }
        }
    }

    /// Has the owner controller look at a Tenant's ledgers in a moment.
    pub fn wake_owners_of(&self, tenant: &str) {
        for ledger in self.ledgers_of(tenant) {
            self.wake.owner_soon(self.namespace(), &ledger);
        }
    }

    /// Has the tenant controller ask ISC again, whatever it answered last.
    pub fn distrust(&self, tenant: &str) {
        // A Tenant in trouble asks again by itself: two loops that wake each other would never
        // rest.
        if self.board.tenants.distrust(tenant) {
            self.wake.tenant(tenant);
        }
    }

    /// Trouble that a loop met for a Tenant, as it is to be shown. `who`: a ledger, or the Tenant.
    pub fn told(&self, tenant: &str, who: &str, note: Note) -> Told {
        self.board.outages.told(tenant, who, note, self.config.outage_told_after)
    }

    /// The names of a Tenant's ledgers, from the watch.
    pub fn ledgers_of(&self, tenant: &str) -> Vec<String> {
        let mut names = Vec::new();
        for meta in self.ledger_names.state() {
            if meta.labels().get(TENANT_LABEL).is_some_and(|label| label == tenant) {
                names.push(meta.name_any());
            }
        }
        names
    }

    /// The owner of a Tenant's ledger that is this user's.
    pub async fn owner_of(&self, tenant: &str, identity_id: &str) -> Option<Owner> {
        for name in self.ledgers_of(tenant) {
            if let Ok(Some(stored)) = self.ledgers.get(&name).await
                && *stored.ledger.owner.identity_id == *identity_id
            {
                return Some(stored.ledger.owner);
            }
        }
        None
    }

    /// The namespace that holds the ledgers and the seed Secrets.
    pub fn namespace(&self) -> &str {
        &self.config.operator_namespace
    }

    /// A session with ISC that has sent nothing yet: this is the only place that makes one.
    ///
    /// # Errors
    /// When the certificates do not parse.
    pub fn open(
        &self,
        api: ApiUrl,
        ca_pem: Option<&str>,
        credential: Credential,
    ) -> Result<Client, Failure> {
        let transport = self.outside.transports.trusting(ca_pem)?;
        let budget = Arc::new(Budget::new(self.config.isc_requests_per_10s));
        Ok(Client::new(
            api,
            self.config.pat_path.clone(),
            transport,
            credential,
            budget,
            self.metrics.clone(),
        ))
    }

    /// A random number for this ledger.
    pub fn random(&self, ledger: &str) -> u64 {
        (self.outside.random)(ledger)
    }

    /// The local time, for what a person reads.
    pub fn wall_clock(&self) -> jiff::Timestamp {
        (self.outside.wall_clock)()
    }

    /// A Tenant by name.
    pub fn tenant(&self, name: &str) -> Option<Arc<Tenant>> {
        self.tenants.get(&ObjectRef::new(name))
    }

    /// The resources of a Tenant. A name on the board may by now be that of another resource, of
    /// another Tenant.
    pub fn tokens_of(&self, tenant: &str) -> Vec<Arc<PersonalAccessToken>> {
        let found = self.board.tenants.indexed(tenant);
        let tokens = found.iter().filter_map(|reference| self.tokens.get(reference));
        tokens.filter(|token| token.spec.tenant_ref.name == tenant).collect()
    }
}
