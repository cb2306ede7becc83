//! Requirements that several specs share: each adds a sentence to what was found if it is not met.
use super::form::is_object_name;

/// A list without repetition, of 1 to `most` items.
pub(super) fn require_set(found: &mut Vec<String>, field: &str, items: &[String], most: usize) {
    if items.is_empty() || items.len() > most {
        found.push(format!("{field} has {} items; write 1 to {most}", items.len()));
    }
    for (at, item) in items.iter().enumerate() {
        if items[..at].contains(item) {
            found.push(format!("{field} names {item:?} twice (item {at}); write it once"));
        }
    }
}

/// The name of an object, with at most `longest` characters.
pub(super) fn require_object_name(
    found: &mut Vec<String>,
    field: &str,
    name: &str,
    longest: usize,
) {
    if name.len() > longest || !is_object_name(name) {
        found.push(format!(
            "{field} {name:?} is not a name; write at most {longest} lower-case letters, digits, dashes and dots"
        ));
    }
}
