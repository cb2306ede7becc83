//! A resource by what tells it from every other: read once where a loop begins.
use std::fmt;

use crate::api::PersonalAccessToken;
use crate::api::names::FINALIZER;

/// Identity of a resource. Its [`Display`](fmt::Display) is `namespace/name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// `metadata.uid`: another resource of the same name has another.
    pub uid: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The Tenant that it names.
    pub tenant: &'a str,
}

impl<'a> Subject<'a> {
    /// `None`: the object lacks what every stored one has, and nothing may be done under an empty
    /// uid.
    pub fn of(token: &'a PersonalAccessToken) -> Option<Self> {
        let metadata = &token.metadata;
        Some(Self {
            uid: metadata.uid.as_deref()?,
            namespace: metadata.namespace.as_deref()?,
            name: metadata.name.as_deref()?,
            tenant: &token.spec.tenant_ref.name,
        })
    }
}

/// The resource carries the operator's finalizer.
pub fn has_finalizer(token: &PersonalAccessToken) -> bool {
    token.metadata.finalizers.iter().flatten().any(|name| name == FINALIZER)
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_without_a_uid_is_no_subject() {
        let spec = json!({"tenantRef": {"name": "acme"}, "scopes": ["idn:accounts:read"]});
        let mut token = PersonalAccessToken::new("a", serde_json::from_value(spec).unwrap());
        token.metadata.namespace = Some("team".into());
        assert_eq!(Subject::of(&token), None);
        token.metadata.uid = Some("u".into());
        let subject = Subject::of(&token).unwrap();
        assert_eq!((subject.uid, subject.tenant, &*subject.to_string()), ("u", "acme", "team/a"));
    }
}
