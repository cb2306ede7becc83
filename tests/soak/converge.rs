//! Whether all is as declared: asked of the API server's objects and of ISC, never of the operator's word.
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isc_simulator::TokenState;
use serde_json::Value;

use crate::archive::Kind;
use crate::consumer::Pair;
use crate::setting::{MARKERS, Setting};
use crate::stage::OWN;

/// What is not yet as it should be; `None` when all is.
pub fn missing(setting: &Setting) -> Option<String> {
    let control = setting.stage.simulator.control();
    let mut published = BTreeSet::new();
    let mut suspended = BTreeSet::new();
    for (place, name, token) in resources(setting) {
        let missing = |what: &str| Some(format!("{place}/{name} {what}"));
        if !token["metadata"]["deletionTimestamp"].is_null() {
            return missing("is still there");
        }
        if token["spec"]["suspend"] == true {
            suspended.insert(token["metadata"]["uid"].as_str().unwrap_or_default().to_owned());
            continue;
        }
        let secret = setting.archive.get(&(Kind::Secret, place.clone(), name.clone()));
        let Some(pair) = secret.as_deref().and_then(Pair::of) else { return missing("has no Secret") };
        let minted = control.tokens(&place).unwrap();
        let Some(live) = minted.iter().find(|live| live.id == pair.client_id) else {
            return missing("has a dead pair");
        };
        if !is_as_declared(live, &token) {
            return missing("is another in ISC");
        }
        if !is_shown_ready(&token) {
            return missing("is not shown as ready");
        }
        published.insert(pair.client_id);
    }
    superfluous(setting, &published, &suspended)
}

/// Whether the Secret of a resource that is not suspended holds a pair whose token is dead.
pub fn has_dead_pair(setting: &Setting) -> bool {
    let control = setting.stage.simulator.control();
    let served = resources(setting).into_iter().filter(|(_, _, token)| token["spec"]["suspend"] != true);
    served.into_iter().any(|(place, name, _)| {
        let secret = setting.archive.get(&(Kind::Secret, place.clone(), name.clone()));
        let pair = secret.as_deref().and_then(Pair::of);
        pair.is_some_and(|pair| control.tokens(&place).unwrap().iter().all(|token| token.id != pair.client_id))
    })
}

/// A token that is alive although nothing needs it.
fn superfluous(setting: &Setting, published: &BTreeSet<String>, suspended: &BTreeSet<String>) -> Option<String> {
    let control = setting.stage.simulator.control();
    let recorded = recorded(setting);
    let alive = setting.places.iter().flat_map(|place| control.tokens(place).unwrap());
    for token in alive.filter(|token| token.name.starts_with("pat1-") && !published.contains(&token.id)) {
        match recorded.get(&token.id) {
            Some((state, _)) if state == "Retired" => {}
            Some((state, uid)) if state == "Current" && suspended.contains(uid) => {}
            found => return Some(format!("{:?} is alive, published nowhere, and {found:?}", token.name)),
        }
    }
    None
}

/// State and resource of every token in a ledger.
pub fn recorded(setting: &Setting) -> BTreeMap<String, (String, String)> {
    let mut all = BTreeMap::new();
    for (_, secret) in setting.archive.all(Kind::Secret).iter().filter(|((_, namespace, _), _)| namespace == OWN) {
        let ledger = ledger(secret);
        for entry in ledger["entries"].as_array().into_iter().flatten() {
            let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
            all.insert(text("id"), (text("state"), text("uid")));
        }
    }
    all
}

/// What a ledger says; null if the Secret is none.
pub fn ledger(secret: &Value) -> Value {
    let document = secret["data"]["ledger.json"].as_str().and_then(|text| STANDARD.decode(text).ok());
    document.and_then(|document| serde_json::from_slice(&document).ok()).unwrap_or_default()
}

/// Place, name and object of every resource.
pub fn resources(setting: &Setting) -> Vec<(String, String, std::sync::Arc<Value>)> {
    let all = setting.archive.all(Kind::Token).into_iter();
    all.map(|((_, place, name), token)| (place, name, token)).filter(|(place, ..)| place != MARKERS).collect()
}

fn is_as_declared(live: &TokenState, token: &Value) -> bool {
    let scopes: BTreeSet<&str> = live.scope.iter().flatten().map(String::as_str).collect();
    let declared: BTreeSet<&str> =
        token["spec"]["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let name = token["spec"]["name"].as_str();
    scopes == declared && name.is_none_or(|name| live.name.ends_with(name))
}

fn is_shown_ready(token: &Value) -> bool {
    let status = &token["status"];
    let ready = |condition: &Value| condition["type"] == "Ready" && condition["status"] == "True";
    status["observedGeneration"] == token["metadata"]["generation"]
        && status["conditions"].as_array().into_iter().flatten().any(ready)
}
