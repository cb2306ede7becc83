//! Marks that the token and the owner controller leave for each other on single resources.
use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::controllers::keyed::Keyed;
use crate::lifecycle::ledger::Uid;

/// The time for which a resource counts as one that no token was minted for.
const FRESH: Duration = Duration::from_secs(60);

/// Resources by uid.
#[derive(Default)]
pub struct Resources(Keyed<Known>);

#[derive(Default)]
struct Known {
    fresh: Option<Instant>,
    question: bool,
    refusal: Option<String>,
}

impl Resources {
    /// Marks a resource that no token was minted for yet: its Secret and ledger need no look.
    pub fn mark_fresh(&self, uid: &str, fresh: bool) {
        let mut resources = self.0.lock();
        if fresh {
            resources.entry(uid.into()).or_default().fresh = Some(Instant::now());
        } else if let Some(known) = resources.get_mut(uid) {
            known.fresh = None;
        }
    }

    /// No token was minted for the resource yet. Not for long: another replica may mint one, and
    /// this process does not hear of it.
    pub fn is_fresh(&self, uid: &str) -> bool {
        let resources = self.0.lock();
        let since = resources.get(uid).and_then(|known| known.fresh);
        since.is_some_and(|since| since.elapsed() < FRESH)
    }

    /// Asks the owner controller what the pair in the resource's Secret is, which the ledger does
    /// not know (R13).
    pub fn ask(&self, uid: &str) -> bool {
        let mut resources = self.0.lock();
        let known = resources.entry(uid.into()).or_default();
        !std::mem::replace(&mut known.question, true)
    }

    /// The resources that the token controller asked about.
    pub fn questions(&self) -> BTreeSet<Uid> {
        let resources = self.0.lock();
        let asked = resources.iter().filter(|(_, known)| known.question);
        asked.map(|(uid, _)| uid.as_str().into()).collect()
    }

    /// The Secret of a resource was looked at; a question that stays is asked again.
    pub fn answer(&self, uid: &str) {
        if let Some(known) = self.0.lock().get_mut(uid) {
            known.question = false;
        }
    }

    /// Keeps the answer with which ISC refused to create a token for this resource; `None`: it
    /// created one.
    pub fn note_refusal(&self, uid: &str, why: Option<String>) {
        let mut resources = self.0.lock();
        match why {
            Some(why) => resources.entry(uid.into()).or_default().refusal = Some(why),
            None => {
                if let Some(known) = resources.get_mut(uid) {
                    known.refusal = None;
                }
            }
        }
    }

    /// ISC's last refusal to create a token for this resource; `None`: it created one since.
    pub fn refusal(&self, uid: &str) -> Option<String> {
        self.0.lock().get(uid)?.refusal.clone()
    }

    /// Forgets all resources but these.
    pub(super) fn retain(&self, lives: impl Fn(&str) -> bool) {
        self.0.lock().retain(|uid, _| lives(uid));
    }

    pub(super) fn remove(&self, uid: &str) {
        self.0.lock().remove(uid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_resource_is_fresh_until_told_otherwise_and_not_for_long() {
        let board = Resources::default();
        board.mark_fresh("a", true);
        board.mark_fresh("b", true);
        board.mark_fresh("b", false);
        assert!(board.is_fresh("a") && !board.is_fresh("b"));
        tokio::time::advance(FRESH).await;
        assert!(!board.is_fresh("a"), "another replica may have minted for it");
    }
}
