//! A request to revoke (R18): all tokens of the resource are condemned at once, and a new one is
//! minted.
use super::*;

fn asked(world: World, at: i64) -> World {
    declares(world, |a| a.revoke = request("x", at))
}

fn handled(ledger: Ledger, request: &str) -> Ledger {
    with(ledger, |ledger| ledger.resources.get_mut("a").unwrap().revoked = Some(request.into()))
}

/// Number 1 was recorded for `a` and dropped.
fn known_to_be_dead(ledger: &mut Ledger) {
    ledger.next = 2;
    ledger.resources.get_mut("a").unwrap().last = 1;
}

fn revoke() -> Step {
    Step::Record(Record::Revoke { uid: "a".into(), request: "x".into() })
}

#[test]
fn r18_a_request_is_acted_on_once_its_time_has_come() {
    let live = || World::new(sample::ledger(), &["a"]);
    let known = |request: &str| asked(World::new(handled(sample::ledger(), request), &["a"]), NOW);
    check([
        ("asked for now", asked(live(), NOW), Some(revoke())),
        ("asked for a later time", asked(live(), NOW + 1), None),
        ("handled before", known("x"), None),
        ("another was handled before", known("w"), Some(revoke())),
        (
            "suspended: it is the safety of the secret that counts",
            declares(asked(live(), NOW), |a| a.suspended = true),
            Some(revoke()),
        ),
        (
            "minting is off for the owner",
            with(asked(live(), NOW), |world| world.may_mint = false),
            Some(revoke()),
        ),
        (
            "without any LIST",
            with(asked(live(), NOW), |world| world.listing = None),
            Some(revoke()),
        ),
        (
            "it is being deleted: that does the same",
            asked(declares(live(), |a| a.deleting = true), NOW),
            Some(Step::Record(Record::MarkDeleting { uid: "a".into(), retain: false })),
        ),
        (
            "its deletion is recorded",
            asked(shown(World::new(deleting(sample::ledger()), &["a"]), true, None), NOW),
            None,
        ),
        (
            "the time of ISC is not known",
            with(asked(live(), NOW), |world| world.now = None),
            Some(Step::Look(Look::List)),
        ),
    ]);
}

#[test]
fn r18_a_revocation_condemns_every_token_of_the_resource_in_one_write() {
    let states = [State::Retired, State::Current, State::Prepared, State::Released, State::Current];
    let uids = ["a", "a", "a", "a", "b"];
    let ledger = holding(&uids.into_iter().zip(states).collect::<Vec<_>>());
    let after = settled(&ledger, &revoke(), &Outcome::Decided);
    let now: Vec<_> = after.entries.iter().map(|entry| entry.state).collect();
    assert_eq!(now, [State::Tomb, State::Tomb, State::Tomb, State::Released, State::Current]);
    assert_eq!(after.resources["a"].revoked.as_deref(), Some("x"), "the request is handled");
    assert_eq!(after.resources["b"].revoked, None);
    assert_eq!(after.current("a"), None, "nothing of it is published any more");
}

#[test]
fn r18_after_a_revocation_tokens_die_before_a_new_one_is_minted() {
    let revoked = || asked(World::new(handled(holding(&[("a", State::Tomb)]), "x"), &["a"]), NOW);
    let gone = |world| {
        with(world, |world: &mut World| drop(world.listing.as_mut().unwrap().tokens.remove(0)))
    };
    let dropped =
        || asked(World::new(with(handled(mentioning(&["a"]), "x"), known_to_be_dead), &["a"]), NOW);
    check([
        ("each is deleted", revoked(), Some(Step::Call(Call::Delete("id1".into())))),
        ("it is gone", gone(revoked()), Some(Step::Record(Record::Drop(vec!["id1".into()])))),
        (
            "it is forgotten: as at creation",
            dropped(),
            Some(Step::Look(Look::ReadSecret("a".into()))),
        ),
        (
            "the Secret with the old pair stays until then",
            shown(dropped(), false, Some(pair(1))),
            Some(Step::Record(Record::Intent(
                attempt(2, "a"),
                Place { revoked: Some("x".into()), ..place("a") },
            ))),
        ),
    ]);
}

#[test]
fn r18_what_was_requested_before_a_resource_was_first_seen_is_handled() {
    let fresh = |at| read(asked(World::new(sample::empty(), &["a"]), at), "a", Holds::Absent);
    let intent = |revoked: Option<&str>| {
        Step::Record(Record::Intent(
            attempt(1, "a"),
            Place { revoked: revoked.map(Into::into), ..place("a") },
        ))
    };
    check([
        ("a request of before", fresh(NOW), Some(intent(Some("x")))),
        ("one for later", fresh(NOW + 1), Some(intent(None))),
    ]);
    let handled = |ledger: &Ledger| {
        settled(ledger, &intent(Some("x")), &Outcome::Decided).resources["a"].revoked.clone()
    };
    assert_eq!(handled(&sample::empty()).as_deref(), Some("x"));
    assert_eq!(
        handled(&mentioning(&["a"])),
        None,
        "a resource that is known is not heard of for the first time"
    );
}
