//! What is explored to its end without a violation: rotation, revocation, renewal, and two
//! replicas.
use crate::configuration::{Configuration, Edit, Fault, Start};
use crate::situations::{
    ALL_PUBLISHED, CONDEMNED, DELETED_TWICE, DELETION_DONE, FENCED, FULL, LATE_POST, LONG_TRY,
    RELEASED, RENEWED, RETIRED, REVOKED, ROTATED, SPLIT_BRAIN, VERIFIED,
};

const ONLY_A: [Start; 2] = [Start::Served, Start::Absent];
const BOTH: [Start; 2] = [Start::Served, Start::Served];

/// Served resources, one replica.
pub fn one_replica() -> Vec<Configuration> {
    let one = Configuration::only_a;
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
            name: "rotate A, token controllers stall between their reads, Secret edited",
            rotate: [1, 0],
            workers: 2,
            stalls_between_reads: true,
            edits: 1,
            changes: &[Edit::Remove, Edit::NoNumber],
            faults: 0,
            reaches: &[RETIRED, ROTATED],
            ..one()
        },
    ]
}

/// Served resources, one replica: time, requests, and what people do in ISC.
pub fn over_time() -> Vec<Configuration> {
    let one = Configuration::only_a;
    vec![
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
        Configuration {
            name: "schedule of A",
            every: true,
            limit: 4,
            reaches: &[RETIRED, ROTATED],
            ..one()
        },
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
            name: "A renamed in ISC by hand, revoked, deleted, 1 fault",
            renames: true,
            revoke: [1, 0],
            delete: [true, false],
            reaches: &[DELETION_DONE, REVOKED],
            ..one()
        },
        Configuration {
            name: "A deleted in ISC by hand, 1 fault",
            by_hand: true,
            reaches: &[VERIFIED],
            ..one()
        },
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
        Configuration {
            name: "2 replicas, revoke A",
            revoke: [1, 0],
            reaches: &[REVOKED, DELETED_TWICE],
            ..two()
        },
        Configuration {
            name: "2 replicas, Retain A, 1 fault",
            delete: [true, false],
            retain: [true, false],
            faults: 1,
            reaches: &[DELETION_DONE, RELEASED],
            ..two()
        },
        Configuration {
            name: "2 replicas, rotate A beside B",
            start: BOTH,
            rotate: [1, 0],
            limit: 4,
            slots: 5,
            reaches: &[RETIRED, ROTATED, SPLIT_BRAIN],
            ..two()
        },
    ]
}
