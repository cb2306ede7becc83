//! The small reads: tenant discovery, public identities, and the NERM collections.
use axum::http::StatusCode;
use serde_json::json;

use super::caller::authenticate;
use super::oauth::POD;
use super::{Exchange, Refusal};
use crate::reply::Reply;
use crate::scopes::{DEFAULT, allows};
use crate::switches::Nerm;

/// Tenant discovery; needs no authentication.
pub(crate) fn oauth_info(exchange: &Exchange<'_>) -> Reply {
    let (tenant, id) = (&exchange.tenant.name, &exchange.tenant.id);
    Reply::ok(json!({"tenantId": id, "org": tenant, "pod": POD, "region": "loopback"}))
}

/// The cheapest probe of an access token.
pub(crate) fn public_identities(exchange: &mut Exchange<'_>) -> Result<Reply, Refusal> {
    let tenant = exchange.tenant;
    let state = tenant.inner.lock();
    let claims = authenticate(exchange, &state)?;
    if !allows(&claims.scope, &claims.authorities, &[DEFAULT], &state.switches.extra_scopes) {
        return Err((403, format!("The access token lacks the scope {DEFAULT}")));
    }
    let limit = exchange.query_value("limit").and_then(|text| text.parse().ok()).unwrap_or(250);
    let mut users: Vec<_> = state.users.values().collect();
    users.sort_by(|a, b| a.id.cmp(&b.id));
    let view = |user: &&crate::tenant::User| {
        json!({
            "id": user.id,
            "name": user.name,
            "alias": user.name,
            "email": null,
            "status": "Active",
            "identityState": "ACTIVE",
            "manager": null,
            "attributes": [],
        })
    };
    Ok(Reply::ok(users.iter().take(limit).map(view).collect()))
}

/// The probe of NERM: an accepted access token gets a collection, or 400 where it is empty.
pub(crate) fn nerm(exchange: &mut Exchange<'_>) -> Result<Reply, Refusal> {
    let tenant = exchange.tenant;
    let state = tenant.inner.lock();
    let collection = exchange.call.id.clone().unwrap_or_default();
    authenticate(exchange, &state)?;
    match state.switches.nerm {
        Nerm::Filled => {
            let one = json!({"id": exchange.tenant.id, "name": "simulated"});
            Ok(Reply::ok(json!({collection: [one], "_metadata": {}})))
        }
        Nerm::Empty => Ok(Reply::json(StatusCode::BAD_REQUEST, json!({"error": format!("no {collection} found")}))),
        Nerm::Refused => Err((401, "unauthorized".into())),
        Nerm::Forbidden => Err((403, "forbidden".into())),
        Nerm::Unavailable => Err((503, "service unavailable".into())),
        Nerm::NotFound => Ok(Reply::html(StatusCode::NOT_FOUND, "Not found")),
    }
}
