//! The owner controller's part of the board: a report and the ledger of each owner.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::controllers::keyed::Keyed;
use crate::lifecycle::capacity::Capacity;
use crate::lifecycle::describe::Note;
use crate::lifecycle::ledger::{Ledger, Millis, Uid};

/// The time for which a ledger on the board is taken for the stored one.
const MOMENT: Duration = Duration::from_secs(1);

/// Owners by the name of their ledger.
#[derive(Default)]
pub struct Owners(Keyed<Known>);

#[derive(Default)]
struct Known {
    report: Option<Arc<Report>>,
    ledger: Option<(Arc<Ledger>, Instant)>,
}

/// The outcome of an owner's last pass, as far as others need it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The reason that keeps the whole owner from working.
    pub trouble: Option<Note>,
    /// The reasons that keep single resources waiting.
    pub obstacles: BTreeMap<Uid, Note>,
    /// Trials of published credentials while ISC refuses the operator's own, by resource: the
    /// refusal; `None`: ISC accepted it.
    pub trials: BTreeMap<Uid, Option<String>>,
    /// The last use of replaced tokens that ISC saw, by resource.
    pub last_used: BTreeMap<Uid, Millis>,
    /// Slots of the ISC user, and who uses them.
    pub capacity: Option<Capacity>,
    /// Tokens in ISC that should not be there.
    pub strangers: Option<String>,
    /// The expiry of the first current token.
    pub earliest_expiry: Option<Millis>,
}

impl Owners {
    /// The report of an owner's last pass; `None` before the first.
    pub fn report(&self, ledger: &str) -> Option<Arc<Report>> {
        self.0.lock().get(ledger)?.report.clone()
    }

    /// The expiry of the first current token of all owners.
    pub fn earliest_expiry(&self) -> Option<Millis> {
        let owners = self.0.lock();
        let reports = owners.values().filter_map(|known| known.report.as_ref());
        reports.filter_map(|report| report.earliest_expiry).min()
    }

    /// Puts up a report; gives the one before it.
    pub fn put_report(&self, ledger: &str, report: Report) -> Option<Arc<Report>> {
        self.0.lock().entry(ledger.into()).or_default().report.replace(Arc::new(report))
    }

    /// A ledger as this process wrote it a moment ago: to act on it is to be a little slow.
    pub fn ledger(&self, name: &str) -> Option<Arc<Ledger>> {
        let owners = self.0.lock();
        let (ledger, at) = owners.get(name)?.ledger.as_ref()?;
        // Another replica may have written since: an older ledger is read live.
        if at.elapsed() < MOMENT { Some(ledger.clone()) } else { None }
    }

    /// Puts a ledger up as it was just written.
    pub fn put_ledger(&self, name: &str, ledger: &Ledger) {
        let written = (Arc::new(ledger.clone()), Instant::now());
        self.0.lock().entry(name.into()).or_default().ledger = Some(written);
    }
}
