//! Who calls, and whether the access token allows it.
use super::{Exchange, Refusal};
use crate::access_token::{Claims, bearer, verify};
use crate::tenant::TenantState;

/// An authenticated caller with a user behind it.
pub(crate) struct Caller {
    /// Identity id.
    pub user: String,
    pub claims: Claims,
}

/// The claims of the request's access token, noted in its entry.
pub(crate) fn authenticate(
    exchange: &mut Exchange<'_>,
    state: &TenantState,
) -> Result<Claims, Refusal> {
    let header = exchange.headers.get("authorization").and_then(|value| value.to_str().ok());
    let token = bearer(header).map_err(|e| (401, e.to_string()))?;
    let claims = issued_here(exchange, token).map_err(|why| (401, why))?;
    exchange.entry.client_id = Some(claims.client_id.clone());
    exchange.entry.user.clone_from(&claims.sim.user);
    outlived(state, &claims).map_err(|why| (401, why))?;
    Ok(claims)
}

/// The claims of an access token of this tenant that has not come to its end.
pub(crate) fn issued_here(exchange: &Exchange<'_>, token: &str) -> Result<Claims, String> {
    let claims = verify(token, &exchange.world.mint, exchange.now()).map_err(|e| e.to_string())?;
    if claims.sim.tenant != exchange.tenant.id {
        return Err("JWT validation failed: this access token belongs to another tenant".into());
    }
    Ok(claims)
}

/// Whether what the access token was got from matters still, and is there.
pub(crate) fn outlived(state: &TenantState, claims: &Claims) -> Result<(), String> {
    if claims.sim.user.is_none() || !state.switches.access_tokens_die_with_token {
        return Ok(());
    }
    match state.find(&claims.client_id) {
        None => Err("JWT validation failed: its personal access token no longer exists".into()),
        Some((user, _)) if user.disabled => {
            Err("JWT validation failed: its user is disabled".into())
        }
        Some(_) => Ok(()),
    }
}

/// A caller of the token API: needs a user behind it, any one of the scopes, and a place in the
/// rate limit.
pub(crate) fn admit(
    exchange: &mut Exchange<'_>,
    state: &mut TenantState,
    wanted: &[&str],
) -> Result<Caller, Refusal> {
    let claims = authenticate(exchange, state)?;
    let key = format!("{} {:?}", claims.client_id, exchange.call.version);
    exchange.count(state, key)?;
    let Some(user) = claims.sim.user.clone() else {
        return Err((
            403,
            "The request needs a user context: an API client cannot manage personal access tokens"
                .into(),
        ));
    };
    if !state.users.contains_key(&user) {
        return Err((401, "JWT validation failed: its user no longer exists".into()));
    }
    if !claims.may(wanted, &state.switches.extra_scopes) {
        return Err((
            403,
            format!("The access token lacks the scope: any one of {} is needed", wanted.join(", ")),
        ));
    }
    exchange.sweep(state, &user);
    Ok(Caller { user, claims })
}

impl Caller {
    /// Whether the caller may do what any one of these scopes allows.
    pub fn may(&self, wanted: &[&str], state: &TenantState) -> bool {
        self.claims.may(wanted, &state.switches.extra_scopes)
    }
}
