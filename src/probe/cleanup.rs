//! Removes what the probe made, whatever ended it: by id where that is known, else by name in LIST.
use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::facts::{Listed, Said};
use super::made::{Fate, Made, One, User};
use super::session::{Session, said};
use super::{names, read};

/// Pause between two tries.
const PAUSE: Duration = Duration::from_secs(1);
/// How often a DELETE is tried.
const TRIES: usize = 5;

/// A token that may be left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its name.
    pub name: String,
    /// When it ends by itself, by ISC's clock.
    pub until: String,
}

/// Removes every token of the probe and returns those that may be left.
pub(super) async fn clean(session: &Session, made: &Made) -> Vec<Left> {
    let Some(user) = made.user() else { return Vec::new() };
    for id in made.all().into_iter().filter(|one| one.fate == Fate::Alive).filter_map(|one| one.id) {
        if remove(session, &id).await {
            made.bury(&id);
        }
    }
    let asked = made.all();
    if asked.is_empty() {
        return Vec::new();
    }
    let found = search(session, &asked, user).await;
    let is_left = |one: &&One| match one.fate {
        Fate::Alive | Fate::Unknown => !one.names.iter().any(|name| found.contains(name)),
        Fate::Refused | Fate::Gone => false,
    };
    asked.iter().filter(is_left).map(left).collect()
}

/// Removes an earlier probe's tokens; returns how many.
pub(super) async fn sweep(session: &Session, listed: &[Listed], user: &User) -> usize {
    let own = &session.target.seed.client_id;
    let mut swept = 0;
    for token in listed.iter().filter(|token| names::is_ours(token, &user.owner, own)) {
        swept += usize::from(remove(session, &token.id).await);
    }
    swept
}

/// Looks in LIST for the names that were asked for and removes what has them, until nothing is unaccounted for or LIST
/// had its time; returns the names of what was removed.
async fn search(session: &Session, asked: &[One], user: &User) -> BTreeSet<String> {
    let gone = asked.iter().filter(|one| one.fate == Fate::Gone);
    let mut deleted: BTreeSet<String> = gone.filter_map(|one| one.id.clone()).collect();
    let own = &session.target.seed.client_id;
    let all: BTreeSet<&String> = asked.iter().flat_map(|one| &one.names).collect();
    let started = Instant::now();
    let mut found = BTreeSet::new();
    loop {
        let listed = session.list().await.ok().filter(|reply| reply.status() == 200);
        let tokens = listed.as_ref().and_then(read::list).unwrap_or_default();
        for token in tokens.iter().filter(|token| all.contains(&token.name) && names::is_ours(token, &user.owner, own))
        {
            if !deleted.contains(&token.id) && remove(session, &token.id).await {
                deleted.insert(token.id.clone());
                found.insert(token.name.clone());
            }
        }
        let is_open = |one: &One| one.fate == Fate::Unknown && !one.names.iter().any(|name| found.contains(name));
        if (listed.is_some() && !asked.iter().any(is_open)) || started.elapsed() >= session.target.list_lag {
            return found;
        }
        sleep(PAUSE).await;
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

fn left(one: &One) -> Left {
    let until = Timestamp::from_millisecond(one.expires).map(|at| at.to_string()).unwrap_or_default();
    Left { name: one.names.first().cloned().unwrap_or_default(), until }
}
