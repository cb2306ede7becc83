//! The rules of the protocol as sentences: each test names its rule, says what is known, and
//! asserts what happens next.
mod attempts;
mod changes;
mod clock;
mod deletion;
mod describe;
mod destroy;
mod drift;
mod in_place;
mod lists;
mod long_expiry;
mod minting;
mod nerm;
mod order;
mod publish;
mod refused;
mod release;
mod retire;
mod revoke;
mod rotation;
mod settling;
mod slots;
mod travel;
mod vanished;
mod waiting;
mod worth;

use super::facts::{Declared, Executing, Now, Sighting, Stage, Trigger};
use super::ledger::{Attempt, Entry, Ledger, NermTrial, NermVerdict, State, Unresolved};
use super::sample::{self, MINUTE, NOW, World};
use super::secret::{Held, Holds, SecretSeen};
use super::settle::{Outcome, settle};
use super::step::{Call, Look, Place, Record};
use super::{Step, Timings, step};

/// A sentence, what is known, and what happens next.
type Case = (&'static str, World, Option<Step>);

/// Asserts that the next step is the one that each sentence claims.
fn check(cases: impl IntoIterator<Item = Case>) {
    for (sentence, world, expected) in cases {
        assert_eq!(step(&world.facts()), expected, "{sentence}");
    }
}

/// A value changed in one respect.
fn with<T>(mut value: T, change: impl FnOnce(&mut T)) -> T {
    change(&mut value);
    value
}

/// The ledger after a step, now.
fn settled(ledger: &Ledger, step: &Step, outcome: &Outcome) -> Ledger {
    settle(ledger, step, outcome, Now { ms: NOW, consistent: true }, &Timings::default())
}

/// The intent that `step` makes for a resource of the sample.
fn attempt(n: u64, uid: &str) -> Attempt {
    let expiry = NOW + 10 * MINUTE;
    Attempt {
        n,
        nonce: 7,
        uid: uid.into(),
        expiry,
        give_up_after: None,
        wanted: sample::wanted(),
        answers: None,
    }
}

fn place(uid: &str) -> Place {
    Place { namespace: "integrations".into(), name: uid.into(), secret: uid.into(), revoked: None }
}

/// A ledger without tokens that knows these resources.
fn mentioning(uids: &[&str]) -> Ledger {
    with(sample::empty(), |ledger| {
        ledger.resources = uids.iter().map(|uid| ((*uid).into(), sample::resource(uid))).collect();
    })
}

/// A ledger with these tokens, numbered from 1.
fn holding(entries: &[(&str, State)]) -> Ledger {
    let uids: Vec<_> = entries.iter().map(|(uid, _)| *uid).collect();
    with(mentioning(&uids), |ledger| {
        ledger.entries =
            (1..).zip(entries).map(|(n, (uid, state))| sample::entry(n, uid, *state)).collect();
        ledger.next = entries.len() as u64 + 1;
    })
}

/// A ledger whose attempt 1, for `a`, is pending.
fn attempting() -> Ledger {
    with(mentioning(&["a"]), |ledger| {
        ledger.pending = Some(attempt(1, "a"));
        ledger.next = 2;
    })
}

/// A ledger whose attempt 1, for `a`, was fenced and ends at the given time.
fn fenced(expiry: i64) -> Ledger {
    with(mentioning(&["a"]), |ledger| {
        ledger.unresolved = Some(Unresolved { n: 1, uid: "a".into(), expiry });
        ledger.next = 2;
    })
}

/// A ledger that has recorded the deletion of `a`.
fn deleting(ledger: Ledger) -> Ledger {
    with(ledger, |ledger| ledger.resources.get_mut("a").unwrap().deleting = true)
}

/// Back-off of `a` until the given time.
fn waits(ledger: Ledger, until: i64) -> Ledger {
    with(ledger, |ledger| ledger.resources.get_mut("a").unwrap().not_before = until)
}

/// The attempt of the pass itself, at a stage.
fn own(world: World, stage: Stage) -> World {
    with(world, |world| world.executing = Some(Executing { nonce: 7, stage }))
}

/// The Secret of a resource, read before its deletion was recorded.
fn read(world: World, uid: &str, holds: Holds) -> World {
    with(world, |world| {
        world.secrets.insert(
            uid.into(),
            SecretSeen { holds, deleting: false, overlap_over: false, listed: true, held: None },
        );
    })
}

/// The Secret of a resource, read since its deletion was recorded.
fn read_since(world: World, uid: &str, holds: Holds) -> World {
    with(world, |world| {
        world.secrets.insert(
            uid.into(),
            SecretSeen { holds, deleting: true, overlap_over: false, listed: true, held: None },
        );
    })
}

/// The pair of token `n` as the resource's Secret holds it.
fn pair(n: u64) -> Held {
    let entry = sample::entry(n, "a", State::Current);
    Held { id: entry.id, client_secret: entry.client_secret, claims: Some(n), owned: true }
}

/// The Secret of `a`, read live, is its own and holds this.
fn shown(world: World, deleting: bool, held: Option<Held>) -> World {
    let seen = SecretSeen { holds: Holds::Ours, deleting, overlap_over: false, listed: true, held };
    with(world, |world| drop(world.secrets.insert("a".into(), seen)))
}

/// The declaration of `a`, changed.
fn declares(world: World, change: impl FnOnce(&mut Declared)) -> World {
    with(world, |world| change(world.declared.get_mut("a").unwrap()))
}

/// A request made at a time.
fn request(value: &str, at: i64) -> Option<Trigger> {
    Some(Trigger { value: value.into(), at })
}

/// Only one reply of ISC tells the time.
fn by_one_reply(world: World) -> World {
    with(world, |world| world.now = Some(Now { ms: NOW, consistent: false }))
}

/// `a` is rotated: token 1 is replaced by token 2, which was seen published at that time.
fn rotating(published_at: Option<i64>) -> Ledger {
    with(holding(&[("a", State::Retired), ("a", State::Current)]), |ledger| {
        ledger.entries[1].published_at = published_at;
    })
}

/// The watch does not show recorded resources that are there.
fn looked_for(world: World) -> World {
    with(world, |world| {
        world.sightings =
            world.ledger.resources.keys().map(|uid| (uid.clone(), Sighting::Alive)).collect();
    })
}

/// LIST shows one more token of ours, for `a`.
fn shows(world: World, n: u64, provisional: bool) -> World {
    with(world, |world| {
        let token = sample::listed(&world.ledger, n, "a", provisional);
        world.listing.as_mut().unwrap().tokens.push(token);
    })
}

/// LIST was answered so long ago.
fn listed_ago(world: World, ago: i64) -> World {
    with(world, |world| world.listing.as_mut().unwrap().at = NOW - ago)
}

/// The only token of the ledger, changed.
fn token(ledger: Ledger, change: impl FnOnce(&mut Entry)) -> Ledger {
    with(ledger, |ledger| change(&mut ledger.entries[0]))
}
