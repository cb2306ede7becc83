//! The transitions: passes of the owner controller, the token controller, users, faults and time.
use stateright::{Model, Property};

use crate::configuration::Configuration;
use crate::kubernetes::{land, user};
use crate::pass::Owner;
use crate::replica::Progress;
use crate::shared::hash_of;
use crate::world::{Phase, Worker, World};
use crate::{properties, start};

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

impl Model for Configuration {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![start::world(self)]
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
            Action::Land(k) => land(&mut world, k),
            Action::TokenController(r) => self.token_controller(&mut world, r)?,
            Action::Write(r) => self.write(&mut world, r)?,
            Action::Delete(_) | Action::Force(_) | Action::RemoveSecret(_) | Action::TakeSecretName(_) => {
                user(&mut world, action)?;
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

impl Configuration {
    /// What a replica does or meets.
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
