//! Who else acts: users, whoever restores a backup, and requests that land late.
use crate::configuration::{Configuration, Edit, Restore};
use crate::replica::Replica;
use crate::shared::Shared;
use crate::transitions::Action;
use crate::world::{
    Backup, Custom, FOREIGN, HIGH, Late, Phase, Published, STRANGER, Worker, World,
};

/// The pair that a user writes by hand.
fn by_hand() -> Published {
    Published {
        id: FOREIGN.into(),
        spoiled: false,
        claims: HIGH,
        marks: None,
        owned: false,
        edited: true,
        stalled: false,
        left: false,
    }
}

impl Configuration {
    /// What users may do now.
    pub fn users(&self, world: &World, actions: &mut Vec<Action>) {
        for r in 0..2 {
            let Custom { phase, rotate, revoke } = world.customs[r];
            let alive = phase == Phase::Alive;
            let may = [
                (Action::Delete(r), self.delete[r] && (alive || phase == Phase::New)),
                (Action::Force(r), self.force && phase == Phase::Deleting),
                (Action::Rotate(r), alive && rotate < self.rotate[r]),
                (Action::Revoke(r), alive && revoke < self.revoke[r]),
                (
                    Action::Apply(r),
                    phase == Phase::Future && world.customs[1 - r].phase == Phase::Gone,
                ),
                (Action::DeleteInIsc(r), self.by_hand && alive && world.lost.is_empty()),
                (Action::RenameInIsc(r), self.renames && alive && !world.renamed),
                (Action::Use(r), self.max_overlap && alive),
            ];
            actions.extend(may.into_iter().filter(|(_, may)| *may).map(|(action, _)| action));
            if world.edits < self.edits && !matches!(phase, Phase::Gone | Phase::Future) {
                actions.extend(self.changes.iter().map(|edit| Action::Edit(r, *edit)));
            }
        }
        if self.restore != Restore::Never && !world.restored {
            actions.push(if world.backup.is_none() { Action::BackUp } else { Action::Restore });
        }
    }

    /// What users do.
    pub fn user(&self, world: &mut World, action: Action) -> Option<()> {
        match action {
            Action::Delete(r) if world.customs[r].phase == Phase::New => {
                world.customs[r].phase = Phase::Gone;
            }
            Action::Delete(r) => world.customs[r].phase = Phase::Deleting,
            Action::Force(r) => {
                world.customs[r].phase = Phase::Gone;
                world.forced[r] = true;
            }
            Action::Apply(r) => world.customs[r].phase = Phase::New,
            Action::Rotate(r) => world.customs[r].rotate += 1,
            Action::Revoke(r) => world.customs[r].revoke += 1,
            Action::DeleteInIsc(r) => {
                let id =
                    world.own_secret(self.place(r), r).filter(|secret| !secret.edited)?.id.clone();
                world.token(&id)?;
                world.remove(|token| token.id == id);
                world.lost.insert(id);
                world.settle_late();
            }
            Action::RenameInIsc(r) => {
                let id =
                    world.own_secret(self.place(r), r).filter(|secret| !secret.edited)?.id.clone();
                let token = world.token_mut(&id)?;
                (token.name, token.ours) = ("by hand".into(), false);
                world.renamed = true;
            }
            Action::Use(r) => {
                let replaced = world.ledger.retired(&crate::world::UIDS[r]).next()?.id.clone();
                world.use_token(&replaced);
            }
            Action::Edit(r, edit) => return self.edit(world, r, edit),
            _ => return None,
        }
        Some(())
    }

    fn edit(&self, world: &mut World, r: usize, edit: Edit) -> Option<()> {
        let place = self.place(r);
        let own = world.own_secret(place, r).cloned();
        let new = match edit {
            Edit::TakeName if world.secrets[place].is_none() => Some(by_hand()),
            Edit::TakeName => return None,
            Edit::Remove => own.map(|_| None)?,
            Edit::Data => Some(Published { spoiled: true, edited: true, ..own? }),
            Edit::Number => Some(Published { claims: HIGH, ..own? }),
            Edit::NoNumber => Some(Published { claims: 0, ..own? }),
            Edit::CopyForeign | Edit::CopyStranger => {
                let id = if edit == Edit::CopyForeign { FOREIGN.into() } else { STRANGER.into() };
                Some(Published { id, claims: HIGH, edited: true, spoiled: false, ..own? })
            }
            Edit::CopyOther => {
                let id = world.own_secret(self.place(1 - r), 1 - r)?.id.clone();
                Some(Published { id, claims: HIGH, edited: true, spoiled: false, ..own? })
            }
        };
        world.edits += 1;
        self.publish(world, place, new);
        Some(())
    }

    /// Kubernetes collects a Secret by its owner reference, when it comes to it.
    pub fn collect(&self, world: &mut World, place: usize) -> Option<()> {
        let owner = world.secrets[place].as_ref().filter(|secret| secret.owned)?.marks?;
        if world.customs[owner].phase != Phase::Gone {
            return None;
        }
        self.publish(world, place, None);
        Some(())
    }

    pub fn back_up(world: &mut World) {
        let World { ledger, secrets, customs, .. } = world.clone();
        world.backup = Some(Shared::new(Backup { ledger, secrets, customs }));
    }

    /// What was in memory is gone, and what was under way in Kubernetes too.
    pub fn bring_back(&self, world: &mut World) -> Option<()> {
        let Backup { ledger, secrets, customs } = (*world.backup.take()?).clone();
        world.restored = true;
        world.ledger = ledger;
        if self.restore == Restore::All {
            (world.secrets, world.customs) = (secrets, customs);
        }
        world.replicas = vec![Replica::new(world.customs); world.replicas.len()];
        world.workers.iter_mut().flatten().for_each(|worker| *worker = Worker::Idle);
        world.late.retain(|late| !matches!(late, Late::Write { .. } | Late::Delete(_)));
        world.questions = [false; 2];
        world.failures = [0; 2];
        Some(())
    }

    /// The effect of a request that nobody waits for.
    pub fn land(&self, world: &mut World, k: usize) {
        match world.late.remove(k) {
            Late::Post(attempt) => {
                world.post(self, &attempt);
            }
            Late::Extend(extension) => {
                world.extend(&extension);
            }
            Late::Rename { id, name } => {
                world.rename(&id, &name);
            }
            Late::Delete(id) => world.delete(&id),
            Late::Write { new, .. } => world.write(new),
        }
        world.settle_late();
    }
}
