//! Removes the tokens that the probe made, whatever ended it: by id where that is known, else by
//! name in LIST.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::facts::{Listed, Said, Shown};
use super::made::{Fate, Made, One, User};
use super::session::{Session, said};
use super::{names, read};

/// Pause between two tries.
const PAUSE: Duration = Duration::from_secs(1);
/// Longest silence while it looks.
const SILENCE: Duration = Duration::from_secs(10);
/// Number of tries of a DELETE.
const TRIES: usize = 5;

/// A token that may be left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Its name; none: an earlier probe's, of which LIST cannot tell yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The time at which it has ended by itself, by ISC's clock.
    pub until: String,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = &self.until;
        match &self.name {
            Some(name) => {
                write!(
                    f,
                    "the token {name:?} may still be there; it ends by itself at {until}, and the next probe removes it"
                )
            }
            None => write!(
                f,
                "LIST does not show yet whether an earlier probe left a token; if so, that has ended by itself at {until}"
            ),
        }
    }
}

/// The result of the last looks at LIST.
#[derive(Default)]
struct Seen {
    /// Ids of tokens that are gone.
    gone: BTreeSet<String>,
    /// The names of those that were removed.
    removed: BTreeSet<String>,
    /// Tokens of earlier probes that could not be removed, by id.
    stuck: BTreeMap<String, Left>,
    /// LIST could be read.
    is_read: bool,
}

impl Seen {
    fn has_removed(&self, one: &One) -> bool {
        one.names.iter().any(|name| self.removed.contains(name))
    }
}

/// Removes every token of the probe, and those of earlier ones that LIST shows only now; returns
/// those that may be left. `lags`: LIST did not show this probe's own token in time, so that it may
/// hide earlier ones as well.
pub(super) async fn clean(session: &Session, made: &Made, lags: bool) -> Vec<Left> {
    // No POST is sent before the user is known: there is nothing to remove.
    let Some(user) = made.user() else { return Vec::new() };
    session.tell("removing what is left of the probe's tokens");
    for one in made.all() {
        // By id where the reply gave one; the others are found by their names in LIST.
        if let (Fate::Alive, Some(id)) = (one.fate, &one.id)
            && remove(session, id).await
        {
            made.bury(id);
        }
    }
    // After these removals: the fates of some have changed.
    let asked = made.all();
    let seen = search(session, &asked, made.swept(), user).await;
    let mut all = Vec::new();
    for one in &asked {
        match one.fate {
            Fate::Alive | Fate::Unknown if !seen.has_removed(one) => {
                all.push(left(one.names.first().cloned(), one.expires));
            }
            Fate::Alive | Fate::Unknown | Fate::Refused | Fate::Gone => {}
        }
    }
    all.extend(seen.stuck.into_values());
    // A LIST that lags or cannot be read may hide the token of an earlier probe.
    if (lags || !seen.is_read)
        && let Some(now) = session.now()
    {
        all.push(left(None, now + names::LIFE));
    }
    all
}

/// Removes an earlier probe's tokens.
pub(super) async fn sweep(session: &Session, made: &Made, listed: &[Listed]) {
    if !listed.is_empty() {
        session.tell(&format!("removing what an earlier probe left: {}", listed.len()));
    }
    for token in listed {
        if remove(session, &token.id).await {
            made.sweep(&token.id);
        }
    }
}

/// Looks in LIST for tokens of this probe and of earlier ones and removes them, until none of this
/// one's is unaccounted for or LIST had its time. `swept`: ids that LIST may still show.
async fn search(session: &Session, asked: &[One], swept: BTreeSet<String>, user: &User) -> Seen {
    let mut seen = Seen { gone: swept, ..Seen::default() };
    for one in asked.iter().filter(|one| one.fate == Fate::Gone) {
        seen.gone.extend(one.id.clone());
    }
    let started = Instant::now();
    let mut told = None;
    loop {
        let mut is_answered = false;
        if let Ok(reply) = session.list().await
            && reply.status() == 200
        {
            is_answered = true;
            let tokens = read::list(&reply);
            seen.is_read |= tokens.is_some();
            for token in tokens.unwrap_or_default() {
                take(session, asked, user, &token, &mut seen).await;
            }
        }
        let is_open = asked.iter().any(|one| one.fate == Fate::Unknown && !seen.has_removed(one));
        // An answer is wanted even if nothing is open: an earlier probe's token may show up.
        if (is_answered && !is_open) || started.elapsed() >= session.target.list_lag {
            return seen;
        }
        let passed = started.elapsed();
        if told.is_none_or(|told| passed.saturating_sub(told) >= SILENCE) {
            told = Some(passed);
            let most = session.target.list_lag.as_secs();
            session.tell(&format!(
                "looking in LIST for what may have been made, for {} of at most {most} s",
                passed.as_secs()
            ));
        }
        sleep(PAUSE).await;
    }
}

/// Removes one token of LIST, if a probe made it and it is not gone already.
async fn take(session: &Session, asked: &[One], user: &User, token: &Listed, seen: &mut Seen) {
    if seen.gone.contains(&token.id)
        || !names::is_ours(token, &user.owner, &session.target.seed.client_id)
    {
        return;
    }
    if remove(session, &token.id).await {
        seen.gone.insert(token.id.clone());
        seen.removed.insert(token.name.clone());
        seen.stuck.remove(&token.id);
    } else if let Shown::Is(expires) = &token.expires
        && !asked.iter().any(|one| one.names.contains(&token.name))
    {
        seen.stuck.insert(token.id.clone(), left(Some(token.name.clone()), *expires));
    }
}

/// Deletes a token; true if it is gone. A copy of ISC's data that lags may not know it yet: that
/// counts if said twice.
async fn remove(session: &Session, id: &str) -> bool {
    let mut missed = false;
    for _ in 0..TRIES {
        match said(&session.delete(id).await) {
            Said::Status(200..300 | 410) => return true,
            // The first 404 may come from a copy that lags.
            Said::Status(404) if missed => return true,
            Said::Status(404) => missed = true,
            Said::Status(_) | Said::Elsewhere(_) | Said::Unreadable(_) | Said::Nothing(_) => {}
        }
        sleep(PAUSE).await;
    }
    false
}

fn left(name: Option<String>, expires: i64) -> Left {
    let until = Timestamp::from_millisecond(expires).map(|at| at.to_string()).unwrap_or_default();
    Left { name, until }
}
