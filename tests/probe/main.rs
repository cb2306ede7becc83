//! `pat-operator probe`: the binary over HTTP against the simulator, judged by what that recorded.
#![allow(clippy::disallowed_methods, reason = "a test measures real time and starts processes")]

mod between;
mod dialects;
mod document;
mod draws;
mod fronts;
mod input;
mod kills;
mod lags;
mod leftovers;
mod lost;
mod report;
mod run;
mod stops;
mod strict;
mod switches;
mod tenant;
mod terminal;
