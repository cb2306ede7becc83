//! What is explored to its end without a violation: creation and deletion.
use crate::configuration::{Configuration, Edit, Start};
use crate::situations::{
    ALL_PUBLISHED, CONDEMNED, DELETED_TWICE, DELETION_DONE, FENCED, FORCED, LATE_POST, NAME_TAKEN,
    ORPHAN_SWEPT, POST_BESIDE_PATCH, SPLIT_BRAIN,
};

const CREATE_A: [Start; 2] = [Start::Applied, Start::Absent];
const CREATE_BOTH: [Start; 2] = [Start::Admitted, Start::Admitted];

/// One replica: every fault, in every place.
pub fn one_replica() -> Vec<Configuration> {
    let one = || Configuration { replicas: 1, limit: 3, ..Configuration::default() };
    vec![
        Configuration {
            name: "1 replica, create and delete A, 2 faults",
            start: CREATE_A,
            delete: [true, false],
            faults: 2,
            reaches: &[ALL_PUBLISHED, CONDEMNED, DELETION_DONE, FENCED, LATE_POST, ORPHAN_SWEPT],
            ..one()
        },
        Configuration {
            name: "1 replica, create and delete A, removed by force, Secret edited, 1 fault",
            start: CREATE_A,
            delete: [true, false],
            faults: 1,
            edits: 1,
            changes: &[Edit::Remove, Edit::TakeName],
            force: true,
            reaches: &[ALL_PUBLISHED, DELETION_DONE, FORCED, NAME_TAKEN],
            ..one()
        },
        Configuration {
            name: "1 replica, create A and B, 1 fault",
            start: CREATE_BOTH,
            limit: 4,
            faults: 1,
            reaches: &[ALL_PUBLISHED, FENCED, LATE_POST, ORPHAN_SWEPT, POST_BESIDE_PATCH],
            ..one()
        },
        Configuration {
            name: "1 replica, create A, delete B, 2 faults",
            start: [Start::Applied, Start::Served],
            delete: [false, true],
            limit: 4,
            faults: 2,
            reaches: &[ALL_PUBLISHED, DELETION_DONE, FENCED, LATE_POST],
            ..one()
        },
    ]
}

/// Two replicas in split brain.
pub fn two_replicas() -> Vec<Configuration> {
    let two = || Configuration { replicas: 2, limit: 2, faults: 1, ..Configuration::default() };
    vec![
        Configuration {
            name: "2 replicas, create A, 1 fault",
            start: [Start::Admitted, Start::Absent],
            reaches: &[ALL_PUBLISHED, FENCED, LATE_POST, ORPHAN_SWEPT, SPLIT_BRAIN],
            ..two()
        },
        Configuration {
            name: "2 replicas, create and delete A",
            faults: 0,
            start: [Start::Admitted, Start::Absent],
            delete: [true, false],
            reaches: &[ALL_PUBLISHED, DELETION_DONE, FENCED, ORPHAN_SWEPT, SPLIT_BRAIN],
            ..two()
        },
        Configuration {
            name: "2 replicas, delete A, 2 faults",
            start: [Start::Served, Start::Absent],
            delete: [true, false],
            faults: 2,
            reaches: &[ALL_PUBLISHED, DELETED_TWICE, DELETION_DONE],
            ..two()
        },
    ]
}
