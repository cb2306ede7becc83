//! The command line: what can be asked of the binary, and the exit code it answers with.
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::flags::RunFlags;
use super::run;

/// Mints, rotates and revokes SailPoint personal access tokens declared as Kubernetes resources.
#[derive(Parser, Debug)]
#[command(
    name = "pat-operator",
    version,
    max_term_width = 110,
    subcommand_required = true,
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the operator until it is told to stop
    ///
    /// Every flag can be given as the environment variable named beside it; a flag wins over its variable.
    /// Durations are one number and one unit: 45s, 15m, 24h, 30d.
    Run(Box<RunFlags>),
}

/// Parses the command line and does what it says. Exit code 0: done, or stopped on request; 1: failed; 2: wrong usage.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(flags) => run::main(*flags),
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
    fn every_flag_of_run_has_its_environment_variable_and_visible_ones_a_heading_and_a_help_text() {
        let cli = Cli::command();
        let run = cli.find_subcommand("run").unwrap();
        for arg in run.get_arguments().filter(|arg| arg.get_id() != "help") {
            let long = arg.get_long().unwrap();
            let variable = format!("PAT_OPERATOR_{}", long.to_uppercase().replace('-', "_"));
            assert_eq!(arg.get_env().unwrap().to_str(), Some(&*variable), "{long}");
            assert!(
                arg.is_hide_set() || arg.get_help_heading().is_some(),
                "{long} has no heading"
            );
            assert!(arg.get_help().is_some(), "{long} has no help text");
        }
    }
}
