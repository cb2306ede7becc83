//! When a token is replaced by a newer one, and what keeps it from that (R17).
use super::*;
use crate::lifecycle::facts::Admission;
use crate::lifecycle::ledger::TokenSpec;
use crate::lifecycle::rotate::{due, load};
use crate::lifecycle::sample::DAY;

/// The token of `a` is forty days old, and to be replaced every thirty.
fn scheduled() -> World {
    let old = token(sample::ledger(), |entry| entry.created_at = NOW - 40 * DAY);
    declares(World::new(old, &["a"]), |a| a.rotation.every = Some(30 * DAY))
}

/// ISC refused something of `a` so often, and its token has so many of ninety days left.
fn dying(failures: u32, days: i64) -> World {
    let ledger = token(sample::ledger(), |entry| entry.expires_at = NOW + days * DAY);
    with(World::new(ledger, &["a"]), |world| {
        world.ledger.resources.get_mut("a").unwrap().failures = failures;
    })
}

fn asked(value: &str, at: i64) -> World {
    declares(World::new(sample::ledger(), &["a"]), |a| a.rotate = request(value, at))
}

fn life(seconds: u32) -> TokenSpec {
    TokenSpec { validity_seconds: seconds, ..sample::wanted() }
}

#[test]
fn a_token_is_replaced_by_schedule_on_request_or_for_another_life_of_its_access_tokens() {
    let intent = |attempt| Some(Step::Record(Record::Intent(attempt, place("a"))));
    let handled = |world| {
        with(world, |w: &mut World| {
            w.ledger.resources.get_mut("a").unwrap().rotated = Some("x".into());
        })
    };
    let free = |world| read(world, "a", Holds::Ours);
    let wants = declares(World::new(sample::ledger(), &["a"]), |a| a.wanted = life(60));
    check([
        ("the Secret is read first", scheduled(), Some(Step::Look(Look::ReadSecret("a".into())))),
        ("its time has come", free(scheduled()), intent(attempt(2, "a"))),
        (
            "it was asked for",
            free(asked("x", NOW)),
            intent(Attempt { answers: Some("x".into()), ..attempt(2, "a") }),
        ),
        (
            "its access tokens are to live for another time",
            free(wants),
            intent(Attempt { wanted: life(60), ..attempt(2, "a") }),
        ),
        ("it was asked for a later time", free(asked("x", NOW + 1)), None),
        ("the request was handled", handled(free(asked("x", NOW))), None),
        (
            "another request was",
            handled(free(asked("y", NOW))),
            intent(Attempt { answers: Some("y".into()), ..attempt(2, "a") }),
        ),
        (
            "ISC refuses to prolong it",
            free(declares(dying(1, 22), |a| a.rotation.every = None)),
            intent(attempt(2, "a")),
        ),
        ("there is no schedule", free(declares(scheduled(), |a| a.rotation.every = None)), None),
    ]);
}

#[test]
fn a_token_that_is_due_is_replaced_only_while_its_resource_may_have_a_new_one() {
    let changed = |change: fn(&mut Declared)| declares(read(scheduled(), "a", Holds::Ours), change);
    let knows = |change: fn(&mut World)| with(read(scheduled(), "a", Holds::Ours), change);
    check([
        ("suspended", changed(|a| a.suspended = true), None),
        ("not granted", changed(|a| a.admission = Admission::NotGranted), None),
        ("refused", changed(|a| a.admission = Admission::Refused), None),
        ("without its finalizer", changed(|a| a.finalizer = false), None),
        ("minting is off for the owner", knows(|world| world.may_mint = false), None),
        (
            "r7: it backs off",
            knows(|world| world.ledger.resources.get_mut("a").unwrap().not_before = NOW + 1),
            None,
        ),
        (
            "r2: an attempt is unresolved",
            knows(|world| world.ledger.unresolved = fenced(NOW).unresolved),
            Some(Step::Look(Look::List)),
        ),
        ("its Secret's name is somebody else's", read(scheduled(), "a", Holds::Foreign), None),
        (
            "r2: LIST is older than a minute",
            listed_ago(scheduled(), MINUTE + 1),
            Some(Step::Look(Look::List)),
        ),
        (
            "an older one lives out its overlap",
            knows(|w| w.ledger.entries.push(sample::entry(2, "a", State::Retired))),
            None,
        ),
    ]);
}

#[test]
fn requests_come_before_changes_and_those_before_schedules_the_oldest_first() {
    let all = || {
        let ledger =
            holding(&[("a", State::Current), ("b", State::Current), ("c", State::Current)]);
        with(World::new(ledger, &["a", "b", "c"]), |world| {
            world.ledger.entries[0].created_at = NOW - 40 * DAY;
            world.declared.get_mut("a").unwrap().rotation.every = Some(30 * DAY);
            world.declared.get_mut("b").unwrap().wanted = life(60);
            world.declared.get_mut("c").unwrap().rotate = request("x", NOW);
        })
    };
    let only = |uids: &'static [&str]| {
        with(all(), |world| world.declared.retain(|uid, _| uids.contains(&&**uid)))
    };
    let next = |uid: &str| Some(Step::Look(Look::ReadSecret(uid.into())));
    let earlier =
        with(all(), |world| world.declared.get_mut("b").unwrap().rotate = request("y", NOW - 1));
    check([
        ("a request", all(), next("c")),
        ("a change", looked_for(only(&["a", "b"])), next("b")),
        ("a schedule", looked_for(only(&["a"])), next("a")),
        ("an earlier request", earlier, next("b")),
    ]);
}

#[test]
fn a_first_token_comes_before_a_rotation() {
    let world =
        with(scheduled(), |world| drop(world.declared.insert("b".into(), sample::declared("b"))));
    check([("`b` has none", world, Some(Step::Look(Look::ReadSecret("b".into()))))]);
}

#[test]
fn what_was_made_together_is_not_replaced_together() {
    let every = 40 * DAY;
    let dues: std::collections::BTreeSet<i64> = (1..=100)
        .map(|n| {
            let entry = sample::entry(n, "a", State::Current);
            let due = due(&entry, Some(every)).unwrap() - entry.created_at;
            assert!(
                due <= every && due >= every - every / 4,
                "never late, and at most a quarter early: {due}"
            );
            due
        })
        .collect();
    assert!(dues.len() > 90, "only {} different times", dues.len());
    assert!(
        dues.last().unwrap() - dues.first().unwrap() > every / 5,
        "they spread over the quarter"
    );
    assert_eq!(due(&sample::entry(1, "a", State::Current), None), None);
}

#[test]
fn r17_a_schedule_that_cannot_fit_is_known_when_it_is_declared() {
    let world = |overlap| declares(scheduled(), |a| a.rotation.overlap = overlap);
    assert_eq!(load(&world(15 * DAY).facts()), 500);
    let two = with(world(15 * DAY), |world| {
        let b = Declared { rotation: world.declared["a"].rotation, ..sample::declared("b") };
        world.declared.insert("b".into(), b);
    });
    assert_eq!(load(&two.facts()), 1_000);
    assert_eq!(
        load(&declares(world(15 * DAY), |a| a.suspended = true).facts()),
        0,
        "who is not rotated takes no time"
    );
    assert_eq!(load(&declares(world(15 * DAY), |a| a.deleting = true).facts()), 0);
    assert_eq!(load(&declares(world(15 * DAY), |a| a.rotation.every = None).facts()), 0);
}
