//! The order of a deletion (R12).
use std::sync::Arc;

use super::*;

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
