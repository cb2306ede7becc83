//! The meaning of a reply (R3): pure, over status, headers and body; never by the text of a
//! message.
use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::body::{json, message};
use super::error::Failure;
use super::headers::{date, retry_after};
use super::http::Reply;
use super::stranger::stranger;
use super::wire;
use crate::credential::Credential;
use crate::metrics::IscResult;
use crate::redacted::Redacted;

/// The outcome of a POST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// The token exists, and this is the only time its client secret is readable.
    Yes(NewToken),
    /// It does not exist, and this request can no longer make it.
    No {
        /// ISC's refusal.
        why: Failure,
    },
    /// 400 or 422: a refusal of what was asked for, but only if a later LIST shows no such token.
    Doubtful {
        /// ISC's refusal.
        why: Failure,
    },
    /// It may exist, now or later.
    Unknown {
        /// The failure.
        why: Failure,
    },
}

/// A token that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// Its credential.
    pub credential: Credential,
    /// Expiry in milliseconds since the Unix epoch; `None`: it never expires.
    pub expires: Option<i64>,
    /// Creation time likewise, if the reply's `Date` confirms it.
    pub created: Option<i64>,
}

/// A token in LIST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedToken {
    /// Client ID.
    pub id: String,
    /// Name.
    pub name: String,
    /// Identity id of the owner.
    pub owner_id: String,
    /// Creation time in milliseconds since the Unix epoch.
    pub created: Option<i64>,
    /// Expiry likewise; `None`: it never expires, or the date cannot be read.
    pub expires: Option<i64>,
    /// Last use; `None`: never, or ISC does not say.
    pub last_used: Option<i64>,
    /// Scopes; `None`: ISC does not say.
    pub scopes: Option<Vec<String>>,
    /// Platform tokens are never touched.
    pub managed: bool,
}

/// Largest difference of a token's creation time and the `Date` of its reply, in milliseconds.
const CONFIRMS: i64 = 30_000;

/// Statuses by which ISC refuses without having done anything.
const REFUSALS: [u16; 7] = [401, 403, 404, 405, 413, 415, 429];

/// Classifies the reply to a POST. `name`: the name that was asked for.
pub fn created(reply: &Result<Reply, Failure>, name: &str, owner_id: &str) -> Created {
    let reply = match reply {
        Ok(reply) => reply,
        // These three come before the first byte is written.
        Err(why @ (Failure::Connect(_) | Failure::Setup(_) | Failure::Wait(_))) => {
            return Created::No { why: why.clone() };
        }
        Err(why) => return Created::Unknown { why: why.clone() },
    };
    // A proxy may withhold the reply to a POST that took effect.
    if stranger(reply).is_some() {
        return Created::Unknown { why: refusal(reply) };
    }
    match reply.status().as_u16() {
        200 | 201 => match new_token(reply, name, owner_id) {
            Ok(token) => Created::Yes(token),
            // A token may exist that nothing can be published of: the sweep finds it (R6).
            Err(what) => Created::Unknown { why: malformed(reply, what) },
        },
        // No document says that these come before any effect: LIST decides.
        400 | 422 => Created::Doubtful { why: refusal(reply) },
        status if REFUSALS.contains(&status) => Created::No { why: refusal(reply) },
        _ => Created::Unknown { why: refusal(reply) },
    }
}

/// All tokens of a LIST reply.
///
/// # Errors
/// Anything but a 200 with a JSON array of well-formed, distinct tokens.
pub fn listed(reply: &Reply) -> Result<Vec<ListedToken>, Failure> {
    match reply.status().as_u16() {
        200 if stranger(reply).is_none() => {}
        // ISC has a list for every user, if an empty one.
        404 => return Err(Failure::Elsewhere("LIST was answered with status 404".into())),
        _ => return Err(refusal(reply)),
    }
    let tokens: Vec<wire::Fields> =
        json(reply).map_err(|_| malformed(reply, "LIST is not a list of tokens"))?;
    let mut seen = BTreeSet::new();
    let mut listed = Vec::with_capacity(tokens.len());
    for token in &tokens {
        let token = listed_token(token).map_err(|what| malformed(reply, &what))?;
        // The list changed while it was put together: another token may be missing as well.
        if !seen.insert(token.id.clone()) {
            return Err(malformed(reply, &format!("LIST has token {} twice", token.id)));
        }
        listed.push(token);
    }
    Ok(listed)
}

/// Id, name and owner say whose a token is: without them LIST is no information. The rest may be
/// missing or unreadable.
fn listed_token(token: &wire::Fields) -> Result<ListedToken, String> {
    let id = match token.text("id") {
        Some(id) if is_id(&id) => id,
        Some(_) | None => return Err("a token in LIST has no id, or a malformed one".into()),
    };
    let Some(name) = token.text("name") else {
        return Err(format!("token {id} in LIST has no name"));
    };
    let Some(owner_id) = token.text_within("owner", "id") else {
        return Err(format!("token {id} in LIST has no owner with an id"));
    };
    Ok(ListedToken {
        name,
        owner_id,
        created: token.time("created"),
        expires: token.time("expirationDate"),
        last_used: token.time("lastUsed"),
        scopes: token.words("scope"),
        managed: token.is_true("managed"),
        id,
    })
}

/// A reply that is no success, as a failure.
pub fn refusal(reply: &Reply) -> Failure {
    if let Some(what) = stranger(reply) {
        return Failure::Elsewhere(format!("a call of the token API was answered with {what}"));
    }
    let status = reply.status().as_u16();
    let message = message(reply);
    match status {
        429 => Failure::Wait(retry_after(reply).unwrap_or(Duration::from_secs(10))),
        401 => Failure::Refused { status, message },
        403 => Failure::Forbidden(message),
        200..=299 => malformed(reply, "the API does not document this status for the call"),
        _ => Failure::Status { status, message },
    }
}

/// True if the text can be the id of a token, and so part of a path.
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

pub(super) fn malformed(reply: &Reply, what: &str) -> Failure {
    Failure::Malformed { status: reply.status().as_u16(), what: what.into() }
}

fn new_token(reply: &Reply, name: &str, owner_id: &str) -> Result<NewToken, &'static str> {
    let token: wire::Token = json(reply)?;
    let client_secret = Redacted::new(token.secret.unwrap_or_default());
    if token.id.len() != 32 || !is_id(&token.id) {
        return Err("the id is malformed");
    }
    if !is_client_secret(&client_secret) {
        return Err("the client secret is missing or malformed");
    }
    if token.name != name {
        return Err("the name is not the one that was asked for");
    }
    if token.owner.id != owner_id {
        return Err("the owner is another user");
    }
    let expires = token.expiration_date.as_deref().map(millis).transpose()?;
    let created = token.created.as_deref().map(millis).transpose()?;
    // A creation time counts only beside the clock that wrote it.
    let created = match (created, date(reply)) {
        (Some(created), Some(date)) if (date - created).abs() <= CONFIRMS => Some(created),
        _ => None,
    };
    Ok(NewToken { credential: Credential::new(token.id, client_secret), expires, created })
}

fn is_client_secret(value: &Redacted) -> bool {
    value.expose().len() >= 32 && value.expose().chars().all(|c| c.is_ascii_alphanumeric())
}

/// A time of ISC in milliseconds since the Unix epoch.
fn millis(text: &str) -> Result<i64, &'static str> {
    let stamp = text.parse::<Timestamp>().map_err(|_| "a date is malformed")?;
    Ok(stamp.as_millisecond())
}

/// The status of an answer; 0: there is none.
pub(super) fn status(answer: &Result<Reply, Failure>) -> u16 {
    match answer {
        Ok(reply) => reply.status().as_u16(),
        Err(_) => 0,
    }
}

/// The result that an answer is counted as.
pub(super) fn result(answer: &Result<Reply, Failure>) -> IscResult {
    match status(answer) {
        200..300 => IscResult::Yes,
        429 => IscResult::Throttled,
        400..500 => IscResult::No,
        _ => IscResult::Unknown,
    }
}
