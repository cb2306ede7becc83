//! Makes the token that everything else is tried on, and tries its credential.
use super::{Script, answers, is_refused};
use crate::credential::Credential;
use crate::isc::Failure;
use crate::isc::http::Reply;
use crate::probe::facts::{Facts, Said, Shown};
use crate::probe::granted::Granted;
use crate::probe::made::{self, Token};
use crate::probe::names::{self, LIFE, SCOPES};
use crate::probe::read;
use crate::probe::session::{said, said_of};
use crate::redacted::Redacted;

/// Longest wait for a new credential to be accepted: what the operator grants it.
const ACCEPTANCE: std::time::Duration = std::time::Duration::from_secs(60);

impl Script<'_> {
    /// Makes the first token: with a scope that does not exist and, if that is refused, without it.
    pub(super) async fn make(&self, facts: &mut Facts) -> Option<Token> {
        facts.not_tried = facts.not_tried.or(self.session.obstacle());
        if facts.not_tried.is_some() {
            return None;
        }
        self.session.tell("making a token that ends in ten minutes");
        // One name for both: the cleanup finds either by it.
        let name = names::fresh();
        let expires = self.expiry()?;
        let (said, token) = self.post(&name, &SCOPES, expires, facts).await;
        let is_refusal = said.is_refusal();
        facts.token.posted = Some(said);
        // An unknown outcome is not tried again: both POSTs might make a token.
        if token.is_some() || !is_refusal {
            return token;
        }
        // Asked again: time has passed, and this token gets its full ten minutes.
        let expires = self.expiry()?;
        let (said, token) = self.post(&name, &SCOPES[..1], expires, facts).await;
        facts.token.posted_plainly = Some(said);
        token
    }

    /// Ten minutes from now by ISC's clock, in whole seconds.
    pub(super) fn expiry(&self) -> Option<i64> {
        // ISC may cut a fraction off, and the expiry in the reply would differ.
        Some(self.session.now()? / 1_000 * 1_000 + LIFE)
    }

    /// Sends a POST that is noted before.
    pub(super) async fn send(
        &self,
        name: &str,
        scopes: &[&str],
        expires: i64,
    ) -> Option<(usize, Result<Reply, Failure>)> {
        // Noted first: a probe that ends between the two lines would leave a token that nothing
        // removes.
        let index = self.made.begin(name, expires)?;
        let answer = self.session.create(name, scopes, expires).await;
        self.made.settle(index, &answer);
        Some((index, answer))
    }

    async fn post(
        &self,
        name: &str,
        scopes: &[&str],
        expires: i64,
        facts: &mut Facts,
    ) -> (Said, Option<Token>) {
        let Some((index, answer)) = self.send(name, scopes, expires).await else {
            return (Said::Nothing("it was not sent".into()), None);
        };
        let said = said(&answer);
        let reply = match answer {
            Ok(reply) if said.is_yes() => reply,
            Ok(_) | Err(_) => return (said, None),
        };
        facts.token.flaws = match self.made.user() {
            Some(user) => made::flaws(&reply, name, &user.owner),
            None => made::flaws(&reply, name, ""),
        };
        facts.token.asked_expiry = expires;
        facts.token.asked_scope = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        facts.token.expiry = match read::object(&reply) {
            Some(body) => read::shown(body.get("expirationDate")),
            None => Shown::Other,
        };
        let credential = self.made.id(index).zip(made::client_secret(&reply));
        let token = credential.map(|(id, client_secret)| {
            let credential = Credential::new(id, client_secret);
            Token { index, name: name.to_owned(), credential, expires }
        });
        (said, token)
    }

    /// Waits, at the same time, for the credential to be accepted and for LIST to show the token;
    /// gives an access token.
    pub(super) async fn try_out(&self, token: &Token, facts: &mut Facts) -> Option<Redacted> {
        self.session.tell("trying its credential, and looking for it in LIST");
        // Within the ten minutes that the token lives.
        let patience = ACCEPTANCE.min(self.session.target.list_lag);
        let mut got = None;
        let accepted = self.until("the new credential to be accepted", patience, async || {
            let reply = self.session.grant(&token.credential).await;
            let reply = reply.map_err(|failure| failure.to_string())?;
            got = Granted::read(&reply);
            if got.is_some() {
                return Ok(true);
            }
            // As the operator, by ISC's own refusals alone.
            if is_refused(&reply) { Ok(false) } else { Err(answers(&said_of(&reply))) }
        });
        let mut last = None;
        let shown = self.listed("LIST to show the new token", |tokens| {
            last = tokens.iter().find(|listed| listed.id == token.id()).cloned();
            last.is_some()
        });
        let (accepted, shown) = futures::join!(accepted, shown);
        (facts.token.accepted, facts.token.shown) = (Some(accepted), Some(shown));
        facts.token.listed = last;
        let granted = got?;
        facts.token.text = Some(granted.access.text);
        facts.token.used = Some((said(&self.session.employ(&granted.bearer).await), None));
        // LIST shows when it was used, now that it was.
        if let Ok(tokens) = self.list().await
            && let Some(again) = tokens.into_iter().find(|listed| listed.id == token.id())
        {
            facts.token.listed = Some(again);
        }
        Some(granted.bearer)
    }
}
