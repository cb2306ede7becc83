//! One field is spoilt: which fields there are, and what can happen to each.
use std::sync::Arc;

use serde_json::{Value, json};
use simulation::{Cluster, Key};

use super::picture::{self, DOCUMENT, NAME, OTHER, Picture, Which};

/// What happens to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    /// It is gone.
    Deleted,
    /// It has the value of another resource's, and the other has its.
    Swapped,
    /// It has a value of before.
    Aged,
    /// It has a value of another type.
    Mistyped,
    /// One bit of it is another.
    Flipped,
}

impl Damage {
    const ALL: [Self; 5] =
        [Self::Deleted, Self::Swapped, Self::Aged, Self::Mistyped, Self::Flipped];
}

/// One field and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoilt {
    /// The object.
    pub which: Which,
    /// Where in it.
    pub path: Vec<String>,
    /// What happens.
    pub damage: Damage,
}

impl std::fmt::Display for Spoilt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {} {:?}", self.which, self.path.join("/"), self.damage)
    }
}

/// Every damage that changes anything, with the picture as it is then.
pub fn all(cluster: &Cluster) -> Vec<(Spoilt, Picture)> {
    let (picture, history) = (picture::of(cluster), Past::of(cluster));
    let objects = [Which::Ledger, Which::Secret(NAME), Which::Resource(NAME)];
    let fields = objects
        .into_iter()
        .flat_map(|which| fields(which, &picture).into_iter().map(move |path| (which, path)));
    let cases = fields.flat_map(|(which, path)| {
        Damage::ALL.map(|damage| Spoilt { which, path: path.clone(), damage })
    });
    cases.filter_map(|spoilt| Some((spoilt.clone(), spoilt.done_to(&picture, &history)?))).collect()
}

/// The fields of an object that a damage can be done to: every leaf, and all that holds leaves but
/// the outermost.
fn fields(which: Which, picture: &Picture) -> Vec<Vec<String>> {
    let (mut found, Some(object)) = (Vec::new(), picture.get(&which)) else { return Vec::new() };
    let roots: &[&[&str]] = match which {
        Which::Ledger => &[&["metadata", "labels"], &["type"], &["data"]],
        Which::Secret(_) => &[
            &["metadata", "labels"],
            &["metadata", "annotations"],
            &["metadata", "ownerReferences"],
            &["data"],
        ],
        Which::Resource(_) => {
            &[&["metadata", "annotations"], &["metadata", "finalizers"], &["status"]]
        }
    };
    for root in roots {
        let path: Vec<String> = root.iter().map(|part| (*part).to_owned()).collect();
        if let Some(value) = at(object, &path) {
            walk(value, path, &mut found);
        }
    }
    found
}

fn walk(value: &Value, path: Vec<String>, found: &mut Vec<Vec<String>>) {
    let below = |key: String| path.iter().cloned().chain([key]).collect::<Vec<_>>();
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| walk(value, below(key.clone()), found));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, value)| walk(value, below(index.to_string()), found));
        }
        _ => {}
    }
    found.push(path);
}

fn pointer(path: &[String]) -> String {
    path.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1"))).collect()
}

fn at<'a>(object: &'a Value, path: &[String]) -> Option<&'a Value> {
    object.pointer(&pointer(path))
}

fn set(object: &mut Value, path: &[String], value: Value) {
    if let Some(place) = object.pointer_mut(&pointer(path)) {
        *place = value;
    }
}

/// Older revisions, the latest first.
struct Past(Vec<(Which, Value)>);

impl Past {
    fn of(cluster: &Cluster) -> Self {
        let effects = cluster.history().into_iter().rev();
        let known = |key: Option<Key>, object: Option<Arc<Value>>| {
            Some((picture::which(&key?)?, picture::opened(&*object?)))
        };
        Self(effects.filter_map(|effect| known(effect.key, effect.object)).collect())
    }
}

impl Spoilt {
    fn done_to(&self, picture: &Picture, past: &Past) -> Option<Picture> {
        let mut after = picture.clone();
        let object = after.get_mut(&self.which)?;
        let value = at(object, &self.path)?.clone();
        match self.damage {
            Damage::Deleted => {
                let (last, parent) = self.path.split_last()?;
                match object.pointer_mut(&pointer(parent))? {
                    Value::Object(fields) => _ = fields.remove(last)?,
                    Value::Array(items) => _ = items.remove(last.parse().ok()?),
                    _ => return None,
                }
            }
            Damage::Swapped => {
                let (which, path) = self.neighbour(picture)?;
                let other = at(picture.get(&which)?, &path)?.clone();
                set(object, &self.path, other);
                set(after.get_mut(&which)?, &path, value);
            }
            Damage::Aged => set(object, &self.path, self.aged(&value, past)?),
            Damage::Mistyped => set(object, &self.path, mistyped(&value)),
            Damage::Flipped => set(object, &self.path, flipped(&value, self.is_document())?),
        }
        (after != *picture).then_some(after)
    }

    /// Whether it is the whole document of the ledger.
    pub fn is_document(&self) -> bool {
        self.path.last().is_some_and(|last| last == DOCUMENT)
    }

    /// The same field of the other resource.
    fn neighbour(&self, picture: &Picture) -> Option<(Which, Vec<String>)> {
        let mut path = self.path.clone();
        match self.which {
            Which::Secret(_) => return Some((Which::Secret(OTHER), path)),
            Which::Resource(_) => return Some((Which::Resource(OTHER), path)),
            Which::Ledger => {}
        }
        let uid = |name| {
            picture.get(&Which::Resource(name))?["metadata"]["uid"].as_str().map(str::to_owned)
        };
        let (own, other) = (uid(NAME)?, uid(OTHER)?);
        let entries = picture.get(&Which::Ledger)?["data"][DOCUMENT]["entries"].as_array()?;
        let foreign = entries.iter().position(|entry| entry["uid"] == *other)?;
        match path.get(2).map(String::as_str) {
            Some("resources") if path.get(3) == Some(&own) => path[3] = other,
            Some("entries") if path.len() > 3 => {
                let index: usize = path[3].parse().ok()?;
                (index != foreign).then_some(())?;
                path[3] = foreign.to_string();
            }
            _ => {
                let n: u64 = path.get(1)?.strip_prefix("client-secret-")?.parse().ok()?;
                let other = entries[foreign]["n"].as_u64().filter(|other| *other != n)?;
                path[1] = format!("client-secret-{other}");
            }
        }
        Some((Which::Ledger, path))
    }

    /// The last value that was another, or, of a number that never was, an earlier one.
    fn aged(&self, value: &Value, past: &Past) -> Option<Value> {
        let was = |(which, object): &(Which, Value)| {
            at(object, &self.path).filter(|old| *which == self.which && *old != value).cloned()
        };
        let earlier = || {
            value
                .as_i64()
                .map(|number| json!(if number > YEAR { number - YEAR } else { number - 1 }))
        };
        past.0.iter().find_map(was).or_else(earlier)
    }
}

/// One year in milliseconds: a greater number is a time.
const YEAR: i64 = 365 * 24 * 3_600_000;

fn mistyped(value: &Value) -> Value {
    match value {
        Value::Null => json!(true),
        Value::Bool(_) => json!("yes"),
        Value::Number(number) => json!(number.to_string()),
        Value::String(_) => json!(7),
        Value::Array(_) => json!({}),
        Value::Object(_) => json!([]),
    }
}

fn flipped(value: &Value, is_document: bool) -> Option<Value> {
    match value {
        Value::Bool(value) => Some(json!(!value)),
        Value::Number(number) => Some(json!(number.as_u64()? ^ 1)),
        Value::String(text) => {
            let middle = text.len() / 2;
            let mut bytes = text.clone().into_bytes();
            *bytes.get_mut(middle)? ^= 1;
            String::from_utf8(bytes).ok().map(|text| json!(text))
        }
        // The first byte of its text: no longer a document at all.
        Value::Object(_) if is_document => Some(json!(value.to_string().replacen('{', "z", 1))),
        _ => None,
    }
}
