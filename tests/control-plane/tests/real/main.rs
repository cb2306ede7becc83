//! The control plane itself: real servers that refuse what a real one refuses, and that leave
//! nothing behind.
mod access;
mod building;
mod client;
mod ending;
