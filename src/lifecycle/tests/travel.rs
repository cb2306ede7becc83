//! Time travel: an unknown pair in a Secret (R13), and a current token that ISC lost (R11).
use super::*;
use crate::lifecycle::facts::Admission;
use crate::lifecycle::listing::Listed;
use crate::lifecycle::step::Adoption;
use std::sync::Arc;

/// The ledger knows token 1 of `a`; its Secret holds the pair of token 5, and LIST shows that.
fn ahead() -> World {
    let ledger = with(sample::ledger(), |ledger| ledger.next = 6);
    shows(shown(World::new(ledger, &["a"]), false, Some(pair(5))), 5, false)
}

fn listed(world: World, change: impl FnOnce(&mut Listed)) -> World {
    with(world, |world| change(world.listing.as_mut().unwrap().tokens.last_mut().unwrap()))
}

fn refuse() -> Option<Step> {
    Some(Step::Record(Record::Refuse {
        uid: "a".into(),
        place: place("a"),
        digest: pair(5).digest(),
    }))
}

fn adoption() -> Adoption {
    let expires = NOW + 50 * sample::DAY;
    Adoption {
        uid: "a".into(),
        place: place("a"),
        held: pair(5),
        n: 5,
        expires,
        applied: sample::wanted(),
    }
}

#[test]
fn r13_an_unknown_pair_is_asked_about_and_read() {
    let asked = |world| with(world, |world: &mut World| world.questions.extend(["a".into()]));
    let world = || World::new(sample::ledger(), &["a"]);
    check([
        ("somebody asked", asked(world()), Some(Step::Look(Look::ReadSecret("a".into())))),
        ("it was read", asked(shown(world(), false, Some(pair(1)))), None),
        (
            "its resource is being deleted",
            asked(looked_for(World::new(sample::ledger(), &[]))),
            None,
        ),
        ("nobody asked", world(), None),
    ]);
}

#[test]
fn r13_only_a_resource_that_may_have_a_token_is_asked_about() {
    let asked = |admission, change: fn(&mut Ledger)| {
        with(World::new(with(sample::empty(), change), &["a"]), |world| {
            world.questions.insert("a".into());
            world.declared.get_mut("a").unwrap().admission = admission;
        })
    };
    let known = |ledger: &mut Ledger| {
        ledger.resources.insert("a".into(), sample::resource("a"));
    };
    let full = |ledger: &mut Ledger| {
        ledger.resources =
            (0..1_000).map(|n| (format!("r{n}").into(), sample::resource("r"))).collect();
    };
    let look = Some(Step::Look(Look::ReadSecret("a".into())));
    check([
        (
            "the ledger knows a resource that lost its grant",
            asked(Admission::NotGranted, known),
            look,
        ),
        ("a resource without a grant is a stranger", asked(Admission::NotGranted, |_| {}), None),
        (
            "a full ledger records no more of them",
            looked_for(asked(Admission::Admitted, full)),
            None,
        ),
    ]);
}

#[test]
fn r13_a_pair_is_adopted_only_if_list_confirms_id_name_and_resource() {
    let expiring = || listed(ahead(), |token| token.expires = Some(NOW + 50 * sample::DAY));
    let of_another = |token: &mut Listed| token.ours.as_mut().unwrap().resource = "other".into();
    check([
        (
            "LIST shows it as ours, for this resource, long-lived",
            expiring(),
            Some(Step::Call(Call::Adopt(adoption()))),
        ),
        ("LIST does not show it", listed(ahead(), |token| token.id = "other".into()), refuse()),
        ("its name is not ours", listed(ahead(), |token| token.ours = None), refuse()),
        ("it is another resource's", listed(ahead(), of_another), refuse()),
        ("it is a platform token", listed(ahead(), |token| token.managed = true), refuse()),
        (
            "r20: LIST is older than a minute",
            listed_ago(ahead(), MINUTE + 1),
            Some(Step::Look(Look::List)),
        ),
    ]);
}

#[test]
fn r13_a_claim_raises_the_question_and_never_answers_it() {
    let numbered = |n| listed(ahead(), move |token| token.ours.as_mut().unwrap().n = n);
    let claims = |claims| shown(ahead(), false, Some(Held { claims, ..pair(5) }));
    let last = |n| with(ahead(), |world| world.ledger.resources.get_mut("a").unwrap().last = n);
    check([
        (
            "its name has a number below the current one",
            with(numbered(0), |w| w.ledger.next = 9),
            refuse(),
        ),
        ("its name has the current number", numbered(1), refuse()),
        ("it claims no number", claims(None), None),
        ("it claims the current number", claims(Some(1)), None),
        ("it was recorded and dropped: it is known to be dead", last(5), None),
        ("a later one was", last(6), None),
        ("the Secret is somebody else's", read(ahead(), "a", Holds::Foreign), None),
        ("without finalizer", declares(ahead(), |a| a.finalizer = false), None),
    ]);
}

#[test]
fn r13_a_provisional_token_is_swept_and_its_pair_refused() {
    let provisional = || listed(ahead(), |token| token.provisional = true);
    let coming = with(provisional(), |world| {
        world.listing.as_mut().unwrap().read_with = Arc::new(sample::ledger());
    });
    check([
        (
            "its number is spent",
            provisional(),
            Some(Step::Call(Call::Sweep { id: "id5".into(), n: 5 })),
        ),
        ("its number was still to come", coming, refuse()),
    ]);
}

#[test]
fn r13_a_refused_pair_is_not_asked_about_again() {
    let refused = |digest| {
        with(ahead(), |world| world.ledger.resources.get_mut("a").unwrap().refused = Some(digest))
    };
    let other = Held { claims: Some(6), ..pair(5) }.digest();
    check([
        ("the same", refused(pair(5).digest()), None),
        ("another", listed(refused(other), |token| token.ours = None), refuse()),
    ]);
    let after = settled(&sample::ledger(), &refuse().unwrap(), &Outcome::Decided);
    assert_eq!(after.resources["a"].refused, Some(pair(5).digest()));
    assert_eq!(after.entries, sample::ledger().entries);
}

#[test]
fn r13_an_adopted_pair_is_current_and_was_published() {
    let after = |ledger: &Ledger, yes| {
        settled(ledger, &Step::Call(Call::Adopt(adoption())), &Outcome::Verified(yes))
    };
    let known = after(&sample::ledger(), true);
    let states: Vec<_> = known.entries.iter().map(|entry| (entry.n, entry.state)).collect();
    assert_eq!(
        states,
        [(1, State::Retired), (5, State::Current)],
        "what was current lives out its overlap"
    );
    assert_eq!((known.next, known.resources["a"].last), (6, 5));
    let entry = &known.entries[1];
    assert_eq!((entry.published_at, entry.expires_at), (Some(NOW), NOW + 50 * sample::DAY));
    assert_eq!((&entry.client_secret, &entry.applied), (&pair(5).client_secret, &sample::wanted()));
    let unknown = after(&sample::empty(), true);
    assert!(
        unknown.current("a").is_some() && unknown.resources.contains_key("a"),
        "a resource that was lost too"
    );
    let no = after(&sample::ledger(), false);
    assert_eq!(
        (no.entries, no.resources["a"].refused.clone()),
        (sample::ledger().entries, Some(pair(5).digest()))
    );
    let dying = deleting(sample::ledger());
    assert_eq!(after(&dying, true), dying, "nothing is adopted for who is being deleted");
}

/// LIST lacks the current token of `a`, and so did the one before it if that is said.
fn lacking(twice: bool) -> World {
    with(World::new(sample::ledger(), &["a"]), |world| {
        let listing = world.listing.as_mut().unwrap();
        listing.tokens.remove(0);
        listing.missed_before.extend(twice.then(|| "id1".into()));
    })
}

#[test]
fn r11_a_current_token_is_gone_only_by_two_lists_and_a_refused_credential() {
    let alive = || with(lacking(true), |world| world.alive.extend(["id1".into()]));
    let young = with(lacking(true), |world| world.ledger.entries[0].created_at = NOW - 2 * MINUTE);
    check([
        ("one LIST lacks it", lacking(false), None),
        (
            "r20: another is read soon",
            listed_ago(lacking(false), 15_001),
            Some(Step::Look(Look::List)),
        ),
        (
            "two lack it: its credential is tried",
            lacking(true),
            Some(Step::Call(Call::Verify("id1".into()))),
        ),
        ("two lacked it: no need to hurry", listed_ago(alive(), 15_001), None),
        ("ISC accepts it", alive(), None),
        ("LIST may lag so long", young, None),
        (
            "r7: it backs off",
            with(lacking(true), |w| w.ledger.resources.get_mut("a").unwrap().not_before = NOW + 1),
            None,
        ),
    ]);
    let after = |yes| {
        settled(&sample::ledger(), &Step::Call(Call::Verify("id1".into())), &Outcome::Verified(yes))
    };
    assert_eq!(after(false).entries[0].state, State::Tomb, "refused: it is gone");
    assert_eq!(after(true), sample::ledger(), "accepted: nothing happened");
}

#[test]
fn r13_a_dead_current_token_is_replaced_at_once() {
    let dead = with(lacking(true), |world| world.ledger.entries[0].state = State::Tomb);
    let judged = with(dead, |world| {
        world.listing.as_mut().unwrap().read_with = Arc::new(world.ledger.clone());
    });
    let dropped = with(lacking(true), |world| world.ledger.entries.clear());
    check([
        ("it is forgotten", judged, Some(Step::Record(Record::Drop(vec!["id1".into()])))),
        ("and a new one minted", dropped, Some(Step::Look(Look::ReadSecret("a".into())))),
    ]);
}
