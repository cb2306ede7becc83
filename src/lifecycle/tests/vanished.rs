//! A resource that is gone without the operator's consent (R12).
use super::*;

fn gone(first: i64, last: i64) -> World {
    with(World::new(sample::ledger(), &[]), |world| {
        world
            .sightings
            .insert("a".into(), Sighting::Absent { first: NOW - first, last: NOW - last });
    })
}

/// Its end is recorded; nobody knows what its policy was.
fn ended(ledger: Ledger) -> World {
    let ledger =
        with(deleting(ledger), |ledger| ledger.resources.get_mut("a").unwrap().retain = true);
    World::new(ledger, &[])
}

fn left(n: u64) -> Option<Held> {
    Some(Held { owned: false, ..pair(n) })
}

#[test]
fn r12_a_resource_is_gone_by_two_live_reads_ten_minutes_apart() {
    let look = Some(Step::Look(Look::Find("a".into())));
    let mark = Some(Step::Record(Record::MarkDeleting { uid: "a".into(), retain: true }));
    check([
        ("the watch does not show it", World::new(sample::ledger(), &[]), look.clone()),
        ("a live read shows it", looked_for(World::new(sample::ledger(), &[])), None),
        ("it was not there a moment ago", gone(0, 0), None),
        ("nor ten minutes before: looked for again", gone(10 * MINUTE, 10 * MINUTE), look.clone()),
        ("a moment less", gone(10 * MINUTE - 1, 10 * MINUTE - 1), None),
        ("two reads, less than ten minutes apart", gone(10 * MINUTE, 1), look),
        ("two reads ten minutes apart", gone(10 * MINUTE, 0), mark),
        (
            "the watch shows it again",
            with(gone(10 * MINUTE, 0), |w| {
                drop(w.declared.insert("a".into(), sample::declared("a")));
            }),
            None,
        ),
    ]);
}

#[test]
fn r12_to_look_for_what_is_gone_keeps_nothing_else_waiting() {
    let renew = Step::Call(Call::Renew { id: "id2".into(), until: NOW + 90 * sample::DAY });
    let ledger = with(holding(&[("a", State::Current), ("b", State::Current)]), |l| {
        l.entries[1].expires_at = NOW + sample::DAY;
    });
    check([("a renewal of another", World::new(ledger, &["b"]), Some(renew))]);
}

#[test]
fn r12_what_a_vanished_resource_leaves_is_told_by_its_secret() {
    let release = |n: u64| {
        Some(Step::Record(Record::Release { uid: "a".into(), id: format!("id{n}").into() }))
    };
    let tomb = Some(Step::Record(Record::TombAll("a".into())));
    let current = || ended(sample::ledger());
    let both = || ended(rotating(None));
    check([
        ("the Secret is read live", current(), Some(Step::Look(Look::ReadSecret("a".into())))),
        ("the Secret goes with the resource: wait", shown(current(), true, Some(pair(1))), None),
        ("it went", read_since(current(), "a", Holds::Absent), tomb.clone()),
        ("it was to stay, with the current pair", shown(current(), true, left(1)), release(1)),
        (
            "with the pair from before: nobody publishes any more",
            shown(both(), true, left(1)),
            release(1),
        ),
        ("with a pair that is not recorded", shown(current(), true, left(7)), tomb.clone()),
        (
            "with a condemned one, and no current one",
            shown(ended(holding(&[("a", State::Prepared)])), true, left(7)),
            tomb,
        ),
    ]);
}

#[test]
fn r12_while_the_resource_is_there_only_the_current_pair_is_left_to_the_user() {
    let dying = || {
        declares(
            with(ended(rotating(None)), |w| {
                drop(w.declared.insert("a".into(), sample::declared("a")));
            }),
            |a| {
                a.deleting = true;
            },
        )
    };
    check([
        ("the pair from before is corrected first", shown(dying(), true, left(1)), None),
        ("another pair too", shown(dying(), true, left(7)), None),
        (
            "the current one",
            shown(dying(), true, left(2)),
            Some(Step::Record(Record::Release { uid: "a".into(), id: "id2".into() })),
        ),
    ]);
}
