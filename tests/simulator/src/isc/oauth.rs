//! The token endpoint: client credentials in, access token out.
use jiff::Timestamp;

use super::form::form;
use super::grant::Grant;
use super::{Exchange, Refusal};
use crate::clock::plus_seconds;
use crate::reply::Reply;
use crate::scopes::{ALL, effective};
use crate::tenant::TenantState;
use crate::token::MAX_VALIDITY;

/// Issues an access token, or refuses a credential that is wrong, expired, gone or too new, or
/// whose user is disabled.
pub(crate) async fn issue(exchange: &mut Exchange<'_>) -> Result<Reply, Refusal> {
    let form = form(exchange).await?;
    if form.value("grant_type") != "client_credentials" {
        return Err((400, "unsupported_grant_type".into()));
    }
    let (client_id, client_secret) = (form.value("client_id"), form.value("client_secret"));
    exchange.entry.client_id = Some(client_id.to_owned());
    let mut state = exchange.tenant.inner.lock();
    exchange.count(&mut state, format!("{client_id} oauth"))?;
    let switches = super::switches(&state);
    let grant = match state.api_clients.get(client_id) {
        Some(expected) => (expected == client_secret).then(|| api_client(client_id)),
        None => of_token(exchange, &mut state, client_id, client_secret),
    };
    let Some(grant) = grant else {
        return Err((switches.dialect.refused_credential_status, "invalid_client".into()));
    };
    exchange.entry.user = grant.user.as_ref().map(|(id, _)| id.clone());
    Ok(Reply::ok(grant.reply(exchange, &switches)))
}

fn of_token(
    exchange: &mut Exchange<'_>,
    state: &mut TenantState,
    client_id: &str,
    client_secret: &str,
) -> Option<Grant> {
    let now = exchange.now();
    let owner = state.owners.get(client_id)?.clone();
    exchange.sweep(state, &owner);
    let switches = super::switches(state);
    let disabled = state.users.get(&owner)?.disabled;
    let token = state.find_mut(client_id)?;
    exchange.entry.token_id = Some(token.id.clone());
    exchange.entry.token_name = Some(token.name.clone());
    if disabled
        || token.client_secret != client_secret
        || token.is_expired(now)
        || now < token.accepted_from
    {
        return None;
    }
    let stale = |used: Timestamp| plus_seconds(used, switches.last_used_seconds) <= now;
    let moves = token.last_used.is_none_or(stale);
    if moves {
        token.last_used = Some(now);
    }
    let (scope, validity) =
        (token.scope_for_access_tokens(now).map(<[String]>::to_vec), token.validity);
    if moves {
        state.remember(&owner, Some(now));
    }
    let user = state.users.get(&owner)?;
    let scopes = effective(scope.as_deref(), &user.levels, &switches.extra_scopes);
    Some(Grant {
        client_id: client_id.to_owned(),
        user: Some((owner, user.name.clone())),
        levels: user.levels.clone(),
        stored: scope.unwrap_or_else(|| vec![ALL.to_owned()]),
        scopes,
        validity,
    })
}

fn api_client(client_id: &str) -> Grant {
    let all = vec![ALL.to_owned()];
    Grant {
        client_id: client_id.to_owned(),
        user: None,
        levels: vec!["API".into()],
        stored: all.clone(),
        scopes: all,
        validity: MAX_VALIDITY,
    }
}
