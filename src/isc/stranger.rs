//! Tells the API of ISC from what may answer in its place: a login page, a proxy, another host.
use reqwest::header::LOCATION;

use super::headers::{content_type, is_json, text};
use super::http::{Reply, Unread};

/// The thing that answered in the place of ISC's API; `None`: it may well be ISC, or a host that
/// fails.
pub fn stranger(reply: &Reply) -> Option<String> {
    let status = reply.status().as_u16();
    match status {
        // A file server or a parked domain; ISC knows the methods of its own API.
        501 => return Some("status 501 (the method is not known there)".into()),
        // A gateway of ISC itself may show a page for these.
        429 | 500..=599 => return None,
        300..=399 => return Some(redirect(reply)),
        405 => return Some("status 405 (the method is not allowed there)".into()),
        _ => {}
    }
    if is_page(reply) {
        return Some(format!("a page of HTML (status {status})"));
    }
    // All refusals of ISC are short, and JSON, or have nothing to say.
    if let Some(Unread(what)) = reply.extensions().get() {
        return Some(format!("a reply that is not read (status {status}): {what}"));
    }
    if reply.status().is_client_error() && !content_type(reply).is_empty() && !is_json(reply) {
        return Some(format!("a reply that is not JSON (status {status}, {})", kind(reply)));
    }
    None
}

/// True for a page that is made for people.
pub fn is_page(reply: &Reply) -> bool {
    content_type(reply).contains("html") || reply.body().trim_ascii_start().starts_with(b"<")
}

fn redirect(reply: &Reply) -> String {
    let status = reply.status().as_u16();
    match text(reply, LOCATION).and_then(place) {
        Some(place) => format!("a redirect (status {status}) to {place:?}"),
        None => format!("a redirect (status {status})"),
    }
}

/// The `Content-Type` of a reply, as far as it can be shown.
pub(super) fn kind(reply: &Reply) -> String {
    let plain = content_type(reply).split(';').next().unwrap_or_default().trim();
    if plain.is_empty() {
        return "no Content-Type".into();
    }
    let is_short = plain.split(['/', '.', '-', '+']).all(|part| part.len() <= LONGEST_PART);
    let is_kind = plain.chars().all(|c| c.is_ascii_graphic()) && plain.len() <= LONGEST_PLACE;
    if is_kind && is_short { format!("{plain:?}") } else { "an odd Content-Type".into() }
}

/// Longest word of a place or kind that is shown: a client secret and an access token are longer.
const LONGEST_PART: usize = 30;
/// Longest place or kind that is shown.
const LONGEST_PLACE: usize = 128;

/// The place that a redirect leads to, without what may hold a user or a secret value; `None`:
/// nothing of it can be shown. Whoever redirects may repeat what the request held, anywhere.
pub fn place(location: &str) -> Option<String> {
    let before = location.split(['?', '#', ';']).next()?;
    let is_printable = before.chars().all(|c| c.is_ascii_graphic());
    if before.is_empty() || before.contains('@') || !is_printable {
        return None;
    }
    let (host, path) = match before.split_once("://") {
        Some((scheme, rest)) => {
            let path = rest.find('/').unwrap_or(rest.len());
            before.split_at(scheme.len() + "://".len() + path)
        }
        None => ("", before),
    };
    if !is_harmless(host) {
        return None;
    }
    match (is_harmless(path), host) {
        (true, _) => Some(before.into()),
        (false, "") => None,
        (false, host) => Some(format!("{host}/…")),
    }
}

/// True if no word is long enough to be a client secret or an access token.
fn is_harmless(place: &str) -> bool {
    place.len() <= LONGEST_PLACE
        && place.split(|c: char| !c.is_ascii_alphanumeric()).all(|part| part.len() <= LONGEST_PART)
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
        assert!(
            to("https://sso.example/login?goto=c4n4ry")
                .ends_with("to \"https://sso.example/login\"")
        );
        assert_eq!(to("https://me:c4n4ry@sso.example/"), "a redirect (status 302)");
        assert_eq!(to(""), "a redirect (status 302)");
    }

    #[test]
    fn a_secret_value_that_is_repeated_in_a_redirect_or_a_kind_is_not_told() {
        let client_secret = "5f0c2a7be19d4863".repeat(4);
        let access_token = format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", "eyJ0ZW5hbnRfaWQi".repeat(9));
        for value in [client_secret, access_token] {
            for (location, expected) in [
                (format!("/login/{value}"), None),
                (format!("/login/{value}/x"), None),
                (value.clone(), None),
                (format!("https://{value}.example/login"), None),
                (format!("https://sso.example/login/{value}"), Some("https://sso.example/…")),
                (format!("//sso.example/login/x-{value}"), None),
                (format!("https://sso.example/login?x={value}"), Some("https://sso.example/login")),
            ] {
                assert_eq!(place(&location).as_deref(), expected, "{location}");
            }
            let told = said(403, &[("content-type", &format!("text/{value}"))]).unwrap();
            assert!(!told.contains(&value[..31]), "{told}");
        }
        assert_eq!(place("/login").as_deref(), Some("/login"));
    }
}
