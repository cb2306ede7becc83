//! The operator as a whole, seen from outside: one binary, one file per subject.
#![allow(clippy::disallowed_methods, reason = "a test measures real time")]
#![allow(dead_code, reason = "the stage serves the bench too")]

mod bad_input;
mod bad_input_hostile;
mod bad_input_isc;
mod budget;
mod by_hand;
mod checkpoint;
mod connections;
mod crash;
mod isc_dialects;
mod isc_oddities;
mod leader;
mod life;
mod nerm;
mod place;
mod probe;
mod process;
mod refused;
mod replica;
mod rotation;
mod secrecy;
mod seed;
mod shown;
mod shutdown;
mod spent;
mod stage;
mod storm;
mod transitions;
mod tunnel;
mod upstream;
