//! The kinds that this API server knows: those that the operator and its tests touch.

/// One kind of object.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// API group; empty for the core.
    pub group: &'static str,
    /// Version.
    pub version: &'static str,
    /// Name of the kind.
    pub kind: &'static str,
    /// Name of the resource in paths.
    pub plural: &'static str,
    /// Whether its objects are in namespaces.
    pub namespaced: bool,
    /// Whether it comes from a CRD: with a status subresource, a generation, and no write without a
    /// revision.
    pub custom: bool,
}

const fn builtin(group: &'static str, kind: &'static str, plural: &'static str) -> Kind {
    Kind { group, version: "v1", kind, plural, namespaced: true, custom: false }
}

const fn custom(kind: &'static str, plural: &'static str, namespaced: bool) -> Kind {
    Kind { group: "pat-operator.dev", version: "v1alpha1", kind, plural, namespaced, custom: true }
}

static KINDS: [Kind; 7] = [
    builtin("", "Secret", "secrets"),
    builtin("", "ConfigMap", "configmaps"),
    Kind { namespaced: false, ..builtin("", "Namespace", "namespaces") },
    builtin("events.k8s.io", "Event", "events"),
    builtin("coordination.k8s.io", "Lease", "leases"),
    custom("PersonalAccessToken", "personalaccesstokens", true),
    custom("Tenant", "tenants", false),
];

impl Ord for Kind {
    /// Names of kinds are unique here, and they are compared often.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.kind.cmp(other.kind)
    }
}

impl PartialOrd for Kind {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Kind {
    /// The kind of this resource.
    pub fn of_resource(group: &str, version: &str, plural: &str) -> Option<&'static Self> {
        KINDS
            .iter()
            .find(|kind| kind.group == group && kind.version == version && kind.plural == plural)
    }

    /// The kind that an owner reference names; the version does not matter.
    pub fn of_reference(api_version: &str, kind: &str) -> Option<&'static Self> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        KINDS.iter().find(|known| known.group == group && known.kind == kind)
    }

    /// Namespaces.
    pub fn namespace() -> &'static Self {
        &KINDS[2]
    }

    /// Whether a PUT creates what is not there.
    pub fn is_put_anew(&self) -> bool {
        self.kind == "Lease"
    }

    /// `apiVersion` of its objects.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.into()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `personalaccesstokens.pat-operator.dev`, as messages name the resource.
    pub fn resource(&self) -> String {
        qualified(self.plural, self.group)
    }

    /// `PersonalAccessToken.pat-operator.dev`, as messages name the kind; events as the core kind
    /// that they once were.
    pub fn qualified(&self) -> String {
        qualified(self.kind, if self.kind == "Event" { "" } else { self.group })
    }
}

fn qualified(name: &str, group: &str) -> String {
    if group.is_empty() { name.into() } else { format!("{name}.{group}") }
}
