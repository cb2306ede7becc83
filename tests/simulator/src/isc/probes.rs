//! The small reads: tenant discovery, public identities, and the NERM collections.
use axum::http::StatusCode;
use serde_json::json;

use super::caller::authenticate;
use super::grant::POD;
use super::{Exchange, Refusal};
use crate::dialect::OauthInfo;
use crate::reply::Reply;
use crate::scopes::DEFAULT;
use crate::switches::Nerm;

/// Tenant discovery; needs no authentication. Nobody lives at the addresses it names.
pub(crate) fn oauth_info(exchange: &Exchange<'_>) -> Result<Reply, Refusal> {
    let (tenant, id) = (&exchange.tenant.name, &exchange.tenant.id);
    match exchange.tenant.switches().dialect.oauth_info {
        OauthInfo::Full => Ok(Reply::ok(json!({
            "tenantId": id,
            "tenantName": tenant,
            "authorizeEndpoint": format!("https://{tenant}.login.example/oauth/authorize"),
            "tokenEndpoint": format!("https://{tenant}.api.example/oauth/token"),
            "cloudDomainUrl": format!("https://{tenant}.example"),
            "pod": POD,
        }))),
        OauthInfo::TenantIdOnly => Ok(Reply::ok(json!({"tenantId": id}))),
        OauthInfo::Missing => Err((404, "No such resource".into())),
    }
}

/// The cheapest probe of an access token.
pub(crate) fn public_identities(exchange: &mut Exchange<'_>) -> Result<Reply, Refusal> {
    let tenant = exchange.tenant;
    let state = tenant.inner.lock();
    let claims = authenticate(exchange, &state)?;
    if !claims.may(&[DEFAULT], &state.switches.extra_scopes) {
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
            let (uid, name) = if collection == "users" {
                ("ann", "Ann")
            } else {
                ("profile_owner", "Profile Owner")
            };
            let one = json!({"id": exchange.tenant.id, "uid": uid, "name": name});
            Ok(Reply::ok(json!({collection: [one], "_metadata": {}})))
        }
        Nerm::Empty => Ok(Reply::json(
            StatusCode::BAD_REQUEST,
            json!({"error": format!("no {collection} found")}),
        )),
        Nerm::Refused => Err((401, "unauthorized".into())),
        Nerm::Forbidden => Err((403, "forbidden".into())),
        Nerm::Unavailable => Err((503, "service unavailable".into())),
        Nerm::NotFound => Ok(Reply::html(StatusCode::NOT_FOUND, "Not found")),
    }
}
