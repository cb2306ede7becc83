//! The session with ISC that a pass of an owner works through.
use std::ops::Deref;

use crate::controllers::board::{IscTenant, Session};
use crate::controllers::context::Context;
use crate::controllers::keyed::Keyed;
use crate::isc::access_token::Identity;
use crate::isc::endpoint::ApiUrl;
use crate::kubernetes::ledger_store::LedgerStore;
use crate::lifecycle::Ledger;
use crate::lifecycle::facts::Now;

/// A session as the owner of a ledger.
pub struct OwnerSession {
    session: Session,
    /// New tokens may be made through it.
    pub mints: bool,
}

/// Sessions with the credentials that ledgers keep, by ledger: with each its clock and its budget
/// of requests.
#[derive(Default)]
pub struct OwnSessions(Keyed<Session>);

impl OwnerSession {
    /// The Tenant's session if it is this owner's, otherwise one with the credential that the
    /// ledger keeps. `None`: there is none, or it is not known yet which.
    pub fn find(
        context: &Context,
        own: &OwnSessions,
        tenant: &str,
        ledger: &Ledger,
    ) -> Option<Self> {
        let view = context.board.tenants.view(tenant);
        // Before the tenant controller's first pass over a Tenant that exists, nothing is known.
        if view.is_none() && context.tenant(tenant).is_some() {
            return None;
        }
        let view = view.unwrap_or_default();
        match view.session {
            // A session that worked before the trouble may still revoke; it only mints no more.
            Some(session) if session.owner == ledger.owner => {
                Some(Self { session, mints: view.trouble.is_none() })
            }
            // Without a session of this user, the ledger's credential can still destroy and renew.
            _ => own.open(context, ledger).map(|session| Self { session, mints: false }),
        }
    }

    /// ISC's time now (R20).
    pub fn now(&self) -> Option<Now> {
        self.client.now().map(|now| Now { ms: now.ms, consistent: now.consistent })
    }
}

impl Deref for OwnerSession {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl OwnSessions {
    /// A session with the credential that the ledger keeps, for what must be revoked without a
    /// working Tenant.
    fn open(&self, context: &Context, ledger: &Ledger) -> Option<Session> {
        let (own, endpoint) = (ledger.credential.as_ref()?, &ledger.endpoint);
        let api = ApiUrl::parse(&endpoint.api_url, context.config.allow_loopback_http).ok()?;
        let api_url = api.to_string();
        let name = LedgerStore::name_of(&ledger.owner);
        let mut sessions = self.0.lock();
        let known = sessions.get(&name);
        // One session for each ledger: its clock and its request budget outlive the pass.
        if let Some(known) =
            known.filter(|known| known.is_made_of(own, &api_url, endpoint.ca_pem.as_deref()))
        {
            return Some(known.clone());
        }
        let session = Session {
            client: context.open(api, endpoint.ca_pem.as_deref(), own.clone()).ok()?,
            owner: ledger.owner.clone(),
            api_url,
            nerm_url: endpoint.nerm_url.as_ref().map(ToString::to_string),
            ca_pem: endpoint.ca_pem.clone(),
            identity: Identity::default(),
            isc: IscTenant::default(),
            expires: None,
            verified: None,
        };
        sessions.insert(name, session.clone());
        Some(session)
    }
}
