//! What a round counted and measured, and how rounds add up.
use std::collections::BTreeMap;
use std::time::Duration;

use judge::Counts;

/// Figures of one or more rounds.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub rounds: usize,
    pub seconds: u64,
    pub counts: Counts,
    pub violations: usize,
    /// Kills by where they hit.
    pub kills: BTreeMap<String, usize>,
    pub starts: usize,
    pub ends: usize,
    pub freezes: usize,
    pub leaps: usize,
    pub restarts: usize,
    pub restores: usize,
    /// From a SIGKILL until all was as declared, in milliseconds.
    pub convergence: Vec<u64>,
    /// From a restore until no published pair is dead, in milliseconds.
    pub working: Vec<u64>,
}

impl Figures {
    /// Adds another round's.
    pub fn add(&mut self, other: Self) {
        self.rounds += other.rounds;
        self.seconds += other.seconds;
        self.counts.add(&other.counts);
        self.violations += other.violations;
        for (place, count) in other.kills {
            *self.kills.entry(place).or_default() += count;
        }
        self.starts += other.starts;
        self.ends += other.ends;
        self.freezes += other.freezes;
        self.leaps += other.leaps;
        self.restarts += other.restarts;
        self.restores += other.restores;
        self.convergence.extend(other.convergence);
        self.working.extend(other.working);
    }

    /// SIGKILLs.
    pub fn killed(&self) -> usize {
        self.kills.values().sum()
    }

    /// For people.
    pub fn print(&self) {
        let counts = &self.counts;
        println!(
            "soak: {} kills in {} rounds, {} s; by where they hit:",
            self.killed(),
            self.rounds,
            self.seconds
        );
        for (place, count) in &self.kills {
            println!("  {count:>6}  {place}");
        }
        println!(
            "  besides: {} freezes beyond the lease, {} restarts of the API server, {} restores, {} leaps of time;",
            self.freezes, self.restarts, self.restores, self.leaps
        );
        println!("  replicas started {} times, {} ended by themselves", self.starts, self.ends);
        println!("  violations of P1 to P7 and leaks         {}", self.violations);
        println!("  unrecorded tokens alive at once, at most {}", counts.most_unrecorded);
        println!(
            "  authentications of workloads             {}, outages {}",
            counts.authentications, counts.outages
        );
        println!(
            "  tokens created                           {}, for {} first publications and {} replacements",
            counts.created, counts.first_publications, counts.rotations
        );
        println!(
            "  tokens destroyed                         {}, wrongly {}",
            counts.destroyed, counts.wrongly_destroyed
        );
        tell("from SIGKILL until all is as declared   ", &self.convergence);
        tell("from a restore until every pair works   ", &self.working);
    }
}

fn tell(what: &str, millis: &[u64]) {
    let mut millis = millis.to_vec();
    millis.sort_unstable();
    let seconds =
        |at: usize| millis.get(at).map_or(0.0, |ms| Duration::from_millis(*ms).as_secs_f64());
    let (middle, most) = (seconds(millis.len() / 2), seconds(millis.len().saturating_sub(1)));
    println!("  {what} {middle:.1} s in the middle, {most:.1} s at most, of {}", millis.len());
}
