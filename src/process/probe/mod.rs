//! `pat-operator probe`: from flags to a target, the question whether to go on, and the report on standard output.
mod outcome;

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::environment::{Environment, SailVariables};
use super::error_chain::report;
use super::kubeconfig::Access;
use super::proxy::{self, Proxy};
use super::shutdown::Signals;
use super::{connection, duration, hardening, settings};
use crate::probe::{self, Ended, Seed, Target, seed_file, tenant};
use crate::redacted::Redacted;

/// Longest wait for LIST that leaves a token's ten minutes enough for everything else.
const LONGEST_LAG: Duration = Duration::from_secs(180);

/// The flags as written.
#[derive(Args, Debug)]
pub(super) struct ProbeFlags {
    /// Base URL of the tenant's API, as in https://acme.api.identitynow.com [default: SAIL_BASE_URL]
    #[arg(long, value_name = "URL", conflicts_with = "tenant")]
    api_url: Option<String>,
    /// JSON or YAML with clientId and clientSecret of a personal access token, or the manifest of a Secret that holds them
    /// [default: the variables SAIL_CLIENT_ID and SAIL_CLIENT_SECRET]
    #[arg(long, value_name = "FILE", conflicts_with = "tenant")]
    seed_file: Option<PathBuf>,
    /// Authorities to trust instead of the system's, in PEM
    #[arg(long, value_name = "FILE", conflicts_with = "tenant")]
    ca_file: Option<PathBuf>,

    /// Read URL, CA bundle and seed of this Tenant from the cluster
    #[arg(long, value_name = "NAME", requires = "namespace")]
    tenant: Option<String>,
    /// The operator's namespace, where the Tenant's seed Secret is
    #[arg(long, value_name = "NAME", requires = "tenant")]
    namespace: Option<String>,
    /// Kubeconfig file of that cluster [default: the files of KUBECONFIG, else the Pod's service account]
    #[arg(long, value_name = "FILE", requires = "tenant")]
    kubeconfig: Option<PathBuf>,
    /// Context in the kubeconfig [default: its current one]
    #[arg(long, value_name = "NAME", requires = "tenant")]
    context: Option<String>,

    /// Base URL of the tenant's NERM, as in https://acme.nonemployee.com/api; without it NERM is not asked
    #[arg(long, env = "SAIL_NERM_BASE_URL", value_name = "URL")]
    nerm_url: Option<String>,
    /// Accept http in a URL if its host is a loopback address; for trials only
    #[arg(long)]
    allow_loopback_http: bool,
    /// Do not ask before it begins
    #[arg(long)]
    yes: bool,
    /// How the report is printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Output::Text)]
    output: Output,
    /// Path of the token API below the base URL
    #[arg(long, default_value = "/personal-access-tokens/v1", hide = true)]
    pat_path: String,
    /// Longest wait for LIST to show something
    #[arg(long, value_name = "DURATION", default_value = "120s", value_parser = lag, hide = true)]
    list_lag: Duration,
}

/// How the report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A table for people.
    Text,
    /// One JSON document.
    Json,
}

/// Why nothing was probed.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Hardening(#[from] hardening::Error),
    #[error(transparent)]
    Connection(#[from] connection::Error),
    #[error(transparent)]
    Settings(#[from] settings::Error),
    #[error(transparent)]
    Proxy(#[from] proxy::Error),
    #[error(transparent)]
    Probe(#[from] probe::Error),
    #[error("the tenant's URL is missing: give --api-url, SAIL_BASE_URL, or --tenant")]
    NoUrl,
    #[error("the seed is missing: give --seed-file, the variables SAIL_CLIENT_ID and SAIL_CLIENT_SECRET, or --tenant")]
    NoSeed,
    #[error("failed to read \"{path}\": check {flag}")]
    Read { path: String, flag: &'static str, source: io::Error },
    #[error(
        "nothing was sent: a probe makes tokens, and standard input is no terminal to ask on; give --yes if you agree"
    )]
    NoTerminal,
    #[error("nothing was sent, since you did not answer y")]
    Declined,
    #[error("failed to start")]
    Start(#[source] io::Error),
    #[error("failed to print the report")]
    Print(#[source] io::Error),
}

/// Exit code 0: everything holds; 1: something does not; 2: something is unknown, or there is no report.
pub(super) fn main(flags: ProbeFlags) -> ExitCode {
    match start(flags) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            report(&error);
            ExitCode::from(2)
        }
    }
}

fn start(flags: ProbeFlags) -> Result<u8, Error> {
    hardening::forbid_memory_dumps()?;
    // Fails only if a provider is installed already, and then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Start)?;
    let (yes, output) = (flags.yes, flags.output);
    let target = runtime.block_on(target(flags))?;
    agree(&target.plan(), yes)?;
    let ended = probe_until_stopped(&runtime, target)?;
    outcome::print(ended, output)
}

/// What the flags, the environment and the cluster say.
async fn target(flags: ProbeFlags) -> Result<Target, Error> {
    let parse = |url: &str| probe::ApiUrl::parse(url, flags.allow_loopback_http).map_err(probe::Error::Url);
    let environment = Environment::read();
    let proxy = environment.https_proxy.map(|variable| Proxy::new(&variable, &environment.no_proxy)).transpose()?;
    let (api_url, ca_pem, seed) = match (&flags.tenant, &flags.namespace) {
        (Some(name), Some(namespace)) => {
            let access = Access::of(flags.kubeconfig, environment.kubeconfig);
            if let (Access::Pod, Some(context)) = (&access, &flags.context) {
                return Err(settings::Error::ContextOfNothing(context.clone()).into());
            }
            let client = connection::client(&access, flags.context.as_deref(), proxy.as_ref())?;
            let found = tenant::read(&client, name, namespace).await?;
            (found.api_url, found.ca_pem, found.seed)
        }
        (_, _) => {
            let variables = SailVariables::read();
            let seed = match &flags.seed_file {
                Some(path) => seed_file::parse(&Redacted::new(file(path, "--seed-file")?))?,
                None => seed_of(variables.client_id, variables.client_secret)?,
            };
            let ca_pem = flags.ca_file.as_deref().map(|path| file(path, "--ca-file")).transpose()?;
            (flags.api_url.or(variables.base_url).ok_or(Error::NoUrl)?, ca_pem, seed)
        }
    };
    // An empty variable is none.
    let nerm = flags.nerm_url.as_deref().filter(|url| !url.is_empty()).map(parse).transpose()?;
    let (api, pat_path, list_lag) = (parse(&api_url)?, flags.pat_path, flags.list_lag);
    let proxy = proxy.map(|proxy| probe::Proxy { url: proxy.url, except: proxy.except });
    Ok(Target { api, pat_path, ca_pem, proxy, seed, nerm, list_lag }.check()?)
}

fn seed_of(client_id: Option<String>, client_secret: Option<Redacted>) -> Result<Seed, Error> {
    let (client_id, client_secret) = client_id.zip(client_secret).ok_or(Error::NoSeed)?;
    Ok(Seed::new(client_id, client_secret)?)
}

fn file(path: &Path, flag: &'static str) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.display().to_string(), flag, source })
}

/// Shows what will be done, and waits for leave to do it.
fn agree(plan: &str, yes: bool) -> Result<(), Error> {
    // Without standard error nobody reads it, and then nobody answers either.
    let _ = write!(io::stderr(), "{plan}");
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Error::NoTerminal);
    }
    let _ = write!(io::stderr(), "Continue? [y/N] ");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(Error::Start)?;
    let is_yes = matches!(answer.trim(), "y" | "Y" | "yes" | "Yes" | "YES");
    if is_yes { Ok(()) } else { Err(Error::Declined) }
}

/// The first signal ends the questions and has the tokens removed, the second ends at once.
fn probe_until_stopped(runtime: &Runtime, target: Target) -> Result<Ended, Error> {
    let stop = CancellationToken::new();
    runtime.block_on(async {
        let signals = Signals::listen().map_err(Error::Start)?;
        let told = async {
            stop.cancelled().await;
            let _ = writeln!(
                io::stderr(),
                "pat-operator: stopping: the probe's tokens are removed; a second signal ends at once"
            );
            std::future::pending::<()>().await;
        };
        tokio::select! {
            ended = probe::run(target, &stop, outcome::tell) => Ok(ended),
            () = signals.obey(stop.clone()) => Err(Error::Probe(probe::Error::Stopped)),
            () = told => Err(Error::Probe(probe::Error::Stopped)),
        }
    })
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
