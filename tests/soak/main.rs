//! `make soak`: two replicas of the release binary on a real control plane, killed at random,
//! judged by what happened.
//!
//! Set in the environment: `SEED` (all choices follow from it), `KILLS`, `MINUTES` (what comes
//! first ends it). A run is made of rounds, each with a control plane of its own.
#![allow(
    clippy::disallowed_methods,
    reason = "a test measures real time and reads its own settings"
)]

mod archive;
mod declared;
mod edits;
mod environment;
mod faults;
mod feed;
mod figures;
mod proxy;
mod replicas;
mod round;
mod timeline;
mod user;
mod watches;
mod workload;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use tokio::time::Instant;

use figures::Figures;
use round::Plan;

/// Kills of one round.
const ROUND: usize = 300;

fn main() -> ExitCode {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = number("SEED").unwrap_or_else(|| std::process::id().into());
    let minutes = number("MINUTES");
    let kills = number("KILLS").unwrap_or(if minutes.is_some() { u64::MAX } else { ROUND as u64 });
    println!("soak: SEED={seed}");
    let mut all = Figures::default();
    let mut failed = false;
    stage::play(async {
        let until = minutes.map(|minutes| Instant::now() + Duration::from_secs(60 * minutes));
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("soak");
        std::fs::create_dir_all(&folder).unwrap();
        for number in 0.. {
            let left = usize::try_from(kills).unwrap_or(usize::MAX).saturating_sub(all.killed());
            if failed || left == 0 || until.is_some_and(|until| Instant::now() >= until) {
                break;
            }
            let trace = folder.join(format!("{seed}-{number}.trace"));
            let plan = Plan { seed: seed.wrapping_add(number), kills: left.min(ROUND), until };
            match round::play(plan, &trace).await {
                Ok(figures) => {
                    failed |= figures.violations > 0;
                    all.add(figures);
                }
                Err(problem) => {
                    println!("soak: FAILED: {problem}");
                    failed = true;
                }
            }
            if failed {
                println!("soak: all that happened is in {}", trace.display());
            }
        }
    });
    all.print();
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
