//! The command line: the commands of the binary, and the exit code it answers with.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use super::error_chain::report;
use super::flags::RunFlags;
use super::probe::{self, ProbeFlags};
use super::{run, standard_output};
use crate::api;

/// Mints, rotates and revokes SailPoint personal access tokens declared as Kubernetes resources.
#[derive(Parser, Debug)]
#[command(
    name = "pat-operator",
    version,
    subcommand_required = true,
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the operator until it receives a request to stop
    ///
    /// Every flag can be given as the environment variable named beside it; a flag wins over its
    /// variable. Durations are one number and one unit: 45s, 15m, 24h, 30d.
    #[command(mut_args(|arg| arg.hide_env_values(true)))]
    Run(Box<RunFlags>),
    /// Ask a tenant what no document answers, before you trust it with tokens
    ///
    /// Shows what it will do and asks before it does it; where standard input is not a terminal,
    /// give --yes instead. Makes at most three tokens of its own, each with ten minutes to live
    /// from the start, and removes them.
    #[command(mut_args(|arg| arg.hide_env_values(true)), after_long_help = PROBE_CODES)]
    Probe(Box<ProbeFlags>),
    /// Print the CustomResourceDefinitions as YAML, or write one file per kind
    Crds(CrdsFlags),
}

/// The exit codes of a probe.
const PROBE_CODES: &str = "Exit codes:\n\
    \x20 0    everything that the operator relies on holds\n\
    \x20 1    something does not hold\n\
    \x20 2    something is unknown, a token may be left, or the tenant could not be probed\n\
    \x20 130  a Ctrl-C at the question, or a second one later, when tokens may be left\n\
    \x20 143  the same for SIGTERM";

#[derive(Args, Debug)]
struct CrdsFlags {
    /// Directory to write the files to, created if absent; without it all are printed
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// The reason why there are no CustomResourceDefinitions.
#[derive(Debug, thiserror::Error)]
enum CrdsError {
    #[error("failed to serialise the definition for \"{0}\"")]
    Serialise(&'static str, #[source] serde_saphyr::ser::Error),
    #[error("failed to write \"{path}\": check --dir")]
    Write { path: String, source: io::Error },
    #[error("failed to print")]
    Print(#[source] io::Error),
}

/// Parses the command line and does what it says. Exit code 0: done, or stopped on request; 1:
/// failed; 2: wrong usage. A probe has its own.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(flags) => run::main(*flags),
        Command::Probe(flags) => probe::main(*flags),
        Command::Crds(flags) => exit_code(crds(flags.dir.as_deref())),
    }
}

fn crds(dir: Option<&Path>) -> Result<(), CrdsError> {
    for (file, definition) in api::crd::all() {
        let text =
            api::crd::yaml(&definition).map_err(|error| CrdsError::Serialise(file, error))?;
        match dir {
            Some(dir) => write_file(dir, file, &text)?,
            None => standard_output::print(&format!("---\n{text}\n")).map_err(CrdsError::Print)?,
        }
    }
    Ok(())
}

fn write_file(dir: &Path, file: &str, text: &str) -> Result<(), CrdsError> {
    let path = dir.join(file);
    let failed = |source| CrdsError::Write { path: path.display().to_string(), source };
    fs::create_dir_all(dir).map_err(failed)?;
    fs::write(&path, text).map_err(failed)
}

fn exit_code(result: Result<(), CrdsError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn crds_are_written_one_file_per_kind() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("crds");
        crds(Some(&dir)).unwrap();
        for (file, definition) in api::crd::all() {
            assert_eq!(
                fs::read_to_string(dir.join(file)).unwrap(),
                api::crd::yaml(&definition).unwrap()
            );
        }
        let blocked = folder.path().join("crds/tenants.yaml");
        let error = crds(Some(&blocked)).unwrap_err();
        assert!(error.to_string().contains("check --dir"), "{error}");
    }

    #[test]
    fn every_flag_of_run_has_its_environment_variable_and_visible_ones_a_heading_and_a_help_text() {
        let cli = Cli::command();
        let run = cli.find_subcommand("run").unwrap();
        for arg in run.get_arguments().filter(|arg| arg.get_id() != "help") {
            let long = arg.get_long().unwrap();
            let variable = format!("PAT_OPERATOR_{}", long.to_uppercase().replace('-', "_"));
            assert_eq!(arg.get_env().unwrap().to_str(), Some(&*variable), "{long}");
            assert!(arg.is_hide_set() || arg.get_help_heading().is_some(), "{long} has no heading");
            assert!(arg.get_help().is_some(), "{long} has no help text");
        }
    }
}
