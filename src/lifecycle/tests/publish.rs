//! What the token controller does with the Secret of a resource.
use super::*;
use crate::lifecycle::publish::{
    Act, Clearing, Glance, Publication, Whole, by_content, by_glance, clear, wanted as wanted_entry,
};

const NOTHING: Act<'_> = Act::Leave(Publication::Nothing);
const PUBLISHED: Act<'_> = Act::Leave(Publication::Published);

fn retained(ledger: Ledger) -> Ledger {
    with(deleting(ledger), |ledger| ledger.resources.get_mut("a").unwrap().retain = true)
}

fn served() -> Ledger {
    with(holding(&[("a", State::Current)]), |ledger| {
        ledger.resources.get_mut("a").unwrap().last = 1;
    })
}

fn glanced(claims: u64, is_known_right: bool) -> Glance {
    Glance::Ours { claims: Some(claims), is_known_right }
}

/// A Secret that holds this pair under this number, and differs from what it should be.
fn whole(id: &str, claims: u64) -> Whole {
    let client_secret = sample::entry(1, "a", State::Current).client_secret;
    let held = Held { id: id.into(), client_secret, claims: Some(claims), owned: true };
    Whole { held, is_same: true, is_right: false, is_locked: false }
}

#[test]
fn r8_only_a_current_token_is_wanted_in_the_secret() {
    for (state, expected) in [
        (State::Prepared, false),
        (State::Current, true),
        (State::Retired, false),
        (State::Released, false),
        (State::Tomb, false),
    ] {
        assert_eq!(wanted_entry(&holding(&[("a", state)]), "a").is_some(), expected, "{state:?}");
    }
    assert_eq!(wanted_entry(&deleting(served()), "a"), None, "a resource that is being deleted");
    assert!(
        wanted_entry(&retained(served()), "a").is_some(),
        "a resource that leaves its Secret to its user"
    );
}

#[test]
fn r8_metadata_decide_as_far_as_they_can() {
    let (served, none, kept) = (served(), mentioning(&["a"]), retained(served()));
    let gone = deleting(served.clone());
    let create = Some(Act::Create(&served.entries[0]));
    for (sentence, ledger, glance, expected) in [
        ("a first pair is created without a look", &served, Glance::Unread, create.clone()),
        ("without a token the name is looked at", &none, Glance::Unread, None),
        ("what its user keeps is looked at first", &kept, Glance::Unread, None),
        ("a Secret that is gone comes back", &served, Glance::Absent, create),
        ("but not while its resource is being deleted", &kept, Glance::Absent, Some(NOTHING)),
        ("nor without a token", &none, Glance::Absent, Some(NOTHING)),
        (
            "another's Secret stays as it is",
            &served,
            Glance::Foreign,
            Some(Act::Leave(Publication::Taken)),
        ),
        ("a version that was right before is not read", &served, glanced(1, true), Some(PUBLISHED)),
        ("another version is read", &served, glanced(1, false), None),
        ("what its user keeps is read", &kept, glanced(1, false), None),
        ("an unknown pair may be one that the ledger lost", &none, glanced(3, false), None),
        ("but not while its resource is being deleted", &gone, glanced(3, false), Some(NOTHING)),
    ] {
        assert_eq!(by_glance(ledger, "a", glance), expected, "{sentence}");
    }
    let dropped = with(none.clone(), |ledger| ledger.resources.get_mut("a").unwrap().last = 3);
    assert_eq!(
        by_glance(&dropped, "a", glanced(3, false)),
        Some(NOTHING),
        "a pair that was recorded and dropped"
    );
}

#[test]
fn r8_the_content_decides_only_on_the_version_from_before_the_ledger() {
    let ledger = served();
    let correct = Act::Correct(&ledger.entries[0]);
    let right = Whole { is_right: true, ..whole("id1", 1) };
    for (sentence, whole, expected) in [
        ("a right one stays", right, PUBLISHED),
        ("a spoilt one is corrected", whole("id1", 1), correct.clone()),
        ("an old pair too", whole("id0", 1), correct),
        (
            "one that changed since is left to the next pass",
            Whole { is_same: false, ..whole("id1", 1) },
            NOTHING,
        ),
        (
            "an immutable one stays",
            Whole { is_locked: true, ..whole("id1", 1) },
            Act::Leave(Publication::Locked),
        ),
        (
            "an unknown pair that claims to be newer raises a question",
            whole("id9", 9),
            Act::Ask(Publication::Published),
        ),
    ] {
        assert_eq!(by_content(&ledger, "a", &whole), expected, "{sentence}");
    }
}

#[test]
fn r8_no_older_pair_replaces_a_recorded_one_that_is_newer() {
    let ledger = holding(&[("a", State::Current), ("a", State::Prepared), ("b", State::Prepared)]);
    assert_eq!(by_content(&ledger, "a", &whole("id2", 2)), PUBLISHED);
    assert_eq!(
        by_content(&ledger, "a", &whole("id3", 3)),
        Act::Correct(&ledger.entries[0]),
        "another resource's"
    );
    let condemned = holding(&[("a", State::Current), ("a", State::Tomb)]);
    assert_eq!(
        by_content(&condemned, "a", &whole("id2", 2)),
        Act::Correct(&condemned.entries[0]),
        "one that dies"
    );
}

#[test]
fn r13_an_unknown_pair_is_asked_about_until_there_is_a_verdict() {
    let none = mentioning(&["a"]);
    assert_eq!(by_content(&none, "a", &whole("id9", 9)), Act::Ask(Publication::Nothing));
    assert_eq!(by_content(&none, "a", &whole("id9", 0)), NOTHING, "an older one is no question");
    let refused = with(served(), |ledger| {
        ledger.resources.get_mut("a").unwrap().refused = Some(whole("id9", 9).held.digest());
    });
    assert_eq!(
        by_content(&refused, "a", &whole("id9", 9)),
        Act::Correct(&refused.entries[0]),
        "a refused one"
    );
}

#[test]
fn r12_the_secret_of_a_resource_that_is_being_deleted_goes_stays_or_is_kept_current() {
    let released = retained(holding(&[("a", State::Released)]));
    for (sentence, ledger, expected) in [
        ("the deletion is not recorded yet", served(), Clearing::Wait),
        ("no ledger mentions it", sample::empty(), Clearing::Wait),
        ("it goes before its tokens", deleting(served()), Clearing::Remove),
        ("it is its user's, with the current pair", retained(served()), Clearing::Publish),
        ("nothing is left that its user could use", retained(mentioning(&["a"])), Clearing::Remove),
        ("it is its user's already", released, Clearing::Leave),
    ] {
        assert_eq!(clear(&ledger, "a"), expected, "{sentence}");
    }
}
