//! A reply before it becomes bytes, so that faults can still alter it, and the vendor's error bodies.
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
        Self { status, json: Some(body), raw: None, headers: Vec::new(), content_type: "application/json" }
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
        let page =
            format!("<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>");
        let raw = Some(Raw::Bytes(page.into_bytes()));
        Self { raw, content_type: "text/html; charset=utf-8", ..Self::empty(status) }
    }

    /// An error in the shape that ISC uses for this status.
    pub fn error(status: u16, text: &str, request: u64) -> Self {
        let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = match status {
            401 => json!({"error": text}),
            429 => json!({"message": text}),
            _ => json!({
                "detailCode": format!("{status}.0 {}", code.canonical_reason().unwrap_or("Error")),
                "trackingId": format!("sim-{request}"),
                "messages": [{"locale": "en-US", "localeOrigin": "DEFAULT", "text": text}],
                "causes": [],
            }),
        };
        Self::json(code, body)
    }

    /// Adds a header.
    pub fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}
