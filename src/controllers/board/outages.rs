//! Outages of ISC by Tenant: one that passes at once is not told, and what is told of one stays the
//! same until it is over.
use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::api::conditions::Reason;
use crate::controllers::keyed::Keyed;
use crate::controllers::trouble;
use crate::lifecycle::describe::Note;
use crate::lifecycle::ledger::Millis;

/// Two ends of a wait that are so close are one.
const SAME_END: Millis = 5_000;

/// The shortest time that a flag can say.
const NO_TIME: Duration = Duration::from_millis(1);

/// Outages by the name of the Tenant.
#[derive(Default)]
pub struct Outages(Keyed<Outage>);

#[derive(Default)]
struct Outage {
    /// What is told of it: the words of its first failure.
    note: Option<Note>,
    /// The wait that ISC asked for last.
    wait: Option<Note>,
    /// Those whose last call failed: ledgers, and the Tenant by its own name.
    failing: HashMap<String, Failing>,
    /// The moment at which ISC last answered the Tenant again.
    healed: Option<Instant>,
}

struct Failing {
    since: Instant,
    times: u32,
}

/// Trouble as it is to be shown.
pub struct Told {
    /// The trouble.
    pub note: Note,
    /// It is time to show it.
    pub is_due: bool,
}

impl Outages {
    /// Trouble that was met. An outage is told if it lasts so long.
    pub fn told(&self, tenant: &str, who: &str, note: Note, after: Duration) -> Told {
        if trouble::is_outage(&note) {
            return self.fails(tenant, who, note, after);
        }
        Told { note: self.is_not(tenant, who, note), is_due: true }
    }

    /// One more call failed. It is told from the second failure in a row on that comes so long after
    /// the first; from the first if that is no time.
    fn fails(&self, tenant: &str, who: &str, note: Note, after: Duration) -> Told {
        let mut outages = self.0.lock();
        let outage = outages.entry(tenant.into()).or_default();
        let failing = Failing { since: Instant::now(), times: 0 };
        let failing = outage.failing.entry(who.into()).or_insert(failing);
        failing.times = failing.times.saturating_add(1);
        let is_second = failing.times > 1 && failing.since.elapsed() >= after;
        let is_due = after <= NO_TIME || is_second;
        let told = outage.note.get_or_insert_with(|| note.clone());
        // That ISC fails says more than that it wanted a moment before.
        if told.reason == Reason::RateLimited && note.reason != Reason::RateLimited {
            told.clone_from(&note);
        }
        Told { note: told.clone(), is_due }
    }

    /// Trouble that is no outage: gives the words in which it was told before, if only the end of a
    /// wait was counted anew.
    fn is_not(&self, tenant: &str, who: &str, note: Note) -> Note {
        let mut outages = self.0.lock();
        let outage = outages.entry(tenant.into()).or_default();
        outage.recovers(who);
        let Some(end) = note.retry_at else { return note };
        if let Some(old) = &outage.wait
            && (old.retry_at.unwrap_or(0) - end).abs() < SAME_END
        {
            return old.clone();
        }
        outage.wait.insert(note).clone()
    }

    /// ISC did its part; `true`: after it had failed.
    pub fn ends(&self, tenant: &str, who: &str) -> bool {
        let mut outages = self.0.lock();
        let Some(outage) = outages.get_mut(tenant) else { return false };
        let had_failed = outage.recovers(who);
        if had_failed && tenant == who {
            outage.healed = Some(Instant::now());
        }
        had_failed
    }

    /// The moment at which ISC last answered the Tenant again.
    pub fn healed(&self, tenant: &str) -> Option<Instant> {
        self.0.lock().get(tenant)?.healed
    }

    /// The Tenant is another one or gone: what was met before says nothing of it.
    pub fn forget(&self, tenant: &str) {
        self.0.lock().remove(tenant);
    }
}

impl Outage {
    fn recovers(&mut self, who: &str) -> bool {
        let had_failed = self.failing.remove(who).is_some();
        if self.failing.is_empty() {
            self.note = None;
        }
        had_failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn note(what: &str) -> Note {
        Note::waiting(Reason::IscUnavailable, what.into())
    }

    fn said(outages: &Outages, who: &str, what: &str) -> Option<String> {
        let told = outages.fails("acme", who, note(what), MINUTE);
        told.is_due.then_some(told.note.message)
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_told_from_the_second_failure_on_that_comes_a_minute_later() {
        let outages = Outages::default();
        assert_eq!(said(&outages, "a", "one"), None);
        tokio::time::advance(MINUTE / 2).await;
        assert_eq!(said(&outages, "a", "two"), None, "too early");
        tokio::time::advance(MINUTE / 2).await;
        assert_eq!(said(&outages, "b", "three"), None, "its first");
        assert_eq!(said(&outages, "a", "four").unwrap(), "one");
        outages.ends("acme", "a");
        tokio::time::advance(MINUTE).await;
        assert_eq!(said(&outages, "b", "five").unwrap(), "one", "it is not over for all");
        outages.ends("acme", "b");
        tokio::time::advance(MINUTE).await;
        assert_eq!(said(&outages, "b", "six"), None, "another outage");
    }

    #[tokio::test(start_paused = true)]
    async fn a_single_failure_is_never_told() {
        let outages = Outages::default();
        for _ in 0..5 {
            assert_eq!(said(&outages, "a", "one"), None);
            outages.ends("acme", "a");
            tokio::time::advance(MINUTE).await;
        }
    }

    #[test]
    fn a_wait_that_is_counted_anew_is_told_in_the_same_words() {
        let outages = Outages::default();
        let wait = |end| Note { retry_at: Some(end), ..note(&format!("until {end}")) };
        assert_eq!(outages.is_not("acme", "a", wait(600_000)).retry_at, Some(600_000));
        assert_eq!(outages.is_not("acme", "b", wait(601_000)).retry_at, Some(600_000));
        assert_eq!(outages.is_not("acme", "a", wait(900_000)).retry_at, Some(900_000));
    }
}
