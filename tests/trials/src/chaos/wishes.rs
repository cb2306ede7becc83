//! What people want: the specs they write, and the deeds that chance lets them do.
use serde_json::{Value, json};
use simulation::{Break, Random};

use super::deeds::{Asks, Deed, NAMESPACES};
use super::hands::Meddling;

const SCOPES: [&str; 4] =
    ["idn:nelm:manage", "idn:nelm:read", "idn:accounts:read", "idn:access-request:manage"];

/// What somebody who creates a resource writes.
pub fn spec(random: &mut Random, tenants: u64) -> Value {
    let mut spec = json!({"tenantRef": {"name": format!("tenant-{}", random.below(tenants))}, "scopes": scopes(random)});
    if random.below(3) > 0 {
        spec["rotation"] = schedule(random);
    }
    if random.below(4) == 0 {
        spec["reclaimPolicy"] = json!("Retain");
    }
    if random.below(6) == 0 {
        spec["secret"] = json!({"format": "SailPointSdk"});
    }
    spec
}

/// Any deed.
pub fn deed(random: &mut Random, resources: u64, tenants: u64) -> Deed {
    let number = random.below(resources);
    let tenant = format!("tenant-{}", random.below(tenants));
    match random.below(37) {
        0..3 => Deed::Change(number, json!({"scopes": scopes(random)})),
        3 => Deed::Change(number, json!({"name": format!("name {}", random.below(5))})),
        4 => Deed::Change(number, json!({"name": null, "suspend": random.below(3) == 0})),
        5 => {
            Deed::Change(number, json!({"secret": {"labels": {"a": random.below(3).to_string()}}}))
        }
        6 => Deed::Change(number, json!({"scopes": ["sp:scopes:all"]})),
        7 => {
            Deed::Change(number, json!({ "reclaimPolicy": (random.one_of(&["Revoke", "Retain"])) }))
        }
        8..12 => rotation(random, resources),
        12 | 13 => Deed::Ask(number, Asks::Revoke),
        14..17 => Deed::Delete(number),
        17 => Deed::Create(number, spec(random, tenants)),
        18 => Deed::Renew(number, spec(random, tenants)),
        19 => Deed::Unhold { number, delete: random.below(2) == 0 },
        20 | 21 => Deed::DeleteSecret(number),
        22 => Deed::EditSecret(number, spoilt(random)),
        23 => Deed::Squat(number),
        24 => Deed::DeleteNamespace(random.one_of(&NAMESPACES)),
        25 => Deed::ForeignToken(tenant),
        26 => Deed::NoForeignTokens(tenant),
        27..31 => Deed::Meddle(tenant, Meddling::any(random)),
        33 | 34 => Deed::Disable(tenant),
        35 => Deed::Level(tenant, "USER"),
        31 | 32 => Deed::Jump(random.one_of(&[-1_500, 900, 40_000, 700_000])),
        _ => Deed::Break(random.one_of(&[Break::End, Break::Reset, Break::Gone])),
    }
}

/// A deed after which a token is replaced, now or later.
pub fn rotation(random: &mut Random, resources: u64) -> Deed {
    let number = random.below(resources);
    match random.below(8) {
        0 => Deed::Change(number, json!({"rotation": null})),
        1 | 2 => Deed::Change(number, json!({"rotation": schedule(random)})),
        3 | 4 => Deed::Change(
            number,
            json!({ "accessTokenValidity": (random.one_of(&["90s", "15m", "12h"])) }),
        ),
        5 => Deed::Ask(number, Asks::RotateSoon),
        6 if random.below(3) == 0 => Deed::Ask(number, Asks::Nonsense),
        _ => Deed::Ask(number, Asks::Rotate),
    }
}

/// A schedule within the bounds that the API server holds people to. Workloads read their Secret up
/// to 90 s late, and whoever declares a shorter overlap has them refused.
fn schedule(random: &mut Random) -> Value {
    let (every, overlap) =
        random.one_of(&[("1h", "2m"), ("1h", "30m"), ("2h", "5m"), ("12h", "3m"), ("7d", "2m")]);
    let longest = random.one_of(&[None, None, Some("30m"), Some("2h")]);
    json!({"every": every, "overlap": overlap, "maxOverlap": longest})
}

/// One to three of the scopes.
pub(crate) fn scopes(random: &mut Random) -> Value {
    let first = random.place(4);
    let count = 1 + random.place(3);
    json!(SCOPES.iter().cycle().skip(first).take(count).collect::<Vec<_>>())
}

/// What a careless person does to a Secret.
fn spoilt(random: &mut Random) -> Value {
    let other = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    match random.below(5) {
        0 => json!({"data": {"clientSecret": other}}),
        1 => json!({"data": null}),
        2 => {
            json!({"data": {"more": other}, "metadata": {"labels": {"app.kubernetes.io/managed-by": null}}})
        }
        3 => {
            json!({"metadata": {"annotations": {"pat-operator.dev/client-id": "somebody", "pat-operator.dev/number": "99"}}})
        }
        _ => json!({"metadata": {"annotations": null}}),
    }
}
