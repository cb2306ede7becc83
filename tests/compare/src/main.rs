//! Runs the same seeds with pat-operator and with two strategies that keep no ledger, and prints
//! what came of each.
use std::process::ExitCode;

use clap::Parser;
use compare::table;

/// Runs the same seeds with pat-operator and with two strategies that keep no ledger, and prints
/// what came of each.
#[derive(Parser)]
struct Arguments {
    /// How many.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Threads; default: one per core.
    #[arg(long)]
    threads: Option<usize>,
}

fn main() -> ExitCode {
    let Arguments { seeds, from, threads } = Arguments::parse();
    let good = table::print(from..from.saturating_add(seeds), threads);
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
