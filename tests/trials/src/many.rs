//! Many trials on all cores: a line of progress now and then, what failed, and the sum of all
//! figures.
use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use judge::Counts;
use tokio::time::Instant;

use crate::trial::Outcome;

/// Ticks of the kernel's account of CPU time, a second.
const TICKS: u64 = 100;
/// Failed trials after which it is enough.
const ENOUGH: usize = 10;
/// How often progress is told.
const TELL: Duration = Duration::from_secs(10);
/// How often it is looked whether all is done.
const LOOK: Duration = Duration::from_millis(20);

/// A run over a range of numbers, each of which is a trial.
struct Run {
    range: Range<u64>,
    next: AtomicU64,
    done: AtomicU64,
    failed: AtomicUsize,
    counts: Mutex<Counts>,
}

/// Runs the trials of these numbers and tells what came of them; whether all are good. `noun`: what
/// a number is.
pub fn run(
    noun: &str,
    range: Range<u64>,
    threads: Option<usize>,
    trial: impl Fn(u64) -> Outcome + Sync,
) -> bool {
    let threads =
        threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from)).unwrap_or(1);
    let (before, started) = (cpu_millis(), Instant::now());
    let (next, counts) = (AtomicU64::new(range.start), Mutex::default());
    let run = Run { range, next, done: AtomicU64::new(0), failed: AtomicUsize::new(0), counts };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| while run.one(noun, &trial) {});
        }
        run.watch(noun);
    });
    run.tell_cost(noun, before, started);
    println!("{:#?}", run.counts.lock().unwrap_or_else(PoisonError::into_inner));
    run.failed.load(Ordering::Relaxed) == 0
}

impl Run {
    /// Runs the next trial, if there is one.
    fn one(&self, noun: &str, trial: impl Fn(u64) -> Outcome) -> bool {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number >= self.range.end || self.failed.load(Ordering::Relaxed) >= ENOUGH {
            return false;
        }
        let outcome = trial(number);
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).add(&outcome.counts);
        if !outcome.wrong.is_empty() {
            self.failed.fetch_add(1, Ordering::Relaxed);
            println!("{noun} {number} FAILED:\n  {}", outcome.wrong.join("\n  "));
        }
        self.done.fetch_add(1, Ordering::Relaxed);
        true
    }

    /// Tells what it took.
    fn tell_cost(&self, noun: &str, before: Option<u64>, started: Instant) {
        let done = self.done.load(Ordering::Relaxed);
        if let (Some(before), Some(after)) = (before, cpu_millis()) {
            let cpu = after - before;
            let (tenths, wall) = (10 * cpu / done.max(1), started.elapsed().as_secs());
            let (whole, tenth) = (tenths / 10, tenths % 10);
            println!(
                "{done} {noun}s in {wall} s, {} s of CPU: {whole}.{tenth} ms of CPU each",
                cpu / 1_000
            );
        }
    }

    /// Tells how far it is, until all is done.
    fn watch(&self, noun: &str) {
        let (started, mut told) = (Instant::now(), Instant::now());
        let all = self.range.end.saturating_sub(self.range.start);
        loop {
            std::thread::sleep(LOOK);
            let (done, failed) =
                (self.done.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed));
            let over = done >= all || failed >= ENOUGH;
            if over || told.elapsed() >= TELL {
                told = Instant::now();
                let rate = u128::from(done) * 1_000 / started.elapsed().as_millis().max(1);
                let next = self.next.load(Ordering::Relaxed).min(self.range.end);
                println!(
                    "{done} of {all} {noun}s, {failed} failed, {rate} a second; FROM={next} goes on from here"
                );
            }
            if over {
                return;
            }
        }
    }
}

/// CPU time of this process so far, as Linux tells it.
fn cpu_millis() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, after_name) = told.rsplit_once(')')?;
    let mut numbers =
        after_name.split_ascii_whitespace().skip(11).map(|number| number.parse::<u64>().ok());
    Some((numbers.next()?? + numbers.next()??) * 1_000 / TICKS)
}
