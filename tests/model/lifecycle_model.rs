//! The transitions: passes of the owner controller, the token controller, users, faults and time.
use pat_operator::lifecycle::facts::{Now, millis};
use pat_operator::lifecycle::ledger::{Applied, Attempt, scopes};
use pat_operator::lifecycle::ledger::{Ledger, State};
use pat_operator::lifecycle::settle;
use pat_operator::lifecycle::settle::{Extended, Outcome, Posted};
use pat_operator::lifecycle::step::{Extension, Resourceful, Step};
use pat_operator::redacted::Redacted;
use stateright::{Model, Property};

use crate::broken::Broken;
use crate::convergence::Settled;
use crate::pass::{Bounds, Owner, Progress, Replica};
use crate::properties;
use crate::world::{
    FOREIGN, Late, Phase, Published, SENTINEL, Shared, TIMINGS, TRESPASS, Token, UIDS, Worker, World, hash_of,
    new_ledger,
};

/// One configuration to explore.
#[derive(Clone, Default)]
pub struct Configuration {
    /// What it is, in the output.
    pub name: &'static str,
    /// Active replicas of the owner controller.
    pub replicas: usize,
    /// What A and B are at the start.
    pub start: [Start; 2],
    /// Users delete A, B.
    pub delete: [bool; 2],
    /// Numbers below this are minted at most.
    pub limit: u64,
    /// Faults in a whole run at most.
    pub faults: u8,
    /// Secrets that users remove, or take the name of, at most.
    pub edits: u8,
    /// Users remove the finalizer by force.
    pub force: bool,
    pub broken: Broken,
    /// The property, by its first letters, that must catch what is broken.
    pub caught_by: &'static str,
    /// Situations that must occur, else the configuration proves nothing.
    pub reaches: &'static [properties::Situation],
    pub settled: Settled,
}

/// A resource at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// There is none.
    #[default]
    Absent,
    /// Just applied.
    Applied,
    /// With its finalizer.
    Admitted,
    /// Served: minted, extended and published.
    Served,
}

/// A transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Begin(usize),
    Watch(usize),
    Reconsider(usize),
    Perform(usize),
    PerformBeside(usize),
    Commit(usize),
    Crash(usize),
    LaggingList(usize),
    Refuse(usize),
    Doubt(usize, bool),
    Wrong404(usize),
    Land(usize),
    TokenController(usize),
    Write(usize),
    Delete(usize),
    RemoveSecret(usize),
    TakeSecretName(usize),
    Force(usize),
    Wait,
}

impl Action {
    /// Neither a fault nor a user's doing.
    pub fn is_progress(self) -> bool {
        use Action::*;
        matches!(
            self,
            Begin(_)
                | Watch(_)
                | Perform(_)
                | PerformBeside(_)
                | Commit(_)
                | Land(_)
                | TokenController(_)
                | Write(_)
                | Wait
        )
    }

    fn is_fault(self) -> bool {
        use Action::*;
        matches!(self, Crash(_) | LaggingList(_) | Refuse(_) | Doubt(..) | Wrong404(_))
    }
}

impl Configuration {
    pub fn bounds(&self) -> Bounds {
        Bounds { limit: self.limit, broken: self.broken }
    }

    fn token_controller(&self, world: &mut World, r: usize) -> Option<()> {
        let recorded = world.ledger.resources.get(&UIDS[r]);
        let deleting = recorded.is_some_and(|resource| resource.deleting);
        let unknown =
            recorded.is_none() || self.broken == Broken::FinalizerEarly && world.ledger.of(&UIDS[r]).next().is_none();
        let ours = world.secrets[r].as_ref().filter(|secret| !secret.foreign);
        match world.customs[r] {
            Phase::New => world.customs[r] = Phase::Alive,
            Phase::Gone => return None,
            Phase::Deleting if unknown => world.workers[r] = Worker::RemoveFinalizer,
            _ if deleting && ours.is_some() => world.publish(r, None),
            _ if deleting && self.broken != Broken::PublishWhileDeleting => return None,
            _ => return self.describe(world, r),
        }
        Some(())
    }

    /// R8: a current credential, unless the Secret holds it or is somebody else's.
    fn describe(&self, world: &mut World, r: usize) -> Option<()> {
        let entry = world.ledger.of(&UIDS[r]).find(|entry| self.broken.publishes(entry.state))?;
        let due = world.secrets[r].as_ref().is_none_or(|secret| !secret.foreign && secret.id != entry.id);
        let write = Worker::Publish { id: entry.id.clone(), create: world.secrets[r].is_none() };
        due.then(|| world.workers[r] = write)
    }

    fn write(&self, world: &mut World, r: usize) -> Option<()> {
        match std::mem::replace(&mut world.workers[r], Worker::Idle) {
            Worker::Idle => return None,
            Worker::RemoveFinalizer => world.customs[r] = Phase::Gone,
            Worker::Publish { id, create } if create == world.secrets[r].is_none() => {
                let stalled = world.ledger.resources.get(&UIDS[r]).is_none_or(|resource| resource.deleting)
                    && self.broken != Broken::PublishWhileDeleting;
                if world.secrets[r].as_ref().is_some_and(|secret| secret.foreign) {
                    world.violations |= TRESPASS;
                }
                world.publish(r, Some(Published { id, foreign: false, stalled }));
            }
            Worker::Publish { .. } => {}
        }
        Some(())
    }

    fn land(&self, world: &mut World, k: usize) {
        match world.late.remove(k) {
            Late::Post(attempt) => {
                world.post(&attempt);
            }
            Late::Extend(extension) => {
                world.extend(&extension);
            }
            Late::Delete(id) => world.delete(&id),
            Late::Write { new, .. } => world.ledger = new,
        }
        world.settle_late();
    }

    fn user(&self, world: &mut World, action: Action) -> Option<()> {
        match action {
            Action::Delete(r) if world.customs[r] == Phase::New => world.customs[r] = Phase::Gone,
            Action::Delete(r) => world.customs[r] = Phase::Deleting,
            Action::Force(r) => {
                world.customs[r] = Phase::Gone;
                world.forced[r] = true;
            }
            Action::RemoveSecret(r) => {
                world.edits += 1;
                world.publish(r, None);
            }
            Action::TakeSecretName(r) => {
                world.edits += 1;
                world.publish(r, Some(Published { id: FOREIGN.into(), foreign: true, stalled: false }));
            }
            _ => return None,
        }
        Some(())
    }

    fn replica(&self, world: &mut World, action: Action) -> Option<()> {
        let owner = |world, i| Owner { world, i, bounds: self.bounds() };
        match action {
            Action::Begin(i) => owner(world, i).begin(),
            Action::Reconsider(i) => owner(world, i).reconsider(),
            Action::Perform(i) => owner(world, i).perform(false),
            Action::LaggingList(i) if world.before != world.tokens => owner(world, i).perform(true),
            Action::PerformBeside(i) => owner(world, i).perform_beside(),
            Action::Commit(i) => owner(world, i).commit(),
            Action::Crash(i) => {
                owner(world, i).crash();
                Some(())
            }
            Action::Refuse(i) => owner(world, i).refuse(),
            Action::Doubt(i, effect) => owner(world, i).doubt(effect),
            Action::Wrong404(i) => owner(world, i).wrong_404(),
            _ => None,
        }
    }
}

impl Model for Configuration {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let customs = self.start.map(|start| match start {
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
            replicas: vec![Replica::new(customs); self.replicas],
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
        for r in (0..2).filter(|r| self.start[*r] == Start::Served) {
            serve(&mut world, r);
        }
        let long_ago = millis(TIMINGS.list_lag) * 2;
        world.advance(long_ago);
        vec![world]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for (i, replica) in world.replicas.iter().enumerate() {
            match &replica.pass {
                None => actions.push(Action::Begin(i)),
                Some(pass) => {
                    actions.push(match pass.progress {
                        Progress::Sent { .. } => Action::Perform(i),
                        Progress::Answered(..) => Action::Commit(i),
                    });
                    actions.extend([Action::PerformBeside(i), Action::Reconsider(i)]);
                    if world.faults < self.faults {
                        actions.extend([
                            Action::Crash(i),
                            Action::LaggingList(i),
                            Action::Refuse(i),
                            Action::Wrong404(i),
                        ]);
                        actions.extend([Action::Doubt(i, false), Action::Doubt(i, true)]);
                    }
                }
            }
            if replica.seen != world.customs {
                actions.push(Action::Watch(i));
            }
        }
        actions.extend((0..world.late.len()).map(Action::Land));
        for r in 0..2 {
            actions.push(match world.workers[r] {
                Worker::Idle => Action::TokenController(r),
                _ => Action::Write(r),
            });
            if self.delete[r] && matches!(world.customs[r], Phase::New | Phase::Alive) {
                actions.push(Action::Delete(r));
            }
            if self.force && world.customs[r] == Phase::Deleting {
                actions.push(Action::Force(r));
            }
            if world.edits < self.edits && world.customs[r] != Phase::Gone {
                actions.push(match world.secrets[r] {
                    Some(_) => Action::RemoveSecret(r),
                    None => Action::TakeSecretName(r),
                });
            }
        }
        actions.push(Action::Wait);
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        world.faults += u8::from(action.is_fault());
        match action {
            Action::Watch(i) => world.replicas[i].seen = world.customs,
            Action::Land(k) => self.land(&mut world, k),
            Action::TokenController(r) => self.token_controller(&mut world, r)?,
            Action::Write(r) => self.write(&mut world, r)?,
            Action::Delete(_) | Action::Force(_) | Action::RemoveSecret(_) | Action::TakeSecretName(_) => {
                self.user(&mut world, action)?;
            }
            Action::Wait => {
                let moment = world.next_moment()?;
                world.advance(moment);
            }
            _ => self.replica(&mut world, action)?,
        }
        for r in 0..2 {
            // Kubernetes collects the Secret by its owner reference.
            if world.customs[r] == Phase::Gone && world.secrets[r].as_ref().is_some_and(|secret| !secret.foreign) {
                world.publish(r, None);
            }
        }
        // Replicas are alike: which one is first does not matter.
        world.replicas.sort_by_cached_key(hash_of);
        (world != *last).then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }
}

/// Mints and publishes at once, by the shipped `settle`.
fn serve(world: &mut World, r: usize) {
    let uid = UIDS[r].clone();
    let wanted = Applied { name: uid.clone(), scopes: scopes(["idn:a:read"]), validity_seconds: 3600 };
    let n = world.ledger.next;
    let attempt =
        Attempt { n, nonce: n, uid: uid.clone(), expiry: world.clock + millis(TIMINGS.attempt_expiry), wanted };
    let place = Resourceful { namespace: "n".into(), name: uid.clone(), secret: uid };
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
