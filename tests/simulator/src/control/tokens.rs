//! Control over tokens: what another tool or a human does to them. No rule of ISC stands in the
//! way.
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Control, ControlError};
use crate::record::{Effect, Entry, Origin};
use crate::secrets::Credential;
use crate::tenant::effect_entry;
use crate::token::{MAX_VALIDITY, Token, TokenState};

/// A token to be made by hand.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewToken {
    /// Identity id of the owner.
    pub owner: String,
    /// Name.
    pub name: String,
    /// Scopes; null for the token that has them all.
    #[serde(default)]
    pub scope: Option<Vec<String>>,
    /// Null for never.
    #[serde(default)]
    pub expiration_date: Option<Timestamp>,
    /// Made by the platform.
    #[serde(default)]
    pub managed: bool,
    /// When it was last used.
    #[serde(default)]
    pub last_used: Option<Timestamp>,
}

impl NewToken {
    /// A token without scopes that never expires.
    pub fn named(owner: &str, name: &str) -> Self {
        let (owner, name) = (owner.to_owned(), name.to_owned());
        Self { owner, name, scope: None, expiration_date: None, managed: false, last_used: None }
    }
}

/// A change by hand; what is absent stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TokenEdit {
    /// Another name.
    pub name: Option<String>,
    /// Other scopes, at once in force; null for all of them.
    #[serde(deserialize_with = "given")]
    pub scope: Option<Option<Vec<String>>>,
    /// Another expiration date; null for never.
    #[serde(deserialize_with = "given")]
    pub expiration_date: Option<Option<Timestamp>>,
    /// Another date of last use; null for never.
    #[serde(deserialize_with = "given")]
    pub last_used: Option<Option<Timestamp>>,
    /// Made by the platform or not.
    pub managed: Option<bool>,
}

/// Tells a null from an absent field.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Control {
    /// All tokens of a tenant, oldest first.
    pub fn tokens(&self, tenant: &str) -> Result<Vec<TokenState>, ControlError> {
        self.world.sweep_all();
        let tenant = self.tenant(tenant)?;
        let state = tenant.inner.lock();
        let mut tokens: Vec<TokenState> = state
            .users
            .values()
            .flat_map(|user| user.tokens.iter().map(|token| token.state()))
            .collect();
        tokens.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        Ok(tokens)
    }

    /// Makes a token. LIST shows it at once, whatever the list lag.
    pub fn create_token(&self, tenant: &str, new: NewToken) -> Result<Credential, ControlError> {
        let tenant = self.tenant(tenant)?;
        let mut state = tenant.inner.lock();
        if !state.users.contains_key(&new.owner) {
            return Err(ControlError::NoUser(new.owner));
        }
        let now = self.now();
        let token = Token {
            id: self.world.mint.id(),
            client_secret: self.world.mint.client_secret(),
            name: new.name,
            owner: new.owner,
            scope: new.scope,
            old_scopes: Vec::new(),
            created: now,
            last_used: new.last_used,
            managed: new.managed,
            validity: MAX_VALIDITY,
            expires: new.expiration_date,
            never_expires: new.expiration_date.is_none(),
            accepted_from: now,
        };
        let credential =
            Credential { client_id: token.id.clone(), client_secret: token.client_secret.clone() };
        self.note(&tenant.name, Effect::Created, &token);
        state.insert(token, None);
        Ok(credential)
    }

    /// Changes a token. LIST shows it at once.
    pub fn edit_token(
        &self,
        tenant: &str,
        id: &str,
        edit: TokenEdit,
    ) -> Result<TokenState, ControlError> {
        let tenant = self.tenant(tenant)?;
        let mut state = tenant.inner.lock();
        let token = state.find_mut(id).ok_or_else(|| ControlError::NoToken(id.to_owned()))?;
        if let Some(name) = edit.name {
            token.name = name;
        }
        if let Some(scope) = edit.scope {
            token.set_scope(scope, self.now(), 0);
            token.old_scopes.clear();
        }
        if let Some(expires) = edit.expiration_date {
            token.expires = expires;
            token.never_expires = expires.is_none();
        }
        if let Some(last_used) = edit.last_used {
            token.last_used = last_used;
        }
        token.managed = edit.managed.unwrap_or(token.managed);
        let (view, owner) = (token.state(), token.owner.clone());
        self.note(&tenant.name, Effect::Patched, token);
        state.remember(&owner, None);
        Ok(view)
    }

    /// Destroys a token. LIST shows it at once.
    pub fn delete_token(&self, tenant: &str, id: &str) -> Result<(), ControlError> {
        let tenant = self.tenant(tenant)?;
        let removed = tenant.inner.lock().remove(id, None);
        let token = removed.ok_or_else(|| ControlError::NoToken(id.to_owned()))?;
        self.note(&tenant.name, Effect::Deleted, &token);
        Ok(())
    }

    fn note(&self, tenant: &str, effect: Effect, token: &Token) {
        self.world.record(Entry { ..effect_entry(tenant, effect, Origin::Hand, token) });
    }
}
