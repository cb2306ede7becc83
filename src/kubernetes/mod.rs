//! Effects inside the cluster: reads and writes of Kubernetes objects. It knows nothing of ISC and
//! decides nothing.
pub mod causes;
pub mod events;
pub mod ledger_store;
pub mod lenient;
pub mod operator_files;
pub mod published_secret;
pub mod status;
pub mod unread;
