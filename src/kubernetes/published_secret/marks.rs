//! Labels and annotations of a published Secret: the operator's own, and those that the spec asks for, as long as it does.
use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::ResourceExt;
use serde_json::{Value, json};

use super::content::Content;
use crate::api::names::{
    ANNOTATION_CLIENT_ID, ANNOTATION_NUMBER, ANNOTATION_RESOURCE, ANNOTATION_TEMPLATE, LABEL_MANAGED_BY, MANAGER,
    PREFIX,
};

/// Labels or annotations.
type Marks = BTreeMap<String, String>;

/// The labels and annotations that a Secret should have.
pub(super) struct Wanted {
    pub labels: Marks,
    pub annotations: Marks,
}

impl Wanted {
    /// Those of this content.
    pub fn of(content: &Content<'_>) -> Self {
        let template = content.token.spec.secret.as_ref();
        let mut labels = template.and_then(|secret| secret.labels.clone()).unwrap_or_default();
        let mut annotations = template.and_then(|secret| secret.annotations.clone()).unwrap_or_default();
        let names = |marks: &Marks| marks.keys().cloned().collect::<Vec<_>>().join(",");
        if !labels.is_empty() || !annotations.is_empty() {
            let list = format!("{};{}", names(&labels), names(&annotations));
            annotations.insert(ANNOTATION_TEMPLATE.into(), list);
        }
        labels.insert(LABEL_MANAGED_BY.into(), MANAGER.into());
        annotations.insert(ANNOTATION_RESOURCE.into(), content.token.uid().unwrap_or_default());
        annotations.insert(ANNOTATION_NUMBER.into(), content.entry.n.to_string());
        annotations.insert(ANNOTATION_CLIENT_ID.into(), content.entry.id.to_string());
        Self { labels, annotations }
    }

    /// Whether one is not there as it should be, or one is left from an earlier spec.
    pub fn differ(&self, found: &ObjectMeta) -> bool {
        let lacks = |have: Option<&Marks>, want: &Marks| {
            want.iter().any(|(key, value)| have.and_then(|have| have.get(key)) != Some(value))
        };
        let stale = !self.annotations.contains_key(ANNOTATION_TEMPLATE) && template(found).is_some();
        stale || lacks(found.labels.as_ref(), &self.labels) || lacks(found.annotations.as_ref(), &self.annotations)
    }

    /// Labels and annotations of a merge patch: what an earlier spec asked for and this one does not is taken away.
    pub fn patch(&self, found: Option<&ObjectMeta>) -> (Value, Value) {
        let (mut labels, mut annotations) = (json!(self.labels), json!(self.annotations));
        let Some(before) = found.and_then(template) else { return (labels, annotations) };
        let (old_labels, old_annotations) = before.split_once(';').unwrap_or((before, ""));
        forget(old_labels, &mut labels);
        forget(old_annotations, &mut annotations);
        if !self.annotations.contains_key(ANNOTATION_TEMPLATE) {
            annotations[ANNOTATION_TEMPLATE] = Value::Null;
        }
        (labels, annotations)
    }
}

fn template(found: &ObjectMeta) -> Option<&str> {
    found.annotations.as_ref()?.get(ANNOTATION_TEMPLATE).map(String::as_str)
}

/// A user may have written the list: the operator's own marks are not to be taken away with it.
fn forget(names: &str, marks: &mut Value) {
    for name in names.split(',').filter(|name| !name.is_empty() && !name.starts_with(PREFIX)) {
        if marks.get(name).is_none() {
            marks[name] = Value::Null;
        }
    }
}
