//! Whether all is as declared: asked of the API server's objects and of ISC, never of the operator.
use std::collections::BTreeSet;

use isc_simulator::TokenState;
use serde_json::Value;

use crate::archive::Kind;
use crate::consumer::Pair;
use crate::setting::{MARKERS, Setting};

/// What is not yet as it should be; `None` when all is.
pub fn missing(setting: &Setting) -> Option<String> {
    let control = setting.stage.simulator.control();
    let mut published = BTreeSet::new();
    let tokens = setting.archive.all(Kind::Token);
    for ((_, namespace, name), token) in tokens.iter().filter(|((_, namespace, _), _)| namespace != MARKERS) {
        let missing = |what: &str| Some(format!("{namespace}/{name} {what}"));
        if !token["metadata"]["deletionTimestamp"].is_null() {
            return missing("is still there");
        }
        let suspended = token["spec"]["suspend"] == true;
        let secret = setting.archive.get(&(Kind::Secret, namespace.clone(), name.clone()));
        let Some(pair) = secret.as_deref().and_then(Pair::of) else {
            if suspended {
                continue;
            }
            return missing("has no Secret");
        };
        let minted = control.tokens(namespace).unwrap();
        let Some(live) = minted.iter().find(|live| live.id == pair.client_id) else {
            return missing("has a dead pair");
        };
        if !suspended && !is_as_declared(live, token) {
            return missing("is another in ISC");
        }
        if !suspended && !is_shown_ready(token) {
            return missing("is not shown as ready");
        }
        published.insert(pair.client_id);
    }
    let alive = setting.places.iter().flat_map(|place| control.tokens(place).unwrap());
    let orphan = alive.filter(|token| token.name.starts_with("pat1-")).find(|token| !published.contains(&token.id));
    orphan.map(|token| format!("{:?} is alive and published nowhere", token.name))
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
