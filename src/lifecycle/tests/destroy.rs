//! Destruction: R9, R10, R12.
use std::sync::Arc;

use super::*;

/// Token 1 of `a` is condemned and LIST, read after that, does not show it.
fn unlisted(minted_ago: i64, ago: i64) -> World {
    let ledger = token(holding(&[("a", State::Tomb)]), |entry| entry.created_at = NOW - minted_ago);
    let missed = with(looked_for(World::new(ledger, &[])), |world| {
        world.listing.as_mut().unwrap().tokens.retain(|token| token.ours.is_none());
    });
    listed_ago(missed, ago)
}

/// This pass has deleted token 1; LIST is from before that.
fn destroyed(world: World) -> World {
    with(world, |world| _ = world.destroyed.insert("id1".into()))
}

#[test]
fn r9_a_condemned_token_is_forgotten_once_a_list_that_had_to_show_it_does_not() {
    let dropped = Some(Step::Record(Record::Drop(vec!["id1".into()])));
    check([
        ("an old token that LIST misses is gone", unlisted(60 * MINUTE, 0), dropped.clone()),
        (
            "LIST was answered while it could still miss it",
            unlisted(3 * MINUTE, 2 * MINUTE),
            Some(Step::Look(Look::List)),
        ),
        ("LIST may still miss it now: wait", unlisted(MINUTE, 0), None),
        ("LIST was answered after its lag", unlisted(5 * MINUTE, 2 * MINUTE), dropped.clone()),
        (
            "its DELETE was confirmed before that LIST",
            with(destroyed(unlisted(MINUTE, 0)), |world| {
                world.listing.as_mut().unwrap().after.insert("id1".into());
            }),
            dropped,
        ),
        (
            "LIST began before it was condemned",
            with(unlisted(60 * MINUTE, 0), |world| {
                world.listing.as_mut().unwrap().read_with = Arc::new(sample::ledger());
            }),
            Some(Step::Look(Look::List)),
        ),
    ]);
}

#[test]
fn r9_a_confirmed_delete_is_not_enough_to_forget() {
    let tomb = || looked_for(World::new(holding(&[("a", State::Tomb)]), &[]));
    check([
        ("a condemned token is deleted", tomb(), Some(Step::Call(Call::Delete("id1".into())))),
        ("ISC confirmed it: LIST is asked", destroyed(tomb()), Some(Step::Look(Look::List))),
        (
            "LIST shows it still: not deleted twice in a pass, and not forgotten",
            with(destroyed(tomb()), |world| {
                world.listing.as_mut().unwrap().after.insert("id1".into());
            }),
            None,
        ),
    ]);
    let tomb = holding(&[("a", State::Tomb)]);
    assert_eq!(settled(&tomb, &Step::Call(Call::Delete("id1".into())), &Outcome::Gone), tomb);
}

#[test]
fn r10_only_condemned_tokens_that_are_still_ours_are_deleted() {
    let listed = |change: fn(&mut crate::lifecycle::listing::Listed)| {
        with(looked_for(World::new(holding(&[("a", State::Tomb)]), &[])), |world| {
            change(&mut world.listing.as_mut().unwrap().tokens[0]);
        })
    };
    let dropped = Some(Step::Record(Record::Drop(vec!["id1".into()])));
    check([
        ("a current token", World::new(sample::ledger(), &["a"]), None),
        (
            "a current token that nobody declares any more",
            looked_for(World::new(sample::ledger(), &[])),
            None,
        ),
        (
            "renamed by somebody: handed over, only forgotten",
            listed(|token| token.ours = None),
            dropped.clone(),
        ),
        (
            "its name was put right a minute ago, and LIST may be older",
            with(listed(|token| token.ours = None), |w| {
                w.ledger.entries[0].changed_at = NOW - MINUTE;
            }),
            None,
        ),
        ("taken over by the platform", listed(|token| token.managed = true), dropped),
        (
            "renamed, but LIST is older than the condemnation",
            with(listed(|token| token.ours = None), |world| {
                world.listing.as_mut().unwrap().read_with = Arc::new(sample::ledger());
            }),
            Some(Step::Look(Look::List)),
        ),
    ]);
    let live = sample::ledger();
    assert_eq!(
        settled(&live, &Step::Record(Record::Drop(vec!["id1".into()])), &Outcome::Decided),
        live,
        "only tombs are dropped"
    );
}

#[test]
fn r12_a_deletion_is_recorded_when_it_is_certain() {
    let mark = Some(Step::Record(Record::MarkDeleting { uid: "a".into(), retain: false }));
    let gone = || World::new(sample::ledger(), &[]);
    check([
        (
            "the resource is being deleted",
            with(World::new(sample::ledger(), &["a"]), |world| {
                world.declared.get_mut("a").unwrap().deleting = true;
            }),
            mark.clone(),
        ),
        (
            "it is gone by two live reads",
            with(gone(), |world| {
                world.sightings.insert(
                    "a".into(),
                    Sighting::Absent { first: NOW - 11 * MINUTE, last: NOW - MINUTE },
                );
            }),
            Some(Step::Record(Record::MarkDeleting { uid: "a".into(), retain: true })),
        ),
        (
            "the watch does not show it: it is looked for",
            gone(),
            Some(Step::Look(Look::Find("a".into()))),
        ),
    ]);
}

#[test]
fn r12_tokens_die_only_after_the_secret_is_gone() {
    let world = || World::new(deleting(sample::ledger()), &[]);
    let tomb = Some(Step::Record(Record::TombAll("a".into())));
    check([
        ("the Secret is read live", world(), Some(Step::Look(Look::ReadSecret("a".into())))),
        (
            "a read from before the deletion does not count",
            read(world(), "a", Holds::Absent),
            Some(Step::Look(Look::ReadSecret("a".into()))),
        ),
        (
            "the Secret still holds the credential: wait",
            read_since(world(), "a", Holds::Ours),
            None,
        ),
        ("the Secret is gone", read_since(world(), "a", Holds::Absent), tomb.clone()),
        ("the Secret is somebody else's", read_since(world(), "a", Holds::Foreign), tomb),
    ]);
}

#[test]
fn r12_a_resource_is_forgotten_when_nothing_of_it_can_appear_any_more() {
    let empty = || World::new(deleting(mentioning(&["a"])), &[]);
    let lag = 2 * MINUTE;
    let left = |ended: i64| World::new(deleting(fenced(NOW - ended)), &[]);
    let finish = Some(Step::Record(Record::Finish("a".into())));
    check([
        ("nothing is left", empty(), finish.clone()),
        (
            "LIST is older than the deletion",
            with(empty(), |world| {
                world.listing.as_mut().unwrap().read_with = Arc::new(mentioning(&["a"]));
            }),
            Some(Step::Look(Look::List)),
        ),
        ("its fenced attempt may still take effect", left(lag), None),
        ("its fenced attempt is final", left(lag + 1), finish.clone()),
        (
            "it is final, by one reply only",
            with(left(lag + 1), |world| world.now = Some(Now { ms: NOW, consistent: false })),
            None,
        ),
        (
            "LIST is from before it was final",
            listed_ago(left(lag + 1), 1),
            Some(Step::Look(Look::List)),
        ),
        (
            "LIST shows an orphan of it",
            shows(left(lag + 1), 1, true),
            Some(Step::Call(Call::Sweep { id: "id1".into(), n: 1 })),
        ),
        (
            "an orphan of it was deleted: LIST again",
            with(shows(left(lag + 1), 1, true), |world| {
                world.destroyed.insert("id1".into());
            }),
            Some(Step::Look(Look::List)),
        ),
        (
            "another resource's fenced attempt does not matter",
            World::new(
                with(deleting(fenced(NOW)), |ledger| {
                    ledger.unresolved.as_mut().unwrap().uid = "b".into();
                }),
                &[],
            ),
            finish,
        ),
    ]);
}

#[test]
fn r12_a_deletion_touches_its_own_resource_only() {
    let both = || {
        with(holding(&[("a", State::Current), ("b", State::Current)]), |l| {
            l.unresolved = fenced(NOW).unresolved;
        })
    };
    let states =
        |ledger: &Ledger| ledger.entries.iter().map(|entry| entry.state).collect::<Vec<_>>();
    let tombed = settled(&both(), &Step::Record(Record::TombAll("a".into())), &Outcome::Decided);
    assert_eq!(states(&tombed), [State::Tomb, State::Current], "only its tokens are condemned");
    let other = settled(&both(), &Step::Record(Record::Finish("b".into())), &Outcome::Decided);
    assert_eq!(other.unresolved, both().unresolved, "another's fenced attempt stays known");
    assert!(other.resources.contains_key("a") && !other.resources.contains_key("b"));
    assert_eq!(
        settled(&both(), &Step::Record(Record::Finish("a".into())), &Outcome::Decided).unresolved,
        None
    );
    let marked = |uid: &str| {
        let ledger =
            with(attempting(), |ledger| ledger.resources.extend(mentioning(&["b"]).resources));
        settled(
            &ledger,
            &Step::Record(Record::MarkDeleting { uid: uid.into(), retain: false }),
            &Outcome::Decided,
        )
    };
    assert!(
        marked("a").pending.is_none() && marked("a").unresolved.is_some(),
        "its own attempt is fenced"
    );
    assert!(
        marked("b").pending.is_some() && marked("b").resources["b"].deleting,
        "another's attempt is not"
    );
}
