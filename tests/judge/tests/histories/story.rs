//! A history told in short sentences, and the judge's verdict on it.
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use judge::{
    Action, Actor, Authentication, Change, Judge, Law, Object, Observation, Property, Token, What,
};
use serde_json::{Value, json};

pub const OWN: &str = "pat-operator-system";
pub const MINUTE: i64 = 60_000;
pub const DAY: i64 = 24 * 60 * MINUTE;

/// A token with its number, as histories speak of it: `t1` has number 1 and belongs to resource
/// `uid-a`.
pub fn id(n: u64) -> String {
    format!("{n:032x}")
}

pub fn client_secret(n: u64) -> String {
    format!("client-secret-of-token-{n}")
}

/// Who tells.
pub struct Story {
    pub judge: Judge,
    pub at: i64,
    /// Revoke requests for `uid-a`; a ledger that is written later has acted on them.
    requests: usize,
}

impl Story {
    pub fn new() -> Self {
        Self { judge: Judge::new(Law::default()), at: 0, requests: 0 }
    }

    pub fn wait(&mut self, millis: i64) -> &mut Self {
        self.at += millis;
        self
    }

    pub fn tell(&mut self, what: What) -> &mut Self {
        self.judge.observe(Observation { at: self.at, what });
        self
    }

    pub fn token(&mut self, n: u64, expires: Option<i64>, change: Change, by: Actor) -> &mut Self {
        let name = format!("pat1-inst-incn-rsrc-{n}-check team/name");
        self.named(n, &name, expires, change, by)
    }

    pub fn named(
        &mut self,
        n: u64,
        name: &str,
        expires: Option<i64>,
        change: Change,
        by: Actor,
    ) -> &mut Self {
        let token =
            Token { id: id(n), owner: "bob".into(), name: name.into(), expires, change, by };
        self.tell(What::Token(token))
    }

    pub fn provisional(&mut self, n: u64) -> &mut Self {
        let expires = Some(self.at + 10 * MINUTE);
        self.token(n, expires, Change::Created, Actor::Operator)
    }

    pub fn extended(&mut self, n: u64) -> &mut Self {
        let expires = Some(self.at + 90 * DAY);
        self.token(n, expires, Change::Changed, Actor::Operator)
    }

    pub fn destroyed(&mut self, n: u64, by: Actor) -> &mut Self {
        let expires = Some(self.at + 80 * DAY);
        self.token(n, expires, Change::Deleted, by)
    }

    /// A revision of the ledger: the attempt under way for `uid-a`, and its entries with their
    /// states.
    pub fn ledger(&mut self, pending: Option<u64>, entries: &[(u64, &str)]) -> &mut Self {
        let requests = (self.requests > 0).then(|| self.requests.to_string());
        self.revision(pending, entries, requests.as_deref())
    }

    /// A revision that records a request to revoke as handled.
    pub fn handled(&mut self, request: &str, entries: &[(u64, &str)]) -> &mut Self {
        self.revision(None, entries, Some(request))
    }

    fn revision(
        &mut self,
        pending: Option<u64>,
        entries: &[(u64, &str)],
        request: Option<&str>,
    ) -> &mut Self {
        let entry = |(n, state): &(u64, &str)| json!({"n": n, "id": id(*n), "uid": "uid-a", "state": state});
        let document = json!({
            "owner": {"identityId": "bob"},
            "pending": pending.map(|n| json!({"n": n, "uid": "uid-a"})),
            "entries": entries.iter().map(entry).collect::<Vec<_>>(),
            "resources": {"uid-a": {"revoked": request}},
        });
        let mut data = json!({"ledger.json": STANDARD.encode(document.to_string())});
        for (n, _) in entries {
            data[format!("client-secret-{n}")] = json!(STANDARD.encode(client_secret(*n)));
        }
        let content =
            json!({"metadata": {"labels": {"pat-operator.dev/tenant": "acme"}}, "data": data});
        self.object("Secret", OWN, "ledger-1", content, Change::Changed, Actor::Operator)
    }

    pub fn object(
        &mut self,
        kind: &str,
        namespace: &str,
        name: &str,
        content: Value,
        change: Change,
        by: Actor,
    ) -> &mut Self {
        let (kind, namespace, name) = (kind.into(), namespace.into(), name.into());
        self.tell(What::Object(Object {
            kind,
            namespace,
            name,
            content: Arc::new(content),
            change,
            by,
        }))
    }

    /// A revision of the resource `uid-a`; with the finalizer, and going if so said.
    pub fn resource(&mut self, going: bool, change: Change, by: Actor) -> &mut Self {
        let mut content = json!({"metadata": {"uid": "uid-a", "finalizers": ["pat-operator.dev/revoke"]}, "spec": {}});
        if going {
            content["metadata"]["deletionTimestamp"] = json!("2030-01-01T00:00:00Z");
        }
        if change == Change::Deleted {
            content["metadata"]["finalizers"] = json!([]);
        }
        self.object("PersonalAccessToken", "team", "name", content, change, by)
    }

    pub fn secret_of(uid: Option<&str>, n: u64, with: &str) -> Value {
        let owner = |uid| json!([{"kind": "PersonalAccessToken", "controller": true, "uid": uid}]);
        json!({
            "metadata": {"ownerReferences": uid.map_or(json!([]), owner)},
            "data": {"clientId": STANDARD.encode(id(n)), "clientSecret": STANDARD.encode(with)},
        })
    }

    /// The operator writes the pair `n` into the Secret of `uid-a`.
    pub fn published(&mut self, n: u64) -> &mut Self {
        let content = Self::secret_of(Some("uid-a"), n, &client_secret(n));
        self.object("Secret", "team", "name", content, Change::Changed, Actor::Operator)
    }

    pub fn unpublished(&mut self, n: u64) -> &mut Self {
        let content = Self::secret_of(Some("uid-a"), n, &client_secret(n));
        self.object("Secret", "team", "name", content, Change::Deleted, Actor::Operator)
    }

    pub fn consumes(&mut self, n: u64, accepted: bool) -> &mut Self {
        let (namespace, secret) = ("team".into(), "name".into());
        let (client_id, client_secret) = (id(n), client_secret(n));
        self.tell(What::Authentication(Authentication {
            namespace,
            secret,
            client_id,
            client_secret,
            accepted,
        }))
    }

    pub fn revoke(&mut self) -> &mut Self {
        self.requests += 1;
        self.tell(What::Action(Action::Revoke("uid-a".into())))
    }

    /// The first credential, from the intent to the published pair.
    pub fn created() -> Self {
        let mut story = Self::new();
        story.resource(false, Change::Created, Actor::Person);
        story
            .wait(100)
            .ledger(Some(1), &[])
            .wait(100)
            .provisional(1)
            .wait(100)
            .ledger(None, &[(1, "Prepared")]);
        story
            .wait(100)
            .extended(1)
            .ledger(None, &[(1, "Current")])
            .published(1)
            .wait(MINUTE)
            .consumes(1, true);
        story
    }

    /// A second one beside it.
    pub fn rotated() -> Self {
        let mut story = Self::created();
        story.wait(DAY).ledger(Some(2), &[(1, "Current")]).provisional(2);
        story.ledger(None, &[(1, "Current"), (2, "Prepared")]).extended(2);
        story.ledger(None, &[(1, "Retired"), (2, "Current")]).published(2);
        story
    }

    pub fn broken(&self) -> Vec<Property> {
        self.judge.violations().iter().map(|violation| violation.property).collect()
    }

    #[track_caller]
    pub fn breaks(&self, property: Property, word: &str) {
        let found = self.judge.violations();
        assert_eq!(self.broken(), [property], "{found:#?}");
        assert!(found[0].what.contains(word), "{found:#?}");
        assert!(!found[0].rests_on.is_empty());
    }

    #[track_caller]
    pub fn is_good(&self) {
        assert!(self.judge.violations().is_empty(), "{:#?}", self.judge.violations());
    }
}
