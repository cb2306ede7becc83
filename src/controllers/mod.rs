//! The loops: owner, token and tenant controller, and what they are told at the start.
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::lifecycle::Timings;
use crate::metrics::Metrics;

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
pub enum Error {}

/// Runs until `shutdown` is cancelled and the passes under way have ended.
pub async fn run(
    _client: kube::Client,
    _config: Config,
    _metrics: Arc<Metrics>,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    shutdown.cancelled().await;
    Ok(())
}
