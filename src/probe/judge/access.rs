//! Judges what comes with an access token: scopes, life, user and tenant.
use std::collections::BTreeSet;

use super::finding::{Finding, fails, holds, not_asked, unknown};
use crate::probe::facts::{Check, Facts, Life, Named, ScopeClaim, ScopeText};
use crate::probe::names::SCOPES;
use crate::probe::read::harmless;

/// Longest life of an access token that ISC grants, in seconds.
const LONGEST_LIFE: u64 = 43_200;

pub(super) fn scope_claim(facts: &Facts) -> Finding {
    let Some(access) = &facts.access else { return not_asked(facts) };
    match access.claim {
        ScopeClaim::Bitmap => holds("a bitmap"),
        ScopeClaim::Names => holds("a list of names"),
        ScopeClaim::Text => holds("a text of names"),
        ScopeClaim::Absent => holds("there is none"),
        ScopeClaim::Other => {
            unknown("an unknown form", "the operator does not read it, and nothing depends on it")
        }
        ScopeClaim::Unreadable => unknown(
            "the access token is not a readable JWT",
            "the operator does not need to, and nothing depends on it",
        ),
    }
}

pub(super) fn scope_text(facts: &Facts) -> Finding {
    let (Some(access), Some(_)) = (&facts.access, &facts.check) else { return not_asked(facts) };
    let answer = match (&facts.token.text, &access.text) {
        // This scope does not exist: a reply that names it names what gives no right.
        (Some(ScopeText::Names(names)), _) if names.contains(SCOPES[1]) => {
            return fails(
                "yes, but also one that gives none",
                "the condition ScopesEffective may say yes for scopes that give no right; try them with a first call",
            );
        }
        (Some(ScopeText::Names(_)), _) => return holds("yes, and no others"),
        (_, ScopeText::Names(_)) => return holds("yes"),
        (_, ScopeText::Words) => "no, only words such as \"read write\"",
        (_, ScopeText::Absent) => "no, there is no text",
    };
    if access.names_in_claim || is_checkable(facts) {
        holds(answer)
    } else {
        fails(answer, NAMELESS)
    }
}

const NAMELESS: &str = "the operator cannot know which scopes an access token carries: ScopesEffective stays Unknown, and nothing waits for it";

fn is_checkable(facts: &Facts) -> bool {
    facts.check.as_ref().is_some_and(|check| check.said.is_yes() && check.names)
}

pub(super) fn check_token(facts: &Facts) -> Finding {
    let (Some(access), Some(Check { said, names })) = (&facts.access, &facts.check) else {
        return not_asked(facts);
    };
    let answer = match (said.is_yes(), names) {
        (true, true) => return holds("yes, with names"),
        (true, false) => "yes, but it names no scopes".to_owned(),
        (false, _) => format!("no ({said})"),
    };
    match access.text {
        ScopeText::Names(_) => holds(format!("{answer}, and it is not needed")),
        ScopeText::Words | ScopeText::Absent if access.names_in_claim => {
            holds(format!("{answer}, and it is not needed: the claim has names"))
        }
        ScopeText::Words | ScopeText::Absent => fails(answer, NAMELESS),
    }
}

pub(super) fn expires_in(facts: &Facts) -> Finding {
    let Some(access) = &facts.access else { return not_asked(facts) };
    let sooner = "the operator takes it for a minute, and asks for access tokens more often than it would need to";
    match access.life {
        Life::Seconds(seconds @ 1..=LONGEST_LIFE) => holds(format!("yes, {seconds} s")),
        Life::Odd(seconds @ 1..=LONGEST_LIFE) => fails(
            format!("yes, {seconds} s, but not as a whole number"),
            "the operator reads it all the same; other clients may not",
        ),
        Life::Seconds(0) => fails("no, it says 0 s", sooner),
        Life::Seconds(seconds) | Life::Odd(seconds) => fails(
            format!("no, it says {seconds} s"),
            "the operator believes no more than 12 h, and gets another one when it is refused",
        ),
        Life::Absent => fails("no, it is absent", sooner),
        Life::Other => fails("no, it is not a number of seconds", sooner),
    }
}

pub(super) fn identity(facts: &Facts) -> Finding {
    let (Some(access), Some(list)) = (&facts.access, &facts.list) else { return not_asked(facts) };
    let owner = list.own.as_ref().and_then(|own| own.owner.clone());
    let places = places(&access.identity, owner, "LIST");
    match values(&places) {
        0 => fails(
            "no, by none of them",
            "the operator does not learn whose tokens these are, and mints nothing",
        ),
        1 => holds(format!("yes, by {}", sources(&places))),
        _ => fails(
            format!("no, {} name different users", sources(&places)),
            "something between here and ISC mixes up replies; the operator mints nothing until they agree",
        ),
    }
}

pub(super) fn tenant_id(facts: &Facts) -> Finding {
    let Some(access) = &facts.access else { return not_asked(facts) };
    let info = facts.info.as_ref().and_then(|info| info.tenant_id.clone());
    let places = places(&access.tenant_id, info, "/oauth/info");
    match values(&places) {
        0 => fails(
            "no, by none of them",
            "the operator cannot name the ledger of this user, and mints nothing",
        ),
        1 => holds(format!("yes, by {}", sources(&places))),
        _ => fails(
            format!("no, {} name different ones", sources(&places)),
            "something between here and ISC mixes up tenants; do not use this URL",
        ),
    }
}

pub(super) fn tenant_name(facts: &Facts) -> Finding {
    let (mut name, mut pod) = (None, None);
    if let Some(info) = &facts.info {
        (name, pod) = (info.name.clone(), info.pod.clone());
    }
    if let Some(access) = &facts.access {
        name = name.or_else(|| access.name.clone());
        pod = pod.or_else(|| access.pod.clone());
    }
    match (name, pod) {
        (Some(name), Some(pod)) => {
            holds(format!("{}, in the pod {}", harmless(&name), harmless(&pod)))
        }
        (Some(name), None) => holds(harmless(&name)),
        (None, Some(pod)) => unknown(format!("one in the pod {}", harmless(&pod)), BY_EYE),
        (None, None) => unknown("it does not say", BY_EYE),
    }
}

const BY_EYE: &str = "nothing depends on it; make sure that the URL is that of your tenant";

/// The places that name a value, each with that value.
fn places(
    named: &Named,
    third: Option<String>,
    place: &'static str,
) -> Vec<(&'static str, String)> {
    let all =
        [("the reply", named.reply.clone()), ("the claims", named.claims.clone()), (place, third)];
    let mut said = Vec::new();
    for (place, value) in all {
        if let Some(value) = value {
            said.push((place, value));
        }
    }
    said
}

/// The number of different values.
fn values(places: &[(&'static str, String)]) -> usize {
    let different: BTreeSet<&String> = places.iter().map(|(_, value)| value).collect();
    different.len()
}

fn sources(places: &[(&'static str, String)]) -> String {
    let names: Vec<&str> = places.iter().map(|(place, _)| *place).collect();
    match names.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.join(""),
    }
}
