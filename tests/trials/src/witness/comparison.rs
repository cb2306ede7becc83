//! What the witness tells of a strategy that the judge cannot judge.
use judge::{Figures, Tally};

use super::Witness;

impl Witness {
    /// Keeps a tally from now on.
    pub fn count(&self) {
        self.lock().tally = Some(Tally::default());
    }

    /// How many resources are not served, by the tally.
    pub fn unserved(&self) -> usize {
        self.lock().tally.as_ref().map_or(0, |tally| tally.unserved().len())
    }

    /// The tally's figures if it all ended now.
    pub fn figures(&self) -> Figures {
        let inner = self.lock();
        inner.tally.as_ref().map(|tally| tally.figures(inner.now())).unwrap_or_default()
    }

    /// What must happen to nobody, and is not the judge's to see.
    pub fn failures(&self) -> Vec<String> {
        self.lock().failures.clone()
    }
}
