//! Names and scopes that change in place (R22).
use super::*;
use crate::lifecycle::facts::Admission;
use crate::lifecycle::ledger::{TokenSpec, scopes};
use crate::lifecycle::settle::Patched;
use crate::lifecycle::upkeep::{full_name, missing_scopes};

/// What `a` wants now.
fn other() -> TokenSpec {
    TokenSpec {
        name: "new".into(),
        scopes: scopes(["idn:b:read", "idn:a:read"]),
        validity_seconds: 3600,
    }
}

fn change() -> Step {
    let name = full_name(&sample::ledger(), "inst", "a", 1, "new");
    Step::Call(Call::Apply {
        id: "id1".into(),
        name: Some(name),
        scopes: Some(other().scopes),
        wanted: other(),
    })
}

#[test]
fn r22_a_changed_name_or_scope_is_applied_in_place() {
    let wants = |wanted: TokenSpec, change: fn(&mut Declared)| {
        with(World::new(sample::ledger(), &["a"]), |world| {
            let declared = world.declared.get_mut("a").unwrap();
            declared.wanted = wanted;
            change(declared);
        })
    };
    let life = || TokenSpec { validity_seconds: 60, ..sample::wanted() };
    check([
        ("the spec differs", wants(other(), |_| ()), Some(change())),
        (
            "the spec differs, and LIST tells no scopes",
            with(wants(other(), |_| ()), |world| {
                world.listing.as_mut().unwrap().tokens[0].scopes = None;
            }),
            Some(change()),
        ),
        ("the spec is as applied", wants(sample::wanted(), |_| ()), None),
        (
            "another life of access tokens takes a new token",
            wants(life(), |_| ()),
            Some(Step::Look(Look::ReadSecret("a".into()))),
        ),
        (
            "which brings all other changes with it",
            wants(TokenSpec { validity_seconds: 60, ..other() }, |_| ()),
            Some(Step::Look(Look::ReadSecret("a".into()))),
        ),
        ("suspended", wants(other(), |a| a.suspended = true), None),
        ("not granted", wants(other(), |a| a.admission = Admission::NotGranted), None),
        ("refused", wants(other(), |a| a.admission = Admission::Refused), None),
        (
            "being deleted",
            wants(other(), |a| a.deleting = true),
            Some(Step::Record(Record::MarkDeleting { uid: "a".into(), retain: false })),
        ),
        (
            "after a refusal it backs off",
            with(wants(other(), |_| ()), |world| {
                world.ledger.resources.get_mut("a").unwrap().not_before = NOW + 1;
            }),
            None,
        ),
    ]);
}

#[test]
fn r22_a_change_is_recorded_when_isc_took_it() {
    let after = |step: &Step, patched| settled(&sample::ledger(), step, &Outcome::Patched(patched));
    let yes = after(&change(), Patched::Yes).entries[0].clone();
    assert_eq!(
        (yes.applied, yes.applied_at, yes.missing_scopes),
        (other(), NOW, None),
        "new scopes are to be looked at"
    );
    let renamed = Step::Call(Call::Apply {
        id: "id1".into(),
        name: Some("x".into()),
        scopes: None,
        wanted: TokenSpec { name: "new".into(), ..sample::wanted() },
    });
    let before = sample::ledger().entries[0].clone();
    let entry = after(&renamed, Patched::Yes).entries[0].clone();
    assert_eq!(&*entry.applied.name, "new");
    assert_eq!(
        (entry.applied_at, entry.missing_scopes),
        (before.applied_at, before.missing_scopes.clone()),
        "a name changes no scope"
    );
    let no = after(&change(), Patched::No);
    assert_eq!(
        (&no.entries[0], no.resources["a"].failures),
        (&before, 1),
        "refused: as it was, and a back-off"
    );
}

#[test]
fn r22_changed_scopes_are_looked_at_once_isc_had_its_time() {
    let applied = |ago: i64| {
        token(sample::ledger(), |entry| {
            (entry.missing_scopes, entry.applied_at) = (None, NOW - ago);
        })
    };
    let look = Step::Call(Call::CheckScopes { id: "id1".into(), wanted: sample::wanted().scopes });
    check([
        (
            "twenty minutes ago, for certain",
            World::new(applied(20 * MINUTE + 1_000), &["a"]),
            Some(look.clone()),
        ),
        ("a moment less", World::new(applied(20 * MINUTE + 999), &["a"]), None),
        ("looked at before", World::new(sample::ledger(), &["a"]), None),
    ]);
    let missing = scopes(["x"]);
    let seen = settled(&applied(0), &look, &Outcome::Checked(Some(missing.clone())));
    assert_eq!(seen.entries[0].missing_scopes, Some(missing.clone()));
    let failed = with(applied(0), |l| l.resources.get_mut("a").unwrap().not_before = NOW + MINUTE);
    let still = settled(&failed, &look, &Outcome::Checked(Some(missing)));
    assert_eq!(
        still.resources["a"].not_before,
        NOW + MINUTE,
        "a failed attempt waits all the same (R7)"
    );
    let effective = ["idn:a:read".to_owned(), "sp:x".to_owned()];
    assert_eq!(missing_scopes(&other().scopes, Some(&effective)), Some(scopes(["idn:b:read"])));
    assert_eq!(missing_scopes(&other().scopes, None), None, "nobody says");
}

#[test]
fn r22_scopes_that_are_missing_or_unknown_are_looked_at_again_ever_more_slowly() {
    let look = Step::Call(Call::CheckScopes { id: "id1".into(), wanted: sample::wanted().scopes });
    let since = |missing: Option<&str>, looks, ago: i64| {
        token(sample::ledger(), |entry| {
            (entry.missing_scopes, entry.looked_at) =
                (missing.map(|one| scopes([one])), Some(NOW - ago));
            entry.looks = looks;
        })
    };
    let due = |missing, looks, minutes: i64| {
        World::new(since(missing, looks, minutes * MINUTE + 1_000), &["a"])
    };
    let soon =
        |missing, looks, minutes: i64| World::new(since(missing, looks, minutes * MINUTE), &["a"]);
    check([
        ("missing: after 20 minutes", due(Some("x"), 1, 20), Some(look.clone())),
        ("missing: not before", soon(Some("x"), 1, 20), None),
        ("the third time: after 80 minutes", due(Some("x"), 3, 80), Some(look.clone())),
        ("not before", soon(Some("x"), 3, 80), None),
        ("ISC does not say: likewise", due(None, 1, 20), Some(look.clone())),
        ("in the end once a day", due(None, 30, 24 * 60), Some(look.clone())),
        ("not before", soon(None, 30, 24 * 60), None),
    ]);
}

#[test]
fn r22_no_answer_leaves_what_was_known_of_the_scopes() {
    let look = Step::Call(Call::CheckScopes { id: "id1".into(), wanted: sample::wanted().scopes });
    let after = |ledger: &Ledger, answer| {
        let entry = settled(ledger, &look, &Outcome::Checked(answer)).entries[0].clone();
        (entry.missing_scopes, entry.looked_at, entry.looks)
    };
    let all = scopes(Vec::<String>::new());
    let lacks = token(sample::ledger(), |entry| {
        (entry.missing_scopes, entry.looks) = (Some(scopes(["x"])), 4);
    });
    assert_eq!(
        after(&lacks, None),
        (Some(scopes(["x"])), Some(NOW), 5),
        "a proxy's 403 says nothing"
    );
    assert_eq!(
        after(&lacks, Some(all.clone())),
        (Some(all.clone()), None, 0),
        "the user's level was raised"
    );
    assert_eq!(
        after(&sample::ledger(), None),
        (Some(all), None, 0),
        "and nothing becomes ineffective by it"
    );
    let unsaid = token(sample::ledger(), |entry| entry.missing_scopes = None);
    assert_eq!(after(&unsaid, None), (None, Some(NOW), 1), "nobody says");
}
