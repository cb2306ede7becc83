//! The headers of a reply that the operator reads: times, kind, and where a redirect leads.
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, DATE, HeaderName, RETRY_AFTER};

use super::http::Reply;

/// `Retry-After` in seconds, or as a date relative to the reply's own `Date`.
pub fn retry_after(reply: &Reply) -> Option<Duration> {
    let value = text(reply, RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    // Relative to ISC's own clock, never to the local one (R20).
    let wait = http_date(value)? - date(reply)?;
    // A date that has passed: no wait.
    Some(Duration::from_millis(u64::try_from(wait).unwrap_or(0)))
}

/// The `Date` of a reply in milliseconds since the Unix epoch.
pub fn date(reply: &Reply) -> Option<i64> {
    http_date(text(reply, DATE)?)
}

/// True if the reply says that it is JSON.
pub fn is_json(reply: &Reply) -> bool {
    content_type(reply).to_ascii_lowercase().contains("json")
}

/// `Content-Type` of a reply; empty without one.
pub(super) fn content_type(reply: &Reply) -> &str {
    text(reply, CONTENT_TYPE).unwrap_or_default()
}

/// A header's value; `None`: the header is absent, or its value is not ASCII.
pub fn text(reply: &Reply, name: HeaderName) -> Option<&str> {
    reply.headers().get(name)?.to_str().ok()
}

fn http_date(text: &str) -> Option<i64> {
    let at = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(at.timestamp().as_millisecond())
}
