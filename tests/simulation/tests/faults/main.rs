//! What a scheduler can do to requests and watches, and what a test can do to the whole cluster.
mod plan;
mod watches;

use std::time::Duration;

use kube::Error;
use kube::api::{ListParams, Patch, PatchParams};
use plan::{Plan, code, create, secret};
use serde_json::json;
use simulation::{Fate, Verdict};
use tokio::time::{Instant, timeout};

#[tokio::test(start_paused = true)]
async fn a_lost_request_has_no_effect_and_a_lost_reply_has_one() {
    for (fate, effects) in [(Fate::LoseRequest, 0), (Fate::LoseReply, 1)] {
        let (cluster, api) = Plan::fate("create", fate.clone()).cluster();
        let answer = create(&api, "a").await;
        assert!(matches!(answer, Err(Error::Service(_))), "{fate:?}: {answer:?}");
        assert_eq!(cluster.history().len(), effects, "{fate:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_swallowed_request_or_reply_never_comes_back() {
    for (fate, effects) in [(Fate::Swallow, 0), (Fate::SwallowReply, 1)] {
        let (cluster, api) = Plan::fate("create", fate.clone()).cluster();
        assert!(timeout(Duration::from_secs(3_600), create(&api, "a")).await.is_err(), "{fate:?}");
        assert_eq!(cluster.history().len(), effects, "{fate:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_request_takes_effect_although_nobody_waits_any_more() {
    let late = Verdict { before: Some(Duration::from_secs(40)), ..Verdict::default() };
    let (cluster, api) = Plan::verdict("create", late).cluster();
    assert!(timeout(Duration::from_secs(30), create(&api, "a")).await.is_err());
    assert!(cluster.history().is_empty());
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(cluster.history()[0].at, Duration::from_secs(40));
}

#[tokio::test(start_paused = true)]
async fn a_repeated_request_takes_effect_twice() {
    let plan = Plan::fate("patch", Fate::Repeat(Duration::from_secs(5)));
    let (cluster, api) = plan.cluster();
    create(&api, "a").await.unwrap();
    let patch = |value: &str| Patch::Merge(json!({"stringData": {"a": value}}));
    api.patch("a", &PatchParams::default(), &patch("1")).await.unwrap();
    api.patch("a", &PatchParams::default(), &patch("2")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    let last = api.get("a").await.unwrap().data.unwrap();
    assert_eq!(last["a"].0, b"1", "the repetition undid what came in between");
    assert_eq!(cluster.history().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn any_refusal_comes_as_a_status_and_without_effect() {
    for wanted in [401, 403, 404, 409, 429, 500, 503, 504] {
        let (cluster, api) = Plan::fate("create", Fate::Refuse(wanted)).cluster();
        assert_eq!(code(&create(&api, "a").await), Some(wanted));
        assert!(cluster.history().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn delays_are_virtual_and_as_ordered() {
    let slow = Verdict {
        before: Some(Duration::from_secs(2)),
        after: Some(Duration::from_secs(3)),
        ..Verdict::default()
    };
    let (cluster, api) = Plan::verdict("create", slow).cluster();
    let started = Instant::now();
    create(&api, "a").await.unwrap();
    assert_eq!((started.elapsed().as_secs(), cluster.history()[0].at.as_secs()), (5, 2));
}

#[tokio::test(start_paused = true)]
async fn a_scheduler_tells_equal_requests_apart() {
    let plan = Plan::default();
    let (_cluster, api) = plan.cluster();
    create(&api, "a").await.unwrap();
    api.get("a").await.unwrap();
    let _ = create(&api, "a").await;
    let asked: Vec<_> =
        plan.asked.lock().unwrap().iter().map(|a| (a.verb, a.name.clone(), a.nth)).collect();
    assert_eq!(
        asked,
        [("create", "a".into(), 0), ("get", "a".into(), 0), ("create", "a".into(), 1)]
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_simulated_is_said() {
    let (_cluster, api) = Plan::default().cluster();
    let apply = api.patch("a", &PatchParams::apply("x"), &Patch::Apply(secret("a"))).await;
    assert_eq!(code(&apply), Some(501));
    assert_eq!(code(&api.list(&ListParams::default().fields("metadata.name=a")).await), Some(501));
}
