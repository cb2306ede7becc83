//! The process: flags, environment, Kubernetes connection, leader election, admin endpoints, logs
//! and the orderly stop.
//!
//! Nothing here knows of tokens. Only this folder reads the environment.
mod admin;
mod cli;
mod connection;
mod context;
mod deadline;
mod duration;
mod environment;
mod error_chain;
mod flags;
mod hardening;
mod health;
mod kubeconfig;
mod leader;
mod probe;
mod proxy;
mod run;
mod settings;
mod shutdown;
mod socket;
mod standard_output;
mod telemetry;
mod timings;
mod work;

pub use cli::main;
