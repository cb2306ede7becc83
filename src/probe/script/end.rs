//! Deletes the token, and tries what should be over with it.
use super::{Script, answers, is_refused};
use crate::probe::facts::{Facts, Said};
use crate::probe::granted::Granted;
use crate::probe::made::Token;
use crate::probe::session::said;
use crate::redacted::Redacted;

impl Script<'_> {
    /// DELETE, once more, its credential, its access token, and LIST. `bearer`: an access token
    /// from before.
    pub(super) async fn end(&self, token: &Token, bearer: Option<Redacted>, facts: &mut Facts) {
        self.session.tell("deleting the token");
        let deleted = said(&self.session.delete(token.id()).await);
        let is_deleted = deleted.is_yes();
        facts.token.deleted = Some(deleted);
        // The token may live on: the cleanup deletes it.
        if !is_deleted {
            return;
        }
        // As the operator does after a lost reply.
        let again = said(&self.session.delete(token.id()).await);
        // Only a token that is gone needs no look afterwards.
        if again.is_yes() || matches!(again.status(), Some(404 | 410)) {
            self.made.bury(token.id());
        }
        facts.token.deleted_again = Some(again);
        if let (Some(bearer), Some((_, after))) = (&bearer, &mut facts.token.used) {
            *after = Some(said(&self.session.employ(bearer).await));
        }
        let mut last = Said::Nothing("it was not tried".into());
        let refused =
            self.until("its credential to be refused", self.session.target.list_lag, async || {
                let answer = self.session.grant(&token.credential).await;
                last = said(&answer);
                match &answer {
                    Ok(reply) if is_refused(reply) => Ok(true),
                    Ok(reply) if Granted::read(reply).is_some() => Ok(false),
                    Ok(_) | Err(_) => Err(answers(&last)),
                }
            });
        let vanished = self.listed("LIST to show the deletion", |tokens| {
            tokens.iter().all(|listed| listed.id != token.id())
        });
        // Without an access token from before it is not known whether the credential ever worked.
        if bearer.is_some() {
            let (refused, vanished) = futures::join!(refused, vanished);
            (facts.token.refused, facts.token.vanished) = (Some((refused, last)), Some(vanished));
        } else {
            facts.token.vanished = Some(vanished.await);
        }
    }
}
