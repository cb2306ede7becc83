//! Deletion with `reclaimPolicy: Retain` (R12): the token is renamed, then the Secret stripped, and
//! both are let go.
use super::*;
use crate::lifecycle::release::released_name;
use crate::lifecycle::settle::Patched;
use crate::lifecycle::token_name::{self, MachinePart};
use proptest::prelude::*;
use std::sync::Arc;

fn retained(ledger: Ledger) -> Ledger {
    with(deleting(ledger), |ledger| ledger.resources.get_mut("a").unwrap().retain = true)
}

/// `a` is being deleted and its policy is recorded as Retain.
fn leaving(ledger: Ledger) -> World {
    declares(World::new(retained(ledger), &["a"]), |a| (a.deleting, a.retain) = (true, true))
}

fn released() -> Ledger {
    retained(holding(&[("a", State::Released)]))
}

/// LIST shows the released token under a name that is not ours.
fn renamed() -> World {
    with(World::new(released(), &[]), |world| world.listing.as_mut().unwrap().tokens[0].ours = None)
}

#[test]
fn r12_the_policy_is_fixed_when_the_deletion_is_recorded() {
    let world =
        declares(World::new(sample::ledger(), &["a"]), |a| (a.deleting, a.retain) = (true, true));
    let mark = Step::Record(Record::MarkDeleting { uid: "a".into(), retain: true });
    check([("Retain", world, Some(mark.clone()))]);
    let after = settled(&sample::ledger(), &mark, &Outcome::Decided);
    assert!(after.resources["a"].deleting && after.resources["a"].retain);
    let changed = declares(leaving(sample::ledger()), |a| a.retain = false);
    check([("changed after that", changed, Some(Step::Look(Look::ReadSecret("a".into()))))]);
}

#[test]
fn r12_the_token_that_the_live_secret_holds_is_released() {
    let world = || leaving(sample::ledger());
    let release = Some(Step::Record(Record::Release { uid: "a".into(), id: "id1".into() }));
    let unlisted = |world| {
        with(world, |world: &mut World| drop(world.listing.as_mut().unwrap().tokens.remove(0)))
    };
    check([
        ("the Secret is read live", world(), Some(Step::Look(Look::ReadSecret("a".into())))),
        (
            "a read from before the deletion does not count",
            shown(world(), false, Some(pair(1))),
            Some(Step::Look(Look::ReadSecret("a".into()))),
        ),
        ("it holds the current pair", shown(world(), true, Some(pair(1))), release.clone()),
        (
            "the Secret is owned as yet: the token controller strips what owns it",
            shown(world(), true, Some(pair(1))),
            release,
        ),
        ("it holds another pair: it is corrected first", shown(world(), true, Some(pair(7))), None),
        ("it holds no pair", shown(world(), true, None), None),
        ("LIST lacks the token", unlisted(shown(world(), true, Some(pair(1)))), None),
        (
            "the Secret is gone: nothing is left to anybody",
            read_since(world(), "a", Holds::Absent),
            Some(Step::Record(Record::TombAll("a".into()))),
        ),
        (
            "it is somebody else's",
            read_since(world(), "a", Holds::Foreign),
            Some(Step::Record(Record::TombAll("a".into()))),
        ),
        (
            "there is no current token to leave to anybody",
            read_since(leaving(holding(&[("a", State::Prepared)])), "a", Holds::Absent),
            Some(Step::Record(Record::TombAll("a".into()))),
        ),
    ]);
}

#[test]
fn r12_a_release_leaves_one_token_and_condemns_the_others() {
    let all = [
        ("a", State::Retired),
        ("a", State::Current),
        ("a", State::Prepared),
        ("b", State::Current),
    ];
    let release = |id: &str| Step::Record(Record::Release { uid: "a".into(), id: id.into() });
    let states =
        |ledger: &Ledger| ledger.entries.iter().map(|entry| entry.state).collect::<Vec<_>>();
    let after = settled(&retained(holding(&all)), &release("id2"), &Outcome::Decided);
    assert_eq!(states(&after), [State::Tomb, State::Released, State::Tomb, State::Current]);
    let tomb = retained(holding(&[("a", State::Tomb)]));
    assert_eq!(
        settled(&tomb, &release("id1"), &Outcome::Decided),
        tomb,
        "what is condemned stays so"
    );
    for step in [
        Step::Record(Record::TombAll("a".into())),
        Step::Record(Record::Revoke { uid: "a".into(), request: "x".into() }),
    ] {
        assert_eq!(
            states(&settled(&released(), &step, &Outcome::Decided)),
            [State::Released],
            "{step:?}"
        );
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn r12_a_released_token_is_renamed_before_its_secret_is_stripped() {
    let ours = || World::new(released(), &[]);
    let name = released_name(&released().entries[0]);
    let rename = Some(Step::Call(Call::Rename { id: "id1".into(), name }));
    let told = |ago: i64, listed: i64| {
        let world = with(ours(), |world| {
            (world.ledger.entries[0].renamed, world.ledger.entries[0].changed_at) =
                (true, NOW - ago);
        });
        listed_ago(world, listed)
    };
    let unseen = |ago: i64, listed: i64| {
        let world = with(ours(), |world| {
            let entry = &mut world.ledger.entries[0];
            (entry.created_at, entry.changed_at) = (NOW - ago, NOW - ago);
            world.listing.as_mut().unwrap().tokens.clear();
        });
        listed_ago(world, listed)
    };
    check([
        ("LIST shows it under our name", ours(), rename.clone()),
        ("although its Secret was read", shown(ours(), true, Some(pair(1))), rename.clone()),
        ("r7: it backs off", World::new(waits(released(), NOW + 1), &[]), None),
        (
            "ISC took the name, LIST is from before",
            told(MINUTE, 2 * MINUTE),
            Some(Step::Look(Look::List)),
        ),
        ("LIST is from after, and may lag", told(MINUTE, 0), None),
        ("the lag is over: LIST again", told(3 * MINUTE, 2 * MINUTE), Some(Step::Look(Look::List))),
        ("a LIST that had to show the new name does not: again", told(3 * MINUTE, 0), rename),
        (
            "LIST shows another name, which may be from before it was put right",
            with(listed_ago(renamed(), 0), |w| w.ledger.entries[0].changed_at = NOW - MINUTE),
            None,
        ),
        ("LIST is older than the token", unseen(MINUTE, 2 * MINUTE), Some(Step::Look(Look::List))),
        ("LIST lacks the token, which is young", unseen(MINUTE, 0), None),
        (
            "LIST had to show the token: it is gone",
            unseen(3 * MINUTE, 0),
            Some(Step::Look(Look::ReadSecret("a".into()))),
        ),
        ("renamed, the Secret is read", renamed(), Some(Step::Look(Look::ReadSecret("a".into())))),
        (
            "it holds the pair and our marks",
            shown(renamed(), true, Some(pair(1))),
            Some(Step::Call(Call::Strip("a".into()))),
        ),
        (
            "a read from before the deletion",
            shown(renamed(), false, Some(pair(1))),
            Some(Step::Look(Look::ReadSecret("a".into()))),
        ),
    ]);
    let step = |patched| {
        settled(
            &released(),
            &Step::Call(Call::Rename { id: "id1".into(), name: "x".into() }),
            &Outcome::Patched(patched),
        )
    };
    assert!(
        step(Patched::Yes).entries[0].renamed && step(Patched::Yes).entries[0].changed_at == NOW
    );
    assert!(
        !step(Patched::No).entries[0].renamed && step(Patched::No).resources["a"].failures == 1
    );
}

#[test]
fn r12_a_released_token_is_forgotten_when_its_secret_is_stripped() {
    let dropped = Some(Step::Record(Record::Drop(vec!["id1".into()])));
    let before = |world| {
        with(world, |world: &mut World| {
            world.listing.as_mut().unwrap().read_with = Arc::new(retained(sample::ledger()));
        })
    };
    check([
        ("the marks are off", read_since(renamed(), "a", Holds::Foreign), dropped.clone()),
        ("the Secret is gone", read_since(renamed(), "a", Holds::Absent), dropped.clone()),
        ("it holds another pair", shown(renamed(), true, Some(pair(7))), dropped),
        (
            "the token is so young that a LIST may show it as it was made",
            with(read_since(renamed(), "a", Holds::Foreign), |w| {
                let entry = &mut w.ledger.entries[0];
                (entry.renamed, entry.created_at, entry.changed_at) =
                    (true, NOW - 5 * MINUTE, NOW - MINUTE);
            }),
            None,
        ),
        (
            "LIST is from before the release",
            before(read_since(renamed(), "a", Holds::Foreign)),
            Some(Step::Look(Look::List)),
        ),
        (
            "nothing of it is left",
            World::new(retained(mentioning(&["a"])), &[]),
            Some(Step::Record(Record::Finish("a".into()))),
        ),
    ]);
    let after =
        settled(&released(), &Step::Record(Record::Drop(vec!["id1".into()])), &Outcome::Decided);
    assert!(after.entries.is_empty() && after.resources.contains_key("a"));
}

#[test]
fn r12_a_released_name_is_none_that_this_operator_could_have_made() {
    let named = |name: &str, id: &str| released_name(&Entry { id: id.into(), ..token_named(name) });
    assert_eq!(named("integrations/a", "0123456789ab"), "released integrations/a [01234567]");
    let long = named(&"x".repeat(80), "0123456789ab");
    assert!(
        long.chars().count() <= token_name::MAX_LENGTH && long.ends_with(" [01234567]"),
        "{long}"
    );
    assert_ne!(named("a", "1aaaaaaa"), named("a", "2aaaaaaa"), "names are unique in ISC");
    assert_eq!(token_name::parse(&long), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]
    #[test]
    fn r12_no_released_name_parses_whatever_its_user_called_the_token(n: u64, more in "[ -~]{0,64}", forged: bool) {
        let part = MachinePart { installation: "i".into(), incarnation: "x".into(), resource: "r".into(), n };
        let name = if forged { token_name::encode(&part, &more) } else { more };
        let entry = Entry { id: "0123456789ab".into(), ..token_named(&name) };
        prop_assert_eq!(token_name::parse(&released_name(&entry)), None);
    }
}

fn token_named(name: &str) -> Entry {
    with(sample::entry(1, "a", State::Released), |entry| entry.applied.name = name.into())
}
