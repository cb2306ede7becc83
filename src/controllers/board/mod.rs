//! The board, where the loops leave things for each other. Nothing here has authority: after a
//! restart it starts empty.
mod credentials;
mod outages;
mod owners;
mod resources;
mod session;
mod tenants;

use kube::runtime::reflector::ObjectRef;

use self::credentials::Credentials;
use self::outages::Outages;
use self::owners::Owners;
pub use self::resources::Resources;
use self::tenants::Tenants;
use super::subject::Subject;
use crate::api::PersonalAccessToken;

pub use self::outages::Told;
pub use self::owners::Report;
pub use self::session::{IscTenant, Session};
pub use self::tenants::TenantView;

/// The board.
#[derive(Default)]
pub struct Board {
    /// By Tenant: the view of the tenant controller, and the resources that name it.
    pub tenants: Tenants,
    /// By ledger: the report of the last pass, and the ledger just written.
    pub owners: Owners,
    /// By uid of a resource: marks of the token and the owner controller for each other.
    pub resources: Resources,
    /// By Tenant: outages of its ISC.
    pub outages: Outages,
    /// By client ID: calls that ISC did not allow.
    pub credentials: Credentials,
}

impl Board {
    /// Forgets all resources but these.
    pub fn retain(
        &self,
        is_there: impl Fn(&ObjectRef<PersonalAccessToken>) -> bool,
        lives: impl Fn(&str) -> bool,
    ) {
        self.tenants.retain(is_there, &lives);
        self.resources.retain(lives);
    }

    /// Forgets a resource that is gone.
    pub fn forget(&self, gone: Subject<'_>) {
        self.tenants.remove(gone);
        self.resources.remove(gone.uid);
    }
}
