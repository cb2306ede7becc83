//! Replies that are lost, late, wrong or hostile: nothing is left, and nothing is claimed that is
//! not known.
use isc_simulator::{Effect, Fault, Hostile, Operation, RetryAfter, When};

use crate::run::Told;
use crate::tenant::{TENANT, Tenant};

/// Probes a tenant where this goes wrong once, after so many calls of the kind went well.
fn with(fault: Fault, skip: u64) -> (Tenant, Told) {
    let tenant = Tenant::new();
    tenant.control().add_fault(None, Fault { skip, ..fault }.once());
    let told = tenant.probe(&[]);
    assert_eq!(tenant.left(), [], "{told:?}");
    (tenant, told)
}

fn verdict(told: &Told, id: &str) -> String {
    told.lines()[id].0.clone()
}

#[test]
fn a_token_whose_reply_was_lost_is_found_by_its_name() {
    // The first POST and the fourth make one.
    for skip in [0, 3] {
        for fault in [
            Fault { drop: Some(When::After), ..Fault::on(Operation::Create) },
            Fault { status: Some(500), with_effect: true, ..Fault::on(Operation::Create) },
            Fault { status: Some(400), with_effect: true, ..Fault::on(Operation::Create) },
            Fault { status: Some(202), ..Fault::on(Operation::Create) },
        ] {
            let (_, told) = with(fault.clone(), skip);
            assert!(!told.err.contains("may still be there"), "{skip} {fault:?}: {told:?}");
        }
    }
}

#[test]
fn a_tenant_that_always_loses_its_replies_is_asked_for_few_tokens_and_left_none() {
    for fault in [
        Fault { drop: Some(When::After), ..Fault::on(Operation::Create) },
        Fault { status: Some(500), with_effect: true, ..Fault::on(Operation::Create) },
        Fault { status: Some(400), with_effect: true, ..Fault::on(Operation::Create) },
        Fault { status: Some(409), with_effect: true, ..Fault::on(Operation::Create) },
    ] {
        let tenant = Tenant::new();
        tenant.control().add_fault(None, fault.clone());
        let told = tenant.probe(&[]);
        assert_eq!(verdict(&told, "new-credential"), "unknown", "{fault:?}: {told:?}");
        let made =
            tenant.effects().iter().filter(|entry| entry.effect == Some(Effect::Created)).count();
        assert!((1..=2).contains(&made), "{fault:?}: {made}");
        assert_eq!(tenant.left(), [], "{fault:?}: {told:?}");
    }
}

#[test]
fn a_token_that_may_come_later_is_told() {
    for skip in [0, 1, 2, 3] {
        let (_, told) =
            with(Fault { drop: Some(When::Before), ..Fault::on(Operation::Create) }, skip);
        assert_eq!(told.code, Some(2), "{skip}: {told:?}");
        let line = told.err.lines().last().unwrap();
        assert!(line.contains("may still be there; it ends by itself at 20"), "{skip}: {told:?}");
    }
}

#[test]
fn a_duplicate_whose_reply_was_lost_says_nothing_about_the_rule() {
    let (_, told) = with(Fault { drop: Some(When::After), ..Fault::on(Operation::Create) }, 1);
    assert_eq!(verdict(&told, "duplicate-name"), "unknown", "{told:?}");
    let (_, told) = with(Fault { status: Some(503), ..Fault::on(Operation::Create) }, 2);
    assert_eq!(verdict(&told, "past-expiry"), "unknown", "{told:?}");
    let (_, told) = with(Fault { status: Some(503), ..Fault::on(Operation::Create) }, 3);
    assert_eq!(
        (verdict(&told, "duplicate-name"), verdict(&told, "past-expiry")),
        ("unknown".into(), "unknown".into())
    );
}

#[test]
fn changes_and_deletions_that_fail_are_unknown_and_made_up_for() {
    for (operation, skip, id) in [
        (Operation::Patch, 0, "patch-name"),
        (Operation::Patch, 1, "patch-scope"),
        (Operation::Patch, 2, "patch-expiry"),
        (Operation::Delete, 0, "delete"),
        (Operation::Delete, 1, "second-delete"),
    ] {
        for fault in [
            Fault { drop: Some(When::Before), ..Fault::on(operation) },
            Fault { drop: Some(When::After), ..Fault::on(operation) },
            Fault { status: Some(502), ..Fault::on(operation) },
            Fault { status: Some(502), with_effect: true, ..Fault::on(operation) },
        ] {
            let (_, told) = with(fault.clone(), skip);
            assert_eq!(verdict(&told, id), "unknown", "{fault:?}: {told:?}");
            assert_eq!(told.code, Some(2), "{fault:?}: {told:?}");
        }
    }
}

const HOSTILE: [Hostile; 26] = [
    Hostile::Html,
    Hostile::Empty,
    Hostile::Null,
    Hostile::TwoDocuments,
    Hostile::Bom,
    Hostile::Utf16,
    Hostile::Truncated,
    Hostile::LengthTooLong,
    Hostile::LengthTooShort,
    Hostile::GzipClaim,
    Hostile::Created,
    Hostile::NoContent,
    Hostile::SecretMissing,
    Hostile::SecretNull,
    Hostile::SecretEmpty,
    Hostile::SecretArray,
    Hostile::OtherId,
    Hostile::OtherOwner,
    Hostile::AlteredName,
    Hostile::CreatedInFuture,
    Hostile::WrongShape,
    Hostile::Duplicates,
    Hostile::TenThousand,
    Hostile::WithoutSentinel,
    Hostile::CutShort,
    Hostile::ForeignOwner,
];

/// Each hostile reply once, to the first and to a later call.
fn survives(operation: Operation, later: u64) {
    for hostile in HOSTILE {
        for skip in [0, later] {
            let (tenant, told) = with(Fault { body: Some(hostile), ..Fault::on(operation) }, skip);
            assert!(told.code.is_some(), "{hostile:?} {operation:?} {skip}: {told:?}");
            assert_eq!(
                tenant.control().tokens(TENANT).unwrap().len(),
                1,
                "{hostile:?} {operation:?} {skip}: {told:?}"
            );
        }
    }
}

#[test]
fn hostile_replies_to_a_post_are_survived() {
    survives(Operation::Create, 3);
}

#[test]
fn hostile_lists_are_survived() {
    survives(Operation::List, 1);
}

#[test]
fn hostile_replies_to_a_credential_are_survived() {
    survives(Operation::Oauth, 1);
}

#[test]
fn hostile_replies_to_a_patch_are_survived() {
    survives(Operation::Patch, 1);
}

#[test]
fn isc_is_waited_for_when_it_asks_for_it_and_not_for_too_long() {
    let asks = |seconds| Fault {
        status: Some(429),
        retry_after: Some(RetryAfter::Seconds(seconds)),
        ..Fault::on(Operation::Create)
    };
    let (_, told) = with(asks(1), 0);
    assert_eq!(
        (verdict(&told, "short-expiry"), verdict(&told, "rate-limit")),
        ("holds".into(), "does not hold".into())
    );
    let (_, told) = with(asks(1_200), 0);
    assert_eq!(verdict(&told, "short-expiry"), "unknown", "{told:?}");
}
