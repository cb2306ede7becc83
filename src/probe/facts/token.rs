//! The answers of a tenant about tokens: how LIST shows them, and what became of the probe's own.
use std::collections::BTreeSet;
use std::time::Duration;

use super::{Said, ScopeText};

/// A field of a token that may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Shown<T> {
    /// There is no such field.
    #[default]
    Absent,
    /// It is null.
    Null,
    /// Its value.
    Is(T),
    /// It is something else than documented.
    Other,
}

/// A token in LIST or in the reply of a PATCH. Times are in milliseconds since the Unix epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Client ID.
    pub id: String,
    /// Name.
    pub name: String,
    /// Identity id of the owner.
    pub owner: Option<String>,
    /// Creation time.
    pub created: Option<i64>,
    /// Expiry.
    pub expires: Shown<i64>,
    /// Time of its last use.
    pub last_used: Shown<i64>,
    /// Its scopes.
    pub scope: Option<BTreeSet<String>>,
    /// It is the platform's.
    pub managed: bool,
}

/// The first LIST.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Number of tokens that it shows, without those that an earlier probe left.
    pub count: usize,
    /// The owners it names.
    pub owners: BTreeSet<String>,
    /// Tokens without owner.
    pub nobodys: usize,
    /// The caller's own token.
    pub own: Option<Listed>,
    /// ISC's time then.
    pub now: Option<i64>,
}

/// Everything about the token that the probe made.
#[derive(Clone, Debug, Default)]
pub struct TokenFacts {
    /// The POST with a scope that does not exist.
    pub posted: Option<Said>,
    /// The POST without it, after a refusal.
    pub posted_plainly: Option<Said>,
    /// Flaws of the reply of the successful one.
    pub flaws: Vec<String>,
    /// The expiry that was asked for.
    pub asked_expiry: i64,
    /// The expiry that the reply names.
    pub expiry: Shown<i64>,
    /// The scopes that were asked for.
    pub asked_scope: BTreeSet<String>,
    /// Time until its credential was accepted.
    pub accepted: Option<Lag>,
    /// The scope text of its own access token.
    pub text: Option<ScopeText>,
    /// Time until LIST showed it.
    pub shown: Option<Lag>,
    /// The token as LIST showed it last.
    pub listed: Option<Listed>,
    /// POST of a name in use.
    pub duplicate: Option<Said>,
    /// POST of an expiry in the past.
    pub past: Option<Said>,
    /// POST of a token like the first one after both: that it was made says that there was room for
    /// those.
    pub control: Option<Said>,
    /// PATCH of `/name`.
    pub patched_name: Option<Said>,
    /// PATCH of `/scope`.
    pub patched_scope: Option<Said>,
    /// PATCH of `/expirationDate`, and whether the reply, or LIST where it has no body, shows the
    /// new one; `None`: neither tells.
    pub patched_expiry: Option<(Said, Option<bool>)>,
    /// Time until LIST showed the changes.
    pub changed: Option<Lag>,
    /// DELETE.
    pub deleted: Option<Said>,
    /// DELETE once more.
    pub deleted_again: Option<Said>,
    /// Time until the credential was refused, and the refusal.
    pub refused: Option<(Lag, Said)>,
    /// A use of its access token before the DELETE and after it.
    pub used: Option<(Said, Option<Said>)>,
    /// Time until LIST did not show it any more.
    pub vanished: Option<Lag>,
}

/// The time that something took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lag {
    /// At most so long.
    Within(Duration),
    /// It had not come by then.
    NotWithin(Duration),
    /// It is not known, for this reason.
    Untold(String),
}
