//! LIST of an owner's tokens: when it counts as information (R11), and what the names in it say.
use std::collections::BTreeSet;
use std::sync::Arc;

use super::ledger::{Entry, Ledger, Millis, Scopes, TokenId, scopes};
use super::timings::Timings;
use super::token_name::{self, MachinePart};

/// A reliable LIST (R11).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Listing {
    /// All tokens of the owner.
    pub tokens: Vec<Listed>,
    /// ISC's time when it was answered.
    pub at: Millis,
    /// The ledger as read before this LIST began: it alone judges orphans (R6).
    pub read_with: Arc<Ledger>,
    /// Tokens whose DELETE was confirmed before this LIST began.
    pub after: BTreeSet<TokenId>,
    /// It began after ISC doubted this attempt.
    pub doubted: Option<u64>,
    /// Current tokens that the reliable LIST before this one lacked (R11).
    pub missed_before: BTreeSet<TokenId>,
}

/// A token in LIST.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Listed {
    /// Client ID.
    pub id: TokenId,
    /// Its full name.
    pub name: Arc<str>,
    /// The content of its name, if it is of this installation and incarnation.
    pub ours: Option<MachinePart>,
    /// The content of its name, if an operator made it, but not with this ledger (R13).
    pub others: Option<MachinePart>,
    /// Its scopes; `None`: ISC does not say.
    pub scopes: Option<Scopes>,
    /// Its expiry; `None`: never.
    pub expires: Option<Millis>,
    /// Its last use; ISC moves this once a day at most.
    pub last_used: Option<Millis>,
    /// It has the short life of a token that was never recorded.
    pub provisional: bool,
    /// Platform tokens are never touched.
    pub managed: bool,
}

/// ISC tells its time in whole seconds, and two replies agree within two.
const FUTURE: Millis = 5_000;

impl Listing {
    /// The listed token with this client ID.
    pub fn token(&self, id: &str) -> Option<&Listed> {
        self.tokens.iter().find(|token| &*token.id == id)
    }

    /// The numbers in the names of our tokens.
    pub fn numbers(&self) -> impl Iterator<Item = u64> {
        self.tokens.iter().filter_map(|token| Some(token.ours.as_ref()?.n))
    }

    /// This LIST was begun at most so long ago; one from the future was dated by a wrong clock
    /// (R20).
    pub fn is_younger(&self, age: Millis, now: Millis) -> bool {
        (-FUTURE..=age).contains(&(now - self.at))
    }

    /// This LIST had to show what was told to ISC at a moment.
    pub fn had_to_show(&self, told: Millis, timings: &Timings) -> bool {
        self.at > told + timings.list_lag
    }

    /// Current tokens that this LIST had to show and lacks (R11).
    pub fn misses<'a>(
        &'a self,
        ledger: &'a Ledger,
        timings: &'a Timings,
    ) -> impl Iterator<Item = &'a Entry> + 'a {
        ledger.all_current().filter(|entry| {
            self.had_to_show(entry.created_at, timings) && self.token(&entry.id).is_none()
        })
    }
}

/// A token as ISC lists it, before it is judged.
#[derive(Clone, Debug)]
pub struct RawToken<'a> {
    /// Client ID.
    pub id: &'a str,
    /// Name.
    pub name: &'a str,
    /// Identity id of its owner.
    pub owner_id: Option<&'a str>,
    /// Creation time.
    pub created: Option<Millis>,
    /// Expiry; `None`: it never expires.
    pub expires: Option<Millis>,
    /// Its last use.
    pub last_used: Option<Millis>,
    /// Scopes; `None`: ISC does not say.
    pub scopes: Option<&'a [String]>,
    /// Platform token.
    pub managed: bool,
}

/// The reason for which a LIST is no information (R11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreliable {
    /// It lists a token of another user.
    ForeignOwner,
    /// It lacks the token that the operator itself uses.
    SentinelMissing,
}

/// The farthest beyond the ledger's next number that a number of this operator can be: no backup is
/// so old. A farther one is forged, and would use up all numbers if it were believed.
const FARTHEST: u64 = 1 << 20;

/// Judges a LIST (R11) and reads the names in it.
///
/// # Errors
/// A LIST with foreign owners, or without the operator's own token, is an outage and not
/// information.
pub fn judge(
    raw: &[RawToken<'_>],
    ledger: &Ledger,
    sentinel: &str,
    installation: &str,
    timings: &Timings,
) -> Result<Vec<Listed>, Unreliable> {
    // The operator asks for its own tokens: with another user's the reply is not to be trusted.
    if raw.iter().any(|token| token.owner_id != Some(&*ledger.owner.identity_id)) {
        return Err(Unreliable::ForeignOwner);
    }
    if !raw.iter().any(|token| token.id == sentinel) {
        return Err(Unreliable::SentinelMissing);
    }
    let ours = Ours {
        installation,
        incarnation: token_name::tag(&ledger.incarnation),
        farthest: ledger.next.saturating_add(FARTHEST),
    };
    Ok(raw.iter().map(|token| read(token, &ours, timings)).collect())
}

/// The names that this operator gives with this ledger.
struct Ours<'a> {
    installation: &'a str,
    incarnation: String,
    farthest: u64,
}

impl Ours<'_> {
    fn has_made(&self, part: &MachinePart) -> bool {
        part.installation == self.installation
            && part.incarnation == self.incarnation
            && part.n <= self.farthest
    }
}

fn read(token: &RawToken<'_>, ours: &Ours<'_>, timings: &Timings) -> Listed {
    let (mine, others) = match token_name::parse(token.name) {
        Some(part) if ours.has_made(&part) => (Some(part), None),
        other => (None, other),
    };
    // Created to expiry: what is left of a life does not show what was given (decision 8).
    let provisional = match (token.created, token.expires) {
        (Some(created), Some(expires)) => expires - created <= timings.provisional_max,
        // In doubt a token is long-lived: the sweep deletes only provisional ones (R6).
        (None, _) | (_, None) => false,
    };
    Listed {
        id: token.id.into(),
        name: token.name.into(),
        ours: mine,
        others,
        scopes: token.scopes.map(|all| scopes(all.iter().cloned())),
        expires: token.expires,
        last_used: token.last_used,
        provisional,
        managed: token.managed,
    }
}
