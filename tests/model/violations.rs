//! What a single transition shows to be wrong, and no state would tell afterwards.
use pat_operator::lifecycle::Ledger;
use pat_operator::lifecycle::ledger::{Entry, State};

use crate::shared::Shared;
use crate::world::{OVERLAP, UIDS, World};

/// A DELETE without an irrevocable fact.
pub const UNLICENSED: u16 = 1;
/// A minted token was dropped although its attempt was still valid.
pub const WASTED: u16 = 2;
/// A foreign Secret was written.
pub const TRESPASS: u16 = 4;
/// A POST found no slot free.
pub const OVERFULL: u16 = 8;
/// A credential was condemned before its successor was published for the whole overlap.
pub const TOO_EARLY: u16 = 16;
/// An older pair was written over a newer one.
pub const OLDER: u16 = 32;
/// A revoked pair was published again.
pub const REVIVED: u16 = 64;
/// A live pair that only the Secret knew was written over.
pub const ABANDONED: u16 = 128;
/// An attempt followed failed ones without a wait.
pub const LOOP: u16 = 256;
/// A condemned token was forgotten while it was alive, and nothing says that it was let go.
pub const FORGOTTEN: u16 = 512;

impl World {
    /// A write of the ledger; whoever still wants to write over the old one will be refused.
    pub fn write(&mut self, new: Shared<Ledger>) {
        let early = self.ledger.entries.iter().any(|old| {
            let lives_on = new.entry(&old.id).is_some_and(|entry| entry.state != State::Tomb);
            old.state != State::Tomb && !lives_on && !self.may_condemn(&new, old)
        });
        if early {
            self.violations |= TOO_EARLY;
        }
        for old in self.ledger.condemned().filter(|old| new.entry(&old.id).is_none()) {
            let lives = self.token(&old.id).is_some_and(|token| !token.released);
            if lives && !self.ledger.lets_go(&old.uid) && !self.restored {
                self.violations |= FORGOTTEN;
            }
        }
        for uid in &*UIDS {
            let handled = |ledger: &Ledger| {
                ledger.resources.get(uid).map(|resource| resource.revoked.clone())
            };
            if handled(&self.ledger).is_some_and(|before| Some(before) != handled(&new))
                && handled(&new).is_some()
            {
                let condemned = new.of(uid).filter(|entry| entry.state == State::Tomb);
                self.revoked.extend(condemned.map(|entry| entry.id.clone()));
            }
        }
        self.ledger = new;
        self.settle_late();
    }

    /// P3: with its resource, on request, dead already, or long enough after its successor was
    /// published.
    fn may_condemn(&self, new: &Ledger, old: &Entry) -> bool {
        let resource = |ledger: &Ledger| {
            ledger.resources.get(&old.uid).map(|r| (r.deleting, r.revoked.clone()))
        };
        let (Some((_, revoked)), Some((deleting, revoked_now))) =
            (resource(&self.ledger), resource(new))
        else {
            return true;
        };
        let Some(token) = self.token(&old.id) else { return true };
        let served = new.current(&old.uid).and_then(|current| self.token(&current.id)?.published);
        deleting
            || revoked != revoked_now
            || self.restored
            || token.published.is_none()
            || served.is_some_and(|since| since + OVERLAP <= self.clock)
    }
}
