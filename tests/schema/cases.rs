//! The cases of `cases.yaml`: what the two kinds admit and refuse.
use serde::Deserialize;
use serde_json::{Value, json};

/// One sentence of `cases.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The sentence.
    pub it: String,
    /// Kind of the object.
    pub kind: String,
    /// Its name; most cases do not care.
    #[serde(default = "any_name")]
    pub name: String,
    /// Spec to create it with.
    pub create: Value,
    /// Spec to change it to; the verdict is then about the change.
    pub update: Option<Value>,
    /// What the refusal says; `None`: it is admitted.
    pub says: Option<String>,
}

impl Case {
    /// An object of this case's kind and name with a spec.
    pub fn object(&self, spec: &Value) -> Value {
        json!({
            "apiVersion": "pat-operator.dev/v1alpha1",
            "kind": self.kind,
            "metadata": {"name": self.name},
            "spec": spec,
        })
    }
}

/// All cases.
pub fn all() -> Vec<Case> {
    serde_saphyr::from_str(include_str!("cases.yaml")).expect("cases.yaml holds cases")
}

fn any_name() -> String {
    "case".into()
}
