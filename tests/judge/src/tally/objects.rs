//! What the tally reads from Secrets and resources: which tokens they mention, and which pair is
//! published.
use std::collections::BTreeSet;

use serde_json::Value;

use super::{Declared, Tally};
use crate::book::Place;
use crate::ledger;
use crate::observation::{Change, Object};
use crate::resources;
use crate::verdict::Property;

/// Length of a client ID: so many hexadecimal digits.
const ID_LENGTH: usize = 32;

impl Tally {
    pub(super) fn object(&mut self, object: &Object) {
        let place = (object.namespace.clone(), object.name.clone());
        let is_there = object.change != Change::Deleted;
        match object.kind.as_str() {
            "PersonalAccessToken" => self.resource(&place, &object.content, is_there),
            "Secret" if is_published(&object.content) => {
                self.secret(&place, &object.content, is_there);
            }
            "Secret" => {}
            _ => return,
        }
        let mentioned = if is_there { self.mentioned(&object.content) } else { BTreeSet::new() };
        self.mentions.insert((object.kind.clone(), place), mentioned);
        self.look_for_outages();
        self.crowd();
    }

    fn resource(&mut self, place: &Place, content: &Value, is_there: bool) {
        let now = self.now;
        let fresh = || Declared { created: now, ..Declared::default() };
        let declared = self.resources.entry(place.clone()).or_insert_with(fresh);
        declared.overlap =
            content["spec"]["rotation"]["overlap"].as_str().and_then(resources::millis);
        declared.going |= !content["metadata"]["deletionTimestamp"].is_null();
        declared.gone |= !is_there;
        if !is_there {
            let of = |token: &&super::Minted| token.alive && token.place.as_ref() == Some(place);
            let left = self.tokens.values().filter(of).count();
            (0..left).for_each(|_| self.accuse(Property::P4));
        }
    }

    /// A published Secret has the name of its resource.
    fn secret(&mut self, place: &Place, content: &Value, is_there: bool) {
        let now = self.now;
        let data = ledger::data(content);
        let holds = data
            .values()
            .find(|value| self.tokens.contains_key(*value))
            .filter(|_| is_there)
            .cloned();
        let declared = self.resources.entry(place.clone()).or_default();
        let before = std::mem::replace(&mut declared.held, holds.clone());
        if before == holds {
            return;
        }
        let Some(new) = holds.and_then(|id| self.tokens.get_mut(&id)) else { return };
        declared.served.get_or_insert(now);
        new.published.get_or_insert(now);
        let created = new.created;
        match before.and_then(|id| self.tokens.get(&id)).map(|old| (old.created, old.alive)) {
            Some((before, true)) if before > created => self.accuse(Property::P2),
            Some(_) => self.figures.rotations += 1,
            None => {}
        }
    }

    /// Known tokens whose client IDs are anywhere in an object.
    fn mentioned(&self, content: &Value) -> BTreeSet<String> {
        let plain = content.to_string();
        let data = ledger::data(content);
        let texts = data.values().map(String::as_str).chain([plain.as_str()]);
        let words = texts.flat_map(|text| text.split(|letter: char| !letter.is_ascii_hexdigit()));
        let known = words.filter(|word| word.len() == ID_LENGTH && self.tokens.contains_key(*word));
        known.map(str::to_owned).collect()
    }
}

/// Whether a resource controls it.
fn is_published(secret: &Value) -> bool {
    let owners = secret["metadata"]["ownerReferences"].as_array();
    owners.is_some_and(|all| {
        all.iter()
            .any(|owner| owner["controller"] == true && owner["kind"] == "PersonalAccessToken")
    })
}
