//! POST on `check_token`: what an access token carries, with the names of its scopes; undocumented.
use serde_json::{Value, json};

use super::caller::{issued_here, outlived};
use super::form::form;
use super::{Exchange, Refusal};
use crate::access_token::Claims;
use crate::dialect::CheckToken;
use crate::reply::Reply;
use crate::scopes::ExtraScopes;

/// Needs no authentication beside the access token itself, which may be anybody's.
pub(crate) async fn check_token(exchange: &mut Exchange<'_>) -> Result<Reply, Refusal> {
    match exchange.tenant.switches().dialect.check_token {
        CheckToken::Answers => {}
        CheckToken::Refuses401 => return Err((401, "unauthorized".into())),
        CheckToken::Refuses403 => return Err((403, "Access is denied".into())),
        CheckToken::Missing => return Err((404, "No such resource".into())),
    }
    let form = form(exchange).await?;
    let state = exchange.tenant.inner.lock();
    let invalid = |_| (400, "invalid_token".to_owned());
    let claims = issued_here(exchange, form.value("token")).map_err(invalid)?;
    outlived(&state, &claims).map_err(invalid)?;
    exchange.entry.client_id = Some(claims.client_id.clone());
    exchange.entry.user.clone_from(&claims.sim.user);
    Ok(Reply::ok(told(&claims, &state.switches.extra_scopes)))
}

/// The claims, with names in place of the packed scopes.
fn told(claims: &Claims, extra: &ExtraScopes) -> Value {
    let mut told = claims.told.clone();
    told.insert("scope".into(), json!(claims.scopes(extra)));
    told.insert("encoded_scope".into(), json!([claims.sim.scope]));
    told.insert("client_id".into(), json!(claims.client_id));
    told.insert("authorities".into(), json!(claims.authorities));
    told.insert("exp".into(), json!(claims.exp));
    told.insert("jti".into(), json!(claims.jti));
    told.insert("active".into(), json!(true));
    Value::Object(told)
}
