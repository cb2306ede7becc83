//! Whether something else than the API of ISC answered: a login page, a proxy, another host.
use reqwest::header::{CONTENT_TYPE, LOCATION};

use super::classify;
use super::http::Reply;

/// What answered in the place of ISC's API; `None`: it may well be ISC, or a host that fails.
pub fn stranger(reply: &Reply) -> Option<String> {
    let status = reply.status();
    if status.as_u16() == 501 {
        return Some("status 501 (the method is not known there)".into());
    }
    if status.is_server_error() || status.as_u16() == 429 {
        return None;
    }
    if status.is_redirection() {
        let to = reply.headers().get(LOCATION).and_then(|to| to.to_str().ok()).and_then(place);
        let to = to.map(|to| format!(" to {to:?}")).unwrap_or_default();
        return Some(format!("a redirect (status {}){to}", status.as_u16()));
    }
    if status.as_u16() == 405 {
        return Some("status 405 (the method is not allowed there)".into());
    }
    let kind = kind(reply);
    if is_page(reply) {
        return Some(format!("a page of HTML (status {})", status.as_u16()));
    }
    // All refusals of ISC are JSON, or have nothing to say.
    let is_text = status.is_client_error() && !kind.is_empty() && !classify::is_json(reply);
    is_text.then(|| format!("a reply that is not JSON (status {}, {:?})", status.as_u16(), shown(kind)))
}

/// Whether a reply is a page for people.
pub fn is_page(reply: &Reply) -> bool {
    kind(reply).contains("html") || reply.body().trim_ascii_start().starts_with(b"<")
}

fn kind(reply: &Reply) -> &str {
    reply.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default()
}

/// The kind of a reply, as far as it can be shown.
fn shown(kind: &str) -> String {
    let plain = kind.split(';').next().unwrap_or_default().trim();
    plain.chars().filter(char::is_ascii_graphic).take(40).collect()
}

/// Where a redirect leads, without what a user or a secret could be in.
fn place(location: &str) -> Option<String> {
    let path = location.split(['?', '#', ';']).next().unwrap_or_default();
    let plain = !path.is_empty() && !path.contains('@') && path.chars().all(|c| c.is_ascii_graphic());
    plain.then(|| path.chars().take(128).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, headers: &[(&str, &str)]) -> Option<String> {
        let mut reply = http::Response::builder().status(status);
        for (name, value) in headers {
            reply = reply.header(*name, *value);
        }
        stranger(&reply.body(bytes::Bytes::new()).unwrap())
    }

    #[test]
    fn a_login_page_a_proxy_and_another_host_are_told_from_isc() {
        let html = [("content-type", "text/html; charset=utf-8")];
        let json = [("content-type", "application/json")];
        let text = [("content-type", "text/plain")];
        for (status, headers, expected) in [
            (200, &html[..], true),
            (404, &html[..], true),
            (403, &html[..], true),
            (405, &json[..], true),
            (302, &[("location", "/login")][..], true),
            (307, &[][..], true),
            (200, &json[..], false),
            (400, &json[..], false),
            (401, &json[..], false),
            (404, &json[..], false),
            (429, &html[..], false),
            (500, &html[..], false),
            (503, &html[..], false),
            (501, &html[..], true),
            (403, &text[..], true),
            (401, &text[..], true),
            (403, &[("content-type", "application/xhtml+xml")][..], true),
            (401, &[][..], false),
        ] {
            assert_eq!(said(status, headers).is_some(), expected, "{status} {headers:?}");
        }
    }

    #[test]
    fn where_a_redirect_leads_is_told_without_query_and_user() {
        let to = |location: &str| said(302, &[("location", location)]).unwrap();
        assert!(to("https://sso.example/login?goto=c4n4ry").ends_with("to \"https://sso.example/login\""));
        assert_eq!(to("https://me:c4n4ry@sso.example/"), "a redirect (status 302)");
        assert_eq!(to(""), "a redirect (status 302)");
    }
}
