//! The published pair of a place: what it is, whether ISC takes it, and when another replaces it.
use judge::Pair;
use kube::core::DynamicObject;
use serde_json::{Value, json};

use super::Place;
use super::conditions::condition;
use crate::ROTATE;
use crate::wait::eventually;

impl Place<'_> {
    /// A resource `sync` that is ready.
    pub async fn served(&self, spec: Value) {
        self.serve("sync", spec).await;
    }

    /// A resource that is ready.
    pub async fn serve(&self, name: &str, spec: Value) {
        self.token(name, spec).await;
        self.ready(name).await;
    }

    /// Two resources with which nothing is wrong, one of each format.
    pub async fn both_formats(&self) {
        self.token("plain", json!({})).await;
        self.token("sdk", json!({"secret": {"format": "SailPointSdk"}})).await;
        self.nothing_is_wrong("plain").await;
        self.nothing_is_wrong("sdk").await;
    }

    /// Waits until the Secrets of both lead to this base URL.
    pub async fn publishes(&self, url: &str) {
        eventually(&format!("{url} is published"), async || {
            let (plain, sdk) = (self.secret("plain").await?, self.secret("sdk").await?);
            let is_there = plain["apiUrl"] == url
                && plain["tokenUrl"] == format!("{url}/oauth/token")
                && sdk["SAIL_BASE_URL"] == url;
            is_there.then_some(())
        })
        .await;
    }

    /// The pair that the Secret `sync` holds.
    pub async fn pair(&self) -> Pair {
        self.pair_of("sync").await
    }

    /// The pair that a Secret of either format holds.
    pub async fn pair_of(&self, secret: &str) -> Pair {
        Pair::of(&self.get("Secret", secret).await.unwrap().data).unwrap()
    }

    /// ISC gives an access token for what the Secret holds, as a workload would ask for it.
    pub async fn authenticates(&self, secret: &str) -> bool {
        self.accepts(&self.pair_of(secret).await).await
    }

    /// ISC takes this pair.
    pub async fn accepts(&self, pair: &Pair) -> bool {
        let sent =
            reqwest::Client::new().post(&pair.token_url).form(&pair.form()).send().await.unwrap();
        sent.status().is_success()
    }

    /// Waits until another pair is published; gives it.
    pub async fn replaced(&self, old: &Pair) -> Pair {
        let what = format!("another pair in {}", self.name);
        eventually(&what, async || Some(self.pair().await).filter(|pair| pair != old)).await
    }

    /// Asks for a rotation and waits for it; gives the pair of before and the new one.
    pub async fn rotates(&self) -> (Pair, Pair) {
        let old = self.pair().await;
        self.request(ROTATE, "2026-01-01T00:00:00Z").await;
        let new = self.replaced(&old).await;
        (old, new)
    }

    /// Waits until the new pair's publication is recorded: the overlap counts from then. Gives the
    /// resource.
    pub async fn overlaps(&self) -> DynamicObject {
        eventually(&format!("an overlap in {}", self.name), async || {
            let token = self.get("PersonalAccessToken", "sync").await?;
            let counts = token.data["status"]["previous"]["revokeAfter"].is_string();
            (counts && condition(&token, "Ready")["reason"] == "Published").then_some(token)
        })
        .await
    }

    /// Waits until this is the only token that the operator made.
    pub async fn only(&self, pair: &Pair) {
        eventually(&format!("one token in {}", self.name), async || {
            let minted = self.minted();
            (minted.len() == 1 && minted[0].id == pair.client_id).then_some(())
        })
        .await;
    }

    /// One token of the operator is alive, it is the published one, and no token of others was
    /// destroyed.
    pub async fn has_one(&self, name: &str) {
        let token = self.ready(name).await;
        let current = token.data["status"]["current"]["clientId"].as_str().unwrap();
        eventually(&format!("{}: the published token alone", self.name), async || {
            let minted = self.minted();
            (minted.len() == 1 && minted[0].id == current).then_some(())
        })
        .await;
        assert!(self.authenticates(name).await);
        assert!(
            self.destroyed().iter().all(|name| name.starts_with("pat1-")),
            "{:?}",
            self.destroyed()
        );
        assert!(self.stage.simulator.control().violations().is_empty());
    }
}
