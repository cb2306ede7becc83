//! What a user may want: any declaration, and any change of one.
use isc_simulator::TokenEdit;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use simulation::Random;
use stage::{REVOKE, ROTATE};

const SCOPES: [&[&str]; 4] = [
    &["idn:nelm:read"],
    &["idn:nelm:manage"],
    &["idn:nelm:read", "idn:nelm:manage"],
    &["idn:nelm:read", "idn:sources:read"],
];
const ROTATIONS: [(&str, &str); 4] = [("1h", "5m"), ("4h", "1h"), ("12h", "30m"), ("2d", "12h")];

/// One wish about a resource that is there.
pub enum Edit {
    Delete,
    Patch(Value),
    /// A patch that asks for all tokens to be revoked.
    Revoke(Value),
    DeleteSecret,
    PatchSecret(Value),
    /// In ISC: a change of the token, or its end.
    InIsc(Option<TokenEdit>),
}

/// A new resource.
pub fn resource(dice: &mut Random, place: &str, name: &str) -> Value {
    let mut object = json!({"apiVersion": "pat-operator.dev/v1alpha1", "kind": "PersonalAccessToken",
        "metadata": {"name": name}, "spec": {"tenantRef": {"name": place}, "scopes": scopes(dice)}});
    for _ in 0..dice.below(3) {
        json_patch::merge(&mut object, &change(dice, place));
    }
    object
}

/// A wish about a resource as it is.
pub fn any(dice: &mut Random, place: &str, token: &Value, now: Timestamp) -> Edit {
    match dice.below(100) {
        0..16 => Edit::Delete,
        16..20 => Edit::Patch(json!({"spec": {"suspend": token["spec"]["suspend"] != true}})),
        20..26 => Edit::DeleteSecret,
        26..32 => Edit::PatchSecret(
            json!({"data": {"clientSecret": "eHg=", "SAIL_CLIENT_SECRET": "eHg="}}),
        ),
        32..38 => Edit::Patch(json!({"metadata": {"labels": {"noise": dice.suffix()}}})),
        38..52 => Edit::Patch(request(ROTATE, now)),
        52..57 => Edit::Revoke(request(REVOKE, now)),
        57..60 => Edit::InIsc(edit(dice, now)),
        _ => Edit::Patch(change(dice, place)),
    }
}

/// A merge patch of a spec.
fn change(dice: &mut Random, place: &str) -> Value {
    let one = |dice: &mut Random, end: usize| usize::try_from(dice.below(end as u64)).unwrap();
    let spec = match dice.below(7) {
        0 | 1 => json!({"scopes": scopes(dice)}),
        2 => json!({"name": format!("{place} {}", dice.suffix())}),
        3 => json!({"secret": {"format": (["Plain", "SailPointSdk"][one(dice, 2)])}}),
        4 => {
            let (every, overlap) = ROTATIONS[one(dice, ROTATIONS.len())];
            let longest = [Value::Null, json!("1d")][one(dice, 2)].clone();
            json!({"rotation": {"every": every, "overlap": overlap, "maxOverlap": longest}})
        }
        5 => json!({"accessTokenValidity": (["15m", "1h", "2h"][one(dice, 3)])}),
        _ => json!({"reclaimPolicy": (["Retain", "Revoke"][one(dice, 2)])}),
    };
    json!({"spec": spec})
}

fn request(annotation: &str, now: Timestamp) -> Value {
    json!({"metadata": {"annotations": {annotation: now.to_string()}}})
}

fn edit(dice: &mut Random, now: Timestamp) -> Option<TokenEdit> {
    let soon = now.checked_add(SignedDuration::from_hours(2)).unwrap();
    match dice.below(4) {
        0 => None,
        1 => Some(TokenEdit {
            scope: Some(Some(vec!["idn:sources:manage".into()])),
            ..TokenEdit::default()
        }),
        2 => Some(TokenEdit { expiration_date: Some(Some(soon)), ..TokenEdit::default() }),
        // Still the operator's by its machine part.
        _ => Some(TokenEdit { expiration_date: Some(None), ..TokenEdit::default() }),
    }
}

fn scopes(dice: &mut Random) -> Value {
    json!(SCOPES[usize::try_from(dice.below(SCOPES.len() as u64)).unwrap()])
}
