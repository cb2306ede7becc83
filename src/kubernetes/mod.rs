//! Effects inside the cluster: reads and writes of Kubernetes objects. It knows nothing of ISC and decides nothing.
pub mod ledger_store;

