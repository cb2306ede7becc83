//! ISC as far as the lifecycle sees it: tokens are listed, made, changed and deleted.
use std::sync::Arc;

use pat_operator::lifecycle::ledger::{Attempt, Ledger, Millis, State, TokenId};
use pat_operator::lifecycle::listing::{Listed, RawToken, judge};
use pat_operator::lifecycle::step::Extension;
use pat_operator::lifecycle::{token_name, upkeep};

use crate::configuration::Configuration;
use crate::violations::{OVERFULL, UNLICENSED};
use crate::world::{
    FOREIGN, IDENTITY, INSTALLATION, SENTINEL, STRANGER, TIMINGS, Token, World, index,
};

/// The least life that ISC gives where it demands one (R21).
const MIN_LIFE: Millis = 24 * 3_600_000;

impl World {
    pub fn token(&self, id: &str) -> Option<&Token> {
        self.tokens.iter().find(|token| &*token.id == id)
    }

    pub fn token_mut(&mut self, id: &str) -> Option<&mut Token> {
        self.tokens.iter_mut().find(|token| &*token.id == id)
    }

    /// Tokens of ours that the ledger does not record.
    pub fn unrecorded(&self) -> impl Iterator<Item = &Token> {
        self.tokens
            .iter()
            .filter(|token| token.ours && !token.released && self.ledger.entry(&token.id).is_none())
    }

    /// POST: refused past its expiry, for a name that exists, and without a free slot. Returns the
    /// client ID.
    pub fn post(&mut self, config: &Configuration, attempt: &Attempt) -> Option<TokenId> {
        let Attempt { n, nonce, uid, expiry, wanted, .. } = attempt;
        let name: Arc<str> =
            upkeep::full_name(&self.ledger, &INSTALLATION, uid, *n, &wanted.name).into();
        let too_short = config.min_life && expiry - self.clock < MIN_LIFE;
        if self.clock > *expiry || too_short || self.tokens.iter().any(|token| token.name == name) {
            return None;
        }
        if self.tokens.len() >= config.slots() {
            self.violations |= OVERFULL;
            return None;
        }
        let id: TokenId = format!("t{nonce}").into();
        self.tokens.push(Token {
            id: id.clone(),
            name,
            resource: Some(index(uid)),
            ours: true,
            n: *n,
            created: self.clock,
            expires: Some(*expiry),
            ..foreign(&id)
        });
        self.tokens.sort_by(|a, b| a.id.cmp(&b.id));
        Some(id)
    }

    /// PATCH of the expiry, and the access token got with the pair.
    pub fn extend(&mut self, Extension { id, until }: &Extension) -> bool {
        let found = self.token_mut(id);
        found.map(|token| (token.expires, token.accepted) = (Some(*until), true)).is_some()
    }

    /// PATCH of the name.
    pub fn rename(&mut self, id: &str, name: &str) -> bool {
        let found = self.token_mut(id);
        let ours = token_name::parse(name).is_some();
        let change = |token: &mut Token| {
            (token.name, token.ours) = (name.into(), ours);
            token.released |= !ours;
        };
        found.map(change).is_some()
    }

    /// DELETE; notes whether an irrevocable fact licensed it (R10).
    pub fn delete(&mut self, id: &TokenId) {
        let Some(token) = self.token(id) else { return };
        let condemned = self.ledger.entry(id).map(|entry| entry.state == State::Tomb);
        let licensed = token.resource.is_some()
            && condemned.unwrap_or(!token.accepted && self.ledger.is_spent(token.n));
        if !licensed {
            self.violations |= UNLICENSED;
        }
        self.remove(|token| token.id == *id);
    }

    /// Tokens go, whoever removes them.
    pub fn remove(&mut self, which: impl Fn(&Token) -> bool) {
        self.tokens.retain(|token| !which(token));
        let alone: Vec<bool> = self.tokens.iter().map(|token| !self.has_older(token)).collect();
        for (token, _) in self
            .tokens
            .iter_mut()
            .zip(alone)
            .filter(|(token, alone)| *alone && token.published.is_some())
        {
            token.published = Some(0);
        }
    }

    /// The pair stands in its Secret from now on.
    pub fn note_published(&mut self, id: &str) {
        let at = self
            .token(id)
            .filter(|token| token.published.is_none())
            .map(|token| self.has_older(token));
        let at = at.map(|beside_older| if beside_older { self.clock } else { 0 });
        if let (Some(token), Some(at)) = (self.token_mut(id), at) {
            token.published = Some(at);
        }
    }

    fn has_older(&self, token: &Token) -> bool {
        self.tokens.iter().any(|other| other.resource == token.resource && other.n < token.n)
    }

    /// A consumer uses a credential.
    pub fn use_token(&mut self, id: &str) {
        let now = self.clock;
        if let Some(token) = self.token_mut(id) {
            token.last_used = Some(now);
        }
    }

    /// Whether ISC accepts the pair.
    pub fn accepts(&self, id: &str, client_secret: &str) -> bool {
        (self.token(id).is_some() || id == STRANGER) && client_secret == secret_of(id)
    }

    /// What LIST answers, judged by the shipped code; `lagging`: as it was.
    pub fn list(&self, ledger: &Ledger, lagging: bool) -> Vec<Listed> {
        let tokens = if lagging { &self.before.1 } else { &self.tokens };
        let scopes = ["idn:a:read".to_owned()];
        let raw: Vec<_> = tokens
            .iter()
            .map(|token| RawToken {
                id: &token.id,
                name: &token.name,
                owner_id: Some(IDENTITY),
                created: Some(token.created),
                expires: token.expires,
                last_used: token.last_used,
                scopes: Some(&scopes),
                managed: false,
            })
            .collect();
        judge(&raw, ledger, SENTINEL, &INSTALLATION, &TIMINGS)
            .expect("the model's LIST is reliable")
    }
}

/// The client secret of a token.
pub fn secret_of(id: &str) -> String {
    format!("s{id}")
}

/// The tokens that are there before the operator.
pub fn foreigners() -> Vec<Token> {
    vec![foreign(FOREIGN), foreign(SENTINEL)]
}

fn foreign(id: &str) -> Token {
    Token {
        id: id.into(),
        name: id.into(),
        resource: None,
        ours: false,
        released: false,
        n: 0,
        created: 0,
        expires: None,
        accepted: false,
        published: None,
        last_used: None,
    }
}
