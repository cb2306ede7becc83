//! PATCH: changes name, scope and expiry of one of the caller's tokens.
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::create::{expiration, name, scope, unique};
use super::{Exchange, Refusal};
use crate::record::Effect;
use crate::reply::Reply;
use crate::route::Version;
use crate::scopes::MY_MANAGE;
use crate::switches::Switches;
use crate::token::Token;

#[derive(Deserialize)]
struct Change {
    op: String,
    path: String,
    #[serde(default)]
    value: Value,
}

pub(crate) fn patch(exchange: &mut Exchange<'_>) -> Result<Reply, Refusal> {
    let tenant = exchange.tenant;
    let mut state = tenant.inner.lock();
    let caller = super::caller::admit(exchange, &mut state, &[MY_MANAGE])?;
    let changes = changes(exchange)?;
    let id = exchange.call.id.clone().unwrap_or_default();
    exchange.entry.token_id = Some(id.clone());
    let switches = super::switches(&state);
    let found = state.find(&id).filter(|(user, _)| user.id == caller.user);
    let (user, token) =
        found.ok_or_else(|| (404, format!("The personal access token '{id}' does not exist")))?;
    if token.managed {
        exchange.violation("a PATCH of a managed token");
        return Err((403, "The token is managed by the platform".into()));
    }
    let mut changed = Token::clone(token);
    for change in &changes {
        apply(exchange, &mut changed, change, &switches)?;
    }
    settle_expiry(&mut changed, &changes, exchange, &switches)?;
    unique(user, &changed.name, &changed.id, &switches)?;
    let reply = match switches.dialect.changed_status {
        200 => Reply::ok(changed.listed(&user.name, &switches)),
        status => Reply::empty(StatusCode::NO_CONTENT).with_status(status),
    };
    exchange.effect(Effect::Patched, &changed);
    if let Some(stored) = state.find_mut(&id) {
        *stored = changed;
    }
    state.remember(&caller.user, Some(exchange.now()));
    Ok(reply)
}

fn changes(exchange: &Exchange<'_>) -> Result<Vec<Change>, Refusal> {
    let media_type = exchange.media_type();
    if media_type != "application/json-patch+json" {
        return Err((
            415,
            format!("Content type '{media_type}' not supported: send application/json-patch+json"),
        ));
    }
    serde_json::from_slice(exchange.body)
        .map_err(|e| (400, format!("The request was syntactically incorrect: {e}")))
}

fn apply(
    exchange: &Exchange<'_>,
    token: &mut Token,
    change: &Change,
    switches: &Switches,
) -> Result<(), Refusal> {
    if !matches!(change.op.as_str(), "replace" | "add") {
        return Err((400, format!("operation '{}' is not supported: use replace", change.op)));
    }
    match change.path.as_str() {
        "/name" => token.name = name(Some(&change.value))?,
        "/scope" => {
            let scope = scope(&change.value)?;
            if scope.as_ref().is_none_or(Vec::is_empty) {
                exchange.violation("a PATCH to no scope");
            }
            token.set_scope(scope, exchange.now(), switches.scope_lag_seconds);
        }
        "/expirationDate" | "/userAwareTokenNeverExpires"
            if expiry_is_patchable(exchange.call.version) => {}
        other => return Err((400, format!("path '{other}' cannot be patched"))),
    }
    Ok(())
}

fn expiry_is_patchable(version: Version) -> bool {
    version.knows_never_expires()
}

/// Both expiry fields are judged together, whatever their order in the patch.
fn settle_expiry(
    token: &mut Token,
    changes: &[Change],
    exchange: &Exchange<'_>,
    switches: &Switches,
) -> Result<(), Refusal> {
    let last = |path: &str| {
        changes.iter().rev().find(|change| change.path == path).map(|change| &change.value)
    };
    if let Some(never) = last("/userAwareTokenNeverExpires") {
        let refused = || (400, "userAwareTokenNeverExpires must be true or false".to_owned());
        token.never_expires = never.as_bool().ok_or_else(refused)?;
    }
    let Some(date) = last("/expirationDate") else {
        return Ok(());
    };
    token.expires = expiration(
        Some(date),
        token.never_expires,
        exchange.call.version,
        switches,
        exchange.now(),
    )?;
    token.never_expires &= token.expires.is_none();
    Ok(())
}
