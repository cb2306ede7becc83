//! What the simulator does, as sentences, over real HTTP.
mod client;
mod control;
mod expiry;
mod faults;
mod hostile;
mod oauth;
mod record;
mod tls;
mod tokens;
