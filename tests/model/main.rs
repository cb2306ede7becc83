//! Explores every interleaving of the shipped `step` and `settle` with crashes, lost replies and a
//! second replica.
//!
//! Prints one line per configuration. Fails when one is not explored to its end, violates a
//! property, or never reaches a situation that it is about; and when a broken protocol is not
//! caught. Arguments: words that a name must contain; `--deep`: the large configurations, which
//! take hours.
mod broken;
mod broken_publishing;
mod broken_travel;
mod configuration;
mod configurations;
mod convergence;
mod deep;
mod effects;
mod faults;
mod isc;
mod kubernetes;
mod partings;
mod pass;
mod properties;
mod publishing;
mod replica;
mod rotations;
mod shared;
mod situations;
mod start;
mod time;
mod trace;
mod transitions;
mod unsound;
mod users;
mod violations;
mod world;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use stateright::{Checker, Expectation, HasDiscoveries, Model};

use broken::Broken;
use configuration::Configuration;

/// No configuration may take longer: the run then counts as not exhaustive.
const PATIENCE: Duration = Duration::from_secs(240);
/// The same for the large ones.
const DEEP_PATIENCE: Duration = Duration::from_secs(4 * 3_600);

#[expect(clippy::disallowed_methods, reason = "a test's arguments, and how long it took")]
fn main() -> ExitCode {
    let words: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let chosen = |configuration: &Configuration| {
        words.iter().all(|word| configuration.name.contains(word.as_str()))
    };
    let begun = Instant::now();
    let mut failures = 0;
    let is_deep = std::env::args().any(|argument| argument == "--deep");
    let (all, patience) = if is_deep { (deep::all(), DEEP_PATIENCE) } else { (all(), PATIENCE) };
    for configuration in all.into_iter().filter(chosen) {
        if let Err(problem) = explore(configuration, patience) {
            println!("  FAILED: {problem}");
            failures += 1;
        }
    }
    println!("model: {failures} failed, {:.1} s", begun.elapsed().as_secs_f32());
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::disallowed_methods, reason = "how long it took")]
fn explore(configuration: Configuration, patience: Duration) -> Result<(), String> {
    let (name, broken) = (configuration.name, configuration.broken != Broken::Nothing);
    let settled = configuration.settled.clone();
    let begun = Instant::now();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let checker = configuration
        .checker()
        .threads(threads)
        .timeout(patience)
        .finish_when(HasDiscoveries::AnyFailures);
    let checker = checker.spawn_bfs().join();
    let time = begun.elapsed();
    let found = checker.discoveries();
    let violated = checker.model().properties().into_iter().find_map(|property| {
        found.get_key_value(property.name).filter(|_| property.expectation == Expectation::Always)
    });
    let (states, depth, seconds) =
        (checker.unique_state_count(), checker.max_depth(), time.as_secs_f32());
    let line = format!("{name}: {states} states, depth {depth}");
    if broken {
        let (property, _) = violated.ok_or(format!("{line}: the broken protocol is not caught"))?;
        println!("{line}, {seconds:.1} s, caught by {property:?}");
        return Ok(());
    }
    let exhaustive = checker.is_done() && time < patience && violated.is_none();
    println!("{line}, exhaustive {}, {seconds:.1} s", if exhaustive { "yes" } else { "no" });
    if let Some((property, path)) = violated {
        for (world, action) in path.clone().into_vec() {
            println!(
                "    {:<20} {}",
                action.map_or("end".into(), |action| format!("{action:?}")),
                world.summary()
            );
        }
        settled
            .stuck()
            .into_iter()
            .for_each(|world| println!("    at rest without convergence: {world}"));
        return Err(format!("{property:?} is violated"));
    }
    let unreached = checker.model().properties().into_iter().find(|property| {
        !found.contains_key(property.name) && property.expectation == Expectation::Sometimes
    });
    match unreached {
        Some(property) => Err(format!("{:?} is never reached", property.name)),
        None if exhaustive => Ok(()),
        None => Err("it was not explored to its end".into()),
    }
}

fn all() -> Vec<Configuration> {
    let sound = [
        configurations::one_replica(),
        configurations::two_replicas(),
        rotations::one_replica(),
        rotations::over_time(),
        partings::letting_go(),
        partings::time_travel(),
        rotations::two_replicas(),
    ];
    let broken = [unsound::basic(), unsound::rotation(), unsound::travel()];
    sound.into_iter().chain(broken).flatten().collect()
}
