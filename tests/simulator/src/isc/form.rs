//! The fields of a form: urlencoded or multipart body, and the query behind them.
use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;

use super::{Exchange, Refusal};

/// Names and values in their order.
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// The first value of this name; empty where there is none.
    pub fn value(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// The form of a request.
pub(crate) async fn form(exchange: &Exchange<'_>) -> Result<Form, Refusal> {
    let mut fields = match exchange.media_type() {
        "multipart/form-data" => multipart(exchange).await?,
        "application/x-www-form-urlencoded" => pairs(exchange.body),
        "" if exchange.body.is_empty() => Vec::new(),
        other => {
            return Err((415, format!("Content type '{other}' not supported: send a form")));
        }
    };
    if exchange.query_value("client_secret").is_some() {
        exchange.violation("a client secret in the query of a URL");
    }
    fields.extend(pairs(exchange.query.as_bytes()));
    Ok(Form(fields))
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

async fn multipart(exchange: &Exchange<'_>) -> Result<Vec<(String, String)>, Refusal> {
    let bad = |e: multer::Error| (400, format!("not a multipart form: {e}"));
    let content_type =
        exchange.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(bad)?;
    let body = exchange.body.clone();
    let once = stream::once(async move { Ok::<Bytes, Infallible>(body) });
    let mut parts = multer::Multipart::new(once, boundary);
    let mut fields = Vec::new();
    while let Some(field) = parts.next_field().await.map_err(bad)? {
        let name = field.name().unwrap_or_default().to_owned();
        fields.push((name, field.text().await.map_err(bad)?));
    }
    Ok(fields)
}
