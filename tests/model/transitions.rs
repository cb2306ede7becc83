//! The transitions: passes of the owner controller, the token controller, users, faults and time.
use stateright::{Model, Property};

use crate::configuration::{Configuration, Edit, Fault, LIE};
use crate::pass::Owner;
use crate::replica::Progress;
use crate::shared::hash_of;
use crate::world::{Worker, World};
use crate::{properties, start};

/// A transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Begin(usize),
    /// A pass begins on the time that a single wrong reply told.
    Misled(usize, i64),
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
    TokenController(usize, usize),
    Write(usize, usize),
    Collect(usize),
    Delete(usize),
    Force(usize),
    Apply(usize),
    Rotate(usize),
    Revoke(usize),
    DeleteInIsc(usize),
    RenameInIsc(usize),
    Use(usize),
    Edit(usize, Edit),
    BackUp,
    Restore,
    Wait,
}

impl Action {
    /// Neither a fault nor a user's doing.
    pub fn is_progress(self) -> bool {
        use Action::*;
        let passes =
            matches!(self, Begin(_) | Watch(_) | Perform(_) | PerformBeside(_) | Commit(_));
        passes || matches!(self, Land(_) | TokenController(..) | Write(..) | Collect(_) | Wait)
    }

    fn is_fault(self) -> bool {
        use Action::*;
        matches!(self, Crash(_) | LaggingList(_) | Refuse(_) | Doubt(..) | Wrong404(_) | Misled(..))
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
            // Equal replicas are interchangeable.
            if i > 0 && world.replicas[i - 1] == *replica {
                continue;
            }
            match replica.pass.as_ref().map(|pass| &pass.progress) {
                None => actions.push(Action::Begin(i)),
                Some(Progress::Sent { .. }) => {
                    actions.extend([
                        Action::Perform(i),
                        Action::PerformBeside(i),
                        Action::Reconsider(i),
                    ]);
                }
                Some(Progress::Answered(..)) => actions.push(Action::Commit(i)),
            }
            if world.faults < self.faults {
                self.faults(i, replica.pass.is_some(), actions);
            }
            if replica.seen != world.customs {
                actions.push(Action::Watch(i));
            }
        }
        actions.extend((0..world.late.len()).map(Action::Land));
        for r in 0..2 {
            actions.push(Action::Collect(r));
            for (k, worker) in world.workers[r].iter().enumerate() {
                if k > 0 && world.workers[r][k - 1] == *worker {
                    continue;
                }
                actions.push(match worker {
                    Worker::Idle => Action::TokenController(r, k),
                    _ => Action::Write(r, k),
                });
            }
        }
        self.users(world, actions);
        actions.push(Action::Wait);
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        world.faults += u8::from(action.is_fault());
        match action {
            Action::Watch(i) => world.replicas[i].seen = world.customs,
            Action::Land(k) => self.land(&mut world, k),
            Action::TokenController(r, k) => self.token_controller(&mut world, r, k)?,
            Action::Write(r, k) => self.write(&mut world, r, k)?,
            Action::Collect(place) => self.collect(&mut world, place)?,
            Action::BackUp => Self::back_up(&mut world),
            Action::Restore => self.bring_back(&mut world)?,
            Action::Wait => {
                let moment =
                    self.next_moment(&world).filter(|moment| !self.starves(&world, *moment))?;
                world.advance(moment);
            }
            Action::Delete(_)
            | Action::Force(_)
            | Action::Apply(_)
            | Action::Rotate(_)
            | Action::Revoke(_)
            | Action::DeleteInIsc(_)
            | Action::RenameInIsc(_)
            | Action::Use(_)
            | Action::Edit(..) => self.user(&mut world, action)?,
            _ => self.replica(&mut world, action)?,
        }
        // Replicas are alike: which one is first does not matter.
        world.replicas.sort_by_cached_key(hash_of);
        world.workers.iter_mut().for_each(|workers| workers.sort_by_cached_key(hash_of));
        (world != *last).then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }
}

impl Configuration {
    /// What may go wrong for a replica.
    fn faults(&self, i: usize, is_passing: bool, actions: &mut Vec<Action>) {
        let passing = [
            (Fault::Crash, Action::Crash(i)),
            (Fault::Lag, Action::LaggingList(i)),
            (Fault::Refuse, Action::Refuse(i)),
            (Fault::Doubt, Action::Doubt(i, false)),
            (Fault::Doubt, Action::Doubt(i, true)),
            (Fault::Wrong404, Action::Wrong404(i)),
        ];
        let resting =
            [(Fault::Ahead, Action::Misled(i, LIE)), (Fault::Behind, Action::Misled(i, -LIE))];
        let possible = if is_passing { &passing[..] } else { &resting[..] };
        actions.extend(
            possible.iter().filter(|(fault, _)| self.has(*fault)).map(|(_, action)| *action),
        );
    }

    /// What a replica does or meets.
    fn replica(&self, world: &mut World, action: Action) -> Option<()> {
        let owner = |world, i| Owner { world, i, config: self };
        match action {
            Action::Begin(i) => owner(world, i).begin(0),
            Action::Misled(i, lie) => owner(world, i).begin(lie),
            Action::Reconsider(i) => owner(world, i).reconsider(),
            Action::Perform(i) => owner(world, i).perform(false),
            Action::LaggingList(i) if world.before.1 != world.tokens => {
                owner(world, i).perform(true)
            }
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
