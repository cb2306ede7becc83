//! The end of a replaced token: publication seen (R8), overlap over, Secret read, condemned (R9).
use super::*;
use crate::lifecycle::overlap::{earliest_end, is_put_off, last_end};
use crate::lifecycle::sample::DAY;
use crate::lifecycle::settle::Extended;
use crate::lifecycle::step::Extension;

/// The overlap of token 1, published a day and a minute ago, is over.
fn over() -> World {
    World::new(rotating(Some(NOW - DAY - MINUTE)), &["a"])
}

/// The Secret was read after the overlap was over, and holds the pair of token `n`.
fn read_after(world: World, n: u64) -> World {
    with(shown(world, false, Some(pair(n))), |world| {
        world.secrets.get_mut("a").unwrap().overlap_over = true;
    })
}

fn unlisted(world: World) -> World {
    with(world, |world| world.secrets.get_mut("a").unwrap().listed = false)
}

#[test]
fn r8_publication_is_recorded_when_the_live_secret_holds_the_current_pair() {
    let world = || World::new(rotating(None), &["a"]);
    let forged = Held { client_secret: pair(1).client_secret, ..pair(2) };
    check([
        ("not read yet", world(), Some(Step::Look(Look::ReadSecret("a".into())))),
        (
            "it holds the current pair",
            shown(world(), false, Some(pair(2))),
            Some(Step::Record(Record::Published("id2".into()))),
        ),
        (
            "r20: ISC's time is from before the read",
            unlisted(shown(world(), false, Some(pair(2)))),
            Some(Step::Look(Look::List)),
        ),
        ("it holds the pair from before", shown(world(), false, Some(pair(1))), None),
        (
            "it holds the client ID with another client secret",
            shown(world(), false, Some(forged)),
            None,
        ),
        ("it holds no pair", shown(world(), false, None), None),
        ("it is gone", read(world(), "a", Holds::Absent), None),
        ("it is somebody else's", read(world(), "a", Holds::Foreign), None),
        (
            "nothing was replaced: no write for publication alone",
            World::new(sample::ledger(), &["a"]),
            None,
        ),
    ]);
    let after =
        settled(&rotating(None), &Step::Record(Record::Published("id2".into())), &Outcome::Decided);
    assert_eq!((after.entries[0].published_at, after.entries[1].published_at), (None, Some(NOW)));
    let old =
        settled(&rotating(None), &Step::Record(Record::Published("id1".into())), &Outcome::Decided);
    assert_eq!(old, rotating(None), "only a current credential counts as published");
}

#[test]
fn r9_a_replaced_token_is_condemned_after_the_overlap_and_a_live_read_in_this_order() {
    let early = || World::new(rotating(Some(NOW - DAY + 1)), &["a"]);
    let look = Some(Step::Look(Look::ReadSecret("a".into())));
    check([
        ("a moment before its overlap is over", early(), None),
        ("the Secret was read, but the overlap is not over", read_after(early(), 2), None),
        ("the overlap is over: the Secret is read", over(), look.clone()),
        (
            "it was read before the overlap was over: again",
            shown(over(), false, Some(pair(2))),
            look,
        ),
        (
            "it holds the current pair",
            read_after(over(), 2),
            Some(Step::Record(Record::Retire("a".into()))),
        ),
        ("it holds the pair from before: wait for its correction", read_after(over(), 1), None),
        (
            "somebody emptied it",
            with(read_after(over(), 2), |w| w.secrets.get_mut("a").unwrap().held = None),
            None,
        ),
        (
            "it is gone: wait for its return",
            read(read_after(over(), 2), "a", Holds::Absent),
            Some(Step::Look(Look::ReadSecret("a".into()))),
        ),
        (
            "suspended: it ends all the same",
            declares(over(), |a| a.suspended = true),
            Some(Step::Look(Look::ReadSecret("a".into()))),
        ),
        ("nobody declares it", looked_for(with(over(), |world| world.declared.clear())), None),
    ]);
}

#[test]
fn r9_one_secret_that_does_not_hold_its_pair_keeps_no_other_waiting() {
    let both = with(rotating(Some(NOW - DAY)), |ledger| {
        ledger.resources.insert("b".into(), sample::resource("b"));
        ledger.entries.push(sample::entry(3, "b", State::Retired));
        let current =
            Entry { published_at: Some(NOW - DAY), ..sample::entry(4, "b", State::Current) };
        ledger.entries.push(current);
        ledger.next = 5;
    });
    check([(
        "the one of `a` was edited",
        read_after(World::new(both, &["a", "b"]), 1),
        Some(Step::Look(Look::ReadSecret("b".into()))),
    )]);
}

#[test]
fn r9_with_a_longest_overlap_a_token_in_use_is_waited_for_so_long() {
    let used = |ago: i64, published: i64| {
        let world = World::new(rotating(Some(NOW - published)), &["a"]);
        let world = declares(world, |a| a.rotation.max_overlap = Some(3 * DAY));
        with(world, |world| world.listing.as_mut().unwrap().tokens[0].last_used = Some(NOW - ago))
    };
    let since = || used(MINUTE, DAY + MINUTE);
    let look = Some(Step::Look(Look::ReadSecret("a".into())));
    check([
        ("used since the new one was published", since(), None),
        ("last used before that", used(2 * DAY, DAY + MINUTE), look.clone()),
        (
            "LIST is from before the end of the overlap",
            listed_ago(since(), 2 * MINUTE),
            Some(Step::Look(Look::List)),
        ),
        (
            "LIST does not say",
            with(since(), |w| w.listing.as_mut().unwrap().tokens[0].last_used = None),
            look.clone(),
        ),
        ("the longest overlap is over", used(MINUTE, 3 * DAY), look.clone()),
        ("a moment less", used(MINUTE, 3 * DAY - 1), None),
        (
            "no longest overlap: use does not matter",
            declares(since(), |a| a.rotation.max_overlap = None),
            look,
        ),
    ]);
    let put_off = |world: World| is_put_off(&world.facts(), &"a".into());
    assert!(put_off(since()), "people are told that it is waited for");
    assert!(
        !put_off(used(MINUTE, 3 * DAY)) && !put_off(used(2 * DAY, DAY + MINUTE)),
        "and only then"
    );
    let ends = |world: World| (earliest_end(&world.facts(), "a"), last_end(&world.facts(), "a"));
    assert_eq!(ends(since()), (Some(NOW - MINUTE), Some(NOW + 2 * DAY - MINUTE)));
    let shorter = declares(since(), |a| a.rotation.max_overlap = Some(MINUTE));
    assert_eq!(
        ends(shorter),
        (Some(NOW - MINUTE), Some(NOW - MINUTE)),
        "it never shortens the overlap"
    );
    assert_eq!(
        ends(World::new(rotating(None), &["a"])),
        (None, None),
        "the overlap begins with the publication"
    );
    assert_eq!(ends(World::new(sample::ledger(), &["a"])), (None, None), "nothing was replaced");
}

#[test]
fn r9_only_the_replaced_tokens_of_the_resource_are_condemned() {
    let ledger = || {
        with(rotating(Some(NOW)), |ledger| {
            ledger.entries.push(sample::entry(3, "b", State::Retired));
        })
    };
    let after = settled(&ledger(), &Step::Record(Record::Retire("a".into())), &Outcome::Decided);
    let states: Vec<_> = after.entries.iter().map(|entry| entry.state).collect();
    assert_eq!(states, [State::Tomb, State::Current, State::Retired]);
}

#[test]
fn r7_a_promotion_replaces_the_current_token_and_answers_its_request() {
    let ledger = with(holding(&[("a", State::Current), ("a", State::Prepared)]), |ledger| {
        ledger.entries[1].answers = Some("now".into());
        ledger.entries.push(sample::entry(3, "b", State::Current));
    });
    let promote = Step::Call(Call::Extend(Extension { id: "id2".into(), until: NOW + DAY }));
    let yes = Outcome::Extended(Extended::Yes {
        missing_scopes: sample::ledger().entries[0].missing_scopes.clone(),
    });
    let after = settled(&ledger, &promote, &yes);
    let states: Vec<_> = after.entries.iter().map(|entry| entry.state).collect();
    assert_eq!(
        states,
        [State::Retired, State::Current, State::Current],
        "another resource's stays current"
    );
    assert_eq!(
        (after.resources["a"].rotated.as_deref(), after.resources["a"].rotated_at),
        (Some("now"), Some(NOW))
    );
    let no = settled(&ledger, &promote, &Outcome::Extended(Extended::No));
    assert_eq!(
        (no.entries[0].state, no.resources["a"].rotated.clone()),
        (State::Current, None),
        "refused: it stays current"
    );
    let first = settled(&holding(&[("b", State::Current), ("a", State::Prepared)]), &promote, &yes);
    assert_eq!(first.resources["a"].rotated_at, None, "a first token is no rotation");
}
