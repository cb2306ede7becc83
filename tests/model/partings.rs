//! What is explored to its end without a violation: Retain, resources removed by force, users'
//! edits, time travel.
use crate::configuration::{Configuration, Edit, Restore, Start};
use crate::situations::{ADOPTED, CREATED_ANEW, DELETION_DONE, FORCED, RAISED, REFUSED, RELEASED};

const ONLY_A: [Start; 2] = [Start::Served, Start::Absent];
const BOTH: [Start; 2] = [Start::Served, Start::Served];
const EDITS: &[Edit] = &[
    Edit::Remove,
    Edit::Data,
    Edit::Number,
    Edit::CopyOther,
    Edit::CopyForeign,
    Edit::CopyStranger,
];

/// Retain, force, names and edits, one replica.
pub fn letting_go() -> Vec<Configuration> {
    let one = Configuration::only_a;
    let retain = || Configuration { retain: [true, false], delete: [true, false], ..one() };
    vec![
        Configuration {
            name: "Retain A, 2 faults",
            faults: 2,
            reaches: &[DELETION_DONE, RELEASED],
            ..retain()
        },
        Configuration {
            name: "Retain A while it is rotated, 1 fault",
            rotate: [1, 0],
            reaches: &[DELETION_DONE, RELEASED],
            ..retain()
        },
        Configuration {
            name: "Retain A, Secret edited, removed by force",
            edits: 1,
            changes: &[Edit::Remove, Edit::TakeName, Edit::Data, Edit::Number],
            force: true,
            reaches: &[DELETION_DONE, FORCED, RELEASED],
            ..retain()
        },
        Configuration {
            name: "A removed by force and created anew under its name",
            delete: [true, false],
            force: true,
            same_name: true,
            limit: 4,
            faults: 0,
            reaches: &[CREATED_ANEW, FORCED],
            ..one()
        },
        Configuration {
            name: "A and B served, Secrets edited",
            start: BOTH,
            edits: 2,
            changes: EDITS,
            faults: 0,
            limit: 4,
            reaches: &[REFUSED],
            ..one()
        },
    ]
}

/// Backups that come back, one replica.
pub fn time_travel() -> Vec<Configuration> {
    let one = || Configuration {
        replicas: 1,
        limit: 5,
        start: ONLY_A,
        restore: Restore::Ledger,
        ..Configuration::default()
    };
    vec![
        Configuration {
            name: "ledger restored, rotate A",
            rotate: [1, 0],
            limit: 4,
            reaches: &[ADOPTED, RAISED],
            ..one()
        },
        Configuration {
            name: "ledger restored, create A",
            start: [Start::Admitted, Start::Absent],
            limit: 4,
            reaches: &[ADOPTED, RAISED],
            ..one()
        },
        Configuration {
            name: "all restored, rotate A",
            limit: 4,
            rotate: [1, 0],
            restore: Restore::All,
            reaches: &[RAISED],
            ..one()
        },
        Configuration {
            name: "ledger restored, revoke A",
            revoke: [1, 0],
            reaches: &[RAISED],
            ..one()
        },
        Configuration {
            name: "ledger restored, delete A",
            delete: [true, false],
            limit: 3,
            ..one()
        },
    ]
}
