//! Whether all is as declared: asked of the API server's objects and of ISC, never of the
//! operator's word.
use std::collections::{BTreeMap, BTreeSet};

use isc_simulator::TokenState;
use judge::{Ledger, Pair, Recorded};
use serde_json::Value;
use stage::OWN;

use crate::archive::Kind;
use crate::environment::{Environment, MARKERS};

/// What is not yet as it should be; `None` when all is.
pub fn missing(environment: &Environment) -> Option<String> {
    let control = environment.stage.simulator.control();
    let mut published = BTreeSet::new();
    let mut suspended = BTreeSet::new();
    for (place, name, token) in resources(environment) {
        let missing = |what: &str| Some(format!("{place}/{name} {what}"));
        if !token["metadata"]["deletionTimestamp"].is_null() {
            return missing("is still there");
        }
        if token["spec"]["suspend"] == true {
            suspended.insert(token["metadata"]["uid"].as_str().unwrap_or_default().to_owned());
            continue;
        }
        let secret = environment.archive.get(&(Kind::Secret, place.clone(), name.clone()));
        let Some(pair) = secret.as_deref().and_then(Pair::of) else {
            return missing("has no Secret");
        };
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
    superfluous(environment, &published, &suspended)
}

/// Whether the Secret of a resource that is not suspended holds a pair whose token is dead.
pub fn has_dead_pair(environment: &Environment) -> bool {
    let control = environment.stage.simulator.control();
    let served =
        resources(environment).into_iter().filter(|(_, _, token)| token["spec"]["suspend"] != true);
    served.into_iter().any(|(place, name, _)| {
        let secret = environment.archive.get(&(Kind::Secret, place.clone(), name.clone()));
        let pair = secret.as_deref().and_then(Pair::of);
        pair.is_some_and(|pair| {
            control.tokens(&place).unwrap().iter().all(|token| token.id != pair.client_id)
        })
    })
}

/// A token that is alive although nothing needs it.
fn superfluous(
    environment: &Environment,
    published: &BTreeSet<String>,
    suspended: &BTreeSet<String>,
) -> Option<String> {
    let control = environment.stage.simulator.control();
    let recorded = recorded(environment);
    let alive = environment.places.iter().flat_map(|place| control.tokens(place).unwrap());
    for token in
        alive.filter(|token| token.name.starts_with("pat1-") && !published.contains(&token.id))
    {
        match recorded.get(&token.id) {
            Some(Recorded { state, .. }) if state == "Retired" => {}
            Some(Recorded { state, uid, .. }) if state == "Current" && suspended.contains(uid) => {}
            found => {
                let state = found.map(|recorded| &recorded.state);
                return Some(format!(
                    "{:?} is alive, published nowhere, and {state:?}",
                    token.name
                ));
            }
        }
    }
    None
}

/// What the ledgers say of every token, by client ID.
pub fn recorded(environment: &Environment) -> BTreeMap<String, Recorded> {
    let secrets = environment.archive.all(Kind::Secret).into_iter();
    let ledgers = secrets
        .filter(|((_, namespace, _), _)| namespace == OWN)
        .filter_map(|(_, secret)| Ledger::of(&secret));
    ledgers.flat_map(|ledger| ledger.entries).collect()
}

/// Place, name and object of every resource.
pub fn resources(environment: &Environment) -> Vec<(String, String, std::sync::Arc<Value>)> {
    let all = environment.archive.all(Kind::Token).into_iter();
    all.map(|((_, place, name), token)| (place, name, token))
        .filter(|(place, ..)| place != MARKERS)
        .collect()
}

fn is_as_declared(live: &TokenState, token: &Value) -> bool {
    let scopes: BTreeSet<&str> = live.scope.iter().flatten().map(String::as_str).collect();
    let declared: BTreeSet<&str> = token["spec"]["scopes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let name = token["spec"]["name"].as_str();
    scopes == declared && name.is_none_or(|name| live.name.ends_with(name))
}

fn is_shown_ready(token: &Value) -> bool {
    let status = &token["status"];
    let ready = |condition: &Value| condition["type"] == "Ready" && condition["status"] == "True";
    status["observedGeneration"] == token["metadata"]["generation"]
        && status["conditions"].as_array().into_iter().flatten().any(ready)
}
