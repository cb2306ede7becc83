//! Removes what the probe made, whatever ended it: by id where that is known, else by name in LIST.
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
/// How often a DELETE is tried.
const TRIES: usize = 5;

/// A token that may be left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Its name; none: an earlier probe's, of which LIST cannot tell yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it has ended by itself, by ISC's clock.
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
                "LIST does not tell yet whether an earlier probe left a token; if so, that has ended by itself at {until}"
            ),
        }
    }
}

/// What the last looks at LIST came to.
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

/// Removes every token of the probe, and those of earlier ones that LIST shows only now; returns those that may be left.
/// `lags`: LIST did not show this probe's own token in time, so that it may hide earlier ones as well.
pub(super) async fn clean(session: &Session, made: &Made, lags: bool) -> Vec<Left> {
    let Some(user) = made.user() else { return Vec::new() };
    session.tell("removing what is left of the probe's tokens");
    for id in made.all().into_iter().filter(|one| one.fate == Fate::Alive).filter_map(|one| one.id) {
        if remove(session, &id).await {
            made.bury(&id);
        }
    }
    let asked = made.all();
    let seen = search(session, &asked, made.swept(), user).await;
    let is_left = |one: &&One| match one.fate {
        Fate::Alive | Fate::Unknown => !one.names.iter().any(|name| seen.removed.contains(name)),
        Fate::Refused | Fate::Gone => false,
    };
    let mut all: Vec<Left> =
        asked.iter().filter(is_left).map(|one| left(one.names.first().cloned(), one.expires)).collect();
    all.extend(seen.stuck.into_values());
    if lags || !seen.is_read {
        all.extend(session.now().map(|now| left(None, now + names::LIFE)));
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

/// Looks in LIST for tokens of this probe and of earlier ones and removes them, until none of this one's is unaccounted
/// for or LIST had its time. `swept`: ids that LIST may still show.
async fn search(session: &Session, asked: &[One], swept: BTreeSet<String>, user: &User) -> Seen {
    let gone = asked.iter().filter(|one| one.fate == Fate::Gone).filter_map(|one| one.id.clone());
    let mut seen = Seen { gone: gone.chain(swept).collect(), ..Seen::default() };
    let started = Instant::now();
    let mut told = None;
    loop {
        let reply = session.list().await.ok().filter(|reply| reply.status() == 200);
        let tokens = reply.as_ref().and_then(read::list);
        seen.is_read |= tokens.is_some();
        for token in tokens.unwrap_or_default() {
            take(session, asked, user, &token, &mut seen).await;
        }
        let is_open =
            |one: &One| one.fate == Fate::Unknown && !one.names.iter().any(|name| seen.removed.contains(name));
        let is_over = reply.is_some() && !asked.iter().any(is_open);
        if is_over || started.elapsed() >= session.target.list_lag {
            return seen;
        }
        let passed = started.elapsed();
        if told.is_none_or(|told| passed.saturating_sub(told) >= SILENCE) {
            told = Some(passed);
            let most = session.target.list_lag.as_secs();
            session.tell(&format!(
                "looking in LIST for what may have been made, since {} of at most {most} s",
                passed.as_secs()
            ));
        }
        sleep(PAUSE).await;
    }
}

/// Removes one token of LIST, if a probe made it and it is not gone already.
async fn take(session: &Session, asked: &[One], user: &User, token: &Listed, seen: &mut Seen) {
    if seen.gone.contains(&token.id) || !names::is_ours(token, &user.owner, &session.target.seed.client_id) {
        return;
    }
    if remove(session, &token.id).await {
        seen.gone.insert(token.id.clone());
        seen.removed.insert(token.name.clone());
        seen.stuck.remove(&token.id);
    } else if let (Shown::Is(expires), false) =
        (&token.expires, asked.iter().any(|one| one.names.contains(&token.name)))
    {
        seen.stuck.insert(token.id.clone(), left(Some(token.name.clone()), *expires));
    }
}

/// Deletes a token; whether it is gone. A copy of ISC's data that lags may not know it yet: that counts if said twice.
async fn remove(session: &Session, id: &str) -> bool {
    let mut missed = false;
    for _ in 0..TRIES {
        match said(&session.delete(id).await) {
            Said::Status(200..300) => return true,
            Said::Status(404) if missed => return true,
            Said::Status(404) => missed = true,
            Said::Status(_) | Said::Nothing(_) => {}
        }
        sleep(PAUSE).await;
    }
    false
}

fn left(name: Option<String>, expires: i64) -> Left {
    let until = Timestamp::from_millisecond(expires).map(|at| at.to_string()).unwrap_or_default();
    Left { name, until }
}
