//! The first state of a configuration.
use pat_operator::lifecycle::facts::{Now, millis};
use pat_operator::lifecycle::ledger::{Applied, Attempt, Ledger, State, scopes};
use pat_operator::lifecycle::settle;
use pat_operator::lifecycle::settle::{Extended, Outcome, Posted};
use pat_operator::lifecycle::step::{Extension, Resourceful, Step};
use pat_operator::redacted::Redacted;

use crate::configuration::{Configuration, Start};
use crate::replica::Replica;
use crate::shared::Shared;
use crate::world::{FOREIGN, Phase, Published, SENTINEL, TIMINGS, Token, UIDS, Worker, World, new_ledger};

/// The first state.
pub fn world(configuration: &Configuration) -> World {
    let customs = configuration.start.map(|start| match start {
        Start::Absent => Phase::Gone,
        Start::Applied => Phase::New,
        Start::Admitted | Start::Served => Phase::Alive,
    });
    let foreign = |id: &str| Token {
        id: id.into(),
        name: id.into(),
        resource: None,
        n: 0,
        created: 0,
        expires: None,
        accepted: false,
    };
    let mut world = World {
        replicas: vec![Replica::new(customs); configuration.replicas],
        workers: [Worker::Idle, Worker::Idle],
        ledger: Shared::new(new_ledger()),
        customs,
        secrets: [None, None],
        tokens: vec![foreign(FOREIGN), foreign(SENTINEL)],
        before: vec![],
        late: vec![],
        clock: 1,
        faults: 0,
        edits: 0,
        forced: [false; 2],
        violations: 0,
    };
    for r in (0..2).filter(|r| configuration.start[*r] == Start::Served) {
        serve(&mut world, r);
    }
    let long_ago = millis(TIMINGS.list_lag) * 2;
    world.advance(long_ago);
    world
}

/// Mints and publishes at once, by the shipped `settle`.
fn serve(world: &mut World, r: usize) {
    let uid = UIDS[r].clone();
    let wanted = Applied { name: uid.clone(), scopes: scopes(["idn:a:read"]), validity_seconds: 3600 };
    let n = world.ledger.next;
    let attempt = Attempt {
        n,
        nonce: n,
        uid: uid.clone(),
        expiry: world.clock + millis(TIMINGS.attempt_expiry),
        give_up_after: None,
        wanted,
        answers: None,
    };
    let place = Resourceful { namespace: "n".into(), name: uid.clone(), secret: uid, revoked: None };
    let id = world.post(&attempt).expect("ISC accepts the first token");
    let extension = Extension { id: id.clone(), until: world.clock + millis(TIMINGS.long_expiry) };
    world.extend(&extension);
    let post = Posted::Yes { id: id.clone(), client_secret: Redacted::new("s".into()), expires_at: attempt.expiry };
    let now = Now { ms: world.clock, consistent: true };
    let done = [
        (Step::Intent(attempt.clone(), place), Outcome::Decided),
        (Step::Post { attempt, extend: None, then: None }, Outcome::Posted { post, extended: None }),
        (Step::Extend(extension), Outcome::Extended(Extended::Yes { missing_scopes: scopes(Vec::<String>::new()) })),
    ];
    let ledger = done
        .iter()
        .fold((*world.ledger).clone(), |ledger: Ledger, (step, outcome)| settle(&ledger, step, outcome, now, &TIMINGS));
    assert!(ledger.entry(&id).is_some_and(|entry| entry.state == State::Current));
    world.ledger = Shared::new(ledger);
    world.secrets[r] = Some(Published { id, foreign: false, stalled: false });
}
