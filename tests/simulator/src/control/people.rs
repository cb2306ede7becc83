//! Control over tenants, users and API clients.
use serde::{Deserialize, Serialize};

use super::{Control, ControlError, NewToken};
use crate::options::{TenantSeeds, TenantSpec, UserSeeds, UserSpec};
use crate::secrets::Credential;
use crate::tenant::User;

/// A user as the control API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserState {
    /// Identity id.
    pub id: String,
    /// Display name.
    pub name: String,
    /// User levels.
    pub levels: Vec<String>,
    /// Whether none of its credentials is accepted.
    pub disabled: bool,
    /// How many tokens the user has.
    pub tokens: usize,
}

impl Control {
    /// Makes a tenant, or adds users to the one of this name.
    pub fn add_tenant(&self, spec: &TenantSpec) -> TenantSeeds {
        let tenant = self.world.ensure_tenant(&spec.name);
        let users =
            spec.users.iter().filter_map(|user| self.add_user(&spec.name, user).ok()).collect();
        TenantSeeds { tenant: tenant.name.clone(), tenant_id: tenant.id.clone(), users }
    }

    /// Names of all tenants.
    pub fn tenants(&self) -> Vec<String> {
        self.world.tenants().iter().map(|tenant| tenant.name.clone()).collect()
    }

    /// Makes a user with its seed tokens.
    pub fn add_user(&self, tenant: &str, spec: &UserSpec) -> Result<UserSeeds, ControlError> {
        let id = self.world.mint.id();
        let user = User::new(id.clone(), spec.name.clone(), spec.levels.clone());
        self.tenant(tenant)?.inner.lock().users.insert(id.clone(), user);
        let seed = |seed: &crate::options::SeedSpec| {
            let (scope, expiration_date) = (Some(seed.scope.clone()), seed.expiration_date);
            let token = NewToken { scope, expiration_date, ..NewToken::named(&id, &seed.name) };
            self.create_token(tenant, token)
        };
        let seeds = spec.seeds.iter().map(seed).collect::<Result<_, _>>()?;
        Ok(UserSeeds { id, name: spec.name.clone(), seeds })
    }

    /// The users of a tenant.
    pub fn users(&self, tenant: &str) -> Result<Vec<UserState>, ControlError> {
        let tenant = self.tenant(tenant)?;
        let state = tenant.inner.lock();
        let view = |user: &User| UserState {
            id: user.id.clone(),
            name: user.name.clone(),
            levels: user.levels.clone(),
            disabled: user.disabled,
            tokens: user.tokens.len(),
        };
        let mut users: Vec<UserState> = state.users.values().map(view).collect();
        users.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(users)
    }

    /// Gives a user other levels; new access tokens show them.
    pub fn set_levels(
        &self,
        tenant: &str,
        user: &str,
        levels: &[String],
    ) -> Result<(), ControlError> {
        self.edit_user(tenant, user, |user| user.levels = levels.to_vec())
    }

    /// Disables a user, or enables it again. Meanwhile each of its credentials is refused at the
    /// token endpoint, and access tokens got before too where they die with their token.
    pub fn set_disabled(
        &self,
        tenant: &str,
        user: &str,
        disabled: bool,
    ) -> Result<(), ControlError> {
        self.edit_user(tenant, user, |user| user.disabled = disabled)
    }

    fn edit_user(
        &self,
        tenant: &str,
        user: &str,
        edit: impl FnOnce(&mut User),
    ) -> Result<(), ControlError> {
        let tenant = self.tenant(tenant)?;
        let mut state = tenant.inner.lock();
        let found =
            state.users.get_mut(user).ok_or_else(|| ControlError::NoUser(user.to_owned()))?;
        edit(found);
        Ok(())
    }

    /// Removes a user and its tokens.
    pub fn remove_user(&self, tenant: &str, user: &str) -> Result<(), ControlError> {
        for token in self.tokens(tenant)?.iter().filter(|token| token.owner == user) {
            self.delete_token(tenant, &token.id)?;
        }
        let removed = self.tenant(tenant)?.inner.lock().users.remove(user);
        removed.map(|_| ()).ok_or_else(|| ControlError::NoUser(user.to_owned()))
    }

    /// Makes an API client: a credential without a user behind it, which the token API refuses.
    pub fn add_api_client(&self, tenant: &str) -> Result<Credential, ControlError> {
        let credential = Credential {
            client_id: self.world.mint.uuid(),
            client_secret: self.world.mint.client_secret(),
        };
        let tenant = self.tenant(tenant)?;
        let (id, value) = (credential.client_id.clone(), credential.client_secret.clone());
        tenant.inner.lock().api_clients.insert(id, value);
        Ok(credential)
    }
}
