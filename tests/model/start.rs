//! The first state of a configuration.
use std::collections::BTreeSet;

use pat_operator::credential::Credential;
use pat_operator::lifecycle::facts::Now;
use pat_operator::lifecycle::ledger::{Attempt, Ledger, State, scopes};
use pat_operator::lifecycle::settle;
use pat_operator::lifecycle::settle::{Extended, Outcome, Posted};
use pat_operator::lifecycle::step::{Call, Extension, Place, Record, Step};
use pat_operator::redacted::Redacted;

use crate::configuration::{Configuration, Start};
use crate::isc::{foreigners, secret_of};
use crate::replica::{Replica, wanted};
use crate::shared::Shared;
use crate::world::{Custom, Phase, Published, TIMINGS, UIDS, Worker, World, new_ledger};

/// The first state.
pub fn world(configuration: &Configuration) -> World {
    let customs = [0, 1].map(|r| Custom { phase: phase(configuration, r), rotate: 0, revoke: 0 });
    let mut world = World {
        replicas: vec![Replica::new(customs); configuration.replicas],
        workers: [0, 1].map(|_| vec![Worker::Idle; configuration.workers.max(1)]),
        ledger: Shared::new(new_ledger(configuration.slots())),
        customs,
        secrets: [None, None],
        tokens: foreigners(),
        before: (0, foreigners()),
        late: vec![],
        clock: 1,
        faults: 0,
        edits: 0,
        forced: [false; 2],
        questions: [false; 2],
        failures: [0; 2],
        revoked: BTreeSet::new(),
        lost: BTreeSet::new(),
        backup: None,
        restored: false,
        renamed: false,
        violations: 0,
    };
    for r in (0..2).filter(|r| matches!(configuration.start[*r], Start::Prepared | Start::Served)) {
        serve(configuration, &mut world, r);
    }
    let long_ago = TIMINGS.list_lag * 2;
    world.advance(long_ago);
    world
}

/// Mints and publishes at once, by the shipped `settle`.
fn serve(configuration: &Configuration, world: &mut World, r: usize) {
    let uid = UIDS[r].clone();
    let wanted = wanted(&uid);
    let n = world.ledger.next;
    let attempt = Attempt {
        n,
        nonce: n,
        uid: uid.clone(),
        expiry: world.clock + TIMINGS.attempt_expiry,
        give_up_after: None,
        wanted,
        answers: None,
    };
    let place = Place {
        namespace: "n".into(),
        name: uid.clone(),
        secret: UIDS[configuration.place(r)].clone(),
        revoked: None,
    };
    let id = world.post(configuration, &attempt).expect("ISC accepts the first token");
    let extension = Extension { id: id.clone(), until: world.clock + TIMINGS.long_expiry };
    let is_served = configuration.start[r] == Start::Served;
    if is_served {
        world.extend(&extension);
    }
    let post = Posted::Yes {
        credential: Credential::new(id.clone(), Redacted::new(secret_of(&id))),
        expires_at: attempt.expiry,
        made_at: None,
    };
    let now = Now { ms: world.clock, consistent: true };
    let done = [
        (Step::Record(Record::Intent(attempt.clone(), place)), Outcome::Decided),
        (
            Step::Call(Call::Post { attempt, extend: None, then: None }),
            Outcome::Posted { post, extended: None },
        ),
        (
            Step::Call(Call::Extend(extension)),
            Outcome::Extended(Extended::Yes { missing_scopes: Some(scopes(Vec::<String>::new())) }),
        ),
    ];
    let ledger = done
        .iter()
        .take(if is_served { 3 } else { 2 })
        .fold((*world.ledger).clone(), |ledger: Ledger, (step, outcome)| {
            settle(&ledger, step, outcome, now, &TIMINGS)
        });
    world.ledger = Shared::new(ledger);
    if !is_served {
        return;
    }
    assert!(world.ledger.entry(&id).is_some_and(|entry| entry.state == State::Current));
    world.note_published(&id);
    let owned = !configuration.retain[r];
    let (spoiled, edited, stalled, left) = (false, false, false, false);
    world.secrets[configuration.place(r)] =
        Some(Published { id, spoiled, claims: n, marks: Some(r), owned, edited, stalled, left });
}

fn phase(configuration: &Configuration, r: usize) -> Phase {
    match configuration.start[r] {
        Start::Absent if configuration.same_name => Phase::Future,
        Start::Absent => Phase::Gone,
        Start::Applied => Phase::New,
        Start::Admitted | Start::Prepared | Start::Served => Phase::Alive,
    }
}
