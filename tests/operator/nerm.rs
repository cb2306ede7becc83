//! NERM: each credential is tried against it and tells what came of that; nothing waits for it, and
//! its URL is published.
use futures::future::join_all;
use isc_simulator::{BadDate, Fault, Nerm, Operation, RetryAfter};
use jiff::SignedDuration;
use serde_json::json;
use stage::{Place, ROTATE, Stage, condition, eventually, play, says_each_thing_once};

/// Where nobody listens.
const DEAD: &str = "http://127.0.0.1:1/api";

/// The base URL of NERM for this tenant.
fn nerm_url(place: &Place<'_>) -> String {
    format!("{}/api", place.stage.simulator.tenant_url(&place.name))
}

/// Waits until the published Secrets `plain` and `sdk` have this URL of NERM, or none.
async fn publishes_nerm(place: &Place<'_>, url: Option<&str>) {
    eventually(&format!("{url:?} is published"), async || {
        let (plain, sdk) = (place.secret("plain").await?, place.secret("sdk").await?);
        let published = (plain.get("nermUrl"), sdk.get("SAIL_NERM_BASE_URL"));
        (published == (url.map(Into::into).as_ref(), url.map(Into::into).as_ref())).then_some(())
    })
    .await;
    let keys = |secret: std::collections::BTreeMap<String, String>| secret.len();
    let more = usize::from(url.is_some());
    assert_eq!(keys(place.secret("plain").await.unwrap()), 4 + more);
    assert_eq!(keys(place.secret("sdk").await.unwrap()), 3 + more);
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
        let answers = join_all(
            cases.map(|(nerm, status, reason, why)| answer(stage, nerm, status, reason, why)),
        );
        tokio::join!(answers, nobody_listens(stage), nerm_has_limits_and_a_clock_of_its_own(stage));
    });
}

async fn answer(stage: &Stage, nerm: Nerm, status: &str, reason: &str, why: &str) {
    let place = stage
        .behaving(&format!("nerm-{nerm:?}").to_lowercase(), |switches| switches.nerm = nerm)
        .await;
    let url = nerm_url(&place);
    place.tenant(json!({"nermUrl": url})).await;
    place.both_formats().await;
    for name in ["plain", "sdk"] {
        let message = place.says(name, "NermAccepted", status, reason).await;
        assert!(message.contains(&format!("{url:?}")) && message.contains(why), "{message}");
        says_each_thing_once(&message);
        place.nothing_is_wrong(name).await;
    }
    publishes_nerm(&place, Some(&url)).await;
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
    publishes_nerm(&place, Some(DEAD)).await;
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
    place.tenant(json!({"nermUrl": nerm_url(&place)})).await;
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
        publishes_nerm(&place, None).await;
        assert!(nerm_condition(&place, "plain").await.is_null());
        assert_eq!(place.asked(Operation::Nerm), 0);
        // A slash at the end, and two: what is published has none.
        place.tenant(json!({"nermUrl": format!("{}/", nerm_url(&place))})).await;
        publishes_nerm(&place, Some(&nerm_url(&place))).await;
        for name in ["plain", "sdk"] {
            place.says(name, "NermAccepted", "True", "Accepted").await;
        }
        // So is the one that replaces it.
        let (asked, old) = (place.asked(Operation::Nerm), place.pair_of("plain").await);
        let request = json!({"metadata": {"annotations": {ROTATE: "2026-01-01T00:00:00Z"}}});
        place.patch("PersonalAccessToken", "plain", request).await;
        eventually("another pair", async || (place.pair_of("plain").await != old).then_some(()))
            .await;
        eventually("its trial", async || (place.asked(Operation::Nerm) > asked).then_some(()))
            .await;
        place.says("plain", "NermAccepted", "True", "Accepted").await;
        let before = (place.pair_of("plain").await, place.pair_of("sdk").await);
        place.tenant(json!({"nermUrl": DEAD})).await;
        publishes_nerm(&place, Some(DEAD)).await;
        for name in ["plain", "sdk"] {
            let message = place.says(name, "NermAccepted", "Unknown", "NoAnswer").await;
            assert!(message.contains(DEAD), "{message}");
        }
        place.tenant(json!({})).await;
        publishes_nerm(&place, None).await;
        for name in ["plain", "sdk"] {
            eventually(&format!("{name} speaks of NERM no more"), async || {
                nerm_condition(&place, name).await.is_null().then_some(())
            })
            .await;
            place.nothing_is_wrong(name).await;
        }
        let after = (place.pair_of("plain").await, place.pair_of("sdk").await);
        assert_eq!((after, place.created(), place.posts()), (before, 3, 3));
        place.leave().await;
    });
}

async fn nerm_condition(place: &Place<'_>, name: &str) -> serde_json::Value {
    condition(&place.get("PersonalAccessToken", name).await.unwrap(), "NermAccepted")
}
