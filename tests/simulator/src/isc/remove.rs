//! DELETE: destroys a token.
use axum::http::StatusCode;

use super::{Exchange, Refusal};
use crate::record::Effect;
use crate::reply::Reply;
use crate::scopes::{ALL_MANAGE, MY_MANAGE};

pub(crate) fn remove(exchange: &mut Exchange<'_>) -> Result<Reply, Refusal> {
    let tenant = exchange.tenant;
    let mut state = tenant.inner.lock();
    let caller = super::caller::admit(exchange, &mut state, &[MY_MANAGE, ALL_MANAGE])?;
    let id = exchange.call.id.clone().unwrap_or_default();
    exchange.entry.token_id = Some(id.clone());
    let everyones = caller.may(&[ALL_MANAGE], &state);
    let found = state.find(&id).filter(|(user, _)| everyones || user.id == caller.user);
    let (_, token) =
        found.ok_or_else(|| (404, format!("The personal access token '{id}' does not exist")))?;
    if token.managed {
        exchange.violation("a DELETE of a managed token");
        return Err((403, "The token is managed by the platform".into()));
    }
    if let Some(token) = state.remove(&id, Some(exchange.now())) {
        exchange.effect(Effect::Deleted, &token);
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT).with_status(state.switches.dialect.deleted_status))
}
