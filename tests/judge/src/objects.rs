//! Sorts the revisions of objects by what they are, and scans them for client secrets.
use serde_json::Value;

use crate::judge::Judge;
use crate::ledger::{self, Ledger};
use crate::observation::{Actor, Change, Object, short};
use crate::verdict::Property;

/// Kinds that the operator writes without that anything hangs on them.
const HARMLESS: [&str; 2] = ["Lease", "Event"];

impl Judge {
    pub(crate) fn object(&mut self, object: Object) {
        match object.kind.as_str() {
            "Secret" if object.namespace != self.law.operator_namespace => self.published(&object),
            "Secret" if is_ledger(&object.content) => self.ledger(&object),
            "PersonalAccessToken" => self.resource(&object),
            kind if Self::binds(object.by) && kind != "Tenant" && !HARMLESS.contains(&kind) => {
                let what = format!(
                    "{kind} {}/{} was written by the operator",
                    object.namespace, object.name
                );
                self.accuse(Property::P6, what, &[]);
            }
            _ => {}
        }
        self.scan_object(&object);
    }

    /// A Secret's data is where a client secret belongs; all else of it is not.
    fn scan_object(&mut self, object: &Object) {
        let where_ = format!("{} {}/{}", object.kind, object.namespace, object.name);
        let text = if object.kind == "Secret" {
            object.content["metadata"].to_string()
        } else {
            object.content.to_string()
        };
        self.scan(&where_, &text);
    }

    fn ledger(&mut self, object: &Object) {
        let place = (object.namespace.clone(), object.name.clone());
        let before =
            self.book.ledgers.get(&place).map(|(ledger, _)| ledger.clone()).unwrap_or_default();
        if object.change == Change::Deleted {
            self.book.ledgers.remove(&place);
            if Self::binds(object.by) && !before.entries.is_empty() {
                self.accuse(
                    Property::P5,
                    format!("the ledger {:?} was deleted with its entries", object.name),
                    &[],
                );
            }
            return self.crowd(&before.owner);
        }
        // A spoilt ledger records as much as the last good one did: its owner is frozen (R15).
        let Some(after) = Ledger::of(&object.content) else { return };
        let owner = after.owner.clone();
        for (n, uid) in &after.attempts {
            self.book.attempts.insert((owner.clone(), *n), uid.clone());
        }
        self.book.ledgers.insert(place, (after.clone(), self.book.observed));
        self.recorded(&after, object.by == Actor::Cluster);
        if Self::binds(object.by) {
            self.dropped(&before, &after);
            self.revoked(&before, &after);
        }
        self.crowd(&owner);
    }

    /// A backup may bring back the record of a token that has died or was given away since.
    fn recorded(&mut self, revision: &Ledger, from_backup: bool) {
        for (id, entry) in &revision.entries {
            if let Some(token) = self.book.tokens.get_mut(id) {
                token.recorded_once = true;
                token.lost_by_restore = !token.alive && (from_backup || token.lost_by_restore);
                token.handed_over |=
                    from_backup && token.released && ledger::number(&token.name).is_none();
                token.released &= !from_backup || entry.state == "Released";
                token.uid = Some(entry.uid.clone());
            }
            if let Some(client_secret) = &entry.client_secret {
                self.book.client_secrets.insert(id.clone(), client_secret.clone());
                self.book.canaries.insert(client_secret.clone());
            }
        }
    }

    fn revoked(&mut self, before: &Ledger, after: &Ledger) {
        let observed = self.book.observed;
        for (uid, _) in
            after.revoked.iter().filter(|(uid, request)| before.revoked.get(*uid) != Some(request))
        {
            self.book.resources.entry(uid.clone()).or_default().revoked = Some(observed);
        }
    }

    /// Nothing that is alive may be forgotten.
    fn dropped(&mut self, before: &Ledger, after: &Ledger) {
        let forgotten: Vec<String> =
            before.entries.keys().filter(|id| !after.entries.contains_key(*id)).cloned().collect();
        for id in forgotten {
            let Some(token) = self.book.tokens.get(&id) else { continue };
            if token.alive && !token.released && !token.handed_over && !token.meddled {
                let (what, seen) = (
                    format!("the ledger dropped {}, which is alive", short(&id)),
                    token.seen.clone(),
                );
                self.accuse(Property::P1, what, &seen);
            } else if token.alive && token.renamed && !before.lets_go(&id) {
                let what = format!("{} was condemned and lives on under another name", short(&id));
                let seen = token.seen.clone();
                self.accuse(Property::P4, what, &seen);
            }
        }
    }
}

fn is_ledger(secret: &Value) -> bool {
    secret["metadata"]["labels"]["pat-operator.dev/tenant"].is_string()
}
