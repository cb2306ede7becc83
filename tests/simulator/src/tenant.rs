//! One tenant: its users, their tokens, and what changes with time.
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::clock::plus_seconds;
use crate::record::{Effect, Entry, Kind, Origin};
use crate::switches::Switches;
use crate::token::Token;

/// Snapshots kept per user for the list lag.
const HISTORY: usize = 64;

/// A tenant; its name never changes, everything else sits behind one lock.
pub struct Tenant {
    /// Name in the URL.
    pub name: String,
    /// What the OAuth reply calls `tenant_id`.
    pub id: String,
    pub(crate) inner: Mutex<TenantState>,
}

impl Tenant {
    /// The switches in force. Must not be called while the tenant is locked.
    pub fn switches(&self) -> Arc<Switches> {
        Arc::clone(&self.inner.lock().switches)
    }
}

/// What a tenant knows.
#[derive(Default)]
pub struct TenantState {
    pub(crate) switches: Arc<Switches>,
    pub(crate) users: HashMap<String, User>,
    /// Client ID of each token to its owner.
    pub(crate) owners: HashMap<String, String>,
    /// API clients: client ID to client secret.
    pub(crate) api_clients: HashMap<String, String>,
    /// Requests in the current window, by client ID and version.
    pub(crate) windows: HashMap<String, (Timestamp, u32)>,
}

/// An ISC user.
pub struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) levels: Vec<String>,
    /// Whether none of its credentials is accepted.
    pub(crate) disabled: bool,
    pub(crate) tokens: Vec<Arc<Token>>,
    history: VecDeque<(Timestamp, Vec<Arc<Token>>)>,
}

impl User {
    /// A user without tokens.
    pub fn new(id: String, name: String, levels: Vec<String>) -> Self {
        let history = VecDeque::from([(Timestamp::MIN, Vec::new())]);
        Self { id, name, levels, disabled: false, tokens: Vec::new(), history }
    }

    /// The tokens as they were at a time.
    pub fn tokens_at(&self, at: Timestamp) -> &[Arc<Token>] {
        let known =
            self.history.iter().rev().find(|(since, _)| *since <= at).or(self.history.front());
        known.map_or(&[], |(_, tokens)| tokens)
    }

    /// Notes a change for the list lag. `None`: a change by hand, visible at once.
    pub fn remember(&mut self, since: Option<Timestamp>) {
        if since.is_none() {
            self.history.clear();
        } else if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back((since.unwrap_or(Timestamp::MIN), self.tokens.clone()));
    }
}

impl TenantState {
    /// The token with this client ID, and its owner.
    pub fn find(&self, id: &str) -> Option<(&User, &Arc<Token>)> {
        let user = self.users.get(self.owners.get(id)?)?;
        let token = user.tokens.iter().find(|token| token.id == id)?;
        Some((user, token))
    }

    /// The token with this client ID, to be changed.
    pub fn find_mut(&mut self, id: &str) -> Option<&mut Token> {
        let user = self.users.get_mut(self.owners.get(id)?)?;
        user.tokens.iter_mut().find(|token| token.id == id).map(Arc::make_mut)
    }

    /// Adds a token to its owner's; false if there is no such user.
    pub fn insert(&mut self, token: Token, since: Option<Timestamp>) -> bool {
        let Some(user) = self.users.get_mut(&token.owner) else {
            return false;
        };
        self.owners.insert(token.id.clone(), token.owner.clone());
        user.tokens.push(Arc::new(token));
        user.remember(since);
        true
    }

    /// Destroys a token and returns it.
    pub fn remove(&mut self, id: &str, since: Option<Timestamp>) -> Option<Arc<Token>> {
        let owner = self.owners.remove(id)?;
        let user = self.users.get_mut(&owner)?;
        let index = user.tokens.iter().position(|token| token.id == id)?;
        let token = user.tokens.remove(index);
        user.remember(since);
        Some(token)
    }

    /// Notes a change of a user's tokens for the list lag.
    pub fn remember(&mut self, owner: &str, since: Option<Timestamp>) {
        if let Some(user) = self.users.get_mut(owner) {
            user.remember(since);
        }
    }

    /// Destroys the tokens of one user that have expired and returns them; nothing where the tenant
    /// does not do that.
    pub fn sweep(&mut self, owner: &str, now: Timestamp) -> Vec<Arc<Token>> {
        if !self.switches.delete_expired {
            return Vec::new();
        }
        let Some(user) = self.users.get_mut(owner) else {
            return Vec::new();
        };
        let mut gone: Vec<Arc<Token>> =
            user.tokens.iter().filter(|t| t.is_expired(now)).cloned().collect();
        gone.sort_by_key(|token| token.expires);
        for token in &gone {
            user.tokens.retain(|kept| kept.id != token.id);
            user.remember(token.expires);
            self.owners.remove(&token.id);
        }
        gone
    }

    /// Counts a request against the rate limit; the seconds to wait when it is over.
    pub fn count_request(&mut self, key: String, now: Timestamp) -> Option<i64> {
        let limit = self.switches.requests_per_10s?;
        let window = self.windows.entry(key).or_insert((now, 0));
        if plus_seconds(window.0, 10) <= now || now < window.0 {
            *window = (now, 0);
        }
        window.1 += 1;
        (window.1 > limit).then(|| (10 - now.duration_since(window.0).as_secs()).max(1))
    }
}

/// The record entry for something that happened to a token.
pub fn effect_entry(tenant: &str, effect: Effect, origin: Origin, token: &Token) -> Entry {
    Entry {
        kind: Kind::Effect,
        origin,
        tenant: tenant.to_owned(),
        user: Some(token.owner.clone()),
        token_id: Some(token.id.clone()),
        token_name: Some(token.name.clone()),
        scope: token.scope.clone(),
        expiration_date: token.expires,
        effect: Some(effect),
        ..Entry::default()
    }
}
