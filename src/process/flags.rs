//! The flags of `pat-operator run`, as written and not yet checked.
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};

use super::duration;
use super::telemetry::LogFormat;
use super::timings::TimingFlags;

const CLUSTER: &str = "Kubernetes";
const ISC: &str = "SailPoint Identity Security Cloud (ISC)";
const PACE: &str = "Pace";
const LEADER: &str = "Leader election";
const PROCESS: &str = "Process";

/// The flags as written; [`super::settings`] makes settings of them.
#[derive(Args, Debug)]
pub(super) struct RunFlags {
    /// The operator's own namespace: ledgers, seed Secrets and the Lease live there
    /// [default: the Pod's namespace]
    #[arg(long, env = "PAT_OPERATOR_NAMESPACE", value_name = "NAME", help_heading = CLUSTER)]
    pub(super) namespace: Option<String>,
    /// Who this replica is [default: the Pod's name, otherwise the host's]
    #[arg(long, env = "PAT_OPERATOR_IDENTITY", value_name = "NAME", help_heading = CLUSTER)]
    pub(super) identity: Option<String>,
    /// Distinguishes this cluster's tokens from those of other clusters in ISC; a cloned cluster must change it
    /// [default: derived from the cluster]
    #[arg(long, env = "PAT_OPERATOR_INSTALLATION_ID", value_name = "ID", help_heading = CLUSTER)]
    pub(super) installation_id: Option<String>,
    /// Kubeconfig file that says where Kubernetes is
    /// [default: the files of KUBECONFIG, otherwise the Pod's service account]
    #[arg(long, env = "PAT_OPERATOR_KUBECONFIG", value_name = "FILE", help_heading = CLUSTER)]
    pub(super) kubeconfig: Option<PathBuf>,
    /// Context in the kubeconfig, or in those of KUBECONFIG [default: the current one]
    #[arg(long, env = "PAT_OPERATOR_CONTEXT", value_name = "NAME", help_heading = CLUSTER)]
    pub(super) context: Option<String>,

    /// Requests per Tenant in ten seconds; ISC refuses more than 100 per credential
    #[arg(long, env = "PAT_OPERATOR_ISC_REQUESTS", value_name = "N", default_value_t = 80,
          value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = ISC)]
    pub(super) isc_requests: u32,
    /// Accept http in a Tenant's apiUrl and nermUrl if the host is a loopback address; for trials only
    #[arg(long, env = "PAT_OPERATOR_ALLOW_LOOPBACK_HTTP", action = ArgAction::SetTrue, help_heading = ISC)]
    pub(super) allow_loopback_http: bool,
    /// Path of the token API below a Tenant's apiUrl
    #[arg(
        long,
        env = "PAT_OPERATOR_PAT_PATH",
        default_value = "/personal-access-tokens/v1",
        hide = true
    )]
    pub(super) pat_path: String,

    /// Passes in flight per controller
    #[arg(long, env = "PAT_OPERATOR_CONCURRENCY", value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u16).range(1..=1000), help_heading = PACE)]
    pub(super) concurrency: u16,
    /// How often each published Secret is compared with the record; sooner repairs cost more reads
    #[arg(long, env = "PAT_OPERATOR_SECRET_POLL", value_name = "DURATION", default_value = "2m",
          value_parser = duration::parse, help_heading = PACE)]
    pub(super) secret_poll: Duration,
    /// How often each ISC user's tokens are compared with the record when nothing happens
    #[arg(long, env = "PAT_OPERATOR_DRIFT_INTERVAL", value_name = "DURATION", default_value = "10m",
          value_parser = duration::parse, help_heading = PACE)]
    pub(super) drift_interval: Duration,
    /// How often ISC is asked again while something waits for its clock
    #[arg(long, env = "PAT_OPERATOR_RECHECK", value_name = "DURATION", default_value = "30s",
          value_parser = duration::parse, help_heading = PACE)]
    pub(super) recheck: Duration,
    #[command(flatten)]
    pub(super) timings: TimingFlags,

    #[command(flatten)]
    pub(super) leader: LeaderFlags,

    #[command(flatten)]
    pub(super) process: ProcessFlags,
}

#[derive(Args, Debug)]
pub(super) struct LeaderFlags {
    /// Work only while holding the Lease, so that replicas take turns; `false` for a single replica
    #[arg(long, env = "PAT_OPERATOR_LEADER_ELECT", value_name = "BOOL", default_value_t = true, num_args = 0..=1,
          default_missing_value = "true", action = ArgAction::Set, overrides_with = "no_leader_elect", help_heading = LEADER)]
    pub(super) leader_elect: bool,
    /// Work without a Lease: the same as --leader-elect=false
    #[arg(long, env = "PAT_OPERATOR_NO_LEADER_ELECT", action = ArgAction::SetTrue, overrides_with = "leader_elect",
          help_heading = LEADER)]
    pub(super) no_leader_elect: bool,
    /// Name of the Lease in the operator's namespace
    #[arg(long, env = "PAT_OPERATOR_LEASE_NAME", value_name = "NAME", default_value = "pat-operator", help_heading = LEADER)]
    pub(super) lease_name: String,
    /// How long a Lease that is not renewed keeps others out
    #[arg(long, env = "PAT_OPERATOR_LEASE_DURATION", value_name = "DURATION", default_value = "15s",
          value_parser = duration::parse, help_heading = LEADER)]
    pub(super) lease_duration: Duration,
    /// How long the leader tries to renew before it gives up and ends
    #[arg(long, env = "PAT_OPERATOR_LEASE_RENEW_DEADLINE", value_name = "DURATION", default_value = "10s",
          value_parser = duration::parse, help_heading = LEADER)]
    pub(super) lease_renew_deadline: Duration,
    /// Pause between two looks at the Lease
    #[arg(long, env = "PAT_OPERATOR_LEASE_RETRY", value_name = "DURATION", default_value = "2s",
          value_parser = duration::parse, help_heading = LEADER)]
    pub(super) lease_retry: Duration,
}

#[derive(Args, Debug)]
pub(super) struct ProcessFlags {
    /// Where /healthz, /readyz and /metrics are served; [::] is every address, of IPv4 too, and
    /// port 0 a free one
    #[arg(long, env = "PAT_OPERATOR_ADMIN_ADDRESS", value_name = "ADDRESS", default_value = "[::]:8080", help_heading = PROCESS)]
    pub(super) admin_address: SocketAddr,
    /// File to write the admin port to once it listens
    #[arg(long, env = "PAT_OPERATOR_ADMIN_PORT_FILE", value_name = "FILE", help_heading = PROCESS)]
    pub(super) admin_port_file: Option<PathBuf>,
    /// How log lines are written to standard error
    #[arg(long, env = "PAT_OPERATOR_LOG_FORMAT", value_name = "FORMAT", value_enum, default_value_t = LogFormat::Json, help_heading = PROCESS)]
    pub(super) log_format: LogFormat,
    /// Which log lines: error, warn, info, debug, trace, or per target: info,pat_operator=debug
    #[arg(long, env = "PAT_OPERATOR_LOG_LEVEL", value_name = "FILTER", default_value = "info", help_heading = PROCESS)]
    pub(super) log_level: String,
    /// How long passes under way may take to finish after a request to stop
    #[arg(long, env = "PAT_OPERATOR_SHUTDOWN_DEADLINE", value_name = "DURATION", default_value = "25s",
          value_parser = duration::parse, help_heading = PROCESS)]
    pub(super) shutdown_deadline: Duration,
}
