//! Labels and annotations of a published Secret: the operator's own, and those that the spec asks
//! for, as long as it does.
use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::ResourceExt;
use serde_json::{Value, json};

use crate::api::PersonalAccessToken;
use crate::api::names::{
    ANNOTATION_CLIENT_ID, ANNOTATION_NUMBER, ANNOTATION_RESOURCE, ANNOTATION_TEMPLATE,
    LABEL_MANAGED_BY, MANAGER, PREFIX,
};
use crate::lifecycle::ledger::Entry;

/// Labels or annotations.
type Pairs = BTreeMap<String, String>;

/// The labels and annotations that a Secret should have.
pub(super) struct Marks {
    labels: Pairs,
    annotations: Pairs,
}

impl Marks {
    /// Those of the Secret that holds this token for this resource.
    pub(super) fn of(token: &PersonalAccessToken, entry: &Entry) -> Self {
        let (mut labels, mut annotations) = (Pairs::new(), Pairs::new());
        if let Some(template) = &token.spec.secret {
            labels.extend(template.labels.clone().unwrap_or_default());
            annotations.extend(template.annotations.clone().unwrap_or_default());
        }
        // Written down, so that a later spec can take away what this one asked for.
        if !labels.is_empty() || !annotations.is_empty() {
            let list = format!("{};{}", names(&labels), names(&annotations));
            annotations.insert(ANNOTATION_TEMPLATE.into(), list);
        }
        // Last, so that no mark of the spec can take the place of one of these.
        labels.insert(LABEL_MANAGED_BY.into(), MANAGER.into());
        annotations.insert(ANNOTATION_RESOURCE.into(), token.uid().unwrap_or_default());
        annotations.insert(ANNOTATION_NUMBER.into(), entry.n.to_string());
        annotations.insert(ANNOTATION_CLIENT_ID.into(), entry.id.to_string());
        Self { labels, annotations }
    }

    /// True if a mark is not there as it should be, or one is left from an earlier spec.
    pub(super) fn differ(&self, found: &ObjectMeta) -> bool {
        let is_stale = !self.has_template() && from_spec(found).is_some();
        is_stale
            || lacks(found.labels.as_ref(), &self.labels)
            || lacks(found.annotations.as_ref(), &self.annotations)
    }

    /// Labels and annotations of a merge patch: what an earlier spec asked for and this one does
    /// not is taken away.
    pub(super) fn patch(&self, found: Option<&ObjectMeta>) -> (Value, Value) {
        let (mut labels, mut annotations) = (json!(self.labels), json!(self.annotations));
        let Some(before) = found.and_then(from_spec) else { return (labels, annotations) };
        let (old_labels, old_annotations) = before.split_once(';').unwrap_or((before, ""));
        forget(old_labels, &mut labels);
        forget(old_annotations, &mut annotations);
        if !self.has_template() {
            annotations[ANNOTATION_TEMPLATE] = Value::Null;
        }
        (labels, annotations)
    }

    /// True if the spec asks for marks.
    fn has_template(&self) -> bool {
        self.annotations.contains_key(ANNOTATION_TEMPLATE)
    }
}

fn names(pairs: &Pairs) -> String {
    let names: Vec<&str> = pairs.keys().map(String::as_str).collect();
    names.join(",")
}

fn lacks(found: Option<&Pairs>, wanted: &Pairs) -> bool {
    match found {
        Some(found) => wanted.iter().any(|(key, value)| found.get(key) != Some(value)),
        None => !wanted.is_empty(),
    }
}

/// The list of marks that are there because a spec asked for them.
fn from_spec(found: &ObjectMeta) -> Option<&str> {
    found.annotations.as_ref()?.get(ANNOTATION_TEMPLATE).map(String::as_str)
}

/// A user may have written the list: the operator's own marks are not to be taken away with it.
fn forget(names: &str, marks: &mut Value) {
    for name in names.split(',') {
        let is_operators = name.is_empty() || name.starts_with(PREFIX);
        if !is_operators && marks.get(name).is_none() {
            marks[name] = Value::Null;
        }
    }
}
