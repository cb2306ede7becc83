//! Histories written by hand: a good one, and for each property those that break it.
mod deletion;
mod end;
mod foreign;
mod lifecycle;
mod minting;
mod publishing;
mod story;
mod tallies;
