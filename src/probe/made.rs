//! Every token that this probe may have made: noted before its POST is sent, so that the cleanup
//! finds it.
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::read;
use crate::credential::Credential;
use crate::isc::Failure;
use crate::isc::http::Reply;
use crate::redacted::Redacted;

/// Most tokens that one probe may make.
const MOST: usize = 3;

/// The fate of a POST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// A token may have been made, or may still be.
    Unknown,
    /// None was made.
    Refused,
    /// One was made.
    Alive,
    /// It was deleted.
    Gone,
}

/// A token that may have been made.
#[derive(Clone, Debug)]
pub(super) struct One {
    /// The names that it has or had.
    pub(super) names: Vec<String>,
    /// Its client ID, if that is known.
    pub(super) id: Option<String>,
    pub(super) fate: Fate,
    /// The time at which it ends by itself, by ISC's clock.
    pub(super) expires: i64,
}

/// The owner of the tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct User {
    /// Identity id.
    pub(super) owner: String,
    /// Client IDs that were there before.
    pub(super) known: BTreeSet<String>,
}

/// A token that was made for certain.
pub(super) struct Token {
    /// Its place among those that were made.
    pub(super) index: usize,
    pub(super) name: String,
    pub(super) credential: Credential,
    pub(super) expires: i64,
}

impl Token {
    /// Its client ID.
    pub(super) fn id(&self) -> &str {
        &self.credential.client_id
    }
}

/// All tokens of this probe, and those of earlier ones that it removed.
#[derive(Default)]
pub(super) struct Made {
    user: OnceLock<User>,
    all: Mutex<Vec<One>>,
    swept: Mutex<BTreeSet<String>>,
}

impl Made {
    /// Fixes the owner of the tokens; before that none is made.
    pub(super) fn begin_as(&self, user: User) {
        // Only the first counts: all tokens of one probe have one owner.
        self.user.get_or_init(|| user);
    }

    /// The owner of the tokens, once that is known.
    pub(super) fn user(&self) -> Option<&User> {
        self.user.get()
    }

    /// Notes that a POST is about to be sent; `None`: it must not be.
    pub(super) fn begin(&self, name: &str, expires: i64) -> Option<usize> {
        self.user.get()?;
        let mut all = self.lock();
        // What may have been made counts: a promise to the user, and room in ISC's limit.
        if all.iter().filter(|one| one.fate != Fate::Refused).count() >= MOST {
            return None;
        }
        all.push(One { names: vec![name.to_owned()], id: None, fate: Fate::Unknown, expires });
        Some(all.len() - 1)
    }

    /// Notes the outcome of the POST.
    pub(super) fn settle(&self, index: usize, answer: &Result<Reply, Failure>) {
        let Some(user) = self.user.get() else { return };
        let mut all = self.lock();
        let Some(one) = all.get_mut(index) else { return };
        one.id = match answer {
            Ok(reply) if reply.status().is_success() => new_id(reply, one, user),
            Ok(_) | Err(_) => None,
        };
        one.fate = match answer {
            _ if one.id.is_some() => Fate::Alive,
            // Each of these comes before the POST: from the connection, or from the access token.
            Err(
                Failure::Connect(_)
                | Failure::Setup(_)
                | Failure::Wait(_)
                | Failure::Refused { .. }
                | Failure::Forbidden(_)
                | Failure::Elsewhere(_),
            ) => Fate::Refused,
            Ok(reply) if is_refused(reply) => Fate::Refused,
            Ok(_)
            | Err(Failure::NoReply(_) | Failure::Malformed { .. } | Failure::Status { .. }) => {
                Fate::Unknown
            }
        };
    }

    /// The client ID of the token that this POST made, if it made one for certain.
    pub(super) fn id(&self, index: usize) -> Option<String> {
        self.lock().get(index)?.id.clone()
    }

    /// Notes one more name, before the PATCH that gives it is sent.
    pub(super) fn rename(&self, index: usize, name: &str) {
        if let Some(one) = self.lock().get_mut(index) {
            one.names.push(name.to_owned());
        }
    }

    /// Notes that a token is gone.
    pub(super) fn bury(&self, id: &str) {
        for one in self.lock().iter_mut() {
            if one.id.as_deref() == Some(id) {
                one.fate = Fate::Gone;
            }
        }
    }

    /// All of them as they are now.
    pub(super) fn all(&self) -> Vec<One> {
        self.lock().clone()
    }

    /// Notes that an earlier probe's token is gone.
    pub(super) fn sweep(&self, id: &str) {
        self.swept.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
    }

    /// Ids of the earlier probes' tokens that are gone.
    pub(super) fn swept(&self) -> BTreeSet<String> {
        self.swept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<One>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// True if ISC refused a POST for good.
fn is_refused(reply: &Reply) -> bool {
    // 408 comes from a gateway that gave up waiting, and what is not ISC's from a proxy: ISC may go
    // on, or be done.
    let is_isc = read::refuser(reply).is_none() && reply.status() != 408;
    is_isc && reply.status().is_client_error()
}

/// The id of a new token, if the reply leaves no doubt that it is this one and was not there
/// before.
fn new_id(reply: &Reply, one: &One, user: &User) -> Option<String> {
    let mut body = read::object(reply)?;
    // Nothing that is kept of the reply may hold the client secret.
    body.remove("secret");
    let token = read::listed(&body)?;
    let is_asked = one.names.contains(&token.name) && token.owner.as_ref() == Some(&user.owner);
    // An id that LIST showed before is not that of a new token, whatever the reply says.
    if user.known.contains(&token.id) || !is_asked {
        return None;
    }
    Some(token.id)
}

/// The flaws of the reply to a POST: what it lacks, or has otherwise than documented.
pub(super) fn flaws(reply: &Reply, name: &str, owner: &str) -> Vec<String> {
    let mut flaws: Vec<String> =
        plain_flaws(reply, name, owner).into_iter().map(str::to_owned).collect();
    // The operator's own reading has the last word: it is stricter in dates, keys and content type.
    if flaws.is_empty() {
        flaws.extend(read::flaw(reply, name, owner));
    }
    flaws
}

fn plain_flaws(reply: &Reply, name: &str, owner: &str) -> Vec<&'static str> {
    let Some(mut body) = read::object(reply) else { return vec!["it is not a JSON object"] };
    let secret = read::secret(&mut body, "secret");
    let text = |name: &str| read::text(&body, name).unwrap_or_default();
    let mut flaws = Vec::new();
    if !matches!(reply.status().as_u16(), 200 | 201) {
        flaws.push("the status is neither 200 nor 201");
    }
    if text("id").len() != 32 || !text("id").bytes().all(|b| b.is_ascii_hexdigit()) {
        flaws.push("the id is not 32 hexadecimal digits");
    }
    if !secret.is_some_and(|secret| is_client_secret(secret.expose())) {
        flaws.push("the client secret is missing or malformed");
    }
    if text("name") != name {
        flaws.push("the name is not the one that was asked for");
    }
    if read::owner(&body).as_deref() != Some(owner) {
        flaws.push("the owner is not named, or is another user");
    }
    flaws
}

fn is_client_secret(text: &str) -> bool {
    text.len() >= 32 && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The client secret in the reply to a POST.
pub(super) fn client_secret(reply: &Reply) -> Option<Redacted> {
    read::secret(&mut read::object(reply)?, "secret")
}
