//! Whose a seed is and what it may do. ISC may leave out every field that says so: each has a second source.
use kube::ResourceExt;

use crate::api::Tenant;
use crate::controllers::board::{IscTenant, Session};
use crate::controllers::context::Context;
use crate::controllers::trouble::{self, MANAGE};
use crate::isc::access_token::Identity;
use crate::isc::classify::ListedToken;
use crate::isc::tenant_info::TenantInfo;
use crate::isc::{Client, Failure};
use crate::lifecycle::describe::Note;
use crate::lifecycle::ledger::{Millis, Owner};

/// Grants everything that its user's level allows.
const ALL: &str = "sp:scopes:all";

/// Whose a seed is.
pub(super) struct Who {
    /// What ISC said of its access token.
    pub identity: Identity,
    /// The user.
    pub owner: Owner,
    /// Name and data centre of the tenant.
    pub isc: IscTenant,
    /// When the seed expires; `None`: never.
    pub expires: Option<Millis>,
}

/// Asks ISC who the seed is, and twice where nothing else confirms the answer. `known`: the session with the same seed.
pub(super) async fn run(
    tenant: &Tenant,
    context: &Context,
    client: &Client,
    known: Option<&Session>,
) -> Result<Who, Note> {
    let fail = |failure: Failure| trouble::call(tenant, context.namespace(), &failure);
    let identity = client.identity().await.map_err(fail)?;
    if is_api_client(client.client_id()) && identity.identity_id.is_none() {
        return Err(api_client(tenant, context));
    }
    may_manage(tenant, context, client, &identity)?;
    let own = own_token(tenant, context, client, &identity).await?;
    let (tenant_id, isc) = tenant_of(tenant, context, client, &identity, &own.owner_id, known).await?;
    let owner = Owner { tenant_id: tenant_id.into(), identity_id: own.owner_id.as_str().into() };
    Ok(Who { identity, owner, isc, expires: own.expires })
}

/// The ID of an API client is a dashed UUID, that of a personal access token 32 hexadecimal digits.
fn is_api_client(client_id: &str) -> bool {
    client_id.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

fn api_client(tenant: &Tenant, context: &Context) -> Note {
    let seed = trouble::seed(tenant, context.namespace());
    let message =
        format!("{seed} is an API client without a user; put the credential of a personal access token into it");
    trouble::stalled("NotAPersonalAccessToken", message)
}

/// Where nobody names its scopes, a call that ISC did not allow tells.
fn may_manage(tenant: &Tenant, context: &Context, client: &Client, identity: &Identity) -> Result<(), Note> {
    let Some(scopes) = &identity.scopes else {
        return match context.board.credentials.forbidden(client.client_id()) {
            Some(why) => {
                let why = format!("ISC answered a POST or PATCH with status 403: {why}");
                Err(trouble::missing_scope(tenant, context.namespace(), &why))
            }
            None => Ok(()),
        };
    };
    if scopes.iter().any(|scope| scope == MANAGE || scope == ALL) {
        return Ok(());
    }
    Err(trouble::missing_scope(tenant, context.namespace(), &format!("its access token carries {}", scopes.join(", "))))
}

/// The seed's own token in LIST. Two witnesses say whose it is: a ledger for a user whom one spoilt reply names would stand
/// in the way of the right one for ever.
async fn own_token(
    tenant: &Tenant,
    context: &Context,
    client: &Client,
    identity: &Identity,
) -> Result<ListedToken, Note> {
    let unknown = |what: &str| {
        let seed = trouble::seed(tenant, context.namespace());
        trouble::waiting("UserUnknown", format!("{what} the credential in {seed}; ISC is asked again"))
    };
    let first = listed(tenant, context, client, identity).await?;
    let own = first.into_iter().find(|token| token.id == client.client_id());
    let own = own.ok_or_else(|| unknown("LIST of ISC does not show the token of"))?;
    let confirmed = match &identity.identity_id {
        Some(id) => *id == own.owner_id,
        None => {
            let second = listed(tenant, context, client, identity).await?;
            second.iter().any(|token| token.id == own.id && token.owner_id == own.owner_id)
        }
    };
    if confirmed { Ok(own) } else { Err(unknown("ISC names two users for")) }
}

/// LIST of the seed's user.
async fn listed(
    tenant: &Tenant,
    context: &Context,
    client: &Client,
    identity: &Identity,
) -> Result<Vec<ListedToken>, Note> {
    match client.list().await {
        Ok(listed) => Ok(listed),
        // Its access token carries the scope, as far as is known: what it lacks is a user.
        Err(Failure::Forbidden(_)) if identity.scopes.is_some() && identity.identity_id.is_none() => {
            Err(api_client(tenant, context))
        }
        Err(Failure::Forbidden(why)) => {
            let carries = match &identity.scopes {
                Some(scopes) => format!(", although its access token carries {}", scopes.join(", ")),
                None => String::new(),
            };
            let why = format!("LIST was answered with status 403: {why}{carries}");
            Err(trouble::missing_scope(tenant, context.namespace(), &why))
        }
        Err(failure) => Err(trouble::call(tenant, context.namespace(), &failure)),
    }
}

/// Id, name and data centre of the tenant.
async fn tenant_of(
    tenant: &Tenant,
    context: &Context,
    client: &Client,
    identity: &Identity,
    user: &str,
    known: Option<&Session>,
) -> Result<(String, IscTenant), Note> {
    let told = IscTenant { name: identity.org.clone(), pod: identity.pod.clone() };
    let before = known.map(|known| known.isc.clone()).unwrap_or_default();
    let told = IscTenant { name: told.name.or(before.name), pod: told.pod.or(before.pod) };
    let is_told = told.name.is_some() && told.pod.is_some();
    if let Some(id) = identity.tenant_id.clone().filter(|_| is_told) {
        return Ok((id, told));
    }
    let info = client.tenant_info().await;
    let said = info.as_ref().cloned().unwrap_or_default();
    let TenantInfo { id, name, pod } = said;
    let isc = IscTenant { name: told.name.or(name), pod: told.pod.or(pod) };
    let id = identity.tenant_id.clone().or(id);
    if let Some(id) = id {
        return Ok((id, isc));
    }
    // An identity id belongs to one tenant, so that the ledger of this user knows it.
    if let Some(owner) = context.owner_of(&tenant.name_any(), user).await {
        return Ok((owner.tenant_id.to_string(), isc));
    }
    Err(match info {
        Err(failure @ (Failure::Connect(_) | Failure::NoReply(_) | Failure::Wait(_))) => {
            trouble::call(tenant, context.namespace(), &failure)
        }
        Ok(_) => unnamed(tenant, context, "it answered without tenantId"),
        Err(failure) => unnamed(tenant, context, &failure.to_string()),
    })
}

/// Nobody says which tenant the seed is of. `why`: what `/oauth/info` came to.
fn unnamed(tenant: &Tenant, context: &Context, why: &str) -> Note {
    let seed = trouble::seed(tenant, context.namespace());
    let message = format!(
        "neither the access token of {seed} nor GET /oauth/info says which tenant it is of ({why}); ISC is asked again"
    );
    trouble::waiting("UserUnknown", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_client_has_a_dashed_uuid() {
        for (id, expected) in [
            ("1f2e3d4c-5b6a-4789-8abc-def012345678", true),
            ("1f2e3d4c5b6a47898abcdef012345678", false),
            ("1f2e-3d4c", false),
            ("", false),
        ] {
            assert_eq!(is_api_client(id), expected, "{id}");
        }
    }
}
