//! Looks for client secrets where none may be.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::judge::Judge;
use crate::verdict::Property;

/// Shorter texts are found by accident.
const SHORTEST: usize = 12;

impl Judge {
    /// Scans a text for every canary, plain and as a Secret's data has it.
    pub(crate) fn scan(&mut self, where_: &str, text: &str) {
        let is_in = |canary: &&String| {
            canary.len() >= SHORTEST
                && (text.contains(canary.as_str()) || text.contains(&STANDARD.encode(canary)))
        };
        if self.book.canaries.iter().any(|canary| is_in(&canary)) {
            self.accuse(Property::Secrecy, format!("a client secret is in {where_}"), &[]);
        }
    }
}
