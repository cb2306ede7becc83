//! Tokens in ISC that a person has to look at: they should not be there, or show a clone of the cluster.
use std::collections::BTreeSet;

use crate::lifecycle::Facts;

/// Tokens in LIST that should not be there (R6, R13): a person has to look.
pub(super) fn strangers(facts: &Facts<'_>, growing: &BTreeSet<String>) -> Option<String> {
    let listing = facts.listing?;
    let (mut unrecorded, mut others): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for token in &listing.tokens {
        if let Some(part) = &token.ours
            && listing.read_with.is_spent(part.n)
            && !token.provisional
            && facts.ledger.entry(&token.id).is_none()
        {
            unrecorded.push(&token.id);
        }
        if let Some(part) = &token.others
            && part.installation == facts.installation
        {
            others.push(&token.id);
        }
    }
    if !unrecorded.is_empty() {
        return Some(format!(
            "ISC has long-lived tokens of this operator that its ledger does not record: {}; if you restored a backup, delete those in ISC that no workload uses",
            unrecorded.join(", ")
        ));
    }
    if !others.is_empty() {
        return Some(format!(
            "ISC has tokens that another ledger of this installation made: {}; if this cluster is a clone, give it another --installation-id; otherwise delete those in ISC that no workload uses",
            others.join(", ")
        ));
    }
    if growing.is_empty() {
        return None;
    }
    let growing: Vec<&str> = growing.iter().map(String::as_str).collect();
    Some(format!(
        "another installation of this operator mints for the same ISC user: {}; use a separate ISC user for each cluster, or look for a clone of this one",
        growing.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::sample::{self, World};

    #[test]
    fn r13_long_lived_tokens_that_nobody_recorded_are_named() {
        let shows = |n, provisional| {
            let mut world = World::new(sample::ledger(), &["a"]);
            world.ledger.next = 6;
            let mut listing = sample::listing(&world.ledger);
            listing.tokens.push(sample::listed(&world.ledger, n, "a", provisional));
            world.listing = Some(listing);
            world
        };
        let named = |world: &World| strangers(&world.facts(), &BTreeSet::new()).unwrap_or_default();
        assert!(named(&shows(5, false)).contains("id5"), "unrecorded and long-lived");
        assert_eq!(named(&shows(5, true)), "", "a provisional one is swept");
        assert_eq!(named(&shows(1, false)), "", "a recorded one is known");
        let other = |installation: &str| {
            let mut world = shows(5, false);
            let token = world.listing.as_mut().unwrap().tokens.last_mut().unwrap();
            token.others = token.ours.take();
            token.others.as_mut().unwrap().installation = installation.into();
            world
        };
        assert!(
            named(&other("inst")).contains("id5"),
            "another ledger of this installation made it"
        );
        assert_eq!(named(&other("elsewhere")), "", "another installation lives beside this one");
    }
}
