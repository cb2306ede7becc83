//! The loops: owner, token and tenant controller, started together.
mod board;
mod context;
mod guard;
mod housekeeping;
mod keyed;
mod outside;
mod owner;
mod secret_read;
mod subject;
mod tenant;
mod token;
mod transitions;
mod trouble;
mod wait;
mod wake;
mod watches;
mod written;

use std::sync::Arc;

use tokio::sync::SetOnce;
use tokio_util::sync::CancellationToken;

use crate::kubernetes::ledger_store::LedgerStore;
use crate::kubernetes::operator_files;
use crate::kubernetes::published_secret::PublishedSecrets;
use crate::lifecycle::token_name;
use crate::metrics::Metrics;

pub use crate::kubernetes::causes::Causes;
pub use context::Config;
pub use outside::Outside;

use board::Board;
use context::Context;
use wake::Wake;
use watches::Watches;

/// The reason why the controllers did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The installation cannot be identified.
    #[error(
        "failed to identify the cluster; grant get on the Namespace kube-system, or set --installation-id"
    )]
    Identify(#[from] operator_files::Error),
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
    run_in(Outside::default(), client, config, metrics, Arc::default(), shutdown).await
}

/// As [`run`], in this outside. Sets `informed` once all watches have been read.
///
/// # Errors
/// When the controllers cannot start.
pub async fn run_in(
    outside: Outside,
    client: kube::Client,
    config: Config,
    metrics: Arc<Metrics>,
    informed: Arc<SetOnce<()>>,
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
        // A tag: the uid would take half of the 64 characters that a token's name has.
        installation: token_name::tag(&cluster),
        board,
        wake,
        tokens: watches.tokens.store(),
        tenants: watches.tenants.store(),
        ledger_names: watches.owners.store(),
        informed,
        shutdown,
        client,
        config,
        metrics,
    });
    watches.run(context, wakeups).await;
    Ok(())
}
