//! Judgements as sentences: what is changed of a tenant as it should be, and what is then said of
//! it.
mod before;
mod tokens;

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::probe::facts::{
    Access, Check, Headers, Info, Lag, Life, Listed, Listing, Named, Nerm as NermFact, Said,
    ScopeClaim as Claim, ScopeText as Text, Shown, TokenFacts,
};
use crate::probe::names::SCOPES;

const T: i64 = 1_800_000_000_000;
const MINUTE: i64 = 60_000;

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn yes() -> Option<Said> {
    Some(Said::Status(200))
}

fn no(status: u16) -> Option<Said> {
    Some(Said::Status(status))
}

fn silence() -> Option<Said> {
    Some(Said::Nothing("closed".into()))
}

fn page() -> Option<Said> {
    Some(Said::Elsewhere("a page for people (403)".into()))
}

fn late(seconds: u64) -> Option<Lag> {
    Some(Lag::NotWithin(Duration::from_secs(seconds)))
}

fn at_once() -> Option<Lag> {
    Some(Lag::Within(Duration::from_millis(3)))
}

fn untold() -> Option<Lag> {
    Some(Lag::Untold("LIST answers 500".into()))
}

fn named(value: &str) -> Named {
    Named { reply: Some(value.into()), claims: Some(value.into()) }
}

/// A tenant as it should be.
#[expect(clippy::too_many_lines, reason = "one value")]
fn good() -> Facts {
    let token = |id: &str| Listed {
        id: id.into(),
        name: "n".into(),
        owner: Some("me".into()),
        created: Some(T),
        expires: Shown::Is(T + 10 * MINUTE),
        last_used: Shown::Is(T),
        scope: Some(set(&SCOPES)),
        managed: false,
    };
    let own = Listed { expires: Shown::Null, ..token("seed") };
    Facts {
        info: Some(Info {
            said: Said::Status(200),
            tenant_id: Some("t".into()),
            name: Some("acme".into()),
            pod: Some("p1".into()),
        }),
        access: Some(Access {
            claim: Claim::Bitmap,
            names_in_claim: false,
            text: Text::Names(set(&["sp:scopes:all"])),
            life: Life::Seconds(43_199),
            identity: named("me"),
            tenant_id: named("t"),
            name: None,
            pod: None,
        }),
        check: Some(Check { said: Said::Status(404), names: false }),
        list: Some(Listing {
            count: 1,
            owners: set(&["me"]),
            nobodys: 0,
            own: Some(own),
            now: Some(T),
        }),
        stopped: false,
        not_tried: None,
        token: TokenFacts {
            posted: yes(),
            asked_expiry: T + 10 * MINUTE,
            expiry: Shown::Is(T + 10 * MINUTE),
            asked_scope: set(&SCOPES),
            accepted: at_once(),
            text: Some(Text::Names(set(&SCOPES[..1]))),
            shown: at_once(),
            listed: Some(token("a1")),
            duplicate: no(400),
            past: no(400),
            control: yes(),
            patched_name: yes(),
            patched_scope: yes(),
            patched_expiry: Some((Said::Status(200), Some(true))),
            changed: at_once(),
            deleted: no(204),
            deleted_again: no(404),
            refused: Some((Lag::Within(Duration::ZERO), Said::Status(401))),
            used: Some((Said::Status(200), yes())),
            vanished: at_once(),
            ..TokenFacts::default()
        },
        headers: Headers { replies: 30, dated: 30, offset: Some(200), ..Headers::default() },
        nerm: Some(NermFact::Accepted),
    }
}

fn access(facts: &mut Facts) -> &mut Access {
    facts.access.as_mut().unwrap()
}

fn list(facts: &mut Facts) -> &mut Listing {
    facts.list.as_mut().unwrap()
}

fn own(facts: &mut Facts) -> &mut Listed {
    list(facts).own.as_mut().unwrap()
}

fn listed(facts: &mut Facts) -> &mut Listed {
    facts.token.listed.as_mut().unwrap()
}

#[test]
fn everything_holds_of_a_tenant_as_it_should_be() {
    for question in Question::ALL {
        let finding = judge(question, &good()).unwrap();
        assert_eq!(finding.verdict, Verdict::Holds, "{question:?}: {}", finding.answer);
    }
}

#[test]
fn nothing_is_said_of_what_was_not_asked() {
    for question in Question::ALL {
        let finding = judge(question, &Facts::default());
        let is_unknown =
            finding.as_ref().is_none_or(|finding| matches!(finding.verdict, Verdict::Unknown(_)));
        // Without a request nothing was said about limits, and that is what the answer says.
        assert!(is_unknown || question == Question::RateLimit, "{question:?}: {finding:?}");
    }
    assert!(judge(Question::Nerm, &Facts::default()).is_none());
}

/// What is changed of a tenant as it should be, and how the verdict and the answer then read.
type Case = (Question, fn(&mut Facts), &'static str, &'static str);

fn check(cases: &[Case]) {
    for (number, (question, edit, verdict, words)) in cases.iter().enumerate() {
        let mut facts = good();
        edit(&mut facts);
        let finding = judge(*question, &facts).unwrap();
        let told = match &finding.verdict {
            Verdict::Holds => "holds",
            Verdict::DoesNotHold(then) if !then.is_empty() => "does not hold",
            Verdict::Unknown(why) if !why.is_empty() => "unknown",
            Verdict::DoesNotHold(_) | Verdict::Unknown(_) => "says nothing",
        };
        assert_eq!(told, *verdict, "{number}: {question:?}: {finding:?}");
        assert!(finding.answer.contains(words), "{number}: {question:?}: {:?}", finding.answer);
    }
}
