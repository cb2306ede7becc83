//! Who calls, and whether the access token allows it.
use super::{Exchange, Refusal};
use crate::access_token::{Claims, verify};
use crate::scopes;
use crate::tenant::TenantState;

/// An authenticated caller with a user behind it.
pub(crate) struct Caller {
    /// Identity id.
    pub user: String,
    pub claims: Claims,
}

/// The claims of the request's access token, noted in its entry.
pub(crate) fn authenticate(exchange: &mut Exchange<'_>, state: &TenantState) -> Result<Claims, Refusal> {
    let header = exchange.headers.get("authorization").and_then(|value| value.to_str().ok());
    let claims = verify(header, &exchange.world.mint, exchange.now()).map_err(|e| (401, e.to_string()))?;
    if claims.tenant_id != exchange.tenant.id {
        return Err((401, "JWT validation failed: this access token belongs to another tenant".into()));
    }
    exchange.entry.client_id = Some(claims.client_id.clone());
    exchange.entry.user.clone_from(&claims.identity_id);
    let gone = claims.identity_id.is_some() && state.find(&claims.client_id).is_none();
    if gone && state.switches.access_tokens_die_with_token {
        return Err((401, "JWT validation failed: its personal access token no longer exists".into()));
    }
    Ok(claims)
}

/// A caller of the token API: needs a user behind it, any one of the scopes, and a place in the rate limit.
pub(crate) fn admit(exchange: &mut Exchange<'_>, state: &mut TenantState, wanted: &[&str]) -> Result<Caller, Refusal> {
    let claims = authenticate(exchange, state)?;
    let key = format!("{} {:?}", claims.client_id, exchange.call.version);
    exchange.count(state, key)?;
    let Some(user) = claims.identity_id.clone() else {
        return Err((
            403,
            "The request needs a user context: an API client cannot manage personal access tokens".into(),
        ));
    };
    if !state.users.contains_key(&user) {
        return Err((401, "JWT validation failed: its user no longer exists".into()));
    }
    if !scopes::allows(&claims.scope, &claims.authorities, wanted, &state.switches.extra_scopes) {
        return Err((403, format!("The access token lacks the scope: any one of {} is needed", wanted.join(", "))));
    }
    exchange.sweep(state, &user);
    Ok(Caller { user, claims })
}

impl Caller {
    /// Whether the caller may do what any one of these scopes allows.
    pub fn may(&self, wanted: &[&str], state: &TenantState) -> bool {
        scopes::allows(&self.claims.scope, &self.claims.authorities, wanted, &state.switches.extra_scopes)
    }
}
