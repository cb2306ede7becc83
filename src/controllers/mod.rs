//! The loops: owner, token and tenant controller, and what they are told at the start.
mod board;
mod frozen;
mod guard;
mod housekeeping;
mod outside;
mod owner;
mod tenant;
mod token;
mod transitions;
mod wake;
mod watches;

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::core::PartialObjectMeta;
use kube::runtime::reflector::{ObjectRef, Store};
use tokio::sync::SetOnce;
use tokio_util::sync::CancellationToken;

use crate::api::{PersonalAccessToken, Tenant};
use crate::kubernetes::ledger_store::{LedgerStore, TENANT_LABEL};
use crate::kubernetes::operator_files;
use crate::kubernetes::published_secret::PublishedSecrets;
use crate::lifecycle::ledger::Owner;
use crate::lifecycle::{Timings, token_name};
use crate::metrics::Metrics;

pub use outside::Outside;

use board::Board;
use wake::Wake;
use watches::Watches;

/// What the controllers need to know; parsed once from the flags by `process`.
#[derive(Clone, Debug)]
pub struct Config {
    /// The namespace that holds the ledgers and the seed Secrets.
    pub operator_namespace: String,
    /// Who acts: the Pod's name.
    pub identity: String,
    /// Passes in flight per controller.
    pub concurrency: u16,
    /// Whether a Tenant may use http on a loopback address.
    pub allow_loopback_http: bool,
    /// How often a published Secret is looked at again.
    pub secret_poll: Duration,
    /// How often ISC is asked again while something waits on its clock (R20).
    pub recheck: Duration,
    /// How often an owner is swept and compared with ISC without any event (R6).
    pub drift_interval: Duration,
    /// Replaces the installation id derived from the cluster.
    pub installation_id: Option<String>,
    /// Path of the token API below a Tenant's `apiUrl`.
    pub pat_path: String,
    /// Requests per tenant in ten seconds.
    pub isc_requests_per_10s: u32,
    /// The durations of the protocol.
    pub timings: Timings,
}

/// Why the controllers ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The installation cannot be identified.
    #[error("failed to identify the cluster; grant get on the Namespace kube-system, or set --installation-id")]
    Identify(#[from] operator_files::Error),
}

/// What every pass works with.
pub struct Context {
    client: kube::Client,
    config: Config,
    metrics: Arc<Metrics>,
    ledgers: LedgerStore,
    secrets: PublishedSecrets,
    outside: Outside,
    installation: String,
    board: Arc<Board>,
    wake: Wake,
    tokens: Store<PersonalAccessToken>,
    tenants: Store<Tenant>,
    ledger_names: Store<PartialObjectMeta<Secret>>,
    informed: SetOnce<()>,
    shutdown: CancellationToken,
}

/// Runs until `shutdown` is cancelled and the passes under way have ended.
///
/// # Errors
/// When the controllers cannot start.
pub async fn run(
    client: kube::Client,
    config: Config,
    metrics: Arc<Metrics>,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    run_in(Outside::default(), client, config, metrics, shutdown).await
}

/// As [`run`], in this outside.
///
/// # Errors
/// When the controllers cannot start.
pub async fn run_in(
    outside: Outside,
    client: kube::Client,
    config: Config,
    metrics: Arc<Metrics>,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let cluster = match &config.installation_id {
        Some(id) => id.clone(),
        None => operator_files::cluster_id(&client).await?,
    };
    let board = Arc::new(Board::default());
    let watches = Watches::start(&client, &config, &board);
    let (wake, wakeups) = Wake::channels();
    let context = Arc::new(Context {
        ledgers: LedgerStore::new(client.clone(), &config.operator_namespace),
        secrets: PublishedSecrets::new(client.clone()),
        outside,
        installation: token_name::tag(&cluster),
        board,
        wake,
        tokens: watches.tokens.store(),
        tenants: watches.tenants.store(),
        ledger_names: watches.owners.store(),
        informed: SetOnce::new(),
        shutdown,
        client,
        config,
        metrics,
    });
    watches.run(context, wakeups).await;
    Ok(())
}

impl Context {
    /// Waits until all watches have been read once, so that what is missing is known to be missing; `false`: the
    /// process ends before that.
    async fn is_informed(&self) -> bool {
        tokio::select! {
            biased;
            () = async { _ = self.informed.wait().await } => true,
            () = self.shutdown.cancelled() => false,
        }
    }

    /// Ends the wait of all passes. A store can be waited for in one task only: it forgets all wakers but the last.
    async fn inform(&self) {
        let read = async {
            let tokens = self.tokens.wait_until_ready().await;
            tokens.and(self.tenants.wait_until_ready().await).and(self.ledger_names.wait_until_ready().await)
        };
        tokio::select! {
            biased;
            read = read => if read.is_ok() { _ = self.informed.set(()) },
            () = self.shutdown.cancelled() => {}
        }
    }

    /// The names of a Tenant's ledgers, from the watch.
    fn ledgers_of(&self, tenant: &str) -> Vec<String> {
        let of_tenant = |meta: &Arc<PartialObjectMeta<Secret>>| {
            meta.metadata.labels.as_ref().and_then(|labels| labels.get(TENANT_LABEL)).is_some_and(|l| l == tenant)
        };
        self.ledger_names.state().iter().filter(|meta| of_tenant(meta)).map(|meta| meta.name_any()).collect()
    }

    /// The owner of a Tenant's ledger that is this user's.
    async fn owner_of(&self, tenant: &str, identity_id: &str) -> Option<Owner> {
        for name in self.ledgers_of(tenant) {
            if let Ok(Some(stored)) = self.ledgers.get(&name).await
                && *stored.ledger.owner.identity_id == *identity_id
            {
                return Some(stored.ledger.owner);
            }
        }
        None
    }

    /// A random number for this ledger.
    fn random(&self, ledger: &str) -> u64 {
        (self.outside.random)(ledger)
    }

    /// The local time, for what a person reads.
    fn wall_clock(&self) -> jiff::Timestamp {
        (self.outside.wall_clock)()
    }

    /// A Tenant by name.
    fn tenant(&self, name: &str) -> Option<Arc<Tenant>> {
        self.tenants.get(&ObjectRef::new(name))
    }

    /// The resources of a Tenant. A name on the board may by now be that of another resource, of another Tenant.
    fn tokens_of(&self, tenant: &str) -> Vec<Arc<PersonalAccessToken>> {
        let found = self.board.indexed(tenant);
        let tokens = found.iter().filter_map(|reference| self.tokens.get(reference));
        tokens.filter(|token| token.spec.tenant_ref.name == tenant).collect()
    }
}
