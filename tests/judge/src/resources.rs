//! What is right and wrong with resources: P4 when one is gone.
use serde_json::Value;

use crate::book::Place;
use crate::judge::Judge;
use crate::observation::{Actor, Change, Object, short};
use crate::verdict::Property;

impl Judge {
    pub(crate) fn resource(&mut self, object: &Object) {
        let metadata = &object.content["metadata"];
        let Some(uid) = metadata["uid"].as_str() else { return };
        let observed = self.book.observed;
        let held = has_finalizer(&object.content);
        let resource = self.book.resources.entry(uid.to_owned()).or_default();
        resource.place = (object.namespace.clone(), object.name.clone());
        resource.deleting |= !metadata["deletionTimestamp"].is_null();
        resource.suspended = object.content["spec"]["suspend"] == true;
        let overlap = object.content["spec"]["rotation"]["overlap"].as_str().and_then(millis);
        if resource.overlaps.last().is_none_or(|(_, last)| *last != overlap) {
            resource.overlaps.push((self.now, overlap));
        }
        let longest = object.content["spec"]["rotation"]["maxOverlap"].as_str().and_then(millis);
        resource.longest = overlap.max(longest);
        resource.last_seen = observed;
        match object.change {
            Change::Deleted => {
                resource.gone = true;
                // Whoever else took the finalizer off took the operator's say away.
                resource.forced |= object.by != Actor::Operator && resource.held;
                if !resource.forced {
                    self.gone(uid);
                }
            }
            _ if object.by == Actor::Cluster => {
                resource.deleting = !metadata["deletionTimestamp"].is_null();
                resource.gone = false;
                let place = resource.place.clone();
                self.displaced(uid, &place);
            }
            _ => {
                // Until the operator has put it back, the finalizer holds nothing.
                let taken =
                    resource.held && !held && !resource.deleting && object.by != Actor::Operator;
                let put_back = !resource.held && held;
                resource.forced = taken || resource.forced && !put_back;
            }
        }
        if let Some(resource) = self.book.resources.get_mut(uid) {
            resource.held = held;
        }
    }

    /// A backup put this resource in the place of others, without a word of a deletion.
    fn displaced(&mut self, by: &str, place: &Place) {
        let others = self
            .book
            .resources
            .iter_mut()
            .filter(|(uid, resource)| *uid != by && resource.place == *place);
        others.for_each(|(_, resource)| (resource.gone, resource.forced) = (true, true));
    }

    fn gone(&mut self, uid: &str) {
        let of = |token: &&crate::book::Known| token.uid.as_deref() == Some(uid);
        let tokens: Vec<(String, Vec<usize>)> = self
            .book
            .tokens
            .iter()
            .filter(|(_, token)| of(token) && token.is_left())
            // An attempt that a person let live long looks like a token that a backup forgot.
            .filter(|(id, token)| !token.meddled || self.book.record(id).is_some())
            .map(|(id, token)| (short(id).to_owned(), token.seen.clone()))
            .collect();
        for (name, seen) in tokens {
            self.accuse(
                Property::P4,
                format!("{name} is alive although its resource {uid} is gone"),
                &seen,
            );
        }
    }
}

fn has_finalizer(object: &Value) -> bool {
    let finalizers = object["metadata"]["finalizers"].as_array();
    finalizers.is_some_and(|all| all.iter().any(|name| name == "pat-operator.dev/revoke"))
}

/// `90s`, `15m`, `12h`, `7d` in milliseconds.
pub fn millis(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    Some(number * seconds * 1_000)
}
