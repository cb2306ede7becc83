//! A part of each kind of trial; `make simulate` and its like play them all.
mod evil;
mod fields;
mod idle;
mod owner;
mod panics;
mod seeds;
mod walks;
mod worlds;
