//! Takes observations in, one after the other.
use crate::book::{Book, Place};
use crate::counts::Counts;
use crate::observation::{Action, Actor, Authentication, Observation, What, short};
use crate::verdict::{Property, Violation};

/// What the judge must know beforehand.
#[derive(Clone, Debug)]
pub struct Law {
    /// Namespace of the ledgers and seeds.
    pub operator_namespace: String,
    /// Overlap of a resource whose `spec.rotation.overlap` says none, in milliseconds.
    pub overlap: i64,
    /// How far a clock may be off, in milliseconds.
    pub tolerance: i64,
    /// Longest life of a provisional token, in milliseconds (R21: 25 h).
    pub provisional: i64,
    /// How long the operator may not know what somebody changed in ISC: the lag of LIST, and the
    /// requests on the way.
    pub notice: i64,
    /// Texts that must be in nothing but Secrets, besides every client secret of a ledger.
    pub canaries: Vec<String>,
}

impl Default for Law {
    fn default() -> Self {
        Self {
            operator_namespace: "pat-operator-system".into(),
            overlap: 24 * 3_600_000,
            tolerance: 5_000,
            provisional: 26 * 3_600_000,
            notice: 180_000,
            canaries: Vec::new(),
        }
    }
}

/// The judge of one history.
#[derive(Debug)]
pub struct Judge {
    pub(crate) law: Law,
    pub(crate) book: Book,
    pub(crate) counts: Counts,
    pub(crate) found: Vec<Violation>,
    pub(crate) now: i64,
}

impl Judge {
    /// A judge who has seen nothing yet.
    pub fn new(law: Law) -> Self {
        let canaries = law.canaries.iter().cloned().collect();
        let book = Book { canaries, ..Book::default() };
        Self { law, book, counts: Counts::default(), found: Vec::new(), now: 0 }
    }

    /// Takes one observation in and says what it breaks.
    pub fn observe(&mut self, observation: Observation) -> &[Violation] {
        let known = self.found.len();
        self.now = observation.at;
        match observation.what {
            What::Token(token) => self.token(token),
            What::Object(object) => self.object(object),
            What::Authentication(tried) => self.authentication(&tried),
            What::Started(_) => {}
            What::Killed(_) => self.counts.kills += 1,
            What::Action(action) => self.action(action),
            What::Restored => self.restored(),
            What::Text(text) => self.scan("text", &text),
        }
        self.book.observed += 1;
        self.counts.observations += 1;
        &self.found[known..]
    }

    /// Every violation so far.
    pub fn violations(&self) -> &[Violation] {
        &self.found
    }

    /// The figures so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Adds a violation that rests on these observations and on the one being told.
    pub(crate) fn accuse(&mut self, property: Property, what: String, rests_on: &[usize]) {
        let mut rests_on = rests_on.to_vec();
        rests_on.push(self.book.observed);
        rests_on.sort_unstable();
        rests_on.dedup();
        self.found.push(Violation { property, at: self.now, what, rests_on });
    }

    fn action(&mut self, action: Action) {
        let (uid, revoke) = match action {
            Action::Revoke(uid) => (uid, true),
            Action::ForceRemove(uid) => (uid, false),
            Action::Disable(user) => {
                self.book.disabled.insert(user);
                return;
            }
            Action::Enable(user) => {
                self.book.disabled.remove(&user);
                return;
            }
            Action::Other(_) => return,
        };
        let resource = self.book.resources.entry(uid).or_default();
        if revoke { resource.revocation = true } else { resource.forced = true }
    }

    /// What the backup does not know cannot be held against whoever works with it.
    fn restored(&mut self) {
        for token in self.book.tokens.values_mut() {
            token.lost_by_restore = true;
        }
    }

    fn authentication(&mut self, tried: &Authentication) {
        self.counts.authentications += 1;
        let Some(token) = self.book.tokens.get(&tried.client_id) else { return };
        let place: Place = (tried.namespace.clone(), tried.secret.clone());
        let intact = self.book.client_secrets.get(&tried.client_id) == Some(&tried.client_secret);
        let resource = self.book.resource_of(&tried.client_id);
        let excused = resource.is_none_or(|resource| {
            resource.deleting || resource.gone || resource.has_revoked(token)
        }) || self.book.disabled.contains(&token.owner);
        if tried.accepted || !intact || excused || token.meddled || token.lost_by_restore {
            return;
        }
        self.counts.outages += 1;
        let mut rests_on = token.seen.clone();
        rests_on.extend(self.book.secrets.get(&place).map(|secret| secret.seen));
        let what = format!(
            "{}/{} was read and its pair {} was refused",
            place.0,
            place.1,
            short(&tried.client_id)
        );
        self.accuse(Property::P2, what, &rests_on);
    }

    /// Whether who did it is bound by the properties.
    pub(crate) fn binds(by: Actor) -> bool {
        by == Actor::Operator
    }
}
