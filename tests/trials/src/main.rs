//! Runs trials: many seeds with progress, or one seed with its trace.
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use trials::many;
use trials::{chaos, trial};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs one seed and tells all that happens.
    Seed {
        /// The seed.
        seed: u64,
    },
    /// Runs many seeds.
    Seeds {
        /// How many.
        #[arg(default_value_t = 20_000)]
        count: u64,
        /// The first.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// Threads; default: one per core.
        #[arg(long)]
        threads: Option<usize>,
    },
}

fn main() -> ExitCode {
    let good = match Arguments::parse().what {
        Command::Seed { seed } => {
            let outcome = trial::run(seed, chaos::trial(seed, true));
            outcome.trace.iter().chain(&outcome.wrong).for_each(|line| println!("{line}"));
            println!("{:?}", outcome.counts);
            outcome.wrong.is_empty()
        }
        Command::Seeds { count, from, threads } => {
            let trial = |seed| trial::run(seed, chaos::trial(seed, false));
            many::run("seed", from..from.saturating_add(count), threads, trial)
        }
    };
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
