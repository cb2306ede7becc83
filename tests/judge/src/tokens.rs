//! What is right and wrong with what happens to tokens: P1, P3, P4, P5, P6.
use crate::book::Known;
use crate::judge::Judge;
use crate::ledger;
use crate::observation::{Actor, Change, Token, short};
use crate::verdict::Property;

impl Judge {
    pub(crate) fn token(&mut self, token: Token) {
        match token.change {
            Change::Created => self.created(token),
            Change::Changed => self.changed(token),
            Change::Deleted => self.destroyed(&token),
        }
    }

    fn created(&mut self, token: Token) {
        let ours = Self::binds(token.by);
        let n = ledger::number(&token.name);
        let uid = n.and_then(|n| self.book.attempts.get(&(token.owner.clone(), n)).cloned());
        let order = self.book.tokens.len();
        let known = Known {
            owner: token.owner.clone(),
            name: token.name,
            expires: token.expires,
            alive: true,
            ours,
            order,
            uid: uid.clone(),
            recorded_once: false,
            lost_by_restore: false,
            meddled: false,
            meddled_at: None,
            released: false,
            handed_over: false,
            renamed: false,
            published: None,
            seen: vec![self.book.observed],
        };
        self.book.tokens.insert(token.id.clone(), known);
        if !ours {
            return;
        }
        self.counts.created += 1;
        if token.expires.is_none_or(|at| at > self.now + self.law.provisional) {
            let what = format!(
                "{} was created to live long before anything recorded it",
                short(&token.id)
            );
            self.accuse(Property::P1, what, &[]);
        }
        if uid.is_none() {
            self.accuse(
                Property::P1,
                format!("{} was created without a recorded intent", short(&token.id)),
                &[],
            );
        }
        let gone = uid
            .and_then(|uid| self.book.resources.get(&uid))
            .filter(|r| r.gone && !r.forced)
            .cloned();
        if let Some(resource) = gone {
            let what = format!("{} appeared after {:?} was gone", short(&token.id), resource.place);
            self.accuse(Property::P4, what, &[resource.last_seen]);
        }
        self.crowd(&token.owner);
    }

    /// P1, wherever a token or a record came or went.
    pub(crate) fn crowd(&mut self, owner: &str) {
        let alive: Vec<(&String, &Known)> = self.book.unrecorded(owner).collect();
        let count = alive.len();
        self.counts.most_unrecorded = self.counts.most_unrecorded.max(count);
        if count < 2 {
            self.book.crowded.remove(owner);
            return;
        }
        let ids: Vec<&str> = alive.iter().map(|(id, _)| short(id)).collect();
        let what = format!("{count} unrecorded tokens of {owner} are alive: {}", ids.join(", "));
        let rests_on: Vec<usize> = alive.iter().flat_map(|(_, token)| token.seen.clone()).collect();
        if self.book.crowded.insert(owner.to_owned()) {
            self.accuse(Property::P1, what, &rests_on);
        }
    }

    fn changed(&mut self, token: Token) {
        let observed = self.book.observed;
        let Some(known) = self.book.tokens.get_mut(&token.id) else { return };
        known.seen.push(observed);
        let rests_on = known.seen.clone();
        let (was_ours, is_lost) = (known.ours && !known.released, known.lost_by_restore);
        // Whom a person gave another name was let go: a request that was under way may reach it
        // late.
        let was_handed_over = known.handed_over;
        // The last step of a release may be repeated when it is unknown whether it took effect.
        let repeats = known.released && known.name == token.name && known.expires == token.expires;
        let lives_longer =
            token.expires.is_none_or(|at| known.expires.is_some_and(|before| at > before));
        known.name = token.name;
        known.expires = token.expires;
        if !Self::binds(token.by) {
            known.meddled = true;
            known.meddled_at = Some(self.now);
            known.handed_over = ledger::number(&known.name).is_none();
            known.renamed = known.handed_over && !known.released;
            return;
        }
        if repeats {
            return;
        }
        let is_foreign = ledger::number(&known.name).is_none();
        known.released |= was_ours && !known.handed_over && is_foreign;
        known.handed_over &= is_foreign;
        known.renamed &= is_foreign;
        let unrecorded = self.book.record(&token.id).is_none();
        if !was_ours {
            self.accuse(
                Property::P6,
                format!("{}, which is not the operator's, was changed", short(&token.id)),
                &rests_on,
            );
        } else if unrecorded && lives_longer && !is_lost && !was_handed_over {
            self.accuse(
                Property::P1,
                format!("{} was extended without being recorded", short(&token.id)),
                &rests_on,
            );
        }
    }

    fn destroyed(&mut self, token: &Token) {
        let observed = self.book.observed;
        let Some(known) = self.book.tokens.get_mut(&token.id) else { return };
        known.alive = false;
        known.seen.push(observed);
        known.meddled |= token.by == Actor::Person;
        let known = known.clone();
        if Self::binds(token.by) {
            self.counts.destroyed += 1;
            if let Some((property, what)) = self.wrong(&token.id, &known) {
                self.counts.wrongly_destroyed += 1;
                self.accuse(property, what, &known.seen);
            }
        } else if token.by == Actor::Clock && self.is_needed(&token.id) && !known.meddled {
            self.accuse(
                Property::P2,
                format!("{} expired while it was published", short(&token.id)),
                &known.seen,
            );
        }
        self.crowd(&known.owner);
    }

    /// Whether a Secret of a resource that is not going holds it.
    fn is_needed(&self, id: &str) -> bool {
        let resource = self.book.resource_of(id);
        resource.is_some_and(|resource| !resource.deleting && !resource.gone)
            && self.book.secrets.values().any(|secret| secret.id.as_deref() == Some(id))
    }

    /// Why the operator may not have destroyed this token.
    fn wrong(&self, id: &str, known: &Known) -> Option<(Property, String)> {
        let name = short(id);
        if !known.ours || known.released {
            return Some((
                Property::P6,
                format!("{name}, which is not the operator's, was destroyed"),
            ));
        }
        let resource = self.book.resource_of(id);
        match self.book.record(id) {
            // One that a person renamed or prolonged meanwhile may still be met by a DELETE that
            // was under way.
            None if known.expires.is_none_or(|at| at > self.now + self.law.provisional)
                && !known.handed_over
                && known.meddled_at.is_none_or(|at| self.now - at > self.law.notice) =>
            {
                return Some((
                    Property::P5,
                    format!("{name}, long-lived and in no ledger, was destroyed"),
                ));
            }
            Some((entry, _)) if entry.state != "Tomb" => {
                return Some((
                    Property::P5,
                    format!("{name} was destroyed, which the ledger has as {}", entry.state),
                ));
            }
            _ => {}
        }
        // What a backup forgot and a person let end soon looks like an attempt that nobody
        // recorded.
        known.published.filter(|_| !(known.lost_by_restore && known.meddled))?;
        let licensed = resource.is_none_or(|resource| {
            resource.deleting
                || resource.gone
                || resource.has_revoked(known)
                || self.is_succeeded(id, known, resource)
        });
        let what =
            || format!("{name} was destroyed before its successor was published for the overlap");
        (!licensed).then(|| (Property::P3, what()))
    }

    /// Whether the resource's Secret holds a newer live token, first published at least the overlap
    /// ago.
    fn is_succeeded(&self, id: &str, known: &Known, resource: &crate::book::Resource) -> bool {
        let (now, usual) = (self.now + self.law.tolerance, self.law.overlap);
        self.book.secrets.values().filter(|secret| secret.uid == known.uid).any(|secret| {
            let holds = secret.id.as_deref().filter(|held| *held != id);
            let successor = holds.and_then(|held| self.book.tokens.get(held));
            successor.is_some_and(|new| {
                let is_over = |at: i64| at + resource.overlap(at, usual) <= now;
                // Of a successor that a person destroyed the operator may not know yet.
                (new.alive || new.meddled)
                    && new.order > known.order
                    && new.published.is_some_and(is_over)
            })
        })
    }
}
