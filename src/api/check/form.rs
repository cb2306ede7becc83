//! The forms that texts of a spec have.
use super::{MAX_LABEL_VALUE, MAX_NAME, MAX_OBJECT_NAME};
use crate::api::names::TOKEN_NAME_PREFIX;

/// Whether the text has the form of a scope.
pub fn is_scope(text: &str) -> bool {
    text.len() <= 128
        && text.contains(':')
        && text.split(':').all(is_scope_part)
        && text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Whether Kubernetes takes it for the name of an object: an RFC 1123 subdomain.
pub fn is_object_name(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let part = |part: &str| part.starts_with(edge) && part.ends_with(edge) && part.chars().all(|c| edge(c) || c == '-');
    text.split('.').all(part)
}

/// Whether Kubernetes takes it for the key of a label or an annotation: a name, perhaps behind a domain and a slash.
pub fn is_qualified_name(text: &str) -> bool {
    let (domain, name) = text.split_once('/').map_or((None, text), |(domain, name)| (Some(domain), name));
    domain.is_none_or(|domain| domain.len() <= MAX_OBJECT_NAME && is_object_name(domain))
        && !name.is_empty()
        && name.len() <= MAX_LABEL_VALUE
        && is_label_value(name)
}

/// Whether Kubernetes takes it for the value of a label, its length apart. It may be empty.
pub fn is_label_value(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.is_empty()
        || text.starts_with(edge) && text.ends_with(edge) && text.chars().all(|c| edge(c) || "-_.".contains(c))
}

/// Whether it can be shown in ISC behind the operator's own part of a name.
pub fn is_display_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME
        && name.chars().all(|c| c == ' ' || c.is_ascii_graphic())
        && name.trim() == name
        && !name.strip_prefix(TOKEN_NAME_PREFIX).is_some_and(|rest| rest.starts_with('-'))
}

/// Whether it can stand between the colons of a scope.
pub fn is_scope_part(part: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    part.starts_with(allowed) && part.chars().all(|c| allowed(c) || c == '-')
}
