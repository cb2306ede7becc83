//! Reads the reply of NERM, by its body: many things between here and NERM answer in its place.
use super::{object, text};
use crate::isc::http::Reply;
use crate::isc::nerm::{self, verdict};
use crate::probe::facts::Nerm;

/// The answer in a reply to the request for one system role.
pub fn nerm(reply: &Reply) -> Nerm {
    let status = reply.status().as_u16();
    match verdict(reply) {
        nerm::Nerm::Accepted if status != 400 => Nerm::Accepted,
        // NERM looks at the access token before it finds out that there is nothing to show.
        nerm::Nerm::Accepted if is_of_nothing(reply) => Nerm::AcceptedEmpty,
        nerm::Nerm::Refused(_) => Nerm::Refused(status),
        nerm::Nerm::Accepted | nerm::Nerm::Unknown(_) => Nerm::NoAnswer(match status {
            200 | 400 | 401 | 403 => format!("{status}, not in NERM's words"),
            _ => status.to_string(),
        }),
    }
}

/// "no system_roles found", as NERM says of an empty collection.
fn is_of_nothing(reply: &Reply) -> bool {
    let error = object(reply).and_then(|said| text(&said, "error")).unwrap_or_default();
    let error = error.to_ascii_lowercase();
    error.starts_with("no ") && error.trim_end_matches('.').ends_with(" found")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nerm_would_say_is_an_answer() {
        let json = "application/json; charset=utf-8";
        for (status, kind, body, expected) in [
            (
                200,
                json,
                "{\"system_roles\":[{\"id\":\"a\"}],\"_metadata\":{}}",
                Some(Nerm::Accepted),
            ),
            (200, json, "{\"system_roles\":[]}", Some(Nerm::Accepted)),
            (400, json, "{\"error\":\"no system_roles found\"}", Some(Nerm::AcceptedEmpty)),
            (401, json, "{\"error\":\"unauthorized\"}", Some(Nerm::Refused(401))),
            (403, json, "{\"error\":\"forbidden\"}", Some(Nerm::Refused(403))),
            (200, "text/html", "<html>", None),
            (200, "text/plain", "{\"system_roles\":[]}", None),
            (200, json, "{\"error\":{\"code\":401}}", None),
            (200, json, "{\"errors\":[\"no\"]}", None),
            (200, json, "{\"error\":\"Unauthorized\",\"system_roles\":[]}", None),
            (200, json, "", None),
            (200, json, "null", None),
            (200, json, "\"garbage\"", None),
            (200, json, "{\"tenantId\":\"x\"}", None),
            (400, json, "{\"message\":\"Bad Request\"}", None),
            (400, json, "{\"error\":\"Bad Request\"}", None),
            (400, "text/html", "no system_roles found", None),
            (401, "text/html", "<html>", None),
            (401, json, "", None),
            (403, json, "{\"message\":\"Forbidden\"}", None),
            (404, json, "{\"error\":\"not found\"}", None),
            (302, "", "", None),
            (503, json, "{\"error\":\"service unavailable\"}", None),
        ] {
            let reply = http::Response::builder().status(status).header("content-type", kind);
            let said = nerm(&reply.body(body.to_owned().into()).unwrap());
            match expected {
                Some(expected) => assert_eq!(said, expected, "{status} {kind} {body}"),
                None => assert!(
                    matches!(&said, Nerm::NoAnswer(why) if why.starts_with(&status.to_string())),
                    "{status} {kind} {body}: {said:?}"
                ),
            }
        }
    }
}
