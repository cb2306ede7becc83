//! Many comparisons on all cores, and the table that a person reads.
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use judge::{Figures, Property};

use super::life::Air;
use crate::strategies::Strategy;

/// Seeds after which it is told how far it is.
const TELL: u64 = 100;

/// What came of many seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// All figures together.
    pub figures: Figures,
    /// Seeds with an orphan at the end.
    pub leaking: usize,
    /// What must not happen, with its seed, in the order of the seeds.
    pub wrong: BTreeMap<u64, Vec<String>>,
}

/// Prints two tables, without faults and with; whether nothing was wrong with pat-operator.
pub fn print(range: Range<u64>, threads: Option<usize>) -> bool {
    let mut good = true;
    for (air, title) in [
        (Air::Calm, "Without faults"),
        (Air::Rough, "With crashes, losses, late effects and stalls"),
    ] {
        let rows = measure(range.clone(), threads, air);
        println!("{title}, seeds {} to {}:\n", range.start, range.end.saturating_sub(1));
        println!("{}", in_words(&rows));
        for (strategy, row) in &rows {
            for (seed, wrong) in &row.wrong {
                println!("{strategy}, seed {seed} FAILED:\n  {}", wrong.join("\n  "));
            }
            good &= row.wrong.is_empty();
        }
    }
    good
}

/// Runs all seeds with all strategies.
pub fn measure(range: Range<u64>, threads: Option<usize>, air: Air) -> BTreeMap<Strategy, Row> {
    let threads =
        threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from)).unwrap_or(1);
    let (next, rows) = (AtomicU64::new(range.start), Mutex::new(BTreeMap::<Strategy, Row>::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= range.end {
                        return;
                    }
                    if seed > range.start && (seed - range.start).is_multiple_of(TELL) {
                        eprintln!("{} of {} seeds", seed - range.start, range.end - range.start);
                    }
                    for strategy in Strategy::ALL {
                        let (outcome, figures) = super::run(seed, strategy, air);
                        let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
                        let row = rows.entry(strategy).or_default();
                        row.figures.add(&figures);
                        row.leaking += usize::from(figures.orphans > 0);
                        if !outcome.wrong.is_empty() {
                            row.wrong.insert(seed, outcome.wrong);
                        }
                    }
                }
            });
        }
    });
    rows.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The table, as Markdown.
fn in_words(rows: &BTreeMap<Strategy, Row>) -> String {
    let heads = [
        "strategy",
        "tokens created",
        "rotations",
        "orphans at the end",
        "seeds with orphans",
        "most unrecorded at once",
        "authentications",
        "refused",
        "resources",
        "seconds to the first pair",
        "with an outage",
        "seconds of outage",
        "P1",
        "P2",
        "P3",
        "P4",
        "P7",
    ];
    let mut text = format!("| {} |\n|---|{}\n", heads.join(" | "), "---:|".repeat(heads.len() - 1));
    for (strategy, Row { figures, leaking, .. }) in rows {
        let broken =
            |property: &Property| figures.broken.get(property).copied().unwrap_or_default();
        let counts = [
            figures.created,
            figures.rotations,
            figures.orphans,
            *leaking,
            figures.most_unrecorded,
            figures.authentications,
            figures.refused,
            figures.resources,
            seconds(figures.waited) / figures.served.max(1),
            figures.outages,
            seconds(figures.outage),
        ];
        let properties = [Property::P1, Property::P2, Property::P3, Property::P4, Property::P7];
        let cells =
            counts.into_iter().chain(properties.iter().map(broken)).map(|count| count.to_string());
        text += &format!("| {strategy} | {} |\n", cells.collect::<Vec<_>>().join(" | "));
    }
    text
}

fn seconds(millis: i64) -> usize {
    usize::try_from(millis / 1_000).unwrap_or_default()
}
