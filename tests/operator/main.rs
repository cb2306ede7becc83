//! The operator as a whole, seen from outside: one binary, one file per subject.
#![allow(clippy::disallowed_methods, reason = "a test measures real time")]

mod bad_input;
mod bad_input_hostile;
mod bad_input_isc;
mod budget;
mod by_hand;
mod checkpoint;
mod connect_proxy;
mod connections;
mod crash;
mod hostile_user;
mod isc_dialects;
mod isc_oddities;
mod leader;
mod life;
mod nerm;
mod outage;
mod probe_tenant;
mod process;
mod readiness;
mod refused;
mod restarts;
mod rotation;
mod secrecy;
mod seed;
mod shutdown;
mod transitions;
mod wording;
