//! The terms in which a ledger speaks of times, resources, tokens and scopes.
use std::collections::BTreeSet;
use std::sync::Arc;

/// Milliseconds since the Unix epoch by the clock of ISC (R20), never by the local one; also the
/// time between two such moments.
pub type Millis = i64;
/// `metadata.uid` of a custom resource.
pub type Uid = Arc<str>;
/// The client ID of a token, which is also its id in the token API.
pub type TokenId = Arc<str>;
/// Scopes, sorted and without repetition: their order means nothing.
pub type Scopes = Arc<[String]>;

/// Sorted scopes without repetition.
pub fn scopes<I: IntoIterator<Item = S>, S: Into<String>>(items: I) -> Scopes {
    let mut set = BTreeSet::new();
    for item in items {
        set.insert(item.into());
    }
    set.into_iter().collect()
}
