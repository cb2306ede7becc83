//! Runs trials: many seeds with progress, or one seed with its trace.
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use trials::many;
use trials::trial::Outcome;
use trials::{chaos, evil, exhaustive, fields, trial, walks};

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
    /// Plays every single fault of every scene; of one number, tells all that happens.
    Faults {
        /// The number of a fault.
        number: Option<u64>,
        /// The first.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// Threads; default: one per core.
        #[arg(long)]
        threads: Option<usize>,
    },
    /// Plays every pair of crash, loss, lateness and stall.
    Pairs {
        /// The first of the first faults.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// Only this fortieth, 0 to 39.
        #[arg(long)]
        slice: Option<u64>,
        /// Threads; default: one per core.
        #[arg(long)]
        threads: Option<usize>,
    },
    /// Runs many seeds in which nothing goes wrong and counts the tokens that rotations take.
    Calm {
        /// How many.
        #[arg(default_value_t = 200)]
        count: u64,
        /// The first.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// Threads; default: one per core.
        #[arg(long)]
        threads: Option<usize>,
    },
    /// Spoils one field of ledger, Secret or resource, every way that it can be; of one number,
    /// tells all that happens.
    Fields {
        /// The number of a case.
        number: Option<u64>,
        /// The first.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// Of so many cases only one.
        #[arg(long, default_value_t = 1)]
        every: u64,
        /// Threads; default: one per core.
        #[arg(long)]
        threads: Option<usize>,
    },
    /// Walks through declarations, and compares where they end with resources that were declared so
    /// at once.
    Walks {
        /// How many.
        #[arg(default_value_t = 5_000)]
        count: u64,
        /// Tells all that happens in this world instead.
        #[arg(long)]
        world: Option<u64>,
        /// The first world.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// Threads; default: one per core.
        #[arg(long)]
        threads: Option<usize>,
    },
    /// Plays many seeds with a hostile user and without him; honest people must not notice much.
    Evil {
        /// How many.
        #[arg(default_value_t = 1_200)]
        count: u64,
        /// Tells all that happens in this seed instead.
        #[arg(long)]
        seed: Option<u64>,
        /// Lets him also do what is known to make others wait.
        #[arg(long)]
        gaps: bool,
        /// The first.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// Threads; default: one per core.
        #[arg(long)]
        threads: Option<usize>,
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
        Command::Seed { seed } => tell(&trial::run(seed, chaos::trial(seed, true))),
        Command::Faults { number: Some(number), .. } => {
            exhaustive::tell_single(number).is_some_and(|it| tell(&it))
        }
        Command::Faults { number: None, from, threads } => exhaustive::run_singles(from, threads),
        Command::Pairs { from, slice, threads } => exhaustive::run_pairs(from, slice, threads),
        Command::Calm { count, from, threads } => {
            let trial = |seed| trial::run(seed, chaos::calm_trial(seed, false));
            many::run("calm seed", from..from.saturating_add(count), threads, trial)
        }
        Command::Fields { number: Some(number), .. } => {
            fields::tell(number).is_some_and(|it| tell(&it))
        }
        Command::Fields { number: None, from, every, threads } => fields::run(from, every, threads),
        Command::Walks { world: Some(world), .. } => tell(&walks::one(world, true)),
        Command::Walks { count, world: None, from, threads } => walks::run(count, from, threads),
        Command::Evil { seed: Some(seed), gaps, .. } => tell(&evil::one(seed, gaps, true)),
        Command::Evil { count, seed: None, gaps, from, threads } => {
            evil::run(from..from.saturating_add(count), gaps, threads)
        }
        Command::Seeds { count, from, threads } => {
            let trial = |seed| trial::run(seed, chaos::trial(seed, false));
            many::run("seed", from..from.saturating_add(count), threads, trial)
        }
    };
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(outcome: &Outcome) -> bool {
    outcome.trace.iter().chain(&outcome.wrong).for_each(|line| println!("{line}"));
    println!("{:?}", outcome.counts);
    outcome.wrong.is_empty()
}
