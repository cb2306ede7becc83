//! Replies of the token endpoint, and what is read from them.
use super::*;
use serde_json::{Value, json};

fn granted_with(reply: Value, claims: &Value) -> Result<Access, Failure> {
    let mut body = reply;
    if body["access_token"].is_null() {
        let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
        body["access_token"] = json!(format!("e30.{payload}.c2ln"));
    }
    let reply = http::Response::builder().status(200).header("content-type", "application/json");
    access(&reply.body(body.to_string().into()).unwrap(), Instant::now())
}

#[test]
fn names_of_scopes_come_from_whoever_has_them_and_a_bitmap_is_none() {
    let names =
        |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    for (sentence, reply, claims, expected) in [
        (
            "reply",
            json!({"scope": "idn:a:read sp:b"}),
            json!({"scope": ["FA=="]}),
            names(&["idn:a:read", "sp:b"]),
        ),
        ("bitmap alone", json!({}), json!({"scope": ["FA=="]}), None),
        ("bitmap as text", json!({}), json!({"scope": "FA=="}), None),
        (
            "the guide's old sample",
            json!({"scope": "read write"}),
            json!({"scope": ["read", "write"]}),
            None,
        ),
        (
            "names in the claim",
            json!({"scope": "read write"}),
            json!({"scope": ["idn:a:read"]}),
            names(&["idn:a:read"]),
        ),
        (
            "names as text in the claim",
            json!({}),
            json!({"scope": "idn:a:read sp:b"}),
            names(&["idn:a:read", "sp:b"]),
        ),
        (
            "an array in the reply",
            json!({"scope": ["idn:a:read"]}),
            json!({}),
            names(&["idn:a:read"]),
        ),
        ("nonsense", json!({"scope": 7}), json!({"scope": {"a": 1}}), None),
        ("nothing", json!({}), json!({}), None),
    ] {
        assert_eq!(
            granted_with(reply, &claims).ok().unwrap().identity.scopes,
            expected,
            "{sentence}"
        );
    }
}

#[test]
fn an_absurd_life_is_bounded_and_never_ends_the_process() {
    for (said, least, most) in [
        (json!(600), 450, 450),
        (json!("600"), 450, 450),
        (json!(599.9), 449, 450),
        (json!(15), 11, 12),
        (json!(18_446_744_073_709_551_615_u64), 32_400, 32_400),
        (json!(1e300), 32_400, 32_400),
        (json!("1e999"), 45, 32_400),
        (json!("NaN"), 45, 45),
        (json!(-1), 45, 45),
        (json!(0), 45, 45),
        (json!("soon"), 45, 45),
        (json!(null), 45, 45),
        (json!([3600]), 45, 45),
        (json!({}), 45, 45),
    ] {
        let before = Instant::now();
        let until = granted_with(json!({"expires_in": said}), &json!({})).ok().unwrap().until;
        let life = until.saturating_duration_since(before).as_secs();
        assert!((least..=most + 1).contains(&life), "{said}: {life}");
    }
}

#[test]
fn who_it_is_may_stand_in_reply_or_claims_or_nowhere_and_in_any_type() {
    let claims = json!({"tenant_id": "t", "identity_id": "u", "org": "acme", "pod": "p"});
    let all = granted_with(json!({}), &claims).ok().unwrap().identity;
    assert_eq!((all.tenant_id.as_deref(), all.identity_id.as_deref()), (Some("t"), Some("u")));
    let reply = granted_with(json!({"tenant_id": "r"}), &claims).ok().unwrap().identity;
    assert_eq!(reply.tenant_id.as_deref(), Some("r"));
    let odd = granted_with(json!({"tenant_id": 7, "identity_id": null, "org": ""}), &json!({}))
        .ok()
        .unwrap()
        .identity;
    assert_eq!(odd, Identity::default());
}

#[test]
fn what_is_no_access_token_did_not_come_from_isc() {
    for token in [json!(""), json!(7), json!("a b"), json!("ü"), json!("a\nb")] {
        let failure = granted_with(json!({"access_token": token}), &json!({})).err();
        assert!(matches!(failure, Some(Failure::Elsewhere(_))), "{token}: {failure:?}");
    }
}

/// What a reply of the token endpoint means.
fn read(status: u16, kind: &str, body: &str) -> Result<Access, Failure> {
    let mut reply = http::Response::builder().status(status);
    if !kind.is_empty() {
        reply = reply.header("content-type", kind);
    }
    granted(&reply.body(body.to_owned().into()).unwrap(), Instant::now())
}

#[test]
fn a_success_without_an_access_token_tells_what_it_is() {
    const JSON: &str = "application/json";
    for (status, kind, body, words) in [
        (
            200,
            "text/plain",
            "{\"access_token\":\"a\"}",
            &["200", "\"text/plain\"", "it is not JSON"][..],
        ),
        (200, "", "{\"access_token\":\"a\"}", &["no Content-Type", "it is not JSON"]),
        (200, JSON, "\u{feff}{\"access_token\":\"a\"}", &["byte order mark"]),
        (200, JSON, "{\"error\":\"invalid_client\"}", &["invalid_client"]),
        (200, JSON, "{}", &["no explanation given"]),
        (200, JSON, "", &["200", "it is empty"]),
        (204, "", "", &["204", "it is empty"]),
    ] {
        let Err(Failure::Elsewhere(told)) = read(status, kind, body) else { panic!("{body}") };
        for word in words {
            assert!(told.contains(word), "{body}: {told}");
        }
        assert!(told.contains("without an access token"), "{told}");
    }
}

/// What a failed grant means for a live credential.
#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    /// ISC refuses it.
    Dead,
    /// ISC refuses whoever is new, and says too little against one that worked.
    Silent,
    Elsewhere,
    Outage,
}

#[test]
fn only_a_refusal_in_the_words_of_isc_is_one_of_a_live_credential() {
    const JSON: &str = "application/json";
    let sentence = "{\"error\":\"request blocked by policy\"}";
    for (status, kind, body, expected) in [
        (401, JSON, "{\"error\":\"invalid_client\"}", Meaning::Dead),
        (400, JSON, "{\"error\":\"invalid_client\"}", Meaning::Dead),
        (403, JSON, "{\"error\":\"access_denied\"}", Meaning::Dead),
        (401, JSON, "{\"error\":\"JWT is expired\"}", Meaning::Dead),
        (403, JSON, "{\"detailCode\":\"403.0 Forbidden\"}", Meaning::Dead),
        (401, JSON, "{\"errorMessage\":\"no such client\"}", Meaning::Dead),
        (400, JSON, "{\"error\":\"temporarily_unavailable\"}", Meaning::Outage),
        (401, JSON, "{\"error\":\"server_error\",\"error_description\":\"x\"}", Meaning::Outage),
        (503, JSON, "{\"error\":\"invalid_client\"}", Meaning::Outage),
        (401, "", "", Meaning::Silent),
        (401, JSON, "", Meaning::Silent),
        (401, JSON, "{}", Meaning::Silent),
        (400, "", "", Meaning::Silent),
        (403, "", "", Meaning::Elsewhere),
        (403, JSON, "{}", Meaning::Elsewhere),
        (403, JSON, sentence, Meaning::Elsewhere),
        (403, JSON, "{\"message\":\"Forbidden\"}", Meaning::Elsewhere),
        (401, JSON, "[]", Meaning::Elsewhere),
        (401, JSON, "{\"error\":\"inv", Meaning::Elsewhere),
        (401, JSON, "{\"error\":{\"code\":401}}", Meaning::Elsewhere),
    ] {
        let meaning = match read(status, kind, body).err().unwrap() {
            failure if failure.is_explained() => Meaning::Dead,
            Failure::Refused { .. } => Meaning::Silent,
            Failure::Elsewhere(_) => Meaning::Elsewhere,
            Failure::Status { .. } => Meaning::Outage,
            other => panic!("{status} {body}: {other}"),
        };
        assert_eq!(meaning, expected, "{status} {body}");
    }
}

#[test]
fn a_refusal_whose_body_was_not_read_came_from_elsewhere() {
    use crate::isc::http::Unread;
    for (status, expected) in [(401, true), (404, true), (302, true), (503, false)] {
        let reply = http::Response::builder().status(status).extension(Unread("it is large"));
        let failure = granted(&reply.body(Bytes::new()).unwrap(), Instant::now()).err().unwrap();
        assert_eq!(matches!(failure, Failure::Elsewhere(_)), expected, "{status}: {failure}");
    }
}
