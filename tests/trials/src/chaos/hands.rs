//! What people do in ISC by hand: to tokens of their own, and to the operator's.
use isc_simulator::{Control, NewToken, TokenEdit};
use jiff::SignedDuration;
use judge::{Action, What};
use simulation::Random;

use crate::world::World;

/// What somebody does to a token of the operator.
#[derive(Clone, Debug)]
pub enum Meddling {
    /// Destroys it.
    Delete,
    /// Gives it another name.
    Rename(String),
    /// Gives it other scopes.
    Rescope(String),
    /// Lets it end after so many seconds; `None`: never.
    Expire(Option<i64>),
}

impl Meddling {
    /// Any of them.
    pub fn any(random: &mut Random) -> Self {
        match random.below(7) {
            0..3 => Self::Delete,
            3 => Self::Rename(format!("somebody's {}", random.below(1_000_000))),
            4 => Self::Rescope("idn:sources:read".into()),
            _ => Self::Expire(random.one_of(&[Some(20), Some(600), Some(7_200), None])),
        }
    }
}

impl World {
    /// Does it to one of the operator's tokens for the user of this ISC tenant.
    pub(super) fn meddle(&self, tenant: &str, how: &Meddling, chance: &mut Random) {
        let (tenant, how, choice) = (tenant.to_owned(), how.clone(), chance.number());
        self.isc.by_hand(&format!("meddle {choice}"), move |control| {
            let tokens = control.tokens(&tenant).unwrap_or_default();
            let ours: Vec<_> =
                tokens.iter().filter(|token| token.name.starts_with("pat1-")).collect();
            let number = choice
                .checked_rem(ours.len() as u64)
                .and_then(|number| usize::try_from(number).ok());
            let Some(chosen) = number.and_then(|number| ours.get(number)) else { return };
            let expires = |seconds: i64| control.now() + SignedDuration::from_secs(seconds);
            let edit = match how {
                Meddling::Delete => {
                    // It is there.
                    let _ = control.delete_token(&tenant, &chosen.id);
                    return;
                }
                Meddling::Rename(name) => TokenEdit { name: Some(name), ..TokenEdit::default() },
                Meddling::Rescope(scope) => {
                    TokenEdit { scope: Some(Some(vec![scope])), ..TokenEdit::default() }
                }
                Meddling::Expire(after) => {
                    TokenEdit { expiration_date: Some(after.map(expires)), ..TokenEdit::default() }
                }
            };
            // It is there.
            let _ = control.edit_token(&tenant, &chosen.id, edit);
        });
    }

    /// Disables the user of this ISC tenant, or enables it again.
    pub(super) fn disable(&self, tenant: &str, disabled: bool) {
        let (tenant, witness) = (tenant.to_owned(), self.witness.clone());
        self.isc.by_hand(&format!("disable {tenant} {disabled}"), move |control| {
            for user in control.users(&tenant).unwrap_or_default() {
                let action = if disabled { Action::Disable } else { Action::Enable };
                witness.tell(What::Action(action(user.id.clone())));
                // It is there.
                let _ = control.set_disabled(&tenant, &user.id, disabled);
            }
        });
    }

    /// Gives the user of this ISC tenant another level.
    pub(super) fn level(&self, tenant: &str, level: &'static str) {
        let tenant = tenant.to_owned();
        self.isc.by_hand(&format!("level {tenant} {level}"), move |control| {
            for user in control.users(&tenant).unwrap_or_default() {
                // It is there.
                let _ = control.set_levels(&tenant, &user.id, &[level.to_owned()]);
            }
        });
    }

    /// No user is disabled any more.
    pub(super) fn admit_everybody(&self) {
        for tenant in self.isc.control.tenants() {
            self.disable(&tenant, false);
        }
    }

    /// Makes a token of another tool, if there is room.
    pub(super) fn foreign_token(&self, tenant: &str, number: u64) {
        let tenant = tenant.to_owned();
        self.isc.by_hand(&format!("foreign token {number}"), move |control| {
            let users = control.users(&tenant).unwrap_or_default();
            if let Some(user) = users.first().filter(|user| user.tokens < 10) {
                let token = NewToken::named(&user.id, &format!("by another tool {number}"));
                // The user is there.
                let _ = control.create_token(&tenant, token);
            }
        });
    }

    /// Deletes all of them.
    pub(super) fn no_foreign_tokens(&self, tenant: &str) {
        let tenant = tenant.to_owned();
        self.isc.by_hand(&format!("no foreign tokens of {tenant}"), move |control| {
            remove_foreign(control, &tenant);
        });
    }
}

fn remove_foreign(control: &Control, tenant: &str) {
    for token in control.tokens(tenant).unwrap_or_default() {
        if token.name.starts_with("by another tool") {
            // It is there.
            let _ = control.delete_token(tenant, &token.id);
        }
    }
}
