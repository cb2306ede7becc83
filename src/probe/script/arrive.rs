//! Asks for the tenant, the credential's user and its tokens: all that is asked before anything is
//! made.
use std::collections::BTreeSet;

use super::{Script, unreachable};
use crate::isc::headers::is_json;
use crate::isc::http::Reply;
use crate::isc::nerm::without_isc;
use crate::isc::{Failure, access_token};
use crate::probe::cleanup;
use crate::probe::error::Error;
use crate::probe::facts::{Access, Check, Facts, Info, Listed, Listing, Named, Nerm, ScopeText};
use crate::probe::granted::Granted;
use crate::probe::made::User;
use crate::probe::session::{said, said_of};
use crate::probe::{names, read};

const INFO: &str = "GET /oauth/info";
const TOKEN: &str = "POST /oauth/token";

impl Script<'_> {
    /// Finds out whether this is an ISC before it sends the credential, and what comes back for
    /// that.
    pub(super) async fn arrive(&self, facts: &mut Facts) -> Result<(), Error> {
        self.session.tell("asking whether an ISC answers");
        let answer = self.session.info().await;
        let reply = answer.as_ref().map_err(|failure| unreachable(self.session, failure))?;
        let status = reply.status().as_u16();
        // A host that fails does not show what it is.
        if matches!(status, 429 | 500..) {
            return Err(self.busy(status));
        }
        let info = read::info(said_of(reply), &read::object(reply).unwrap_or_default());
        // Before the credential is sent: a mistyped URL must not get it (T5).
        if !may_be_isc(reply, &info) {
            return Err(self.not_the_api(INFO, reply));
        }
        facts.info = Some(info);
        self.session.tell("getting an access token for the seed");
        let reply = self
            .session
            .grant_seed()
            .await
            .map_err(|failure| unreachable(self.session, &failure))?;
        let granted = self.granted(&reply)?;
        self.session.keep(&granted).await;
        facts.access = Some(granted.access);
        let answer = self.session.check_token().await;
        let names = matches!(&answer, Ok(reply) if names_scopes(reply));
        facts.check = Some(Check { said: said(&answer), names });
        Ok(())
    }

    /// What ISC granted, as the operator would take it.
    fn granted(&self, reply: &Reply) -> Result<Granted, Error> {
        match access_token::verdict(reply) {
            Ok(()) => Granted::read(reply).ok_or_else(|| self.not_the_api(TOKEN, reply)),
            Err(Failure::Refused { status, .. }) => Err(Error::Refused {
                url: self.session.target.api.to_string(),
                client_id: self.session.target.seed.client_id.to_string(),
                status,
            }),
            Err(Failure::Elsewhere(_)) => Err(self.not_the_api(TOKEN, reply)),
            Err(
                Failure::Connect(_)
                | Failure::NoReply(_)
                | Failure::Malformed { .. }
                | Failure::Forbidden(_)
                | Failure::Wait(_)
                | Failure::Status { .. }
                | Failure::Setup(_),
            ) => Err(self.busy(reply.status().as_u16())),
        }
    }

    /// Reads the user's tokens, and removes those that an earlier probe left.
    pub(super) async fn survey(&self, facts: &mut Facts) -> Result<(), Error> {
        self.session.tell("reading the user's tokens");
        let answer = self.session.list().await;
        let reply = answer.map_err(|failure| Error::List(failure.to_string()))?;
        if let Some(what) = read::refuser(&reply) {
            return Err(Error::List(what));
        }
        let status = reply.status().as_u16();
        match status {
            200 => {}
            401 | 403 => return Err(Error::MayNotList(status)),
            _ => return Err(Error::List(format!("status {status}"))),
        }
        let tokens =
            read::list(&reply).ok_or_else(|| Error::List("it is not a list of tokens".into()))?;
        // A token without owner has a line of its own in the report.
        if tokens.iter().all(|token| token.owner.is_some()) {
            read::usable(&reply).map_err(Error::List)?;
        }
        let own_id = &self.session.target.seed.client_id;
        let own = tokens.iter().find(|token| token.id == **own_id).cloned();
        let owner = own.as_ref().and_then(|own| own.owner.clone());
        // From before the first POST: none of these can be a token of this probe.
        let known = tokens.iter().map(|token| token.id.clone()).collect();
        let user = User { owner: owner.unwrap_or_default(), known };
        let (left, others): (Vec<Listed>, Vec<Listed>) =
            tokens.into_iter().partition(|token| names::is_ours(token, &user.owner, own_id));
        facts.not_tried = self.doubt(own.as_ref(), facts.access.as_ref()).await;
        // In doubt nothing is removed either: it might be of another user.
        if facts.not_tried.is_none() {
            cleanup::sweep(self.session, self.made, &left).await;
            self.made.begin_as(user);
        }
        let owners: BTreeSet<String> =
            others.iter().filter_map(|token| token.owner.clone()).collect();
        let nobodys = others.iter().filter(|token| token.owner.is_none()).count();
        facts.list =
            Some(Listing { count: others.len(), owners, nobodys, own, now: self.session.now() });
        Ok(())
    }

    /// A doubt about the owner of these tokens: two witnesses have to name it, LIST twice if there
    /// is no other.
    async fn doubt(&self, own: Option<&Listed>, access: Option<&Access>) -> Option<&'static str> {
        let Some(own) = own else {
            return Some(
                "LIST does not show the caller's own token, so the probe does not rely on it",
            );
        };
        let Some(owner) = &own.owner else {
            return Some("LIST does not say whose the caller's own token is");
        };
        let named = match access {
            Some(access) => access.identity.clone(),
            None => Named::default(),
        };
        let others: Vec<String> = [named.reply, named.claims].into_iter().flatten().collect();
        if others.iter().any(|other| other != owner) {
            return Some("LIST and the access token name different users");
        }
        if !others.is_empty() {
            return None;
        }
        match self.list().await {
            Ok(again)
                if again
                    .iter()
                    .any(|token| token.id == own.id && token.owner.as_ref() == Some(owner)) =>
            {
                None
            }
            Ok(_) | Err(_) => Some("LIST does not name the same user twice in a row"),
        }
    }

    /// Asks NERM, if its URL was given.
    pub(super) async fn ask_nerm(&self, facts: &mut Facts) {
        let Some(nerm) = &self.session.target.nerm else { return };
        self.session.tell("asking NERM");
        let answer = self.session.nerm(nerm).await;
        facts.nerm = Some(match &answer {
            Ok(reply) => read::nerm(reply),
            Err(failure) => Nerm::NoAnswer(without_isc(failure)),
        });
    }

    fn not_the_api(&self, request: &'static str, reply: &Reply) -> Error {
        Error::NotTheApi {
            url: self.session.target.api.to_string(),
            request,
            answer: read::described(reply),
        }
    }

    fn busy(&self, status: u16) -> Error {
        Error::Unreachable {
            url: self.session.target.api.to_string(),
            why: format!("it answers {status}"),
        }
    }
}

fn names_scopes(reply: &Reply) -> bool {
    let body = read::object(reply).unwrap_or_default();
    is_json(reply) && matches!(read::scope_text(body.get("scope")), ScopeText::Names(_))
}

/// True if the reply of `/oauth/info` may be ISC's, so that the credential may go there. ISC
/// answers in JSON, and its 200 says something of the tenant; where it keeps that to itself, it
/// says so with one of the other statuses.
fn may_be_isc(reply: &Reply, info: &Info) -> bool {
    let is_telling = info.tenant_id.is_some() || info.name.is_some() || info.pod.is_some();
    match reply.status().as_u16() {
        _ if read::is_elsewhere(reply) || !is_json(reply) => false,
        // Any service may answer 200 in JSON.
        200 => is_telling,
        400 | 401 | 403 | 404 => true,
        _ => false,
    }
}
