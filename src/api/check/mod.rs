//! The checks of the CRDs once more: the operator trusts no object, whoever admitted it.
mod form;
mod require;
mod tenant;
mod token;

pub use tenant::{is_behind_base, tenant_problems};
pub use token::problems;
