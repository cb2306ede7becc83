//! Other installations that make tokens for the same ISC user.
use std::collections::{BTreeMap, BTreeSet};

use crate::lifecycle::listing::Listing;

/// The installations beside this one. It starts empty.
#[derive(Default)]
pub struct Neighbours {
    /// The highest number of each; `None` before the first LIST.
    highest: Option<BTreeMap<String, u64>>,
    growing: BTreeSet<String>,
}

impl Neighbours {
    /// Takes note of tokens that other installations made for the same user: one that makes more
    /// while this process looks on may be a clone (R13).
    pub fn note(&mut self, listing: &Listing, installation: &str) {
        // The first LIST only sets the mark: tokens from before this process show no clone.
        let is_first = self.highest.is_none();
        let known = self.highest.get_or_insert_default();
        for token in &listing.tokens {
            let Some(part) = &token.others else { continue };
            if part.installation == installation {
                continue;
            }
            let highest = known.entry(part.installation.clone()).or_default();
            if part.n <= *highest {
                continue;
            }
            *highest = part.n;
            if !is_first {
                self.growing.insert(part.installation.clone());
            }
        }
    }

    /// Other installations that were seen to mint for the same user.
    pub fn growing(&self) -> &BTreeSet<String> {
        &self.growing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::listing::Listed;
    use crate::lifecycle::sample;
    use crate::lifecycle::token_name::MachinePart;

    #[test]
    fn another_installation_is_suspected_once_it_makes_more_tokens() {
        let listing = |numbers: &[(&str, u64)]| {
            let token = |(installation, n): &(&str, u64)| Listed {
                others: Some(MachinePart {
                    installation: (*installation).into(),
                    incarnation: "i".into(),
                    resource: "r".into(),
                    n: *n,
                }),
                ..sample::foreign("x")
            };
            Listing {
                tokens: numbers.iter().map(token).collect(),
                ..sample::listing(&sample::empty())
            }
        };
        let mut memory = Neighbours::default();
        let mut look = |numbers: &[(&str, u64)]| {
            memory.note(&listing(numbers), "own");
            memory.growing().iter().cloned().collect::<Vec<_>>()
        };
        assert_eq!(
            look(&[("old", 7), ("own", 1)]),
            [""; 0],
            "what was there may be a cluster that is gone"
        );
        assert_eq!(
            look(&[("old", 7), ("own", 2)]),
            [""; 0],
            "its own other ledgers are told of elsewhere"
        );
        assert_eq!(look(&[("old", 8)]), ["old"]);
        assert_eq!(look(&[("old", 8), ("new", 1)]), ["new", "old"]);
    }
}
