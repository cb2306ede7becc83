//! Times in the headers of a reply.
use std::time::Duration;

use reqwest::header::{DATE, RETRY_AFTER};

use super::http::Reply;

/// `Retry-After` in seconds, or as a date relative to the reply's own `Date`.
pub fn retry_after(reply: &Reply) -> Option<Duration> {
    let text = reply.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = http_date(text)?;
    let wait = until - date(reply)?;
    Some(Duration::from_millis(u64::try_from(wait).unwrap_or(0)))
}

/// The `Date` of a reply in milliseconds since the Unix epoch.
pub fn date(reply: &Reply) -> Option<i64> {
    http_date(reply.headers().get(DATE)?.to_str().ok()?)
}

fn http_date(text: &str) -> Option<i64> {
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp().as_millisecond())
}
