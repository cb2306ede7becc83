//! Plain data for the tests of this folder.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::facts::{Admission, Declared, Executing, Facts, Now, Rotation, Sighting};
use super::ledger::{
    Endpoint, Entry, Ledger, Millis, Owner, Resource, State, TokenId, TokenSpec, Uid, scopes,
};
use super::listing::{Listed, Listing};
use super::secret::SecretSeen;
use super::timings::Timings;
use super::token_name::{self, MachinePart};
use crate::credential::Credential;
use crate::redacted::Redacted;

/// ISC's time in the tests.
pub const NOW: Millis = 1_800_000_000_000;

/// One minute of ISC's time.
pub const MINUTE: Millis = 60_000;

/// One day of ISC's time.
pub const DAY: Millis = 24 * 60 * MINUTE;

/// The token that resource `a` declares.
pub fn wanted() -> TokenSpec {
    TokenSpec {
        name: "integrations/a".into(),
        scopes: scopes(["idn:a:read"]),
        validity_seconds: 3600,
    }
}

/// A ledger without tokens.
pub fn empty() -> Ledger {
    let endpoint = Endpoint {
        tenant: "acme".into(),
        api_url: "https://acme.example".into(),
        nerm_url: None,
        ca_pem: None,
        tokens_per_user: 10,
    };
    Ledger::new(
        endpoint,
        Owner { tenant_id: "t1".into(), identity_id: "u1".into() },
        "incarnation".into(),
    )
}

/// A ledger with one live token, number 1, of resource `a`.
pub fn ledger() -> Ledger {
    let mut ledger = empty();
    ledger.next = 2;
    ledger.resources.insert("a".into(), resource("a"));
    ledger.entries.push(entry(1, "a", State::Current));
    ledger.credential = Some(Credential::new("seed", Redacted::new("c4n4ry-own".into())));
    ledger
}

/// A resource as a ledger records it.
pub fn resource(name: &str) -> Resource {
    Resource::new("integrations".into(), name.into(), name.into())
}

/// A recorded token.
pub fn entry(n: u64, uid: &str, state: State) -> Entry {
    Entry {
        n,
        id: format!("id{n}").into(),
        uid: uid.into(),
        state,
        client_secret: Redacted::new(format!("c4n4ry-{n}")),
        created_at: NOW - 60 * MINUTE,
        expires_at: NOW + 89 * 24 * 60 * MINUTE,
        applied: wanted(),
        applied_at: NOW - 60 * MINUTE,
        changed_at: NOW - 60 * MINUTE,
        missing_scopes: Some(scopes(Vec::<String>::new())),
        looked_at: None,
        looks: 0,
        nerm: None,
        published_at: None,
        answers: None,
        renamed: false,
        longest: None,
        unknown: BTreeMap::new(),
    }
}

/// A resource as the cluster shows it.
pub fn declared(name: &str) -> Declared {
    Declared {
        namespace: "integrations".into(),
        name: name.into(),
        deleting: false,
        finalizer: true,
        admission: Admission::Admitted,
        suspended: false,
        wanted: wanted(),
        secret: name.into(),
        rotation: Rotation { every: None, overlap: DAY, max_overlap: None },
        rotate: None,
        revoke: None,
        retain: false,
    }
}

/// One of our tokens in LIST, as the ledger records it if it does.
pub fn listed(ledger: &Ledger, n: u64, uid: &str, provisional: bool) -> Listed {
    let part = MachinePart {
        installation: "inst".into(),
        incarnation: token_name::tag(&ledger.incarnation),
        resource: token_name::tag(uid),
        n,
    };
    let id: TokenId = format!("id{n}").into();
    let applied = ledger.entry(&id).map_or_else(wanted, |entry| entry.applied.clone());
    Listed {
        name: token_name::encode(&part, &applied.name).into(),
        ours: Some(part),
        scopes: Some(applied.scopes),
        expires: ledger.entry(&id).map(|entry| entry.expires_at),
        provisional,
        ..foreign(&id)
    }
}

/// A listed token that is not ours.
pub fn foreign(id: &str) -> Listed {
    Listed {
        id: id.into(),
        name: "by hand".into(),
        ours: None,
        others: None,
        scopes: None,
        expires: None,
        last_used: None,
        provisional: false,
        managed: false,
    }
}

/// A LIST that shows exactly what the ledger records, and the operator's own token.
pub fn listing(ledger: &Ledger) -> Listing {
    let mut tokens: Vec<Listed> =
        ledger.entries.iter().map(|e| listed(ledger, e.n, &e.uid, false)).collect();
    tokens.push(foreign("seed"));
    let (after, missed_before) = (BTreeSet::new(), BTreeSet::new());
    Listing {
        tokens,
        at: NOW,
        read_with: Arc::new(ledger.clone()),
        after,
        doubted: None,
        missed_before,
    }
}

/// The owned parts of [`Facts`].
pub struct World {
    pub ledger: Ledger,
    pub declared: BTreeMap<Uid, Declared>,
    pub sightings: BTreeMap<Uid, Sighting>,
    pub listing: Option<Listing>,
    pub destroyed: BTreeSet<TokenId>,
    pub secrets: BTreeMap<Uid, SecretSeen>,
    pub questions: BTreeSet<Uid>,
    pub alive: BTreeSet<TokenId>,
    pub set_aside: BTreeSet<TokenId>,
    pub unsteady: BTreeSet<Arc<str>>,
    pub executing: Option<Executing>,
    pub now: Option<Now>,
    pub may_mint: bool,
    pub timings: Timings,
}

impl World {
    /// The ledger, a LIST that agrees with it, and these resources.
    pub fn new(ledger: Ledger, resources: &[&str]) -> Self {
        Self {
            declared: resources.iter().map(|name| (Uid::from(*name), declared(name))).collect(),
            listing: Some(listing(&ledger)),
            ledger,
            sightings: BTreeMap::new(),
            destroyed: BTreeSet::new(),
            secrets: BTreeMap::new(),
            questions: BTreeSet::new(),
            alive: BTreeSet::new(),
            set_aside: BTreeSet::new(),
            unsteady: BTreeSet::new(),
            executing: None,
            now: Some(Now { ms: NOW, consistent: true }),
            may_mint: true,
            timings: Timings::default(),
        }
    }

    /// The facts as `step` sees them.
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            now: self.now,
            ledger: &self.ledger,
            declared: &self.declared,
            sightings: &self.sightings,
            listing: self.listing.as_ref(),
            destroyed: &self.destroyed,
            secrets: &self.secrets,
            questions: &self.questions,
            alive: &self.alive,
            set_aside: &self.set_aside,
            unsteady: &self.unsteady,
            executing: self.executing,
            may_mint: self.may_mint,
            installation: "inst",
            timings: &self.timings,
            nonce: 7,
        }
    }
}
