//! A faithful imitation of the SailPoint Identity Security Cloud APIs that pat-operator calls.
//!
//! [`Simulator::start`] serves it on loopback; [`Control`] sees and changes everything inside, and
//! its [`Control::router`] can be called without sockets. A tenant's `apiUrl` is
//! `{base}/t/{tenant}`; the tenant `default` also lives at the plain base. It shares no type with
//! the operator, so that a wrong field name cannot be wrong on both sides.
mod access_token;
mod answer;
mod clock;
mod control;
mod dialect;
mod draw;
mod fault;
mod forms;
mod front;
mod gate;
mod hostile;
mod isc;
mod options;
mod record;
mod refusal;
mod reply;
mod route;
mod scope_bitmap;
pub mod scopes;
mod secrets;
mod serve;
mod server;
mod switches;
mod tenant;
mod tls;
mod token;
mod world;

pub use clock::{ClockSource, DateStyle};
pub use control::{Control, ControlError, NewToken, TokenEdit, UserState};
pub use dialect::{
    CheckToken, Dialect, ErrorStyle, ExpiresIn, OauthInfo, Presence, ReplyScope, ScopeClaim, Shown,
};
pub use fault::{Armed, BadDate, Fault, RetryAfter, When};
pub use gate::{GateSpec, GateState};
pub use hostile::Hostile;
pub use options::{
    Certificate, Options, SeedSpec, TenantSeeds, TenantSpec, UserSeeds, UserSpec, loopback,
};
pub use record::{Effect, Entry, Kind, Origin};
pub use route::{DEFAULT_TENANT, Operation};
pub use secrets::{ACCESS_TOKEN_MARKER, CLIENT_SECRET_MARKER, Credential};
pub use serve::Dropped;
pub use server::{Simulator, StartError};
pub use switches::{Front, Nerm, Switches};
pub use tls::TlsError;
pub use token::TokenState;
