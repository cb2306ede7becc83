//! Identity and rights of a seed. ISC may leave out every field that names them: each has a second
//! source.
use kube::ResourceExt;

use crate::api::Tenant;
use crate::api::conditions::Reason;
use crate::controllers::board::{IscTenant, Session};
use crate::controllers::context::Context;
use crate::controllers::trouble::{self, MANAGE};
use crate::credential::seed::is_api_client;
use crate::isc::access_token::Identity;
use crate::isc::classify::ListedToken;
use crate::isc::{Client, Failure};
use crate::lifecycle::describe::Note;
use crate::lifecycle::ledger::{Millis, Owner};

/// Grants everything that its user's level allows.
const ALL: &str = "sp:scopes:all";

/// The user and the tenant of a seed.
pub(super) struct Who {
    /// Its access token as ISC describes it.
    pub identity: Identity,
    /// The user.
    pub owner: Owner,
    /// Name and data centre of the tenant.
    pub isc: IscTenant,
    /// End of the seed; `None`: it has none.
    pub expires: Option<Millis>,
}

/// Asks ISC who the seed is, and twice where nothing else confirms the answer. `known`: the session
/// with the same seed.
pub(super) async fn run(
    tenant: &Tenant,
    context: &Context,
    client: &Client,
    known: Option<&Session>,
) -> Result<Who, Note> {
    let seed = Seed { tenant, context, client };
    let identity = client.identity().await.map_err(|failure| seed.trouble(&failure))?;
    if is_api_client(client.client_id()) && identity.identity_id.is_none() {
        return Err(seed.api_client());
    }
    seed.may_manage(&identity)?;
    let own = seed.own_token(&identity).await?;
    let (tenant_id, isc) = seed.tenant_of(&identity, &own.owner_id, known).await?;
    let owner = Owner { tenant_id: tenant_id.into(), identity_id: own.owner_id.as_str().into() };
    Ok(Who { identity, owner, isc, expires: own.expires })
}

/// The credential of a Tenant.
struct Seed<'a> {
    tenant: &'a Tenant,
    context: &'a Context,
    client: &'a Client,
}

impl Seed<'_> {
    /// Where ISC does not name its scopes, a call that ISC did not allow says what it lacks.
    fn may_manage(&self, identity: &Identity) -> Result<(), Note> {
        let Some(scopes) = &identity.scopes else {
            return match self.context.board.credentials.forbidden(self.client.client_id()) {
                Some(why) => Err(self.missing_scope(&format!(
                    "ISC answered a POST or PATCH with status 403: {why}"
                ))),
                None => Ok(()),
            };
        };
        if scopes.iter().any(|scope| scope == MANAGE || scope == ALL) {
            return Ok(());
        }
        Err(self.missing_scope(&format!("its access token carries {}", scopes.join(", "))))
    }

    /// The seed's own token in LIST. Two witnesses say whose it is: a ledger for a user that one
    /// spoilt reply names would stand in the way of the right one for ever.
    async fn own_token(&self, identity: &Identity) -> Result<ListedToken, Note> {
        let first = self.listed(identity).await?;
        let Some(own) = first.into_iter().find(|token| token.id == self.client.client_id()) else {
            return Err(self.unknown("LIST of ISC does not show the token of"));
        };
        let confirmed = match &identity.identity_id {
            Some(id) => *id == own.owner_id,
            None => {
                let second = self.listed(identity).await?;
                second.iter().any(|token| token.id == own.id && token.owner_id == own.owner_id)
            }
        };
        if confirmed { Ok(own) } else { Err(self.unknown("ISC names two users for")) }
    }

    /// LIST of the seed's user.
    async fn listed(&self, identity: &Identity) -> Result<Vec<ListedToken>, Note> {
        match self.client.list().await {
            Ok(listed) => Ok(listed),
            // Its access token carries the scope, as far as is known: what it lacks is a user.
            Err(Failure::Forbidden(_))
                if identity.scopes.is_some() && identity.identity_id.is_none() =>
            {
                Err(self.api_client())
            }
            Err(Failure::Forbidden(why)) => {
                let carries = match &identity.scopes {
                    Some(scopes) => {
                        format!(", although its access token carries {}", scopes.join(", "))
                    }
                    None => String::new(),
                };
                Err(self
                    .missing_scope(&format!("ISC answered LIST with status 403: {why}{carries}")))
            }
            Err(failure) => Err(self.trouble(&failure)),
        }
    }

    /// Id, name and data centre of the tenant.
    async fn tenant_of(
        &self,
        identity: &Identity,
        user: &str,
        known: Option<&Session>,
    ) -> Result<(String, IscTenant), Note> {
        // ISC may leave both out of a later reply: what was known stays.
        let before = known.map(|known| known.isc.clone()).unwrap_or_default();
        let (name, pod) =
            (identity.org.clone().or(before.name), identity.pod.clone().or(before.pod));
        if let Some(id) = &identity.tenant_id
            && name.is_some()
            && pod.is_some()
        {
            return Ok((id.clone(), IscTenant { name, pod }));
        }
        let info = self.client.tenant_info().await;
        let said = info.as_ref().cloned().unwrap_or_default();
        let isc = IscTenant { name: name.or(said.name), pod: pod.or(said.pod) };
        if let Some(id) = identity.tenant_id.clone().or(said.id) {
            return Ok((id, isc));
        }
        // An identity id belongs to one tenant, so that the ledger of this user knows it.
        if let Some(owner) = self.context.owner_of(&self.tenant.name_any(), user).await {
            return Ok((owner.tenant_id.to_string(), isc));
        }
        Err(match info {
            // These pass by themselves; after any other failure `/oauth/info` is no help.
            Err(failure @ (Failure::Connect(_) | Failure::NoReply(_) | Failure::Wait(_))) => {
                self.trouble(&failure)
            }
            Ok(_) => self.unnamed("it answered without tenantId"),
            Err(Failure::Elsewhere(what)) => self.unnamed(&what),
            Err(Failure::Status { status, message }) => {
                self.unnamed(&format!("it answered with status {status}: {message}"))
            }
            Err(failure) => self.unnamed(&failure.to_string()),
        })
    }

    fn trouble(&self, failure: &Failure) -> Note {
        // What differs from reply to reply is told here alone.
        tracing::warn!(error = %failure, "a call to ISC failed");
        let now = self.context.wall_clock();
        trouble::call(self.tenant, self.context.namespace(), failure, now)
    }

    fn missing_scope(&self, why: &str) -> Note {
        trouble::missing_scope(self.tenant, self.context.namespace(), why)
    }

    fn name(&self) -> String {
        trouble::seed(self.tenant, self.context.namespace())
    }

    fn api_client(&self) -> Note {
        let seed = self.name();
        let message = format!(
            "the credential in {seed} belongs to an API client, which has no user; put the credential of a personal access token into that Secret"
        );
        Note::stalled(Reason::NotAPersonalAccessToken, message)
    }

    /// ISC does not say for certain whose it is.
    fn unknown(&self, what: &str) -> Note {
        let seed = self.name();
        Note::waiting(
            Reason::UserUnknown,
            format!("{what} the credential in {seed}; the operator asks ISC again"),
        )
    }

    /// ISC does not say which tenant it is of. `why`: what `/oauth/info` came to.
    fn unnamed(&self, why: &str) -> Note {
        let seed = self.name();
        let message = format!(
            "neither the access token of the credential in {seed} nor GET /oauth/info names the tenant ({why}); the operator asks ISC again"
        );
        Note::waiting(Reason::UserUnknown, message)
    }
}
