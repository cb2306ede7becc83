//! The token endpoint: client credentials in, access token out.
use std::convert::Infallible;

use axum::http::StatusCode;
use bytes::Bytes;
use futures_util::stream;
use jiff::Timestamp;
use serde_json::json;

use super::{Exchange, Refusal};
use crate::access_token::{Claims, sign};
use crate::clock::plus_seconds;
use crate::reply::Reply;
use crate::scopes::effective;
use crate::tenant::TenantState;
use crate::token::MAX_VALIDITY;

/// Data centre named in claims and replies.
pub(crate) const POD: &str = "sim01-loopback";

/// Issues an access token, or 401 for a credential that is wrong, expired, gone or too new.
pub(crate) async fn issue(exchange: &mut Exchange<'_>) -> Result<Reply, Refusal> {
    let form = parameters(exchange).await?;
    let value = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if value("grant_type") != Some("client_credentials") {
        let body = json!({"error": "unsupported_grant_type", "error_description": "use grant_type=client_credentials"});
        return Ok(Reply::json(StatusCode::BAD_REQUEST, body));
    }
    let (client_id, client_secret) =
        (value("client_id").unwrap_or_default(), value("client_secret").unwrap_or_default());
    exchange.entry.client_id = Some(client_id.to_owned());
    let mut state = exchange.tenant.inner.lock();
    exchange.count(&mut state, format!("{client_id} oauth"))?;
    let claims = match state.api_clients.get(client_id) {
        Some(expected) => (expected == client_secret).then(|| api_client(exchange, client_id)),
        None => token_claims(exchange, &mut state, client_id, client_secret),
    };
    let Some((claims, validity)) = claims else {
        return Err((401, "invalid_client".into()));
    };
    exchange.entry.user.clone_from(&claims.identity_id);
    Ok(Reply::ok(json!({
        "access_token": sign(&claims, &exchange.world.mint),
        "token_type": "bearer",
        "expires_in": validity,
        "scope": claims.scope.join(" "),
        "tenant_id": claims.tenant_id,
        "pod": claims.pod,
        "org": claims.org,
        "identity_id": claims.identity_id,
        "user_name": claims.user_name,
        "strong_auth": claims.strong_auth,
        "jti": claims.jti,
    })))
}

fn token_claims(
    exchange: &mut Exchange<'_>,
    state: &mut TenantState,
    client_id: &str,
    client_secret: &str,
) -> Option<(Claims, i64)> {
    let now = exchange.now();
    let owner = state.owners.get(client_id)?.clone();
    exchange.sweep(state, &owner);
    let switches = super::switches(state);
    let token = state.find_mut(client_id)?;
    exchange.entry.token_id = Some(token.id.clone());
    exchange.entry.token_name = Some(token.name.clone());
    if token.client_secret != client_secret || token.is_expired(now) || now < token.accepted_from {
        return None;
    }
    let stale = |used: Timestamp| plus_seconds(used, switches.last_used_seconds) <= now;
    let moves = token.last_used.is_none_or(stale);
    if moves {
        token.last_used = Some(now);
    }
    let (scope, validity) = (token.scope_for_access_tokens(now).map(<[String]>::to_vec), token.validity);
    if moves {
        state.remember(&owner, Some(now));
    }
    let user = state.users.get(&owner)?;
    let mut claims = empty_claims(exchange, client_id, plus_seconds(now, validity));
    claims.identity_id = Some(owner);
    claims.user_name = Some(user.name.clone());
    claims.authorities.clone_from(&user.levels);
    claims.scope = effective(scope.as_deref(), &user.levels, &switches.extra_scopes);
    Some((claims, validity))
}

fn api_client(exchange: &Exchange<'_>, client_id: &str) -> (Claims, i64) {
    let mut claims = empty_claims(exchange, client_id, plus_seconds(exchange.now(), MAX_VALIDITY));
    claims.authorities = vec!["API".into()];
    claims.scope = vec![crate::scopes::ALL.into()];
    (claims, MAX_VALIDITY)
}

fn empty_claims(exchange: &Exchange<'_>, client_id: &str, end: Timestamp) -> Claims {
    Claims {
        tenant_id: exchange.tenant.id.clone(),
        org: exchange.tenant.name.clone(),
        pod: POD.into(),
        identity_id: None,
        user_name: None,
        strong_auth: true,
        authorities: Vec::new(),
        client_id: client_id.to_owned(),
        scope: Vec::new(),
        exp: end.as_second(),
        jti: exchange.world.mint.uuid(),
    }
}

/// The form's fields: urlencoded or multipart body, and the query behind them.
async fn parameters(exchange: &Exchange<'_>) -> Result<Vec<(String, String)>, Refusal> {
    let mut form = match exchange.media_type() {
        "multipart/form-data" => multipart(exchange).await?,
        "application/x-www-form-urlencoded" => pairs(exchange.body),
        "" if exchange.body.is_empty() => Vec::new(),
        other => {
            return Err((415, format!("Content type '{other}' not supported: send a form")));
        }
    };
    if exchange.query_value("client_secret").is_some() {
        exchange.violation("a client secret in the query of a URL");
    }
    form.extend(pairs(exchange.query.as_bytes()));
    Ok(form)
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

async fn multipart(exchange: &Exchange<'_>) -> Result<Vec<(String, String)>, Refusal> {
    let bad = |e: multer::Error| (400, format!("not a multipart form: {e}"));
    let content_type = exchange.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(bad)?;
    let body = exchange.body.clone();
    let once = stream::once(async move { Ok::<Bytes, Infallible>(body) });
    let mut parts = multer::Multipart::new(once, boundary);
    let mut form = Vec::new();
    while let Some(field) = parts.next_field().await.map_err(bad)? {
        let name = field.name().unwrap_or_default().to_owned();
        form.push((name, field.text().await.map_err(bad)?));
    }
    Ok(form)
}
