//! Label selectors: `a`, `!a`, `a=b`, `a!=b`, joined by commas.
use serde_json::Value;

use crate::refusal::Refusal;

/// What the labels of an object must be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selector(Vec<Term>);

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Present(String),
    Absent(String),
    Equal(String, String),
    Unequal(String, String),
}

impl Selector {
    /// Reads one; an empty text selects everything.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.contains('(') || text.contains(' ') {
            return Err(Refusal::not_simulated("label selectors with sets or blanks"));
        }
        let terms = text.split(',').filter(|term| !term.is_empty()).map(|term| {
            if let Some(key) = term.strip_prefix('!') {
                Term::Absent(key.into())
            } else if let Some((key, value)) = term.split_once("!=") {
                Term::Unequal(key.into(), value.into())
            } else if let Some((key, value)) = term.split_once('=') {
                Term::Equal(key.into(), value.trim_start_matches('=').into())
            } else {
                Term::Present(term.into())
            }
        });
        Ok(Self(terms.collect()))
    }

    /// Whether an object is selected.
    pub fn selects(&self, object: &Value) -> bool {
        let label = |key: &str| object["metadata"]["labels"].get(key).and_then(Value::as_str);
        self.0.iter().all(|term| match term {
            Term::Present(key) => label(key).is_some(),
            Term::Absent(key) => label(key).is_none(),
            Term::Equal(key, value) => label(key) == Some(value),
            Term::Unequal(key, value) => label(key) != Some(value),
        })
    }
}
