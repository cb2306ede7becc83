//! Watches that lag and break, compaction and restores.
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::api::{Api, ListParams, WatchEvent, WatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use simulation::{Break, Change, Delivery, Fate, Revisions, Verdict};
use tokio::time::{Instant, timeout};

use crate::plan::{Plan, code, create};

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
        let Some(WatchEvent::Added(found)) = watch.try_next().await.unwrap() else {
            panic!("no event")
        };
        assert_eq!(
            (found.name_any().as_str(), started.elapsed().as_secs()),
            (wanted, 50),
            "in order, both late"
        );
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
    let stream = watcher(api.clone(), watcher::Config::default())
        .default_backoff()
        .reflect(writer)
        .applied_objects();
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
        let before =
            api.list(&ListParams::default()).await.unwrap().metadata.resource_version.unwrap();
        let names = seen(&api, async || {
            create(&api, "b").await.unwrap();
            cluster.restore(&snapshot, revisions);
            assert_eq!(code(&api.get("b").await), Some(404));
            let listed =
                api.list(&ListParams::default()).await.unwrap().metadata.resource_version.unwrap();
            assert_eq!(listed == before, revisions == Revisions::GoBack, "{revisions:?}");
            create(&api, "c").await.unwrap();
        });
        assert_eq!(names.await, ["a", "c"], "{revisions:?}");
        assert!(cluster.history().iter().any(|effect| effect.change == Change::Restored));
    }
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
        let opened =
            timeout(Duration::from_secs(60), api.watch(&WatchParams::default(), "0")).await;
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
    let Some(WatchEvent::Error(status)) = watch.unwrap().boxed().try_next().await.unwrap() else {
        panic!("no error")
    };
    assert_eq!(status.code, 410);
}
