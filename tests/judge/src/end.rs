//! What must hold once all faults have stopped and the operator has had its time: P7.
use crate::book::{Known, Resource};
use crate::judge::Judge;
use crate::observation::short;
use crate::verdict::{Property, Violation};

/// How long the end of an overlap may take.
const DELAY: i64 = 600_000;

impl Judge {
    /// Ends the history. `blocked` are the resources, by namespace and name, that cannot be served:
    /// their Tenant does not let them, somebody else has their Secret's name, their user has no
    /// slot left. Gives all violations.
    pub fn finish(&mut self, at: i64, blocked: &[(&str, &str)]) -> &[Violation] {
        self.now = at;
        for (what, rests_on) in self.left_open(blocked) {
            self.accuse(Property::P7, format!("{what} at the end"), &rests_on);
        }
        &self.found
    }

    /// What [`Judge::finish`] would find wrong if the history ended now, in sentences; empty:
    /// nothing is left to do.
    pub fn open_ends(&self, blocked: &[(&str, &str)]) -> Vec<String> {
        self.left_open(blocked).into_iter().map(|(what, _)| what).collect()
    }

    fn left_open(&self, blocked: &[(&str, &str)]) -> Vec<(String, Vec<usize>)> {
        let orphans = self.book.tokens.iter().filter(|(id, token)| {
            token.is_left() && !token.meddled && self.book.record(id).is_none()
        });
        let orphans = orphans.map(|(id, token)| {
            (format!("{} is alive and in no ledger", short(id)), token.seen.clone())
        });
        let there = self.book.resources.iter().filter(|(_, resource)| {
            !resource.gone && !blocked.contains(&(&resource.place.0, &resource.place.1))
        });
        let unserved = there.filter_map(|(uid, resource)| {
            let wrong = if resource.deleting {
                Some("is still being deleted".into())
            } else {
                self.unserved(uid)
            };
            let (namespace, name) = &resource.place;
            wrong.map(|wrong: String| {
                (format!("{namespace}/{name} {wrong}"), vec![resource.last_seen])
            })
        });
        orphans.chain(unserved).chain(self.lingering()).collect()
    }

    /// Recorded tokens that should be gone: their resource is, or their overlap has long been over.
    fn lingering(&self) -> impl Iterator<Item = (String, Vec<usize>)> {
        let left = self
            .book
            .tokens
            .iter()
            .filter(|(id, token)| token.is_left() && self.book.record(id).is_some());
        left.filter_map(|(id, token)| {
            let resource = self.book.resource_of(id)?;
            let why = if resource.gone {
                "its resource is gone"
            } else if self.is_long_replaced(token, resource) {
                "its successor was published long ago"
            } else {
                return None;
            };
            Some((format!("{} is alive although {why}", short(id)), token.seen.clone()))
        })
    }

    fn is_long_replaced(&self, token: &Known, resource: &Resource) -> bool {
        let long_ago = self.now - resource.longest.unwrap_or(self.law.overlap) - DELAY;
        self.book.secrets.values().filter(|secret| secret.uid == token.uid).any(|secret| {
            let successor = secret.id.as_deref().and_then(|id| self.book.tokens.get(id));
            successor.is_some_and(|new| {
                new.alive
                    && new.order > token.order
                    && new.published.is_some_and(|at| at < long_ago)
            })
        })
    }

    /// Why a resource that stays has not got what it is for.
    fn unserved(&self, uid: &str) -> Option<String> {
        if self.book.resources.get(uid).is_some_and(|resource| resource.suspended) {
            return None;
        }
        let secret = self.book.secrets.values().find(|secret| secret.uid.as_deref() == Some(uid));
        let Some(id) = secret.and_then(|secret| secret.id.as_deref()) else {
            return Some("has no published pair".into());
        };
        let token = self.book.tokens.get(id)?;
        if !token.alive {
            return Some(format!("has the dead pair {} published", short(id)));
        }
        let data = secret.map(|secret| crate::ledger::data(&secret.content)).unwrap_or_default();
        let client_secret = self.book.client_secrets.get(id);
        if client_secret.is_none_or(|client_secret| {
            !data.values().any(|value| value.contains(client_secret.as_str()))
        }) {
            return Some(format!("has {} published with a wrong client secret", short(id)));
        }
        let recorded = self.book.record(id).map(|(entry, _)| entry.state.as_str());
        (recorded != Some("Current"))
            .then(|| format!("has {} published, which is {recorded:?}", short(id)))
    }
}
