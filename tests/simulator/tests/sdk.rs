//! The vendor's own clients, installed from PyPI and npm, find the simulator to speak the real
//! dialect.
use std::path::Path;
use std::process::Command;

use isc_simulator::{DEFAULT_TENANT, Entry, Kind, Operation, Options, Simulator};

/// What each client is to have done through its own version of the API.
const DONE: [Operation; 4] =
    [Operation::Create, Operation::List, Operation::Patch, Operation::Delete];

#[test]
fn the_official_python_and_javascript_clients_make_list_change_use_and_delete_a_token() {
    let simulator = Simulator::start(Options::default()).expect("a simulator");
    let seed = simulator.seed(DEFAULT_TENANT).expect("a seed");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/run.py");
    let status = Command::new("python3")
        .arg(script)
        .arg(env!("CARGO_TARGET_TMPDIR"))
        .env("SAIL_BASE_URL", simulator.url())
        .env("SAIL_NERM_BASE_URL", format!("{}/api", simulator.url()))
        .env("SAIL_CLIENT_ID", &seed.client_id)
        .env("SAIL_CLIENT_SECRET", &seed.client_secret)
        .status()
        .expect("'python3' is needed for this test: install Python 3.10 or later with venv");
    assert!(status.success(), "the clients' checks failed: see above");

    let record = simulator.control().record_since(0);
    let answered = |entry: &&Entry| {
        entry.kind == Kind::Request && entry.status.is_some_and(|status| status < 300)
    };
    for (client, path) in
        [("python", "/personal-access-tokens/v1"), ("node", "/v3/personal-access-tokens")]
    {
        let by_path = |entry: &&Entry| entry.path.as_ref().is_some_and(|full| full.contains(path));
        let seen: Vec<Operation> = record
            .iter()
            .filter(answered)
            .filter(by_path)
            .filter_map(|entry| entry.operation)
            .collect();
        assert!(DONE.iter().all(|operation| seen.contains(operation)), "{client}: {seen:?}");
    }
    let nerm =
        record.iter().filter(answered).filter(|entry| entry.operation == Some(Operation::Nerm));
    let paths: Vec<&str> = nerm.filter_map(|entry| entry.path.as_deref()).collect();
    assert_eq!(paths, ["GET /api//system_roles"], "the Python client doubles the slash");
    let probes = record
        .iter()
        .filter(answered)
        .filter(|entry| entry.operation == Some(Operation::PublicIdentities));
    let callers: Vec<&str> = probes.filter_map(|entry| entry.client_id.as_deref()).collect();
    assert!(callers.len() == 2 && !callers.contains(&seed.client_id.as_str()), "{callers:?}");
    assert_eq!(simulator.control().violations(), []);
    assert_eq!(simulator.control().tokens(DEFAULT_TENANT).map(|tokens| tokens.len()), Ok(1));
}
