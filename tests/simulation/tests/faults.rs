//! What a scheduler can do to requests and watches, and what a test can do to the whole cluster.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Error, ResourceExt};
use serde_json::json;
use simulation::{Asked, Break, Change, Cluster, Delays, Delivery, Event, Fate, Revisions, Scheduler, Verdict};
use tokio::time::{Instant, timeout};

/// Says of each verb what its first request comes to, and of events what becomes of them.
#[derive(Clone, Default)]
struct Plan {
    verdicts: Arc<Mutex<BTreeMap<&'static str, Verdict>>>,
    events: Arc<Mutex<Vec<Delivery>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Scheduler for Plan {
    fn request(&self, asked: &Asked) -> Verdict {
        self.asked.lock().unwrap().push(asked.clone());
        self.verdicts.lock().unwrap().remove(asked.verb).unwrap_or_default()
    }

    fn event(&self, _: &Asked, _: &Event) -> Delivery {
        self.events.lock().unwrap().pop().unwrap_or_default()
    }
}

impl Plan {
    fn fate(verb: &'static str, fate: Fate) -> Self {
        Self::verdict(verb, Verdict::of(fate))
    }

    fn verdict(verb: &'static str, verdict: Verdict) -> Self {
        let plan = Self::default();
        plan.verdicts.lock().unwrap().insert(verb, verdict);
        plan
    }

    fn cluster(&self) -> (Cluster, Api<Secret>) {
        let cluster = Cluster::with(7, Delays::default(), self.clone());
        let api = Api::namespaced(cluster.client("tester"), "default");
        (cluster, api)
    }
}

fn secret(name: &str) -> Secret {
    serde_json::from_value(json!({"metadata": {"name": name}})).unwrap()
}

async fn create(api: &Api<Secret>, name: &str) -> kube::Result<Secret> {
    api.create(&PostParams::default(), &secret(name)).await
}

fn code<T>(answer: &kube::Result<T>) -> Option<u16> {
    match answer {
        Err(Error::Api(status)) => Some(status.code),
        _ => None,
    }
}

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
    let slow =
        Verdict { before: Some(Duration::from_secs(2)), after: Some(Duration::from_secs(3)), ..Verdict::default() };
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
    let asked: Vec<_> = plan.asked.lock().unwrap().iter().map(|a| (a.verb, a.name.clone(), a.nth)).collect();
    assert_eq!(asked, [("create", "a".into(), 0), ("get", "a".into(), 0), ("create", "a".into(), 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_watch_may_lag_behind() {
    let plan = Plan::default();
    plan.events.lock().unwrap().push(Delivery::After(Duration::from_secs(50)));
    let (_cluster, api) = plan.cluster();
    let mut watch = api.watch(&WatchParams::default(), "0").await.unwrap().boxed();
    let started = Instant::now();
    create(&api, "a").await.unwrap();
    create(&api, "b").await.unwrap();
    for wanted in ["a", "b"] {
        let Some(WatchEvent::Added(found)) = watch.try_next().await.unwrap() else { panic!("no event") };
        assert_eq!((found.name_any().as_str(), started.elapsed().as_secs()), (wanted, 50), "in order, both late");
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_may_break_in_each_way() {
    for how in [Break::End, Break::Reset, Break::Gone] {
        let plan = Plan::default();
        plan.events.lock().unwrap().push(Delivery::Break(how));
        let (_cluster, api) = plan.cluster();
        let mut watch = api.watch(&WatchParams::default(), "0").await.unwrap().boxed();
        create(&api, "a").await.unwrap();
        match (how, watch.try_next().await) {
            (Break::End, Ok(None)) | (Break::Reset, Err(_)) => {}
            (Break::Gone, Ok(Some(WatchEvent::Error(status)))) => assert_eq!(status.code, 410),
            (how, other) => panic!("{how:?}: {other:?}"),
        }
    }
}

/// Names that kube's own watcher has seen, once it is quiet.
async fn seen(api: &Api<Secret>, disturb: impl AsyncFnOnce()) -> Vec<String> {
    let (reader, writer) = kube::runtime::reflector::store();
    let stream = watcher(api.clone(), watcher::Config::default()).default_backoff().reflect(writer).applied_objects();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(stream.for_each(|_| std::future::ready(())));
    tokio::time::sleep(Duration::from_secs(5)).await;
    disturb().await;
    tokio::time::sleep(Duration::from_secs(300)).await;
    let mut names: Vec<_> = reader.state().iter().map(|secret| secret.name_any()).collect();
    names.sort();
    names
}

#[tokio::test(start_paused = true)]
async fn a_watcher_recovers_from_everything() {
    for how in [Break::End, Break::Reset, Break::Gone] {
        let (cluster, api) = Plan::default().cluster();
        create(&api, "a").await.unwrap();
        let names = seen(&api, async || {
            cluster.break_watches(how, |asked| asked.resource == "secrets");
            create(&api, "b").await.unwrap();
            cluster.compact();
            create(&api, "c").await.unwrap();
        });
        assert_eq!(names.await, ["a", "b", "c"], "{how:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_restore_takes_objects_back_and_watches_begin_anew() {
    for revisions in [Revisions::GoOn, Revisions::GoBack] {
        let (cluster, api) = Plan::default().cluster();
        create(&api, "a").await.unwrap();
        let snapshot = cluster.snapshot();
        let before = api.list(&ListParams::default()).await.unwrap().metadata.resource_version.unwrap();
        let names = seen(&api, async || {
            create(&api, "b").await.unwrap();
            cluster.restore(&snapshot, revisions);
            assert_eq!(code(&api.get("b").await), Some(404));
            let listed = api.list(&ListParams::default()).await.unwrap().metadata.resource_version.unwrap();
            assert_eq!(listed == before, revisions == Revisions::GoBack, "{revisions:?}");
            create(&api, "c").await.unwrap();
        });
        assert_eq!(names.await, ["a", "c"], "{revisions:?}");
        assert!(cluster.history().iter().any(|effect| effect.change == Change::Restored));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_simulated_is_said() {
    let (_cluster, api) = Plan::default().cluster();
    let apply = api.patch("a", &PatchParams::apply("x"), &Patch::Apply(secret("a"))).await;
    assert_eq!(code(&apply), Some(501));
    assert_eq!(code(&api.list(&ListParams::default().fields("metadata.name=a")).await), Some(501));
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_dropped_takes_its_watches_along() {
    let (cluster, api) = Plan::default().cluster();
    let watch = api.watch(&WatchParams::default(), "0").await.unwrap().boxed();
    assert_eq!(cluster.watches().len(), 1);
    drop(watch);
    assert!(cluster.watches().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_watch_whose_reply_is_lost_is_not_open() {
    for fate in [Fate::LoseReply, Fate::SwallowReply] {
        let (cluster, api) = Plan::fate("watch", fate).cluster();
        let opened = timeout(Duration::from_secs(60), api.watch(&WatchParams::default(), "0")).await;
        assert!(!matches!(opened, Ok(Ok(_))));
        assert!(cluster.watches().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_restore_reaches_a_watch_that_is_only_being_opened() {
    let slow = Verdict { after: Some(Duration::from_secs(9)), ..Verdict::default() };
    let (cluster, api) = Plan::verdict("watch", slow).cluster();
    let snapshot = cluster.snapshot();
    create(&api, "a").await.unwrap();
    let restore = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        cluster.restore(&snapshot, Revisions::GoBack);
    };
    let now = cluster.history()[0].revision.to_string();
    let params = WatchParams::default();
    let (watch, ()) = tokio::join!(api.watch(&params, &now), restore);
    let Some(WatchEvent::Error(status)) = watch.unwrap().boxed().try_next().await.unwrap() else { panic!("no error") };
    assert_eq!(status.code, 410);
}
