//! The world of the model: Kubernetes objects, the tokens in ISC, requests whose effect is still to come, and time.
use std::sync::{Arc, LazyLock};

use pat_operator::lifecycle::ledger::{Attempt, Endpoint, Ledger, Millis, Owner, State, TokenId, Uid};
use pat_operator::lifecycle::listing::{Listed, RawToken, judge};
use pat_operator::lifecycle::step::Extension;
use pat_operator::lifecycle::{Timings, token_name, upkeep};

use crate::replica::Replica;
use crate::shared::Shared;

/// The uids of resources A and B.
pub static UIDS: LazyLock<[Uid; 2]> = LazyLock::new(|| ["a".into(), "b".into()]);
/// The tag of the installation.
pub static INSTALLATION: LazyLock<String> = LazyLock::new(|| token_name::tag("cluster"));
/// The durations of production.
pub static TIMINGS: LazyLock<Timings> = LazyLock::new(Timings::default);
/// The operator's own token, which every reliable LIST contains.
pub const SENTINEL: &str = "seed";
/// A token that a person made.
pub const FOREIGN: &str = "foreign";
const IDENTITY: &str = "user";

/// Where a custom resource is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Applied; no finalizer yet.
    New,
    Alive,
    Deleting,
    Gone,
}

/// The Secret in the resource's namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Published {
    pub id: TokenId,
    /// Somebody else's Secret under that name.
    pub foreign: bool,
    /// Written after the deletion was recorded, by a decision from before: P2 exempts it, it is removed again.
    pub stalled: bool,
}

/// What the token controller is about to write for one resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Worker {
    Idle,
    Publish { id: TokenId, create: bool },
    RemoveFinalizer,
}

/// A token in ISC.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    pub id: TokenId,
    pub name: Arc<str>,
    /// The resource it was minted for; `None`: not ours.
    pub resource: Option<usize>,
    pub n: u64,
    pub created: Millis,
    /// `None`: never.
    pub expires: Option<Millis>,
    /// Its expiry was extended and its credential accepted.
    pub accepted: bool,
}

/// A request that nobody waits for any more, and whose effect may still come.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Late {
    Post(Attempt),
    Extend(Extension),
    Delete(TokenId),
    Write { base: Shared<Ledger>, new: Shared<Ledger> },
}

/// A state of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub replicas: Vec<Replica>,
    pub workers: [Worker; 2],
    pub ledger: Shared<Ledger>,
    pub customs: [Phase; 2],
    pub secrets: [Option<Published>; 2],
    pub tokens: Vec<Token>,
    /// The tokens when time last moved: what a lagging LIST may still show.
    pub before: Vec<Token>,
    pub late: Vec<Late>,
    pub clock: Millis,
    pub faults: u8,
    pub edits: u8,
    pub forced: [bool; 2],
    /// Violations that a single transition shows (`properties.rs`).
    pub violations: u8,
}

/// A DELETE without an irrevocable fact.
pub const UNLICENSED: u8 = 1;
/// A minted token was dropped although its attempt was still valid.
pub const WASTED: u8 = 2;
/// A foreign Secret was written.
pub const TRESPASS: u8 = 4;

pub fn index(uid: &Uid) -> usize {
    usize::from(*uid == UIDS[1])
}

/// A ledger as the tenant controller creates it.
pub fn new_ledger() -> Ledger {
    let endpoint =
        Endpoint { tenant: "acme".into(), api_url: "https://isc.example".into(), ca_pem: None, tokens_per_user: 10 };
    Ledger::new(endpoint, Owner { tenant_id: "tenant".into(), identity_id: IDENTITY.into() }, "incarnation".into())
}

impl World {
    pub fn token(&self, id: &str) -> Option<&Token> {
        self.tokens.iter().find(|token| &*token.id == id)
    }

    /// Tokens of ours that the ledger does not record.
    pub fn unrecorded(&self) -> impl Iterator<Item = &Token> {
        self.tokens.iter().filter(|token| token.resource.is_some() && self.ledger.entry(&token.id).is_none())
    }

    /// POST: refused past its expiry and for a name that exists. Returns the client ID.
    pub fn post(&mut self, attempt: &Attempt) -> Option<TokenId> {
        let name: Arc<str> =
            upkeep::full_name(&self.ledger, &INSTALLATION, &attempt.uid, attempt.n, &attempt.wanted.name).into();
        if self.clock > attempt.expiry || self.tokens.iter().any(|token| token.name == name) {
            return None;
        }
        let id: TokenId = format!("t{}", attempt.nonce).into();
        self.tokens.push(Token {
            id: id.clone(),
            name,
            resource: Some(index(&attempt.uid)),
            n: attempt.n,
            created: self.clock,
            expires: Some(attempt.expiry),
            accepted: false,
        });
        self.tokens.sort_by(|a, b| a.id.cmp(&b.id));
        Some(id)
    }

    /// PATCH of the expiry, and the access token got with the pair.
    pub fn extend(&mut self, extension: &Extension) -> bool {
        let found = self.tokens.iter_mut().find(|token| token.id == extension.id);
        found.map(|token| (token.expires, token.accepted) = (Some(extension.until), true)).is_some()
    }

    /// DELETE; notes whether an irrevocable fact licensed it (R10).
    pub fn delete(&mut self, id: &TokenId) {
        let Some(token) = self.token(id) else { return };
        let condemned = self.ledger.entry(id).map(|entry| entry.state == State::Tomb);
        let licensed =
            token.resource.is_some() && condemned.unwrap_or(!token.accepted && self.ledger.is_retired_number(token.n));
        if !licensed {
            self.violations |= UNLICENSED;
        }
        self.tokens.retain(|token| token.id != *id);
    }

    /// What LIST answers, judged by the shipped code; `lagging`: as ISC was when time last moved.
    pub fn list(&self, ledger: &Ledger, lagging: bool) -> Vec<Listed> {
        let tokens = if lagging { &self.before } else { &self.tokens };
        let raw: Vec<_> = tokens
            .iter()
            .map(|token| RawToken {
                id: &token.id,
                name: &token.name,
                owner_id: Some(IDENTITY),
                created: Some(token.created),
                expires: token.expires,
                last_used: None,
                scopes: None,
                managed: false,
            })
            .collect();
        judge(&raw, ledger, SENTINEL, &INSTALLATION, &TIMINGS).expect("the model's LIST is reliable")
    }

    /// A write of the ledger; whoever still wants to write over the old one will be refused.
    pub fn write(&mut self, new: Shared<Ledger>) {
        self.ledger = new;
        self.settle_late();
    }

    /// Forgets requests that can no longer have an effect.
    pub fn settle_late(&mut self) {
        let late = std::mem::take(&mut self.late);
        self.late = late
            .into_iter()
            .filter(|late| match late {
                Late::Post(attempt) => self.clock <= attempt.expiry,
                Late::Extend(extension) => self.token(&extension.id).is_some(),
                Late::Delete(id) => self.token(id).is_some(),
                Late::Write { base, .. } => *base == self.ledger,
            })
            .collect();
    }

    pub fn publish(&mut self, r: usize, secret: Option<Published>) {
        self.secrets[r] = secret;
        if matches!(self.workers[r], Worker::Publish { create: false, .. }) {
            self.workers[r] = Worker::Idle;
        }
    }

    /// Moves time, and lets tokens die.
    pub fn advance(&mut self, to: Millis) {
        self.clock = to;
        self.tokens.retain(|token| token.expires.is_none_or(|expires| expires >= to));
        self.before = self.tokens.clone();
        self.settle_late();
    }

    /// The next moment at which a decision or an effect may differ.
    pub fn next_moment(&self) -> Option<Millis> {
        let lag = pat_operator::lifecycle::facts::millis(TIMINGS.list_lag);
        let ends = |expiry: Millis| [expiry + 1, expiry + lag + 1];
        let ledger = &self.ledger;
        let posts =
            self.replicas.iter().filter_map(Replica::posting).chain(self.late.iter().filter_map(|late| match late {
                Late::Post(attempt) => Some(attempt),
                _ => None,
            }));
        let attempts = posts.map(|attempt| attempt.expiry);
        let provisional = self.tokens.iter().filter(|token| token.resource.is_some() && !token.accepted);
        let tombs = ledger.entries.iter().filter(|entry| entry.state == State::Tomb);
        attempts
            .chain(ledger.pending.iter().map(|pending| pending.expiry))
            .chain(ledger.unresolved.iter().map(|left| left.expiry))
            .chain(provisional.filter_map(|token| token.expires))
            .flat_map(ends)
            .chain(ledger.resources.values().map(|resource| resource.not_before))
            .chain(tombs.map(|entry| entry.created_at + lag + 1))
            .filter(|moment| *moment > self.clock)
            .min()
    }
}
