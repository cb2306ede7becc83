//! The forms that texts of a spec have.
use crate::api::names::TOKEN_NAME_PREFIX;

/// Most scopes of a token or a grant.
pub const MAX_SCOPES: usize = 100;
/// Longest name of a token that users choose.
pub const MAX_NAME: usize = 64;
/// Longest name of a Tenant: it is the value of a label.
pub const MAX_TENANT_NAME: usize = 63;
/// Longest name of an object.
pub const MAX_OBJECT_NAME: usize = 253;
/// Longest value of a label, and longest name in a key.
pub const MAX_LABEL_VALUE: usize = 63;

/// True if the text has the form of a scope.
pub fn is_scope(text: &str) -> bool {
    text.len() <= 128
        && text.contains(':')
        && text.split(':').all(is_scope_part)
        && text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// True if Kubernetes takes it for the name of an object: an RFC 1123 subdomain.
pub fn is_object_name(text: &str) -> bool {
    text.split('.').all(is_label)
}

/// True for one part of such a name: an RFC 1123 label, its length apart.
fn is_label(part: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    part.starts_with(edge) && part.ends_with(edge) && part.chars().all(|c| edge(c) || c == '-')
}

/// True if Kubernetes takes it for the key of a label or an annotation: a name, perhaps behind a domain and a slash.
pub fn is_qualified_name(text: &str) -> bool {
    let name = match text.split_once('/') {
        None => text,
        Some((domain, name)) if domain.len() <= MAX_OBJECT_NAME && is_object_name(domain) => name,
        Some(_) => return false,
    };
    (1..=MAX_LABEL_VALUE).contains(&name.len()) && is_label_value(name)
}

/// True if Kubernetes takes it for the value of a label, its length apart. It may be empty.
pub fn is_label_value(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(edge)
        && text.ends_with(edge)
        && text.chars().all(|c| edge(c) || "-_.".contains(c))
}

/// True if it can be shown in ISC behind the operator's own part of a name.
pub fn is_display_name(name: &str) -> bool {
    let is_printable = name.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    // With this beginning a user's name could pass for the operator's own (R12).
    let is_operators =
        name.strip_prefix(TOKEN_NAME_PREFIX).is_some_and(|rest| rest.starts_with('-'));
    (1..=MAX_NAME).contains(&name.len()) && is_printable && name.trim() == name && !is_operators
}

/// True if it can stand between the colons of a scope.
pub fn is_scope_part(part: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    part.starts_with(allowed) && part.chars().all(|c| allowed(c) || c == '-')
}
