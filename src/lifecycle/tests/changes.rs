//! Live tokens: extension (R7), publication (R8), renewal (R16).
use super::*;
use crate::lifecycle::facts::Admission;
use crate::lifecycle::ledger::scopes;
use crate::lifecycle::settle::{Extended, Patched};
use crate::lifecycle::step::Extension;

const LONG: i64 = 90 * 24 * 60 * MINUTE;

fn extension() -> Extension {
    Extension { id: "id1".into(), until: NOW + LONG }
}

#[test]
fn r7_a_recorded_token_is_extended_before_it_is_used() {
    let prepared = || holding(&[("a", State::Prepared)]);
    check([
        ("recorded", World::new(prepared(), &["a"]), Some(Step::Call(Call::Extend(extension())))),
        (
            "its resource is being deleted",
            World::new(deleting(prepared()), &[]),
            Some(Step::Look(Look::ReadSecret("a".into()))),
        ),
        ("already current", World::new(sample::ledger(), &["a"]), None),
    ]);
}

#[test]
fn r7_an_extension_promotes_condemns_or_waits() {
    let prepared = || waits(holding(&[("a", State::Prepared)]), 5);
    let after = |ledger: &Ledger, extended| {
        settled(ledger, &Step::Call(Call::Extend(extension())), &Outcome::Extended(extended))
    };
    let missing = scopes(["idn:a:read"]);
    let yes = after(&prepared(), Extended::Yes { missing_scopes: Some(missing.clone()) });
    let entry = &yes.entries[0];
    assert_eq!(
        (entry.state, entry.expires_at),
        (State::Current, NOW + LONG),
        "accepted: long-lived and current"
    );
    assert_eq!(entry.missing_scopes, Some(missing), "what its access token lacks is known");
    assert_eq!(
        (yes.resources["a"].failures, yes.resources["a"].not_before),
        (0, 0),
        "its failures are forgiven"
    );
    let no = after(&prepared(), Extended::No);
    assert_eq!(
        (no.entries[0].state, no.resources["a"].failures),
        (State::Tomb, 1),
        "refused: condemned, and a back-off"
    );
    assert_eq!(after(&prepared(), Extended::Unclear), prepared(), "unclear: nothing is recorded");
    let tomb = holding(&[("a", State::Tomb)]);
    let yes = Extended::Yes { missing_scopes: Some(scopes(Vec::<String>::new())) };
    assert_eq!(after(&tomb, yes), tomb, "condemned meanwhile: it stays so");
}

#[test]
fn r8_only_a_current_credential_is_there_to_be_published() {
    for (state, expected) in
        [(State::Prepared, None), (State::Current, Some(1)), (State::Tomb, None)]
    {
        assert_eq!(
            holding(&[("a", state)]).current("a").map(|entry| entry.n),
            expected,
            "{state:?}"
        );
    }
    assert_eq!(sample::ledger().current("b"), None, "another resource's is not its own");
}

#[test]
fn r16_a_token_is_renewed_in_the_second_half_of_its_life() {
    let expires = |at| token(sample::ledger(), |entry| entry.expires_at = NOW + at);
    let late = || expires(LONG / 2 - 1);
    let declared = |change: fn(&mut Declared)| {
        with(World::new(late(), &["a"]), |world| change(world.declared.get_mut("a").unwrap()))
    };
    let renew = Some(Step::Call(Call::Renew { id: "id1".into(), until: NOW + LONG }));
    check([
        ("half is left", World::new(expires(LONG / 2), &["a"]), None),
        ("less than half is left", World::new(late(), &["a"]), renew.clone()),
        ("suspended: kept alive", declared(|a| a.suspended = true), renew.clone()),
        ("refused: kept alive", declared(|a| a.admission = Admission::Refused), renew),
        (
            "not granted any more: left to its end",
            declared(|a| a.admission = Admission::NotGranted),
            None,
        ),
        ("nobody declares it", looked_for(World::new(late(), &[])), None),
        ("after a refusal it backs off", World::new(waits(late(), NOW + 1), &["a"]), None),
    ]);
}

#[test]
fn r16_a_renewal_is_recorded_only_if_it_took_effect() {
    let step = Step::Call(Call::Renew { id: "id1".into(), until: NOW + LONG });
    let yes = settled(&waits(sample::ledger(), 5), &step, &Outcome::Patched(Patched::Yes));
    assert_eq!((yes.entries[0].expires_at, yes.resources["a"].not_before), (NOW + LONG, 0));
    let no = settled(&sample::ledger(), &step, &Outcome::Patched(Patched::No));
    assert_eq!((no.entries, no.resources["a"].failures), (sample::ledger().entries, 1));
}
