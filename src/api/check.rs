//! The checks of the CRDs once more: the operator trusts no object, whoever admitted it.
use super::personal_access_token::PersonalAccessToken;

const MAX_SCOPES: usize = 100;
const MAX_NAME: usize = 64;
const VALIDITY_SECONDS: std::ops::RangeInclusive<u64> = 15..=43_200;

/// What is wrong with a spec, as sentences that say what to write instead; empty: nothing.
pub fn problems(token: &PersonalAccessToken) -> Vec<String> {
    let spec = &token.spec;
    let mut found = Vec::new();
    if spec.scopes.is_empty() || spec.scopes.len() > MAX_SCOPES {
        found.push(format!("spec.scopes has {} items; write 1 to {MAX_SCOPES}", spec.scopes.len()));
    }
    for (at, scope) in spec.scopes.iter().enumerate() {
        if !is_scope(scope) {
            found.push(format!("spec.scopes: {scope:?} is not a scope; write it as in \"idn:nelm:manage\""));
        }
        if spec.scopes[..at].contains(scope) {
            found.push(format!("spec.scopes names {scope:?} twice; write it once"));
        }
    }
    if let Some(name) = &spec.name
        && (name.is_empty() || name.len() > MAX_NAME || !name.chars().all(|c| c == ' ' || c.is_ascii_graphic()) || name.trim() != name)
    {
        found.push(format!("spec.name {name:?} is not 1 to {MAX_NAME} printable ASCII characters without blanks at the ends"));
    }
    if let Some(validity) = &spec.access_token_validity {
        match validity.seconds() {
            Ok(seconds) if VALIDITY_SECONDS.contains(&seconds) => {}
            Ok(_) => found.push(format!("spec.accessTokenValidity {validity} is out of range; write 15s to 12h")),
            Err(error) => found.push(format!("spec.accessTokenValidity: {error}")),
        }
    }
    found
}

/// Whether the text has the form of a scope.
pub fn is_scope(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    text.len() <= 128 && text.contains(':') && text.split(':').all(part) && text.starts_with(|c: char| c.is_ascii_lowercase())
}
