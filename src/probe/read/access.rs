//! Reads an access token and the reply that it came with.
use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{Object, text, texts};
use crate::probe::facts::{Access, Life, Named, ScopeClaim, ScopeText};
use crate::redacted::Redacted;

/// The reply of `/oauth/token`, whose access token was taken out, and the claims of that.
pub fn access(body: &Object, bearer: &Redacted) -> Access {
    let read = claims(bearer);
    let claim = match &read {
        Some(claims) => scope_claim(claims),
        None => ScopeClaim::Unreadable,
    };
    let claims = read.unwrap_or_default();
    let both = |name: &str| Named { reply: text(body, name), claims: text(&claims, name) };
    let either = |name: &str| text(body, name).or_else(|| text(&claims, name));
    Access {
        claim,
        names_in_claim: matches!(scope_text(claims.get("scope")), ScopeText::Names(_)),
        text: scope_text(body.get("scope")),
        life: life(body.get("expires_in")),
        identity: both("identity_id"),
        tenant_id: both("tenant_id"),
        name: either("org"),
        pod: either("pod"),
    }
}

/// The payload of an access token, not verified.
fn claims(bearer: &Redacted) -> Option<Object> {
    let payload = bearer.expose().split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn scope_claim(claims: &Object) -> ScopeClaim {
    match claims.get("scope") {
        None | Some(Value::Null) => ScopeClaim::Absent,
        Some(Value::String(text)) if is_bitmap(text) => ScopeClaim::Bitmap,
        Some(Value::String(_)) => ScopeClaim::Text,
        Some(Value::Array(entries)) => match entries.as_slice() {
            [Value::String(text)] if is_bitmap(text) => ScopeClaim::Bitmap,
            entries if entries.iter().all(Value::is_string) => ScopeClaim::Names,
            _ => ScopeClaim::Other,
        },
        Some(_) => ScopeClaim::Other,
    }
}

/// Base64 of a few bytes; the name of a scope has colons, which base64 has not.
fn is_bitmap(text: &str) -> bool {
    !text.is_empty() && (STANDARD.decode(text).is_ok() || STANDARD_NO_PAD.decode(text).is_ok())
}

/// The names in a reply's `scope`.
pub fn scope_text(scope: Option<&Value>) -> ScopeText {
    let names = match scope {
        Some(Value::String(text)) => {
            let mut names: BTreeSet<String> = text.split([' ', ',']).map(str::to_owned).collect();
            names.remove("");
            names
        }
        Some(list @ Value::Array(_)) => texts(list).unwrap_or_default(),
        _ => BTreeSet::new(),
    };
    if names.is_empty() {
        ScopeText::Absent
    // Words without a colon, such as `read write`, are no scopes of ISC.
    } else if names.iter().any(|name| name.contains(':')) {
        ScopeText::Names(names)
    } else {
        ScopeText::Words
    }
}

fn life(value: Option<&Value>) -> Life {
    match value {
        None | Some(Value::Null) => Life::Absent,
        Some(Value::Number(number)) => match number.as_u64() {
            Some(seconds) => Life::Seconds(seconds),
            None => odd(number.as_f64()),
        },
        Some(Value::String(text)) => odd(text.trim().parse().ok()),
        Some(_) => Life::Other,
    }
}

/// A positive number of seconds, rounded down; anything else is no life.
fn odd(seconds: Option<f64>) -> Life {
    let Some(seconds) = seconds else { return Life::Other };
    match Duration::try_from_secs_f64(seconds) {
        Ok(life) if life.as_secs() > 0 => Life::Odd(life.as_secs()),
        Ok(_) | Err(_) => Life::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claim(scope: Value) -> ScopeClaim {
        scope_claim(json!({ "scope": scope }).as_object().unwrap())
    }

    #[test]
    fn every_form_of_the_scope_claim_is_told_apart() {
        for (scope, form) in [
            (json!("FA=="), ScopeClaim::Bitmap),
            (json!(["FA=="]), ScopeClaim::Bitmap),
            (json!(["AAECAw"]), ScopeClaim::Bitmap),
            (json!(["read", "write"]), ScopeClaim::Names),
            (json!(["sp:scopes:all"]), ScopeClaim::Names),
            (json!([]), ScopeClaim::Names),
            (json!("sp:scopes:all idn:nelm:read"), ScopeClaim::Text),
            (json!("read write"), ScopeClaim::Text),
            (json!(""), ScopeClaim::Text),
            (Value::Null, ScopeClaim::Absent),
            (json!(7), ScopeClaim::Other),
            (json!([7]), ScopeClaim::Other),
        ] {
            assert_eq!(claim(scope.clone()), form, "{scope}");
        }
        assert_eq!(scope_claim(&Object::new()), ScopeClaim::Absent);
        for opaque in ["", "abc", "a.!.c", "a.bm8.c"] {
            assert_eq!(claims(&Redacted::new(opaque.into())), None, "{opaque}");
        }
    }

    #[test]
    fn names_of_scopes_have_colons() {
        let of = |value: Value| scope_text(Some(&value));
        let names =
            |all: &[&str]| ScopeText::Names(all.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(
            of(json!("sp:scopes:default idn:nelm:read")),
            names(&["sp:scopes:default", "idn:nelm:read"])
        );
        assert_eq!(of(json!(["a:b", "c"])), names(&["a:b", "c"]));
        assert_eq!(of(json!("read write")), ScopeText::Words);
        for nothing in [json!(""), Value::Null, json!(7), json!([])] {
            assert_eq!(of(nothing), ScopeText::Absent);
        }
        assert_eq!(scope_text(None), ScopeText::Absent);
    }

    #[test]
    fn expires_in_is_read_in_every_form() {
        for (value, expected) in [
            (json!(43_199), Life::Seconds(43_199)),
            (json!(u64::MAX), Life::Seconds(u64::MAX)),
            (json!("43199"), Life::Odd(43_199)),
            (json!(599.5), Life::Odd(599)),
            (json!("599.5"), Life::Odd(599)),
            (json!(0.5), Life::Other),
            (json!(1e300), Life::Other),
            (Value::Null, Life::Absent),
            (json!(-1), Life::Other),
            (json!("soon"), Life::Other),
            (json!([1]), Life::Other),
        ] {
            assert_eq!(life(Some(&value)), expected, "{value}");
        }
    }
}
