//! Many trials on all cores, with a line of progress, and the trace of the first that fails.
use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use judge::Counts;

use crate::{chaos, trial};

/// Failing seeds after which it is enough.
const ENOUGH: usize = 10;
/// How often progress is told.
const TELL: Duration = Duration::from_secs(10);

/// Runs these seeds and says what came of them; whether all are good.
pub fn seeds(range: Range<u64>, threads: Option<usize>) -> bool {
    let threads = threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from)).unwrap_or(1);
    let (next, done) = (AtomicU64::new(range.start), AtomicU64::new(0));
    let failed = AtomicUsize::new(0);
    let counts = Mutex::new(Counts::default());
    let all = range.end - range.start;
    let started = jiff::Timestamp::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while failed.load(Ordering::Relaxed) < ENOUGH {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= range.end {
                        break;
                    }
                    let outcome = trial::run(seed, chaos::trial(seed, false));
                    counts.lock().unwrap_or_else(PoisonError::into_inner).add(&outcome.counts);
                    if !outcome.wrong.is_empty() {
                        failed.fetch_add(1, Ordering::Relaxed);
                        println!("seed {seed}:\n  {}", outcome.wrong.join("\n  "));
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
                done.fetch_add(0, Ordering::Relaxed);
            });
        }
        loop {
            std::thread::sleep(Duration::from_millis(200));
            let so_far = done.load(Ordering::Relaxed);
            let over = so_far >= all || failed.load(Ordering::Relaxed) >= ENOUGH;
            let seconds = jiff::Timestamp::now().duration_since(started).as_secs_f64();
            if over || (seconds / TELL.as_secs_f64()).fract() < 0.02 {
                println!("{so_far} of {all} seeds, {:.0} a second", so_far as f64 / seconds.max(0.001));
            }
            if over {
                break;
            }
        }
    });
    println!("{:#?}", counts.lock().unwrap_or_else(PoisonError::into_inner));
    failed.load(Ordering::Relaxed) == 0
}
