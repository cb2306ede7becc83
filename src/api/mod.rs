//! The resources that users write: the two kinds, their checks and their names. No I/O, no async, no clock.
pub mod check;
pub mod conditions;
pub mod crd;
pub mod duration;
pub mod names;
pub mod personal_access_token;
pub mod reason;
pub mod tenant;
pub mod trigger;

pub use personal_access_token::{
    PersonalAccessToken, PersonalAccessTokenSpec, PersonalAccessTokenStatus,
};
pub use tenant::{Tenant, TenantSpec, TenantStatus};
