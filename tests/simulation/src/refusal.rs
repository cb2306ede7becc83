//! Refusals: the `Status` objects that kube-apiserver answers with, word for word.
use serde_json::{Value, json};

use crate::kinds::Kind;

/// An answer other than success.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// HTTP status.
    pub code: u16,
    /// Machine-readable reason.
    pub reason: &'static str,
    /// Sentence.
    pub message: String,
    /// What it is about.
    pub details: Option<Value>,
}

/// One thing that is wrong with an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// `FieldValueInvalid`, `FieldValueRequired`, …
    pub reason: &'static str,
    /// Path of the field.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

const UNCHECKED: &str = "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";

impl Cause {
    /// A value that is not allowed; it is quoted unless it is JSON.
    pub fn invalid(field: &str, value: &Value, why: &str) -> Self {
        let message = format!("Invalid value: {value}: {why}");
        Self { reason: "FieldValueInvalid", field: field.into(), message }
    }

    /// A value that is missing; `why` may be empty.
    pub fn required(field: &str, why: &str) -> Self {
        let message =
            if why.is_empty() { "Required value".into() } else { format!("Required value: {why}") };
        Self { reason: "FieldValueRequired", field: field.into(), message }
    }

    /// A change that is not allowed now.
    pub fn forbidden(field: &str, why: &str) -> Self {
        Self {
            reason: "FieldValueForbidden",
            field: field.into(),
            message: format!("Forbidden: {why}"),
        }
    }
}

impl Refusal {
    /// Any code with its usual reason.
    pub fn new(code: u16, message: impl Into<String>) -> Self {
        let reason = match code {
            400 => "BadRequest",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "NotFound",
            409 => "Conflict",
            410 => "Expired",
            415 => "UnsupportedMediaType",
            422 => "Invalid",
            429 => "TooManyRequests",
            503 => "ServiceUnavailable",
            504 => "Timeout",
            500 => "InternalError",
            _ => "",
        };
        Self { code, reason, message: message.into(), details: None }
    }

    /// There is no such kind.
    pub fn unknown() -> Self {
        Self {
            details: Some(json!({})),
            ..Self::new(404, "the server could not find the requested resource")
        }
    }

    /// There is no such object.
    pub fn not_found(kind: &Kind, name: &str) -> Self {
        let refusal = Self::new(404, format!("{} {name:?} not found", kind.resource()));
        refusal.about(kind.plural, kind.group, name)
    }

    /// There is one of this name already.
    pub fn already_exists(kind: &Kind, name: &str) -> Self {
        let refusal = Self::new(409, format!("{} {name:?} already exists", kind.resource()));
        Self { reason: "AlreadyExists", ..refusal }.about(kind.plural, kind.group, name)
    }

    /// Somebody else wrote first, or a precondition does not hold.
    pub fn conflict(kind: &Kind, name: &str, why: &str) -> Self {
        let message =
            format!("Operation cannot be fulfilled on {} {name:?}: {why}", kind.resource());
        Self::new(409, message).about(kind.plural, kind.group, name)
    }

    /// The revision is not the one that is stored.
    pub fn outdated(kind: &Kind, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(kind, name, why)
    }

    /// A precondition of a deletion does not hold; `what` is `UID` or `ResourceVersion`.
    pub fn precondition(kind: &Kind, name: &str, what: &str, wanted: &str, stored: &str) -> Self {
        let guess = if what == "UID" { "deleted and then recreated" } else { "modified" };
        let why = format!(
            "the {what} in the precondition ({wanted}) does not match the {what} in record ({stored}). The object might have been {guess}"
        );
        let message =
            format!("Operation cannot be fulfilled on {} {name:?}: {why}", kind.qualified());
        Self::new(409, message).about(kind.kind, kind.group, name)
    }

    /// A custom object is never replaced blindly.
    pub fn unversioned(kind: &Kind, name: &str) -> Self {
        let cause = Cause::invalid(
            "metadata.resourceVersion",
            &json!(0),
            "must be specified for an update",
        );
        let mut refusal = Self::invalid(kind, name, &[cause]);
        refusal.message = refusal.message.replacen(&kind.qualified(), &kind.resource(), 1);
        if let Some(details) = &mut refusal.details {
            details["kind"] = kind.plural.into();
        }
        refusal
    }

    /// The object is not as it must be.
    pub fn invalid(kind: &Kind, name: &str, causes: &[Cause]) -> Self {
        let mut causes = causes.to_vec();
        // After errors of these kinds the real server does not look at a CRD's CEL rules, and says
        // so.
        let blocking = ["NotSupported", "Required", "TooLong", "TooMany", "TypeInvalid"];
        let is_blocking =
            |cause: &Cause| blocking.iter().any(|kind| cause.reason == format!("FieldValue{kind}"));
        if kind.custom && causes.iter().any(is_blocking) {
            causes.push(Cause::invalid("<nil>", &Value::Null, UNCHECKED));
        }
        let mut all: Vec<String> =
            causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
        all.dedup();
        let said = if all.len() == 1 { all.remove(0) } else { format!("[{}]", all.join(", ")) };
        let mut refusal =
            Self::new(422, format!("{} {name:?} is invalid: {said}", kind.qualified()));
        refusal =
            refusal.about(kind.kind, if kind.kind == "Event" { "" } else { kind.group }, name);
        if let Some(details) = &mut refusal.details {
            let cause =
                |c: &Cause| json!({"reason": c.reason, "message": c.message, "field": c.field});
            details["causes"] = causes.iter().map(cause).collect();
        }
        refusal
    }

    /// Nobody may create here, or delete this.
    pub fn forbidden(kind: &Kind, name: &str, why: &str) -> Self {
        let refusal = Self::new(403, format!("{} {name:?} is forbidden: {why}", kind.resource()));
        refusal.about(kind.plural, kind.group, name)
    }

    /// The history that a watch or a list asks for is gone.
    pub fn expired(asked: u64, oldest: u64) -> Self {
        Self::new(410, format!("too old resource version: {asked} ({oldest})"))
    }

    /// The real server would do something that this one cannot: never silently something else.
    pub fn not_simulated(what: &str) -> Self {
        Self::new(501, format!("the simulated API server does not know {what}"))
    }

    /// The `Status` object.
    pub fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "code": self.code,
        });
        if !self.reason.is_empty() {
            status["reason"] = self.reason.into();
        }
        if let Some(details) = &self.details {
            status["details"] = details.clone();
        }
        status
    }

    fn about(mut self, kind: &str, group: &str, name: &str) -> Self {
        let mut details = json!({"kind": kind});
        if !name.is_empty() {
            details["name"] = name.into();
        }
        if !group.is_empty() {
            details["group"] = group.into();
        }
        self.details = Some(details);
        self
    }
}
