//! The settings of the process: the flags, completed from the environment and checked.
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::environment::{self, Environment};
use super::flags::{LeaderFlags, RunFlags};
use super::kubeconfig::Access;
use super::leader::LeaseTimes;
use super::proxy::{self, Proxy};
use crate::controllers;

/// The settings of the process, checked and complete.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) access: Access,
    pub(super) context: Option<String>,
    /// The proxy of the environment, for Kubernetes and ISC.
    pub(super) proxy: Option<Proxy>,
    /// `None`: work without a Lease.
    pub(super) lease: Option<LeaseSettings>,
    pub(super) admin_address: SocketAddr,
    pub(super) admin_port_file: Option<PathBuf>,
    pub(super) shutdown_deadline: Duration,
    pub(super) controllers: controllers::Config,
}

/// The Lease to hold, and its durations.
#[derive(Debug)]
pub(super) struct LeaseSettings {
    pub(super) name: String,
    pub(super) times: LeaseTimes,
}

/// Flags that do not make settings.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(
        "the operator's namespace is unknown: set --namespace, or POD_NAMESPACE from the Pod's metadata.namespace"
    )]
    NoNamespace,
    #[error(
        "\"{0}\" is not a name Kubernetes accepts for a namespace: set --namespace to lower-case letters, digits and dashes"
    )]
    NamespaceSyntax(String),
    #[error(
        "--context \"{0}\" needs a kubeconfig, and none is given: give --kubeconfig, or set KUBECONFIG"
    )]
    ContextOfNothing(String),
    #[error(transparent)]
    Proxy(#[from] proxy::Error),
    #[error(
        "--lease-duration must be longer than --lease-renew-deadline, and that longer than --lease-retry"
    )]
    LeaseTimes,
    #[error("--installation-id \"{0}\" is not usable: write 4 to 16 lower-case letters and digits")]
    InstallationId(String),
    #[error("--pat-path \"{0}\" is not a path: start it with a slash and do not end it with one")]
    PatPath(String),
}

impl Settings {
    /// Completes the flags from the environment and refuses what cannot work.
    pub(super) fn new(flags: RunFlags, environment: Environment) -> Result<Self, Error> {
        let Some(namespace) = flags.namespace.or(environment.namespace) else {
            return Err(Error::NoNamespace);
        };
        if !environment::is_dns_label(&namespace) {
            return Err(Error::NamespaceSyntax(namespace));
        }
        let access = Access::of(flags.kubeconfig, environment.kubeconfig);
        // Passed over in silence, the operator would work in another cluster than was meant.
        if let (Access::Pod, Some(context)) = (&access, &flags.context) {
            return Err(Error::ContextOfNothing(context.clone()));
        }
        let proxy = environment
            .https_proxy
            .map(|variable| Proxy::new(&variable, &environment.no_proxy))
            .transpose()?;
        let identity = flags.identity.unwrap_or(environment.identity);
        let installation_id = flags.installation_id.map(check_installation_id).transpose()?;
        let controllers = controllers::Config {
            operator_namespace: namespace,
            identity,
            concurrency: flags.concurrency,
            allow_loopback_http: flags.allow_loopback_http,
            secret_poll: flags.secret_poll,
            recheck: flags.recheck,
            drift_interval: flags.drift_interval,
            installation_id,
            pat_path: check_pat_path(flags.pat_path)?,
            outage_told_after: flags.timings.outage_told_after(),
            isc_requests_per_10s: flags.isc_requests,
            timings: flags.timings.into_timings(flags.recheck, flags.drift_interval),
        };
        Ok(Self {
            access,
            context: flags.context,
            proxy,
            lease: check_lease(flags.leader)?,
            admin_address: flags.process.admin_address,
            admin_port_file: flags.process.admin_port_file,
            shutdown_deadline: flags.process.shutdown_deadline,
            controllers,
        })
    }
}

fn check_lease(flags: LeaderFlags) -> Result<Option<LeaseSettings>, Error> {
    let times = LeaseTimes {
        duration: flags.lease_duration,
        renew_deadline: flags.lease_renew_deadline,
        retry: flags.lease_retry,
    };
    if !times.are_ordered() {
        return Err(Error::LeaseTimes);
    }
    if !flags.leader_elect || flags.no_leader_elect {
        return Ok(None);
    }
    Ok(Some(LeaseSettings { name: flags.lease_name, times }))
}

fn check_installation_id(id: String) -> Result<String, Error> {
    let usable = (4..=16).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if usable { Ok(id) } else { Err(Error::InstallationId(id)) }
}

fn check_pat_path(path: String) -> Result<String, Error> {
    if path.starts_with('/') && !path.ends_with('/') { Ok(path) } else { Err(Error::PatPath(path)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        flags: RunFlags,
    }

    fn pod() -> Environment {
        Environment {
            namespace: Some("pat-system".into()),
            identity: "pod-7".into(),
            kubeconfig: Vec::new(),
            https_proxy: None,
            no_proxy: String::new(),
        }
    }

    fn settings(line: &str) -> Result<Settings, String> {
        let words = std::iter::once("run").chain(line.split_whitespace());
        let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        Settings::new(line.flags, pod()).map_err(|error| error.to_string())
    }

    #[test]
    fn without_flags_the_pod_says_who_and_where_and_the_protocol_how_long() {
        let settings = settings("").unwrap();
        assert_eq!(settings.controllers.operator_namespace, "pat-system");
        assert_eq!(settings.controllers.identity, "pod-7");
        assert_eq!(settings.controllers.concurrency, 10);
        assert_eq!(settings.controllers.pat_path, "/personal-access-tokens/v1");
        assert_eq!(settings.controllers.timings, crate::lifecycle::Timings::default());
        assert_eq!(settings.lease.unwrap().name, "pat-operator");
        assert_eq!(settings.shutdown_deadline, Duration::from_secs(25));
    }

    #[test]
    fn without_a_namespace_anywhere_the_error_says_how_to_set_it() {
        let line = Line::try_parse_from(["run"]).unwrap();
        let nowhere = Environment { namespace: None, ..pod() };
        let error = Settings::new(line.flags, nowhere).unwrap_err();
        assert!(error.to_string().contains("set --namespace"), "{error}");
    }

    #[test]
    fn a_flag_wins_over_the_pod() {
        let settings =
            settings("--namespace other --identity me --attempt-expiry 2s --long-expiry 1h")
                .unwrap();
        assert_eq!(settings.controllers.operator_namespace, "other");
        assert_eq!(settings.controllers.identity, "me");
        assert_eq!(settings.controllers.timings.attempt_expiry, 2_000);
        assert_eq!(settings.controllers.timings.long_expiry, 3_600_000);
    }

    #[test]
    fn a_kubeconfig_comes_from_the_flag_else_from_the_variable_else_the_pod_is_all_there_is() {
        let variable = vec![PathBuf::from("/a"), PathBuf::from("/b")];
        for (line, list, expected) in [
            ("--kubeconfig /f --context c", &variable[..], Access::File("/f".into())),
            ("--context c", &variable[..], Access::Variable(variable.clone())),
            ("--kubeconfig /f", &[], Access::File("/f".into())),
            ("", &[], Access::Pod),
        ] {
            let words = std::iter::once("run").chain(line.split_whitespace());
            let environment = Environment { kubeconfig: list.to_vec(), ..pod() };
            let settings =
                Settings::new(Line::try_parse_from(words).unwrap().flags, environment).unwrap();
            assert_eq!(settings.access, expected, "{line} with {list:?}");
        }
    }

    #[test]
    fn leader_election_can_be_switched_off_in_either_way() {
        for (line, elects) in [
            ("", true),
            ("--leader-elect", true),
            ("--leader-elect=true", true),
            ("--leader-elect=false", false),
            ("--no-leader-elect", false),
        ] {
            assert_eq!(settings(line).unwrap().lease.is_some(), elects, "{line}");
        }
    }

    #[test]
    fn what_cannot_work_is_refused_with_a_remedy() {
        for (line, remedy) in [
            ("--context other", "give --kubeconfig, or set KUBECONFIG"),
            ("--namespace Not_A_Name", "lower-case letters"),
            ("--installation-id ../..", "4 to 16 lower-case letters and digits"),
            ("--pat-path v1", "start it with a slash"),
            ("--lease-duration 5s", "must be longer than"),
            ("--lease-retry 10s", "must be longer than"),
            ("--concurrency 0", "1..=1000"),
            ("--isc-requests 0", "1..=1000"),
            ("--recheck 10", "like 45s"),
            ("--log-format xml", "json, text"),
            ("--admin-address 8080", "invalid socket address"),
            ("--unknown", "unexpected argument"),
        ] {
            let error = settings(line).unwrap_err();
            assert!(error.contains(remedy), "{line}: {error}");
        }
    }
}
