//! What is right and wrong with Secrets outside of the operator's namespace: P2, P3, P6.
use std::sync::Arc;

use serde_json::Value;

use crate::book::{Known, Place, Published};
use crate::judge::Judge;
use crate::ledger;
use crate::observation::{Change, Object, short};
use crate::verdict::Property;

impl Judge {
    pub(crate) fn published(&mut self, object: &Object) {
        let place: Place = (object.namespace.clone(), object.name.clone());
        let before = self.book.secrets.get(&place).cloned();
        if object.change == Change::Deleted {
            self.book.secrets.remove(&place);
            if Self::binds(object.by) {
                self.removed(&place, before.as_ref());
            }
            return;
        }
        let uid = holder(&object.content);
        let after = Published {
            content: Arc::clone(&object.content),
            uid: uid.clone(),
            id: self.holds(&object.content),
            seen: self.book.observed,
        };
        self.book.secrets.insert(place.clone(), after.clone());
        if !Self::binds(object.by) {
            return;
        }
        if before.as_ref().is_some_and(|before| before.uid != uid) {
            let seen: Vec<usize> = before.iter().map(|before| before.seen).collect();
            // Only what gives up its claim to the Secret may leave it otherwise owned (Retain).
            if uid.is_some() || before.as_ref().is_some_and(|before| before.uid.is_none()) {
                self.accuse(
                    Property::P6,
                    format!("the foreign Secret {place:?} was written"),
                    &seen,
                );
            }
        }
        let changed = before
            .as_ref()
            .is_none_or(|before| before.id != after.id || pair(before) != pair(&after));
        if changed {
            self.pair(&place, before.as_ref(), &after);
        }
    }

    /// A Secret the operator deleted was its own, and its resource is going.
    fn removed(&mut self, place: &Place, before: Option<&Published>) {
        let Some(before) = before else { return };
        let seen = [before.seen];
        let Some(uid) = &before.uid else {
            return self.accuse(
                Property::P6,
                format!("the foreign Secret {place:?} was deleted"),
                &seen,
            );
        };
        let resource = self.book.resources.get(uid);
        if resource
            .is_some_and(|resource| !resource.deleting && !resource.gone && !resource.revocation)
        {
            self.accuse(
                Property::P3,
                format!("{place:?} was deleted although its resource stays"),
                &seen,
            );
        }
    }

    /// The operator put another pair into a Secret.
    fn pair(&mut self, place: &Place, before: Option<&Published>, after: &Published) {
        let mut rests_on: Vec<usize> = before.iter().map(|before| before.seen).collect();
        let Some(id) = after.id.clone() else {
            let what = format!("{place:?} was written without a pair that ISC ever gave out");
            return self.accuse(Property::P2, what, &rests_on);
        };
        let Some(token) = self.book.tokens.get(&id).cloned() else { return };
        rests_on.extend(&token.seen);
        let name = short(&id);
        let resource = self.book.resource_of(&id).cloned();
        let old = before.and_then(|before| self.book.tokens.get(before.id.as_deref()?)).cloned();
        let mut wrong = Vec::new();
        // A write that was stalled may land when its resource is already going; the owner reference
        // takes it along.
        let going = resource.as_ref().is_some_and(|resource| resource.deleting || resource.gone);
        // Until its successor is published, a revoked pair may be in the Secret, and so may be put
        // back there.
        let revoked = resource.as_ref().is_some_and(|resource| resource.has_revoked(&token))
            && !self.is_replaced(&token);
        if !token.alive && !going && !revoked && !token.meddled && !token.lost_by_restore {
            wrong.push((Property::P2, format!("{place:?} got {name}, which is dead")));
        }
        let ends_soon = token.expires.is_some_and(|at| at <= self.now + self.law.provisional);
        if ends_soon && token.alive && !token.meddled {
            wrong.push((Property::P2, format!("{place:?} got {name}, which is still provisional")));
        }
        let data = ledger::data(&after.content);
        let client_secret = self.book.client_secrets.get(&id);
        if client_secret.is_none_or(|client_secret| {
            !data.values().any(|value| value.contains(client_secret.as_str()))
        }) {
            wrong.push((
                Property::P2,
                format!("{place:?} got {name} without the client secret that belongs to it"),
            ));
        }
        if old
            .as_ref()
            .is_some_and(|old| old.uid == token.uid && old.order > token.order && old.alive)
        {
            wrong.push((Property::P2, format!("{place:?} got {name} over a newer pair")));
        }
        if token.uid.is_none() || token.uid != after.uid {
            wrong
                .push((Property::P6, format!("{place:?} got {name}, which is another resource's")));
        }
        for (property, what) in wrong {
            self.accuse(property, what, &rests_on);
        }
        self.count(&id, old.is_some_and(|old| old.order < token.order));
    }

    /// Whether a newer pair of its resource was ever published.
    fn is_replaced(&self, token: &Known) -> bool {
        let newer = |other: &Known| {
            other.uid == token.uid && other.order > token.order && other.published.is_some()
        };
        self.book.tokens.values().any(newer)
    }

    fn count(&mut self, id: &str, is_newer: bool) {
        let now = self.now;
        let Some(token) = self.book.tokens.get_mut(id) else { return };
        if token.published.is_none() {
            let count = if is_newer {
                &mut self.counts.rotations
            } else {
                &mut self.counts.first_publications
            };
            *count += 1;
            token.published = Some(now);
        }
    }

    /// The client ID in a Secret, whatever its format: the known one that its data mentions.
    fn holds(&self, secret: &Value) -> Option<String> {
        let data = ledger::data(secret);
        let exact = data.values().find(|value| self.book.tokens.contains_key(*value));
        let inside = || {
            self.book
                .tokens
                .keys()
                .find(|id| data.values().any(|value| value.contains(id.as_str())))
        };
        exact.or_else(inside).cloned()
    }
}

fn pair(secret: &Published) -> &Value {
    &secret.content["data"]
}

/// The uid of the object that it belongs to: of the one that controls it, or, where it is to
/// outlive its resource (Retain), of the one that the operator's mark names. A uid is one object's,
/// whatever kind the reference says.
pub(crate) fn holder(object: &Value) -> Option<String> {
    let mut owners = object["metadata"]["ownerReferences"].as_array().into_iter().flatten();
    let uid = match owners.find(|owner| owner["controller"] == true) {
        Some(owner) => &owner["uid"],
        None => &object["metadata"]["annotations"]["pat-operator.dev/resource-uid"],
    };
    uid.as_str().map(str::to_owned)
}
