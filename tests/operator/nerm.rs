//! NERM: each credential is tried against it and tells what came of that; nothing waits for it, and its URL is published.
use futures::future::join_all;
use isc_simulator::{BadDate, Fault, Nerm, Operation, RetryAfter};
use jiff::SignedDuration;
use serde_json::json;

use crate::place::condition;
use crate::rotation::ROTATE;
use crate::shown::says_each_thing_once;
use crate::stage::{Place, Stage, eventually, play};

/// Where nobody listens.
const DEAD: &str = "http://127.0.0.1:1/api";

impl Place<'_> {
    /// The base URL of NERM for this tenant.
    fn nerm_url(&self) -> String {
        format!("{}/api", self.stage.simulator.tenant_url(&self.name))
    }

    /// Waits until the published Secrets `plain` and `sdk` have this URL of NERM, or none.
    async fn publishes_nerm(&self, url: Option<&str>) {
        eventually(&format!("{url:?} is published"), async || {
            let (plain, sdk) = (self.secret("plain").await?, self.secret("sdk").await?);
            let published = (plain.get("nermUrl"), sdk.get("SAIL_NERM_BASE_URL"));
            (published == (url.map(Into::into).as_ref(), url.map(Into::into).as_ref())).then_some(())
        })
        .await;
        let keys = |secret: std::collections::BTreeMap<String, String>| secret.len();
        let more = usize::from(url.is_some());
        assert_eq!(keys(self.secret("plain").await.unwrap()), 4 + more);
        assert_eq!(keys(self.secret("sdk").await.unwrap()), 3 + more);
    }

    /// Two ready resources, one of each format.
    async fn both_formats(&self) {
        self.token("plain", json!({})).await;
        self.token("sdk", json!({"secret": {"format": "SailPointSdk"}})).await;
        self.nothing_is_wrong("plain").await;
        self.nothing_is_wrong("sdk").await;
    }
}

#[test]
fn what_nerm_says_of_a_credential_is_told_and_holds_nothing_up() {
    play(async {
        let stage = Stage::attentive().await;
        let cases = [
            (Nerm::Filled, "True", "Accepted", ""),
            (Nerm::Empty, "True", "Accepted", ""),
            (Nerm::Refused, "False", "Refused", "status 401"),
            (Nerm::Forbidden, "False", "Refused", "status 403"),
            (Nerm::Unavailable, "Unknown", "NoAnswer", "status 503"),
            (Nerm::NotFound, "Unknown", "NoAnswer", "a page of HTML (status 404)"),
        ];
        let answers = join_all(cases.map(|(nerm, status, reason, why)| answer(stage, nerm, status, reason, why)));
        tokio::join!(answers, nobody_listens(stage), nerm_has_limits_and_a_clock_of_its_own(stage));
    });
}

async fn answer(stage: &Stage, nerm: Nerm, status: &str, reason: &str, why: &str) {
    let place = stage.behaving(&format!("nerm-{nerm:?}").to_lowercase(), |switches| switches.nerm = nerm).await;
    let url = place.nerm_url();
    place.tenant(json!({"nermUrl": url})).await;
    place.both_formats().await;
    for name in ["plain", "sdk"] {
        let message = place.says(name, "NermAccepted", status, reason).await;
        assert!(message.contains(&format!("{url:?}")) && message.contains(why), "{message}");
        says_each_thing_once(&message);
        place.nothing_is_wrong(name).await;
    }
    place.publishes_nerm(Some(&url)).await;
    assert_eq!(place.created(), 2);
    // It is mended, and asked again by itself. Once it has accepted a credential, it is left alone.
    place.behaves(|switches| switches.nerm = Nerm::Filled);
    for name in ["plain", "sdk"] {
        place.says(name, "NermAccepted", "True", "Accepted").await;
    }
    let asked = place.asked(Operation::Nerm);
    place.asked_again(Operation::List, 3).await;
    assert_eq!(place.asked(Operation::Nerm), asked);
    assert_eq!((place.created(), place.posts()), (2, 2));
    place.leave().await;
}

async fn nobody_listens(stage: &Stage) {
    let place = stage.bare("nerm-dead").await;
    place.seed().await;
    place.tenant(json!({"nermUrl": DEAD})).await;
    place.both_formats().await;
    let message = place.says("plain", "NermAccepted", "Unknown", "NoAnswer").await;
    assert!(message.contains(DEAD) && message.contains("spec.nermUrl"), "{message}");
    assert!(!message.contains("ISC"), "{message}: ISC is well");
    says_each_thing_once(&message);
    place.publishes_nerm(Some(DEAD)).await;
    assert_eq!(place.created(), 2);
    place.leave().await;
}

/// To wait for it is not to wait for ISC, and what it calls now is no time of ISC.
async fn nerm_has_limits_and_a_clock_of_its_own(stage: &Stage) {
    let place = stage.bare("nerm-throttles").await;
    place.seed().await;
    place.fault(Fault {
        status: Some(429),
        retry_after: Some(RetryAfter::Seconds(1_200)),
        date: Some(BadDate::NextYear),
        ..Fault::on(Operation::Nerm)
    });
    let tenant = place.follow("Tenant", "nerm-throttles", "Ready").await;
    place.tenant(json!({"nermUrl": place.nerm_url()})).await;
    place.both_formats().await;
    place.says("plain", "NermAccepted", "Unknown", "NoAnswer").await;
    place.asked_again(Operation::Nerm, 2).await;
    place.token("after", json!({})).await;
    place.nothing_is_wrong("after").await;
    tenant.never_was("False");
    let now = stage.simulator.control().now();
    for token in place.minted() {
        let life = token.expiration_date.unwrap().duration_since(now);
        assert!(life <= SignedDuration::from_hours(24 * 90), "{life:#} by the clock of NERM");
    }
    assert_eq!((place.created(), place.posts()), (3, 3));
    place.leave().await;
}

#[test]
fn nerm_that_comes_moves_and_goes_is_published_and_tried_and_makes_no_token() {
    play(async {
        let stage = Stage::attentive().await;
        let place = stage.place("nerm-moves").await;
        place.both_formats().await;
        place.publishes_nerm(None).await;
        assert!(place.nerm_condition("plain").await.is_null());
        assert_eq!(place.asked(Operation::Nerm), 0);
        // A slash at the end, and two: what is published has none.
        place.tenant(json!({"nermUrl": format!("{}/", place.nerm_url())})).await;
        place.publishes_nerm(Some(&place.nerm_url())).await;
        for name in ["plain", "sdk"] {
            place.says(name, "NermAccepted", "True", "Accepted").await;
        }
        // So is the one that replaces it.
        let (asked, old) = (place.asked(Operation::Nerm), place.pair_of("plain").await);
        let request = json!({"metadata": {"annotations": {ROTATE: "2026-01-01T00:00:00Z"}}});
        place.patch("PersonalAccessToken", "plain", request).await;
        eventually("another pair", async || (place.pair_of("plain").await != old).then_some(())).await;
        eventually("its trial", async || (place.asked(Operation::Nerm) > asked).then_some(())).await;
        place.says("plain", "NermAccepted", "True", "Accepted").await;
        let before = (place.pair_of("plain").await, place.pair_of("sdk").await);
        place.tenant(json!({"nermUrl": DEAD})).await;
        place.publishes_nerm(Some(DEAD)).await;
        for name in ["plain", "sdk"] {
            let message = place.says(name, "NermAccepted", "Unknown", "NoAnswer").await;
            assert!(message.contains(DEAD), "{message}");
        }
        place.tenant(json!({})).await;
        place.publishes_nerm(None).await;
        for name in ["plain", "sdk"] {
            eventually(&format!("{name} speaks of NERM no more"), async || {
                place.nerm_condition(name).await.is_null().then_some(())
            })
            .await;
            place.nothing_is_wrong(name).await;
        }
        let after = (place.pair_of("plain").await, place.pair_of("sdk").await);
        assert_eq!((after, place.created(), place.posts()), (before, 3, 3));
        place.leave().await;
    });
}

impl Place<'_> {
    async fn nerm_condition(&self, name: &str) -> serde_json::Value {
        condition(&self.get("PersonalAccessToken", name).await.unwrap(), "NermAccepted")
    }

    /// Client ID and client secret of a Secret of either format.
    async fn pair_of(&self, name: &str) -> [Option<String>; 2] {
        let secret = self.secret(name).await.unwrap();
        let value = |keys: [&str; 2]| keys.iter().find_map(|key| secret.get(*key)).cloned();
        [value(["clientId", "SAIL_CLIENT_ID"]), value(["clientSecret", "SAIL_CLIENT_SECRET"])]
    }
}
