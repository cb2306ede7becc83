//! A possible ISC, drawn at random: which one it is, the caller's numbers decide.
use crate::clock::DateStyle;
use crate::dialect::{
    CheckToken, Dialect, ErrorStyle, ExpiresIn, OauthInfo, Presence, ReplyScope, ScopeClaim, Shown,
};
use crate::switches::Switches;

/// Where the next number comes from.
struct Chance<'a, F>(&'a mut F);

impl<F: FnMut(u64) -> u64> Chance<'_, F> {
    /// One of these, each as likely as the others.
    fn one_of<T: Copy, const N: usize>(&mut self, choices: [T; N]) -> T {
        let drawn = (self.0)(N as u64);
        choices[usize::try_from(drawn).unwrap_or_default() % N]
    }

    fn coin(&mut self) -> bool {
        self.one_of([false, true])
    }
}

impl Switches {
    /// A random but possible ISC. `next(n)` gives a number below `n`; the same numbers give the
    /// same ISC.
    ///
    /// An ISC that tells nobody which tenant it is cannot be worked with, and is never drawn. Past
    /// expiration dates are always refused, and expired tokens always deleted.
    pub fn draw(next: &mut impl FnMut(u64) -> u64) -> Self {
        let mut chance = Chance(next);
        Self {
            dialect: dialect(&mut chance),
            list_lag_seconds: chance.one_of([0, 0, 0, 0, 3, 30, 90]),
            list_managed: chance.coin(),
            new_pair_delay_seconds: chance.one_of([0, 0, 0, 5, 40]),
            scope_lag_seconds: chance.one_of([0, 300, 1200]),
            last_used_seconds: chance.one_of([86_400, 3600, 0]),
            cap_status: chance.one_of([400, 403, 409, 422]),
            duplicate_name_status: chance.one_of([400, 409, 422]),
            bad_date_status: chance.one_of([400, 422]),
            min_expiry_seconds: chance.one_of([None, None, None, Some(3600), Some(86_400)]),
            max_expiry_days: chance.one_of([None, None, Some(365), Some(180), Some(90)]),
            access_tokens_die_with_token: chance.coin(),
            deprecated: chance.coin(),
            date_style: chance.one_of([DateStyle::Millis, DateStyle::Seconds, DateStyle::Offset]),
            ..Self::default()
        }
    }

    /// The ISC that a number stands for.
    pub fn drawn_from(number: u64) -> Self {
        let mut state = number;
        Self::draw(&mut |below| {
            // SplitMix64, so that a number means the same ISC on each machine and in each version.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (mixed ^ (mixed >> 31)) % below
        })
    }
}

fn dialect(chance: &mut Chance<'_, impl FnMut(u64) -> u64>) -> Dialect {
    let tenant = chance.one_of(Presence::ALL);
    let oauth_info = match tenant {
        Presence::Absent => chance.one_of([OauthInfo::Full, OauthInfo::TenantIdOnly]),
        Presence::Both | Presence::Reply | Presence::Claims => chance.one_of(OauthInfo::ALL),
    };
    Dialect {
        scope_claim: chance.one_of(ScopeClaim::ALL),
        reply_scope: chance.one_of(ReplyScope::ALL),
        identity: chance.one_of(Presence::ALL),
        tenant,
        org: chance.one_of(Presence::ALL),
        check_token: chance.one_of(CheckToken::ALL),
        expires_in: chance.one_of(ExpiresIn::ALL),
        oauth_info,
        errors: chance.one_of(ErrorStyle::ALL),
        list_scope: chance.one_of(Shown::ALL),
        list_last_used: chance.one_of(Shown::ALL),
        extra_fields: chance.coin(),
        created_status: chance.one_of([200, 201]),
        changed_status: chance.one_of([200, 204]),
        deleted_status: chance.one_of([204, 200]),
        refused_credential_status: chance.one_of([401, 400]),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    const DRAWS: u64 = 600;

    /// Every form of every field that came up, as the control API writes it.
    fn seen() -> BTreeMap<String, BTreeSet<String>> {
        let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for number in 0..DRAWS {
            let drawn = serde_json::to_value(Switches::drawn_from(number)).expect("JSON");
            let fields =
                drawn.as_object().expect("an object").iter().filter(|(name, _)| *name != "dialect");
            for (name, value) in fields.chain(drawn["dialect"].as_object().expect("an object")) {
                seen.entry(name.clone()).or_default().insert(value.to_string());
            }
        }
        seen
    }

    #[test]
    fn each_form_of_each_field_comes_up() {
        let expected = [
            ("scopeClaim", ScopeClaim::ALL.len()),
            ("replyScope", ReplyScope::ALL.len()),
            ("identity", Presence::ALL.len()),
            ("tenant", Presence::ALL.len()),
            ("org", Presence::ALL.len()),
            ("checkToken", CheckToken::ALL.len()),
            ("expiresIn", ExpiresIn::ALL.len()),
            ("oauthInfo", OauthInfo::ALL.len()),
            ("errors", ErrorStyle::ALL.len()),
            ("listScope", Shown::ALL.len()),
            ("listLastUsed", Shown::ALL.len()),
            ("extraFields", 2),
            ("createdStatus", 2),
            ("changedStatus", 2),
            ("deletedStatus", 2),
            ("refusedCredentialStatus", 2),
            ("listLagSeconds", 4),
            ("listManaged", 2),
            ("newPairDelaySeconds", 3),
            ("scopeLagSeconds", 3),
            ("lastUsedSeconds", 3),
            ("capStatus", 4),
            ("duplicateNameStatus", 3),
            ("badDateStatus", 2),
            ("minExpirySeconds", 3),
            ("maxExpiryDays", 4),
            ("accessTokensDieWithToken", 2),
            ("deprecated", 2),
            ("dateStyle", 3),
        ];
        for (name, forms) in seen() {
            let expected =
                expected.iter().find(|(known, _)| *known == name).map_or(1, |(_, count)| *count);
            assert_eq!(forms.len(), expected, "{name}: {forms:?}");
        }
    }

    #[test]
    fn no_impossible_isc_is_drawn() {
        for number in 0..DRAWS {
            let drawn = Switches::drawn_from(number);
            let Dialect { tenant, oauth_info, .. } = drawn.dialect;
            assert!(tenant != Presence::Absent || oauth_info != OauthInfo::Missing, "{number}");
            assert!(!drawn.accept_past_dates && drawn.delete_expired, "{number}");
            assert!(drawn.max_expiry_days.is_none_or(|days| days >= 90), "{number}");
        }
    }

    #[test]
    fn the_same_numbers_draw_the_same_isc() {
        assert_eq!(Switches::drawn_from(7), Switches::drawn_from(7));
        assert_ne!(Switches::drawn_from(7), Switches::drawn_from(8));
        let mut largest = |below: u64| below - 1;
        assert_eq!(Switches::draw(&mut largest), Switches::draw(&mut largest));
    }
}
