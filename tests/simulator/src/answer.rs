//! Turns a reply into an HTTP response, with its own `Date` header and, if a fault says so, a wrong
//! length.
use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use crate::clock::{http_date, plus_seconds};
use crate::fault::{BadDate, Fault};
use crate::reply::{Raw, Reply};

/// The bytes of a reply.
pub(crate) fn bytes_of(reply: Reply) -> Response<Body> {
    let json = reply.json.as_ref().map(|body| body.to_string().into_bytes());
    let has_body = json.is_some() || reply.raw.is_some();
    let (body, length) = match (reply.raw, json) {
        (Some(Raw::WrongLength(bytes, by)), _) => {
            let claimed = (i64::try_from(bytes.len()).unwrap_or(i64::MAX) + by).max(0);
            (streamed(bytes), Some(claimed))
        }
        (Some(Raw::Bytes(bytes)), _) => (Body::from(bytes), None),
        (None, Some(bytes)) => (Body::from(bytes), None),
        (None, None) => (Body::empty(), None),
    };
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    if has_body {
        headers.insert("content-type", HeaderValue::from_static(reply.content_type));
    }
    if let Some(length) = length {
        headers.insert("content-length", HeaderValue::from(length));
    }
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Only a stream may contradict its header. It ends late, so that the headers go out before the
/// server notices.
fn streamed(bytes: Vec<u8>) -> Body {
    let first = stream::once(async { Ok::<_, Infallible>(Bytes::from(bytes)) });
    let end = stream::once(async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok(Bytes::new())
    });
    Body::from_stream(first.chain(end))
}

/// Sets the `Date` header, from the simulator's clock.
pub(crate) fn set_date(response: &mut Response<Body>, now: Timestamp, faults: &[Fault]) {
    let value = match faults.iter().find_map(|fault| fault.date) {
        None => http_date(now),
        Some(BadDate::Missing) => return,
        Some(BadDate::Epoch) => http_date(Timestamp::UNIX_EPOCH),
        Some(BadDate::NextYear) => http_date(plus_seconds(now, 365 * 86_400)),
        Some(BadDate::Garbage) => "yesterday".to_owned(),
    };
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().insert("date", value);
    }
}
