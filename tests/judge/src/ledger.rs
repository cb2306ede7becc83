//! The few fields of a ledger that the judge looks at, read from the data of its Secret.
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// What a ledger says of one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The resource it was made for.
    pub uid: String,
    /// Its state, as the ledger calls it.
    pub state: String,
    /// Its client secret.
    pub client_secret: Option<String>,
}

/// One revision of a ledger.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Identity id of its owner.
    pub owner: String,
    /// By client ID.
    pub entries: BTreeMap<String, Recorded>,
    /// The request to revoke that was last handled, by uid of the resource.
    pub revoked: BTreeMap<String, String>,
    /// Resources that are deleted with their token left to their user.
    pub letting_go: BTreeSet<String>,
    /// Number and resource of the attempts that are under way or were fenced.
    pub attempts: Vec<(u64, String)>,
}

/// The decoded data of a Secret.
pub fn data(secret: &Value) -> BTreeMap<String, String> {
    let pairs = secret["data"].as_object().into_iter().flatten();
    let text = |value: &Value| String::from_utf8(STANDARD.decode(value.as_str()?).ok()?).ok();
    pairs.filter_map(|(key, value)| Some((key.clone(), text(value)?))).collect()
}

impl Ledger {
    /// A token under a foreign name may have been let go.
    pub fn lets_go(&self, id: &str) -> bool {
        let recorded = self.entries.get(id);
        recorded.is_none_or(|recorded| self.letting_go.contains(&recorded.uid))
    }

    /// Reads a ledger's Secret; `None` if it is no ledger, or a spoilt one.
    pub fn of(secret: &Value) -> Option<Self> {
        let data = data(secret);
        let document: Value = serde_json::from_str(data.get("ledger.json")?).ok()?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let entries = document["entries"].as_array()?.iter().filter_map(|entry| {
            let client_secret =
                data.get(&format!("client-secret-{}", entry["n"].as_u64()?)).cloned();
            let recorded = Recorded {
                uid: text(&entry["uid"])?,
                state: text(&entry["state"])?,
                client_secret,
            };
            Some((text(&entry["id"])?, recorded))
        });
        let attempts = ["pending", "unresolved"].into_iter().filter_map(|field| {
            let attempt = &document[field];
            let uid = text(&attempt["uid"]).or_else(|| text(&attempt["crUid"]));
            Some((attempt["n"].as_u64()?, uid?))
        });
        let resources = || document["resources"].as_object().into_iter().flatten();
        let lets_go = |resource: &Value| resource["deleting"] == true && resource["retain"] == true;
        let letting_go = resources().filter(|(_, resource)| lets_go(resource));
        let revoked = resources()
            .filter_map(|(uid, resource)| Some((uid.clone(), text(&resource["revoked"])?)));
        Some(Self {
            revoked: revoked.collect(),
            letting_go: letting_go.map(|(uid, _)| uid.clone()).collect(),
            owner: text(&document["owner"]["identityId"])?,
            entries: entries.collect(),
            attempts: attempts.collect(),
        })
    }
}

/// The number in a token's name; `None` if it is not a name that the operator gives.
pub fn number(name: &str) -> Option<u64> {
    let machine = name.split(' ').next()?;
    let parts: Vec<&str> = machine.split('-').collect();
    let [prefix, _, _, _, n, _] = parts.as_slice() else { return None };
    if *prefix != "pat1" {
        return None;
    }
    u64::from_str_radix(n, 36).ok()
}
