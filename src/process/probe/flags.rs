//! The flags of `pat-operator probe`, as written and not yet checked.
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::process::duration;

/// Longest wait for LIST that leaves a token's ten minutes enough for everything else.
const LONGEST_LAG: Duration = Duration::from_secs(180);

/// The flags as written.
#[derive(Args, Debug)]
pub(in crate::process) struct ProbeFlags {
    /// Base URL of the tenant's API, as in https://acme.api.identitynow.com [default:
    /// SAIL_BASE_URL]
    #[arg(long, value_name = "URL", conflicts_with = "tenant")]
    pub(super) api_url: Option<String>,
    /// JSON or YAML with clientId and clientSecret of a personal access token, or the manifest of a
    /// Secret that holds them [default: the variables SAIL_CLIENT_ID and SAIL_CLIENT_SECRET]
    #[arg(long, value_name = "FILE", conflicts_with = "tenant")]
    pub(super) seed_file: Option<PathBuf>,
    /// Authorities to trust instead of the system's, in PEM
    #[arg(long, value_name = "FILE", conflicts_with = "tenant")]
    pub(super) ca_file: Option<PathBuf>,

    /// Read URLs, CA bundle and seed of this Tenant from the cluster
    #[arg(long, value_name = "NAME", requires = "namespace")]
    pub(super) tenant: Option<String>,
    /// The operator's namespace, where the Tenant's seed Secret is
    #[arg(long, value_name = "NAME", requires = "tenant")]
    pub(super) namespace: Option<String>,
    /// Kubeconfig file of that cluster [default: the files of KUBECONFIG, otherwise the Pod's
    /// service account]
    #[arg(long, value_name = "FILE", requires = "tenant")]
    pub(super) kubeconfig: Option<PathBuf>,
    /// Context in the kubeconfig [default: its current one]
    #[arg(long, value_name = "NAME", requires = "tenant")]
    pub(super) context: Option<String>,

    /// Base URL of the tenant's NERM, as in https://acme.nonemployee.com/api [default: that of the
    /// Tenant; without one NERM is not asked]
    #[arg(long, env = "SAIL_NERM_BASE_URL", value_name = "URL")]
    pub(super) nerm_url: Option<String>,
    /// Accept http in a URL if its host is a loopback address; for trials only
    #[arg(long)]
    pub(super) allow_loopback_http: bool,
    /// Do not ask before it begins; needed where there is no terminal
    #[arg(long)]
    pub(super) yes: bool,
    /// How the report is printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Output::Text)]
    pub(super) output: Output,
    /// Path of the token API below the base URL
    #[arg(long, default_value = "/personal-access-tokens/v1", hide = true)]
    pub(super) pat_path: String,
    /// Longest wait for LIST to show something
    #[arg(long, value_name = "DURATION", default_value = "120s", value_parser = lag, hide = true)]
    pub(super) list_lag: Duration,
}

/// How the report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// A table for people.
    Text,
    /// One JSON document.
    Json,
}

/// A duration that leaves time for the rest of the probe.
fn lag(text: &str) -> Result<Duration, String> {
    let lag = duration::parse(text).map_err(|error| error.to_string())?;
    if lag <= LONGEST_LAG {
        Ok(lag)
    } else {
        Err("a probe's tokens do not live long enough for that: write 3m or less".into())
    }
}
