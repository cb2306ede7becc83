//! NERM: each credential is tried against it and tells what came of that; nothing waits for it, and its URL is published.
use futures::future::join_all;
use isc_simulator::{BadDate, Fault, Nerm, Operation, RetryAfter};
use jiff::SignedDuration;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::place::condition;
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
fn nerm_that_comes_moves_and_goes_is_published_and_tried_without_a_new_token() {
    play(async {
        let stage = Stage::attentive().await;
        let place = stage.place("nerm-moves").await;
        place.both_formats().await;
        let before = (place.pair_of("plain").await, place.pair_of("sdk").await);
        place.publishes_nerm(None).await;
        assert!(place.nerm_condition("plain").await.is_null());
        assert_eq!(place.asked(Operation::Nerm), 0);
        // A slash at the end, and two: what is published has none.
        place.tenant(json!({"nermUrl": format!("{}/", place.nerm_url())})).await;
        place.publishes_nerm(Some(&place.nerm_url())).await;
        for name in ["plain", "sdk"] {
            place.says(name, "NermAccepted", "True", "Accepted").await;
        }
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
        assert_eq!((after, place.created(), place.posts()), (before, 2, 2));
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

#[test]
fn a_url_that_leads_nowhere_near_an_api_is_refused_when_it_is_written() {
    play(async {
        let stage = Stage::attentive().await;
        let tenants = stage.api("Tenant", None);
        let good = "https://acme.api.identitynow.com";
        let version = "without a version and without /oauth/token, as in https://acme.api.identitynow.com";
        let nerm = "as in https://acme.nonemployee.com/api";
        for (api, nerm_url, expected) in [
            (format!("{good}/v3"), None, Some(version)),
            (format!("{good}/v2025/"), None, Some(version)),
            (format!("{good}/beta"), None, Some(version)),
            (format!("{good}/oauth/token"), None, Some(version)),
            (format!("{good}/OAuth/Token/"), None, Some(version)),
            (format!("{good}/personal-access-tokens/v1"), None, Some(version)),
            (format!("{good}/v3x"), None, None),
            (format!("{good}/isc"), None, None),
            (good.into(), Some("http://acme.nonemployee.com/api"), Some(nerm)),
            (good.into(), Some("https://acme.nonemployee.com/api?x=1"), Some(nerm)),
            (good.into(), Some("https://me@acme.nonemployee.com/api"), Some(nerm)),
            (good.into(), Some("acme.nonemployee.com"), Some(nerm)),
            (good.into(), Some("https://acme.nonemployee.com/api"), None),
        ] {
            let tenant = json!({
                "apiVersion": "pat-operator.dev/v1alpha1",
                "kind": "Tenant",
                "metadata": {"name": "refused-url"},
                "spec": {"apiUrl": api, "nermUrl": nerm_url, "credentials": [{"secretRef": {"name": "x"}}]},
            });
            let params = PatchParams { dry_run: true, ..PatchParams::apply("test") };
            let said = tenants.patch("refused-url", &params, &Patch::Apply(&tenant)).await.err().map(|e| e.to_string());
            match expected {
                Some(words) => {
                    let said = said.unwrap_or_else(|| panic!("{api} {nerm_url:?} is taken"));
                    assert!(said.contains(words), "{api} {nerm_url:?}: {said}");
                }
                None => assert_eq!(said, None, "{api} {nerm_url:?}"),
            }
        }
    });
}
