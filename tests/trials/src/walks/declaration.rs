//! Declarations by chance, as a person who edits one file again and again writes them.
use serde_json::{Map, Value, json};
use simulation::Random;

use crate::chaos::wishes::scopes;

const LABELS: [&str; 3] = ["team", "app.kubernetes.io/part-of", "tier"];
const ANNOTATIONS: [&str; 3] = ["example.org/note", "example.org/owner", "note"];

/// Where in its walk a declaration is.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// It is the last: not suspended, since what is suspended stays as it was.
    pub last: bool,
    /// The walk may take days: the last one may leave the overlap at its default of one.
    pub slow: bool,
}

/// A declaration of a resource of this name, as the whole spec.
pub fn random(random: &mut Random, name: &str, tenant: &str, end: End) -> Value {
    let mut spec = json!({"tenantRef": {"name": tenant}, "scopes": scopes(random)});
    let mut maybe = |field: &str, value: Value| {
        if !value.is_null() {
            spec[field] = value;
        }
    };
    maybe("name", one(random, &names(end), 3));
    maybe("accessTokenValidity", one(random, &["15m", "1h", "60m"], 9));
    maybe("reclaimPolicy", one(random, &["Revoke", "Retain"], 2));
    maybe("rotation", rotation(random, end));
    maybe("secret", secret(random, name));
    let suspends = if end.last { [json!(false), Value::Null] } else { [json!(true), Value::Null] };
    maybe("suspend", suspends[usize::from(random.below(4) > 0)].clone());
    spec
}

/// The last one is a name that is allowed: what is refused stays as it was.
fn names(end: End) -> Vec<&'static str> {
    let mut names = vec!["sync", "another name", "a (b)", "released pat1-x-y-z-1-w"];
    if !end.last {
        names.push("pat1-x-y-z-1-w");
    }
    names
}

/// One of these; null as often as each of `rest`.
fn one(random: &mut Random, values: &[&str], rest: usize) -> Value {
    values.get(random.place(values.len() + rest)).map_or(Value::Null, |value| json!(value))
}

/// Longer apart than a walk, so that only what is declared rotates.
fn rotation(random: &mut Random, end: End) -> Value {
    let mut rotation = json!({"every": one(random, &["20d", "30d", "365d"], 0)});
    for (field, values) in [("overlap", ["1m", "10m", "1h"]), ("maxOverlap", ["24h", "36h", "3d"])]
    {
        let quick = end.last && !end.slow && field == "overlap";
        let value = one(random, &values, if quick { 0 } else { 2 });
        if !value.is_null() {
            rotation[field] = value;
        }
    }
    if end.last && !end.slow || random.below(2) == 0 { rotation } else { Value::Null }
}

fn secret(random: &mut Random, name: &str) -> Value {
    let mut secret = Map::new();
    for (field, value) in [
        ("name", one(random, &[name], 1)),
        ("format", one(random, &["Plain", "SailPointSdk"], 1)),
        ("labels", marks(random, &LABELS)),
        ("annotations", marks(random, &ANNOTATIONS)),
    ] {
        if !value.is_null() {
            secret.insert(field.into(), value);
        }
    }
    if random.below(4) == 0 { Value::Null } else { secret.into() }
}

fn marks(random: &mut Random, keys: &[&str]) -> Value {
    let mut marks = Map::new();
    for key in keys {
        let value = one(random, &["a", "b"], 2);
        if !value.is_null() {
            marks.insert((*key).to_owned(), value);
        }
    }
    if random.below(3) == 0 { Value::Null } else { marks.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_differ_and_the_last_one_is_never_suspended() {
        let mut chance = Random::of(1, &["declarations"]);
        let all: Vec<Value> = (0..200)
            .map(|_| random(&mut chance, "a", "acme", End { last: true, slow: true }))
            .collect();
        let texts: std::collections::BTreeSet<String> =
            all.iter().map(ToString::to_string).collect();
        assert!(texts.len() > 190, "{}", texts.len());
        assert!(all.iter().all(|spec| spec["suspend"] != true));
    }
}
