//! Figures that can be had of any strategy, whether it keeps a ledger or not, so that several stand
//! side by side.
//!
//! The judge reads ledgers; whoever keeps none could not pass it. The tally takes for recorded
//! whatever *any* Secret or resource of the cluster mentions by its client ID, and for a token's
//! resource the place that its name ends with.
use std::collections::{BTreeMap, BTreeSet};

use crate::book::Place;
use crate::observation::{Actor, Authentication, Change, Observation, Token, What};
use crate::verdict::Property;

mod objects;

/// A token that is younger may still be on its way into a record, in milliseconds.
const YOUNG: i64 = 60_000;
/// How far a clock may be off, in milliseconds.
const TOLERANCE: i64 = 5_000;

/// What a history comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Tokens that the strategy created.
    pub created: usize,
    /// How often a Secret's pair was replaced by a newer one.
    pub rotations: usize,
    /// Tokens alive at the end that nothing in the cluster mentions.
    pub orphans: usize,
    /// Most of these alive at once, of any one owner.
    pub most_unrecorded: usize,
    /// Requests of workloads for access tokens.
    pub authentications: usize,
    /// Those refused while the resource was there to stay.
    pub refused: usize,
    /// Resources.
    pub resources: usize,
    /// Those that ever had a pair published.
    pub served: usize,
    /// How long these waited for their first pair, all together, in milliseconds.
    pub waited: i64,
    /// Those whose Secret ever held a dead pair.
    pub outages: usize,
    /// How long Secrets held dead pairs, in milliseconds.
    pub outage: i64,
    /// How often each property was broken, as far as it can be told without a ledger: P1 to P4 and
    /// P7.
    pub broken: BTreeMap<Property, usize>,
}

impl Figures {
    /// Adds another history's figures: sums, and the greater of each maximum.
    pub fn add(&mut self, other: &Self) {
        self.created += other.created;
        self.rotations += other.rotations;
        self.orphans += other.orphans;
        self.most_unrecorded = self.most_unrecorded.max(other.most_unrecorded);
        self.authentications += other.authentications;
        self.refused += other.refused;
        self.resources += other.resources;
        self.served += other.served;
        self.waited += other.waited;
        self.outages += other.outages;
        self.outage += other.outage;
        for (property, count) in &other.broken {
            *self.broken.entry(*property).or_default() += count;
        }
    }
}

/// A token that the strategy made.
#[derive(Clone, Debug)]
struct Minted {
    owner: String,
    place: Option<Place>,
    created: i64,
    alive: bool,
    /// When a Secret first held it.
    published: Option<i64>,
}

/// A resource.
#[derive(Clone, Debug, Default)]
struct Declared {
    /// When it came, and when it first had a pair.
    created: i64,
    served: Option<i64>,
    going: bool,
    gone: bool,
    overlap: Option<i64>,
    /// Client ID in its Secret.
    held: Option<String>,
    /// Since when that pair has been dead.
    dead_since: Option<i64>,
    had_outage: bool,
}

/// Keeps count of one history. Resources are known by their places, which must not be used twice.
#[derive(Debug, Default)]
pub struct Tally {
    now: i64,
    tokens: BTreeMap<String, Minted>,
    resources: BTreeMap<Place, Declared>,
    mentions: BTreeMap<(String, Place), BTreeSet<String>>,
    crowded: BTreeSet<String>,
    figures: Figures,
}

impl Tally {
    /// Takes one observation in.
    pub fn observe(&mut self, observation: &Observation) {
        self.now = observation.at;
        match &observation.what {
            What::Token(token) => self.token(token),
            What::Object(object) => self.object(object),
            What::Authentication(tried) => self.authentication(tried),
            What::Action(_)
            | What::Started(_)
            | What::Killed(_)
            | What::Restored
            | What::Text(_) => {}
        }
    }

    /// Resources that have not got what they are for: no live pair published, or still being
    /// deleted.
    pub fn unserved(&self) -> Vec<&Place> {
        let alive = |id: &String| self.tokens.get(id).is_some_and(|token| token.alive);
        let is_served =
            |declared: &Declared| !declared.going && declared.held.as_ref().is_some_and(alive);
        let there = self.resources.iter().filter(|(_, declared)| !declared.gone);
        there.filter(|(_, declared)| !is_served(declared)).map(|(place, _)| place).collect()
    }

    /// The figures if the history ends now.
    pub fn figures(&self, at: i64) -> Figures {
        let mut figures = self.figures.clone();
        let recorded: BTreeSet<&String> = self.mentions.values().flatten().collect();
        let is_orphan = |(id, token): &(&String, &Minted)| {
            token.alive && !recorded.contains(id) && token.created + YOUNG < at
        };
        figures.orphans = self.tokens.iter().filter(is_orphan).count();
        figures.resources = self.resources.len();
        let waits = self
            .resources
            .values()
            .filter_map(|declared| Some(declared.served? - declared.created));
        (figures.served, figures.waited) = (waits.clone().count(), waits.sum());
        figures.outages = self.resources.values().filter(|declared| declared.had_outage).count();
        figures.outage += self
            .resources
            .values()
            .filter_map(|declared| Some(at - declared.dead_since?))
            .sum::<i64>();
        let left = figures.orphans + self.unserved().len();
        if left > 0 {
            *figures.broken.entry(Property::P7).or_default() += left;
        }
        figures
    }

    fn accuse(&mut self, property: Property) {
        *self.figures.broken.entry(property).or_default() += 1;
    }

    fn token(&mut self, token: &Token) {
        if token.change == Change::Created && token.by == Actor::Operator {
            self.figures.created += 1;
            let place = place_in(&token.name);
            if place
                .as_ref()
                .and_then(|place| self.resources.get(place))
                .is_some_and(|declared| declared.gone)
            {
                self.accuse(Property::P4);
            }
            let (owner, created) = (token.owner.clone(), self.now);
            self.tokens.insert(
                token.id.clone(),
                Minted { owner, place, created, alive: true, published: None },
            );
        }
        if token.change == Change::Deleted && self.tokens.contains_key(&token.id) {
            if token.by == Actor::Operator && self.is_too_early(&token.id) {
                self.accuse(Property::P3);
            }
            self.tokens.entry(token.id.clone()).and_modify(|minted| minted.alive = false);
            self.look_for_outages();
        }
        self.crowd();
    }

    /// P1, wherever a token or a record came or went.
    fn crowd(&mut self) {
        let recorded: BTreeSet<&String> = self.mentions.values().flatten().collect();
        let mut unrecorded: BTreeMap<&String, usize> = BTreeMap::new();
        for (id, token) in &self.tokens {
            if token.alive && !recorded.contains(id) {
                *unrecorded.entry(&token.owner).or_default() += 1;
            }
        }
        let most = unrecorded.values().copied().max().unwrap_or_default();
        let crowded: BTreeSet<String> = unrecorded
            .into_iter()
            .filter(|(_, count)| *count > 1)
            .map(|(owner, _)| owner.clone())
            .collect();
        let news = crowded.difference(&self.crowded).count();
        self.figures.most_unrecorded = self.figures.most_unrecorded.max(most);
        self.crowded = crowded;
        (0..news).for_each(|_| self.accuse(Property::P1));
    }

    /// Whether a published pair goes although its resource stays and no newer one was published for
    /// the overlap.
    fn is_too_early(&self, id: &str) -> bool {
        let Some(old) = self.tokens.get(id).filter(|token| token.published.is_some()) else {
            return false;
        };
        let Some(declared) = old.place.as_ref().and_then(|place| self.resources.get(place)) else {
            return false;
        };
        let long_ago = self.now - declared.overlap.unwrap_or_default() + TOLERANCE;
        let successor = declared
            .held
            .as_ref()
            .filter(|held| *held != id)
            .and_then(|held| self.tokens.get(held));
        let is_succeeded = successor.is_some_and(|new| {
            new.alive
                && new.created >= old.created
                && new.published.is_some_and(|at| at <= long_ago)
        });
        !declared.going && !declared.gone && !is_succeeded
    }

    /// Outages begin and end wherever a token, a Secret or a resource came or went.
    fn look_for_outages(&mut self) {
        let mut begun = 0;
        for declared in self.resources.values_mut() {
            let token = declared.held.as_ref().and_then(|id| self.tokens.get(id));
            let is_out =
                !declared.going && !declared.gone && token.is_some_and(|token| !token.alive);
            match declared.dead_since.filter(|_| !is_out) {
                Some(since) => {
                    self.figures.outage += self.now - since;
                    declared.dead_since = None;
                }
                None if is_out && declared.dead_since.is_none() => {
                    (declared.dead_since, declared.had_outage) = (Some(self.now), true);
                    begun += 1;
                }
                None => {}
            }
        }
        (0..begun).for_each(|_| self.accuse(Property::P2));
    }

    fn authentication(&mut self, tried: &Authentication) {
        self.figures.authentications += 1;
        let place = (tried.namespace.clone(), tried.secret.clone());
        let stays =
            self.resources.get(&place).is_some_and(|declared| !declared.going && !declared.gone);
        self.figures.refused += usize::from(!tried.accepted && stays);
    }
}

/// The resource that a token's name ends with, as in `… blue/sync`.
fn place_in(name: &str) -> Option<Place> {
    let (namespace, resource) = name.rsplit(' ').next()?.split_once('/')?;
    Some((namespace.to_owned(), resource.to_owned()))
}
