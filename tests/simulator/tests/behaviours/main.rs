//! What the simulator does, as sentences, over real HTTP.
mod check_token;
mod client;
mod control;
mod dialect;
mod dialect_oauth;
mod disabled;
mod expiry;
mod faults;
mod front;
mod hostile;
mod nerm;
mod oauth;
mod process;
mod record;
mod tls;
mod tokens;
