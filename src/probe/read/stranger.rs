//! Tells the replies of ISC's API from those of what stands in its place, and describes these
//! without what could be a secret value.
use http::header::LOCATION;

use super::harmless;
use crate::isc::Failure;
use crate::isc::headers::{self, is_json};
use crate::isc::http::Reply;
use crate::isc::stranger::{is_page, stranger};

/// True if something else than an API answers: it sends people elsewhere, or shows them a page. A
/// host that fails may show a page too.
pub fn is_elsewhere(reply: &Reply) -> bool {
    let fails = reply.status().is_server_error() || reply.status().as_u16() == 429;
    reply.status().is_redirection() || (is_page(reply) && !fails)
}

/// The thing that refuses or redirects in the place of ISC; `None`: ISC may, or what was asked is
/// done.
pub fn refuser(reply: &Reply) -> Option<String> {
    // ISC answers 405 and 501 too, if the token API is another version.
    let is_isc_like = matches!(reply.status().as_u16(), 200..300 | 405 | 501);
    if is_isc_like || stranger(reply).is_none() { None } else { Some(described(reply)) }
}

/// A reply that is not ISC's, in words.
pub fn described(reply: &Reply) -> String {
    let status = reply.status().as_u16();
    if reply.status().is_redirection() {
        return match headers::text(reply, LOCATION) {
            Some(location) => format!("a redirect ({status}) to {:?}", harmless(&place(location))),
            None => format!("a redirect ({status})"),
        };
    }
    if is_page(reply) {
        format!("a page for people ({status})")
    } else if !is_json(reply) {
        format!("status {status} that is not JSON")
    } else {
        format!("status {status} in JSON that is not ISC's")
    }
}

/// The failure without the place that a redirect names, which may hold anything.
pub fn without_place(failure: Failure, reply: &Reply) -> Failure {
    match failure {
        Failure::Elsewhere(_) => Failure::Elsewhere(described(reply)),
        Failure::Connect(_)
        | Failure::NoReply(_)
        | Failure::Malformed { .. }
        | Failure::Refused { .. }
        | Failure::Forbidden(_)
        | Failure::Wait(_)
        | Failure::Status { .. }
        | Failure::Setup(_) => failure,
    }
}

/// Scheme and host of a URL, or a path: what stands behind may be long, and anything.
fn place(location: &str) -> String {
    let path = location.split(['?', '#']).next().unwrap_or_default();
    match path.split_once("://") {
        Some((scheme, rest)) => {
            format!("{scheme}://{}", rest.split('/').next().unwrap_or_default())
        }
        None => path.to_owned(),
    }
}
