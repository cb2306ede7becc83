//! What is explored: sound configurations, and broken ones that must be caught.
use crate::broken::Broken;
use crate::configuration::{Configuration, Start};
use crate::properties::{
    ALL_PUBLISHED, CONDEMNED, DELETED_TWICE, DELETION_DONE, FENCED, LATE_POST, NAME_TAKEN, ORPHAN_SWEPT,
    POST_BESIDE_PATCH, SPLIT_BRAIN,
};

const CREATE_A: [Start; 2] = [Start::Applied, Start::Absent];
const CREATE_BOTH: [Start; 2] = [Start::Admitted, Start::Admitted];

/// Explored to the end without a violation.
pub fn sound() -> Vec<Configuration> {
    one_replica().into_iter().chain(two_replicas()).collect()
}

fn one_replica() -> Vec<Configuration> {
    vec![
        Configuration {
            name: "1 replica, create and delete A, 3 faults",
            replicas: 1,
            start: CREATE_A,
            delete: [true, false],
            limit: 3,
            faults: 3,
            reaches: &[ALL_PUBLISHED, CONDEMNED, DELETION_DONE, FENCED, LATE_POST, ORPHAN_SWEPT],
            ..Configuration::default()
        },
        Configuration {
            name: "1 replica, create and delete A, removed by force, Secret edited, 1 fault",
            replicas: 1,
            start: CREATE_A,
            delete: [true, false],
            limit: 3,
            faults: 1,
            edits: 1,
            force: true,
            reaches: &[ALL_PUBLISHED, DELETION_DONE, NAME_TAKEN],
            ..Configuration::default()
        },
        Configuration {
            name: "1 replica, create A and B, 2 faults",
            replicas: 1,
            start: CREATE_BOTH,
            limit: 4,
            faults: 2,
            reaches: &[ALL_PUBLISHED, FENCED, LATE_POST, ORPHAN_SWEPT, POST_BESIDE_PATCH],
            ..Configuration::default()
        },
        Configuration {
            name: "1 replica, create A, delete B, 2 faults",
            replicas: 1,
            start: [Start::Applied, Start::Served],
            delete: [false, true],
            limit: 4,
            faults: 2,
            reaches: &[ALL_PUBLISHED, DELETION_DONE, FENCED, LATE_POST],
            ..Configuration::default()
        },
    ]
}

fn two_replicas() -> Vec<Configuration> {
    vec![
        Configuration {
            name: "2 replicas, create A, 1 fault",
            replicas: 2,
            start: [Start::Admitted, Start::Absent],
            limit: 3,
            faults: 1,
            reaches: &[ALL_PUBLISHED, FENCED, LATE_POST, ORPHAN_SWEPT, SPLIT_BRAIN],
            ..Configuration::default()
        },
        Configuration {
            name: "2 replicas, create and delete A, 1 fault",
            replicas: 2,
            start: [Start::Admitted, Start::Absent],
            delete: [true, false],
            limit: 2,
            faults: 1,
            reaches: &[ALL_PUBLISHED, DELETION_DONE, FENCED, LATE_POST, ORPHAN_SWEPT, SPLIT_BRAIN],
            ..Configuration::default()
        },
        Configuration {
            name: "2 replicas, delete A, 2 faults",
            replicas: 2,
            start: [Start::Served, Start::Absent],
            delete: [true, false],
            limit: 2,
            faults: 2,
            reaches: &[ALL_PUBLISHED, DELETED_TWICE, DELETION_DONE],
            ..Configuration::default()
        },
    ]
}

/// Each with one rule broken; where two replicas are needed to show it, they are there.
pub fn unsound() -> Vec<Configuration> {
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
    let both = || Configuration { start: [Start::Admitted, Start::Served], delete: [false, true], limit: 4, ..two() };
    let broken = |name, broken, caught_by, base: Configuration| Configuration { name, broken, caught_by, ..base };
    vec![
        broken("broken R2, R5: a fence forgets the attempt", Broken::ForgetUnresolved, "P1", one()),
        broken("broken R3: a 400 is believed at once", Broken::BelieveDoubt, "P1", one()),
        broken("broken R4: a fenced outcome is recorded", Broken::CommitBlindly, "P5", two()),
        broken("broken R4: recorded over the revision read only", Broken::CommitExactRevision, "R4", both()),
        broken("broken R5: swept without a fence", Broken::SweepUnfenced, "P5", two()),
        broken("broken R8: a prepared credential is published", Broken::PublishPrepared, "P2", one()),
        broken("broken R8: published while being deleted", Broken::PublishWhileDeleting, "P2", deleted()),
        broken("broken R9: LIST is believed within its lag", Broken::IgnoreLag, "P1", one()),
        broken("broken R9: a 404 drops the entry", Broken::DropOn404, "P1", deleted()),
        broken("broken R12: finished before its numbers are resolved", Broken::FinishEarly, "P4", one()),
        broken("broken R12: an old read of the Secret counts", Broken::OldSecretRead, "P2", one()),
        broken("broken R12: condemned while the Secret is there", Broken::TombBeforeSecret, "P2", deleted()),
        broken("broken R12: the finalizer goes early", Broken::FinalizerEarly, "P4", one()),
        broken("broken R12: deleting B fences the attempt of A", Broken::FenceOther, "R4", both()),
        broken("broken R14: POST without a live read", Broken::PostWithoutConfirm, "P4", one()),
    ]
}
