//! One trial in a runtime of its own, and what came of it.
use std::panic::{AssertUnwindSafe, catch_unwind};

use judge::Counts;

use crate::passes;
use crate::replica::words;

/// What a trial came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What was wrong; empty: nothing.
    pub wrong: Vec<String>,
    /// Figures.
    pub counts: Counts,
    /// What happened, if a trace was asked for.
    pub trace: Vec<String>,
}

/// Runs a trial on a paused clock. Chance of kube's own (the pauses after a broken watch) comes
/// from the seed as well.
pub fn run(seed: u64, trial: impl Future<Output = Outcome>) -> Outcome {
    fastrand::seed(seed);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let Ok(runtime) = runtime else { return failed("there is no runtime".into()) };
    catch_unwind(AssertUnwindSafe(|| passes::known(|| runtime.block_on(trial))))
        .unwrap_or_else(|panic| failed(words(&*panic)))
}

fn failed(why: String) -> Outcome {
    Outcome { wrong: vec![why], ..Outcome::default() }
}
