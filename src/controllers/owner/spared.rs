//! What an owner's passes leave alone for a while, so that others do not wait for it: tokens,
//! namespaces, and questions.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::controllers::board::Resources;
use crate::lifecycle::ledger::{TokenId, Uid};

/// Between two passes of an owner that answer questions.
const BETWEEN_ANSWERS: Duration = Duration::from_secs(10);

/// The time for which a namespace gets no first token after a resource of it was not as it must be.
const UNSTEADY: Duration = Duration::from_secs(10);

/// Tokens, namespaces and questions. It starts empty.
#[derive(Default)]
pub struct Spared {
    blamed: Option<TokenId>,
    set_aside: BTreeMap<TokenId, Instant>,
    unsteady: BTreeMap<Arc<str>, Instant>,
    answered: Option<Instant>,
}

/// What one pass skips.
pub struct Skips {
    /// The resources whose Secret raises a question that may be answered now.
    pub questions: BTreeSet<Uid>,
    /// Tokens with which ISC did not do its part a moment ago.
    pub set_aside: BTreeSet<TokenId>,
    /// Namespaces that get no first token.
    pub unsteady: BTreeSet<Arc<str>>,
}

impl Spared {
    /// What a pass that begins now skips.
    pub fn now(&mut self, resources: &Resources) -> Skips {
        let (questions, set_aside) = (self.questions(resources), self.set_aside());
        Skips { questions, set_aside, unsteady: self.unsteady() }
    }

    /// ISC did not do its part with this token. The second time in a row it is set aside for a
    /// while, so that the owner's other tokens do not wait for it.
    pub fn blame(&mut self, token: &TokenId, until: Instant) {
        if self.blamed.as_ref() == Some(token) {
            self.set_aside.insert(token.clone(), until);
        }
        self.blamed = Some(token.clone());
    }

    /// The tokens that are set aside now.
    pub fn set_aside(&mut self) -> BTreeSet<TokenId> {
        self.set_aside.retain(|_, until| *until > Instant::now());
        self.set_aside.keys().cloned().collect()
    }

    /// The resources whose Secret raises a question, if the last answers are long enough ago: each
    /// pass that answers costs a LIST, and whoever may edit a Secret can ask without an end.
    pub fn questions(&mut self, resources: &Resources) -> BTreeSet<Uid> {
        if self.answered.is_some_and(|last| last.elapsed() < BETWEEN_ANSWERS) {
            return BTreeSet::new();
        }
        let questions = resources.questions();
        if !questions.is_empty() {
            self.answered = Some(Instant::now());
        }
        questions
    }

    /// A namespace gets no first token for a moment.
    pub fn shun(&mut self, namespace: &Arc<str>) {
        self.unsteady.insert(namespace.clone(), Instant::now() + UNSTEADY);
    }

    /// The namespaces that get none now.
    pub fn unsteady(&mut self) -> BTreeSet<Arc<str>> {
        self.unsteady.retain(|_, until| *until > Instant::now());
        self.unsteady.keys().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_token_that_fails_twice_in_a_row_is_set_aside_for_a_while() {
        let mut memory = Spared::default();
        let (one, other): (TokenId, TokenId) = ("one".into(), "other".into());
        let soon = Instant::now() + Duration::from_secs(30);
        for token in [&one, &other, &one] {
            memory.blame(token, soon);
        }
        assert_eq!(memory.set_aside(), BTreeSet::new(), "each may fail once");
        memory.blame(&one, soon);
        assert_eq!(memory.set_aside(), BTreeSet::from([one]));
        tokio::time::advance(Duration::from_secs(31)).await;
        assert_eq!(memory.set_aside(), BTreeSet::new(), "and is tried again");
    }
}
