//! What is explored to its end without a violation: rotation, revocation, Retain, users' edits, time travel.
use crate::configuration::{Configuration, Edit, Fault, Restore, Start};
use crate::situations::*;

const ONLY_A: [Start; 2] = [Start::Served, Start::Absent];
const BOTH: [Start; 2] = [Start::Served, Start::Served];
const EDITS: &[Edit] =
    &[Edit::Remove, Edit::Data, Edit::Number, Edit::CopyOther, Edit::CopyForeign, Edit::CopyStranger];

/// Served resources, one replica.
pub fn one_replica() -> Vec<Configuration> {
    let one = || Configuration { replicas: 1, limit: 3, start: ONLY_A, faults: 1, ..Configuration::default() };
    let both = || Configuration { start: BOTH, limit: 5, ..one() };
    vec![
        Configuration {
            name: "rotate A, 2 faults",
            rotate: [1, 0],
            limit: 4,
            faults: 2,
            reaches: &[CONDEMNED, FENCED, LATE_POST, RETIRED, ROTATED],
            ..one()
        },
        Configuration {
            name: "rotate A and B through one spare slot, 1 fault",
            rotate: [1, 1],
            slots: 5,
            reaches: &[RETIRED, ROTATED],
            ..both()
        },
        Configuration {
            name: "rotate A while B waits for a slot, 1 fault",
            start: [Start::Served, Start::Admitted],
            rotate: [1, 0],
            slots: 4,
            limit: 4,
            reaches: &[FULL, RETIRED, ROTATED],
            ..one()
        },
        Configuration {
            name: "rotate A, a stalled token controller, Secret edited",
            rotate: [1, 0],
            workers: 2,
            edits: 2,
            changes: &[Edit::Remove],
            faults: 0,
            reaches: &[RETIRED, ROTATED],
            ..one()
        },
        Configuration {
            name: "rotate A, one reply tells a wrong time",
            rotate: [1, 0],
            faults: 3,
            kinds: &[Fault::Ahead, Fault::Behind, Fault::Lag, Fault::Refuse],
            reaches: &[RETIRED, ROTATED],
            ..one()
        },
        Configuration {
            name: "rotate A while the old token is used",
            rotate: [1, 0],
            max_overlap: true,
            faults: 0,
            reaches: &[RETIRED, ROTATED],
            ..one()
        },
        Configuration { name: "schedule of A", every: true, limit: 4, reaches: &[RETIRED, ROTATED], ..one() },
        Configuration { name: "renewal of A", renew: true, limit: 2, reaches: &[RENEWED], ..one() },
        Configuration {
            name: "revoke A, Secret edited, 1 fault",
            revoke: [1, 0],
            edits: 1,
            changes: &[Edit::Remove],
            reaches: &[FENCED, REVOKED],
            ..one()
        },
        Configuration {
            name: "rotate and revoke A, delete B",
            rotate: [1, 0],
            revoke: [1, 0],
            delete: [false, true],
            limit: 6,
            faults: 0,
            reaches: &[DELETION_DONE, REVOKED, ROTATED],
            ..both()
        },
        Configuration { name: "A deleted in ISC by hand, 1 fault", by_hand: true, reaches: &[VERIFIED], ..one() },
        Configuration {
            name: "ISC refuses a short life, create A, 1 fault",
            start: [Start::Admitted, Start::Absent],
            min_life: true,
            limit: 4,
            reaches: &[ALL_PUBLISHED, LONG_TRY],
            ..one()
        },
    ]
}

/// Retain, force, names and edits, one replica.
pub fn letting_go() -> Vec<Configuration> {
    let one = || Configuration { replicas: 1, limit: 3, start: ONLY_A, faults: 1, ..Configuration::default() };
    let retain = || Configuration { retain: [true, false], delete: [true, false], ..one() };
    vec![
        Configuration { name: "Retain A, 2 faults", faults: 2, reaches: &[DELETION_DONE, RELEASED], ..retain() },
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
    let one =
        || Configuration { replicas: 1, limit: 5, start: ONLY_A, restore: Restore::Ledger, ..Configuration::default() };
    vec![
        Configuration { name: "ledger restored, rotate A", rotate: [1, 0], reaches: &[ADOPTED, RAISED], ..one() },
        Configuration {
            name: "ledger restored, create A",
            start: [Start::Admitted, Start::Absent],
            limit: 4,
            reaches: &[ADOPTED, RAISED],
            ..one()
        },
        Configuration {
            name: "all restored, rotate A",
            rotate: [1, 0],
            restore: Restore::All,
            reaches: &[RAISED],
            ..one()
        },
        Configuration { name: "ledger restored, revoke A", revoke: [1, 0], reaches: &[RAISED], ..one() },
        Configuration { name: "ledger restored, delete A", delete: [true, false], limit: 3, ..one() },
    ]
}

/// Served resources, two replicas in split brain.
pub fn two_replicas() -> Vec<Configuration> {
    let two = || Configuration { replicas: 2, limit: 3, start: ONLY_A, ..Configuration::default() };
    vec![
        Configuration {
            name: "2 replicas, rotate A",
            rotate: [1, 0],
            reaches: &[RETIRED, ROTATED, SPLIT_BRAIN],
            ..two()
        },
        Configuration { name: "2 replicas, revoke A", revoke: [1, 0], reaches: &[REVOKED, DELETED_TWICE], ..two() },
        Configuration {
            name: "2 replicas, Retain A, 1 fault",
            delete: [true, false],
            retain: [true, false],
            faults: 1,
            reaches: &[DELETION_DONE, RELEASED],
            ..two()
        },
        Configuration {
            name: "2 replicas, create A, delete B",
            start: [Start::Admitted, Start::Served],
            delete: [false, true],
            reaches: &[ALL_PUBLISHED, DELETION_DONE, SPLIT_BRAIN],
            ..two()
        },
    ]
}
