//! The headers of a reply that the operator reads: times, kind, and where a redirect leads.
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderName, RETRY_AFTER};

use super::budget::LONGEST_HOLD;
use super::http::Reply;

/// `Retry-After` in seconds, or as a date relative to the reply's own `Date`; at most the longest
/// wait that ISC is believed to ask for.
pub fn retry_after(reply: &Reply) -> Option<Duration> {
    Some(asked_wait(reply)?.min(LONGEST_HOLD))
}

fn asked_wait(reply: &Reply) -> Option<Duration> {
    let value = text(reply, RETRY_AFTER)?.trim();
    if is_number(value) {
        let seconds: f64 = value.parse().ok()?;
        // A number that no wait can hold is a long wait, and no absent one.
        return Some(Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_HOLD));
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

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// The form that HTTP asks for, or the older one of RFC 850, which it still allows.
fn http_date(text: &str) -> Option<i64> {
    if let Ok(at) = jiff::fmt::rfc2822::parse(text) {
        return Some(at.timestamp().as_millisecond());
    }
    let at = DateTime::strptime("%A, %d-%b-%y %H:%M:%S GMT", text).ok()?;
    let at = at.to_zoned(TimeZone::UTC).ok()?;
    Some(at.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_retry_after_is_a_wait_and_none_is_too_long() {
        for (text, expected) in [
            ("30", Some(30_000)),
            ("0", Some(0)),
            (" 7 ", Some(7_000)),
            ("30.5", Some(30_500)),
            ("7200", Some(1_200_000)),
            ("99999999999999999999999", Some(1_200_000)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30_000)),
            ("Sunday, 06-Nov-94 08:50:07 GMT", Some(30_000)),
            ("Sunday, 06-Nov-94 08:49:07 GMT", Some(0)),
            ("-1", None),
            (".", None),
            ("1.2.3", None),
            ("1e3", None),
            ("soon", None),
            ("", None),
        ] {
            let reply = http::Response::builder()
                .status(429)
                .header(DATE, "Sun, 06 Nov 1994 08:49:37 GMT")
                .header(RETRY_AFTER, text);
            let reply = reply.body(bytes::Bytes::new()).unwrap();
            assert_eq!(retry_after(&reply), expected.map(Duration::from_millis), "{text:?}");
        }
    }
}
