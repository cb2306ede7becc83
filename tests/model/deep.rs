//! Larger configurations, for `make model-deep`: more faults, more replicas, everything at once.
use crate::configuration::{Configuration, Edit, Fault, Restore, Start};
use crate::situations::{
    ADOPTED, ALL_PUBLISHED, CONDEMNED, DELETED_TWICE, DELETION_DONE, FENCED, LATE_POST,
    ORPHAN_SWEPT, RAISED, RELEASED, RETIRED, REVOKED, ROTATED, SPLIT_BRAIN,
};

/// Explored to the end without a violation, in hours.
pub fn all() -> Vec<Configuration> {
    [first(), others(), at_once()].into_iter().flatten().collect()
}

fn both() -> Configuration {
    Configuration { replicas: 2, start: [Start::Served; 2], limit: 5, ..Configuration::default() }
}

fn first() -> Vec<Configuration> {
    vec![
        Configuration {
            name: "deep: 1 replica, create and delete A, 3 faults",
            replicas: 1,
            start: [Start::Applied, Start::Absent],
            delete: [true, false],
            faults: 3,
            limit: 4,
            reaches: &[ALL_PUBLISHED, CONDEMNED, DELETION_DONE, FENCED, LATE_POST, ORPHAN_SWEPT],
            ..both()
        },
        Configuration {
            name: "deep: 2 replicas, create A, delete B, 1 fault",
            start: [Start::Admitted, Start::Served],
            delete: [false, true],
            faults: 1,
            limit: 4,
            reaches: &[ALL_PUBLISHED, DELETION_DONE, FENCED, LATE_POST, SPLIT_BRAIN],
            ..both()
        },
        Configuration {
            name: "deep: 2 replicas, rotate A and B, 1 fault",
            rotate: [1, 1],
            faults: 1,
            slots: 5,
            reaches: &[RETIRED, ROTATED, SPLIT_BRAIN],
            ..both()
        },
        Configuration {
            name: "deep: 2 replicas, rotate A, delete and edit B",
            rotate: [1, 0],
            delete: [false, true],
            edits: 1,
            changes: &[Edit::Remove, Edit::Number, Edit::CopyOther, Edit::CopyForeign],
            reaches: &[DELETION_DONE, RETIRED, ROTATED],
            ..both()
        },
    ]
}

fn others() -> Vec<Configuration> {
    vec![
        Configuration {
            name: "deep: 2 replicas, create A, revoke and delete B",
            start: [Start::Admitted, Start::Served],
            revoke: [0, 1],
            delete: [false, true],
            reaches: &[ALL_PUBLISHED, DELETION_DONE, SPLIT_BRAIN],
            ..both()
        },
        Configuration {
            name: "deep: 2 replicas, rotate A, Retain B, lagging LISTs",
            rotate: [1, 0],
            delete: [false, true],
            retain: [false, true],
            faults: 1,
            kinds: &[Fault::Lag],
            reaches: &[DELETION_DONE, RELEASED, ROTATED],
            ..both()
        },
        Configuration {
            name: "deep: 2 replicas, ledger restored, rotate A",
            start: [Start::Served, Start::Absent],
            rotate: [1, 0],
            restore: Restore::Ledger,
            reaches: &[ADOPTED, RAISED],
            ..both()
        },
        Configuration {
            name: "deep: 1 replica, ledger restored, rotate A, delete B, 1 fault",
            replicas: 1,
            rotate: [1, 0],
            delete: [false, true],
            restore: Restore::Ledger,
            faults: 1,
            limit: 6,
            reaches: &[ADOPTED, RAISED],
            ..both()
        },
    ]
}

fn at_once() -> Vec<Configuration> {
    vec![
        Configuration {
            name: "deep: 1 replica, rotate and revoke A, delete B",
            rotate: [1, 0],
            revoke: [1, 0],
            delete: [false, true],
            limit: 6,
            replicas: 1,
            reaches: &[DELETION_DONE, REVOKED, ROTATED],
            ..both()
        },
        Configuration {
            name: "deep: 2 replicas, create A, delete B",
            start: [Start::Admitted, Start::Served],
            delete: [false, true],
            reaches: &[ALL_PUBLISHED, DELETION_DONE, SPLIT_BRAIN],
            limit: 3,
            ..both()
        },
        Configuration {
            name: "deep: 2 replicas, delete A, delete B with Retain",
            delete: [true, true],
            retain: [false, true],
            reaches: &[DELETED_TWICE, DELETION_DONE, RELEASED],
            ..both()
        },
    ]
}
