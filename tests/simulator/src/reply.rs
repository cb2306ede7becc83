//! A reply before it becomes bytes, so that faults can still alter it, and the bodies that replies
//! have in common.
use axum::http::StatusCode;
use serde_json::{Value, json};

/// What goes on the wire instead of the JSON.
#[derive(Clone, Debug)]
pub enum Raw {
    /// Exactly these bytes.
    Bytes(Vec<u8>),
    /// These bytes under a `Content-Length` that is wrong by so many bytes.
    WrongLength(Vec<u8>, i64),
}

/// A reply in the making.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Status line.
    pub status: StatusCode,
    /// Body; `None` for none.
    pub json: Option<Value>,
    /// Takes the place of `json` where set.
    pub raw: Option<Raw>,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// `Content-Type` where there is a body.
    pub content_type: &'static str,
}

impl Reply {
    /// A JSON reply.
    pub fn json(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            json: Some(body),
            raw: None,
            headers: Vec::new(),
            content_type: "application/json",
        }
    }

    /// 200 with a body.
    pub fn ok(body: Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// A status alone.
    pub fn empty(status: StatusCode) -> Self {
        Self { json: None, ..Self::json(status, Value::Null) }
    }

    /// A page of HTML.
    pub fn html(status: StatusCode, title: &str) -> Self {
        let page = format!(
            "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
        );
        let raw = Some(Raw::Bytes(page.into_bytes()));
        Self { raw, content_type: "text/html; charset=utf-8", ..Self::empty(status) }
    }

    /// The same with another status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = StatusCode::from_u16(status).unwrap_or(self.status);
        self
    }

    /// The same with fields that nobody knows, in each object that is not part of another.
    pub fn with_unknown_fields(mut self) -> Self {
        match &mut self.json {
            Some(Value::Array(items)) => items.iter_mut().for_each(add_unknown_fields),
            Some(body) => add_unknown_fields(body),
            None => {}
        }
        self
    }

    /// Adds a header.
    pub fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// One field of each type that JSON has.
fn add_unknown_fields(body: &mut Value) {
    let Value::Object(fields) = body else {
        return;
    };
    let unknown = json!({
        "unknownText": "\u{1f511} since the next release",
        "unknownNumber": u64::MAX,
        "unknownFraction": -1.5e-7,
        "unknownFlag": true,
        "unknownNull": null,
        "unknownList": [1, "two", [3], {}],
        "unknownObject": {"id": 7, "scope": {"name": null}},
    });
    if let Value::Object(unknown) = unknown {
        fields.extend(unknown);
    }
}
