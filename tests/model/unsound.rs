//! Broken protocols, each in a configuration that shows it; where two replicas are needed, they are
//! there.
use crate::broken::Broken;
use crate::configuration::{Configuration, Edit, Fault, Restore, Start};

/// Creation and deletion.
#[expect(clippy::too_many_lines, reason = "one table")]
pub fn basic() -> Vec<Configuration> {
    let one = || Configuration {
        replicas: 1,
        start: [Start::Admitted, Start::Absent],
        delete: [true, false],
        limit: 3,
        faults: 1,
        ..Configuration::default()
    };
    let two = || Configuration { replicas: 2, delete: [false, false], ..one() };
    let deleted = || Configuration { start: [Start::Served, Start::Absent], ..one() };
    let both = || Configuration {
        start: [Start::Admitted, Start::Served],
        delete: [false, true],
        limit: 4,
        ..two()
    };
    let pair =
        || Configuration { start: [Start::Admitted; 2], limit: 4, delete: [false; 2], ..one() };
    let beside = || Configuration { delete: [true, false], faults: 0, ..pair() };
    let broken = |name, broken, caught_by, base: Configuration| Configuration {
        name,
        broken,
        caught_by,
        ..base
    };
    vec![
        broken(
            "broken R1: the next intent comes before the commit",
            Broken::EarlyIntent,
            "R4",
            pair(),
        ),
        broken("broken R2, R5: a fence forgets the attempt", Broken::ForgetUnresolved, "P1", one()),
        broken("broken R3: a 400 is believed at once", Broken::BelieveDoubt, "P1", one()),
        broken("broken R4: a fenced outcome is recorded", Broken::CommitBlindly, "P5", two()),
        broken(
            "broken R4: recorded over the revision read only",
            Broken::CommitExactRevision,
            "R4",
            both(),
        ),
        broken("broken R5: swept without a fence", Broken::SweepUnfenced, "P5", two()),
        broken("broken R23: withdrawn although sent", Broken::WithdrawSent, "P1", one()),
        broken("broken R7: a 404 to the extension drops the entry", Broken::Drop404, "P1", one()),
        broken("broken R7: no back-off", Broken::NoBackOff, "R7", one()),
        broken(
            "broken R8: a prepared credential is published",
            Broken::PublishPrepared,
            "P2",
            one(),
        ),
        broken(
            "broken R8: published while being deleted",
            Broken::PublishWhileDeleting,
            "P2",
            deleted(),
        ),
        broken("broken R9: LIST is believed within its lag", Broken::IgnoreLag, "P1", one()),
        broken("broken R9: a 404 drops the entry", Broken::DropOn404, "P1", deleted()),
        broken("broken R9: an old LIST drops the entry", Broken::DropOldList, "P1", one()),
        broken(
            "broken R12: finished before its numbers are resolved",
            Broken::FinishEarly,
            "P4",
            one(),
        ),
        broken(
            "broken R12: an old read of the Secret counts",
            Broken::OldSecretRead,
            "P2",
            beside(),
        ),
        broken(
            "broken R12: condemned while the Secret is there",
            Broken::TombBeforeSecret,
            "P2",
            deleted(),
        ),
        broken("broken R12: the finalizer goes early", Broken::FinalizerEarly, "P4", one()),
        broken("broken R12: deleting B fences the attempt of A", Broken::FenceOther, "R4", both()),
        broken("broken R14: POST without a live read", Broken::PostWithoutConfirm, "P4", one()),
    ]
}

/// Rotation and revocation.
#[expect(clippy::too_many_lines, reason = "one table")]
pub fn rotation() -> Vec<Configuration> {
    let one = || Configuration {
        replicas: 1,
        start: [Start::Served, Start::Absent],
        rotate: [1, 0],
        limit: 3,
        ..Configuration::default()
    };
    let edited = |changes| Configuration { edits: 1, changes, ..one() };
    let stalled = || Configuration {
        start: [Start::Served, Start::Applied],
        workers: 2,
        limit: 4,
        edits: 2,
        changes: &[Edit::Remove],
        ..one()
    };
    let full = || Configuration {
        start: [Start::Served, Start::Admitted],
        rotate: [0, 0],
        slots: 4,
        limit: 4,
        ..one()
    };
    let misled = || Configuration { faults: 1, kinds: &[Fault::Ahead, Fault::Behind], ..one() };
    let revoked = || Configuration { rotate: [0, 0], revoke: [1, 0], ..edited(&[Edit::Remove]) };
    let numbered = || Configuration { rotate: [0, 0], ..edited(&[Edit::Number]) };
    let taken = || Configuration {
        start: [Start::Admitted, Start::Absent],
        rotate: [0, 0],
        ..edited(&[Edit::TakeName])
    };
    let between =
        || Configuration { workers: 2, stalls_between_reads: true, ..edited(&[Edit::NoNumber]) };
    let broken = |name, broken, caught_by, base: Configuration| Configuration {
        name,
        broken,
        caught_by,
        ..base
    };
    vec![
        broken(
            "broken R8: another's Secret is written over",
            Broken::OverwriteForeign,
            "P6",
            taken(),
        ),
        broken(
            "broken R8: the Secret is read after the ledger",
            Broken::WriteOnLaterRead,
            "P2",
            between(),
        ),
        broken(
            "broken R8: the annotation tells the number",
            Broken::NumberFromAnnotation,
            "P7",
            numbered(),
        ),
        broken(
            "broken R9: the Secret is read before the overlap ends",
            Broken::OverlapAfterRead,
            "P",
            stalled(),
        ),
        broken(
            "broken R9: condemned before the new one is published",
            Broken::RetireUnpublished,
            "P3",
            one(),
        ),
        broken(
            "broken R9: the overlap begins before publication",
            Broken::OverlapUnpublished,
            "P3",
            one(),
        ),
        broken(
            "broken R16: no renewal",
            Broken::NoRenewal,
            "P2",
            Configuration { rotate: [0, 0], renew: true, ..one() },
        ),
        broken("broken R17: slots are not counted", Broken::SlotsIgnored, "R17", full()),
        broken(
            "broken R18: what was revoked is published",
            Broken::RepublishRevoked,
            "P2",
            revoked(),
        ),
        broken("broken R20: a single reply ends the overlap", Broken::SingleClock, "P3", misled()),
    ]
}

/// Retain, edits and time travel.
#[expect(clippy::too_many_lines, reason = "one table")]
pub fn travel() -> Vec<Configuration> {
    let one = || Configuration {
        replicas: 1,
        start: [Start::Served, Start::Absent],
        limit: 5,
        ..Configuration::default()
    };
    let retain =
        || Configuration { delete: [true, false], retain: [true, false], limit: 3, ..one() };
    let removed = || Configuration { edits: 1, changes: &[Edit::Remove], ..retain() };
    let restored = || Configuration { restore: Restore::Ledger, ..one() };
    let rotated = || Configuration { rotate: [1, 0], ..restored() };
    let created = || Configuration { start: [Start::Admitted, Start::Absent], ..restored() };
    let numbered = || Configuration { edits: 1, changes: &[Edit::Number], ..rotated() };
    let edited = |changes| Configuration { start: [Start::Served; 2], edits: 1, changes, ..one() };
    let renamed = || Configuration { delete: [true, false], renames: true, limit: 3, ..one() };
    let left = || Configuration { restore: Restore::Ledger, ..retain() };
    let old = || Configuration { start: [Start::Prepared, Start::Absent], replicas: 2, ..retain() };
    let rotating = || Configuration { rotate: [1, 0], ..retain() };
    let broken = |name, broken, caught_by, base: Configuration| Configuration {
        name,
        broken,
        caught_by,
        ..base
    };
    vec![
        broken("broken R6: long-lived tokens are swept", Broken::SweepLongLived, "P5", rotated()),
        broken(
            "broken R6: an old LIST is judged by the ledger of now",
            Broken::SweepOldList,
            "P5",
            old(),
        ),
        broken(
            "broken R8: rewritten without a verdict",
            Broken::OverwriteUnknown,
            "R13",
            rotated(),
        ),
        broken("broken R8: a newer pair is written over", Broken::OverwriteNewer, "P2", rotated()),
        broken("broken R10: a renamed token is forgotten", Broken::ForgetRenamed, "P4", renamed()),
        broken("broken R10: deleted by id alone", Broken::DeleteById, "P4", left()),
        broken(
            "broken R12: created while being deleted",
            Broken::CreateWhileDeleting,
            "P2",
            removed(),
        ),
        broken("broken R12: the Secret is stripped first", Broken::StripFirst, "P4", left()),
        broken(
            "broken R12: released before it is published",
            Broken::RetainUnpublished,
            "P2",
            rotating(),
        ),
        broken("broken R12: stripped without a record", Broken::RetainUnrecorded, "P4", retain()),
        broken(
            "broken R13: adopted by annotation",
            Broken::AdoptByAnnotation,
            "P6",
            edited(&[Edit::CopyForeign]),
        ),
        broken(
            "broken R13: adopted without LIST",
            Broken::AdoptUnlisted,
            "P6",
            edited(&[Edit::CopyStranger]),
        ),
        broken(
            "broken R13: adopted only under its annotation",
            Broken::AdoptNeedsNumber,
            "R13",
            numbered(),
        ),
        broken(
            "broken R13: minted before it is adopted",
            Broken::MintBeforeAdopt,
            "R13",
            created(),
        ),
    ]
}
