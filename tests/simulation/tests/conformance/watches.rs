//! WATCH: what a stream of events shows, and how it ends.
use serde_json::{Value, json};

use crate::scene::Scene;

pub async fn a_watch_from_a_revision(scene: &Scene) {
    let first = scene.make_secret("a", json!({})).await;
    scene.patch(&scene.secret("a"), &json!({"data": {"b": "Yg=="}})).await.ok();
    let mut watch =
        scene.watch(&scene.secret(""), &format!("resourceVersion={}", first.revision())).await;
    watch.expect("MODIFIED", "a").await;
    scene.make_secret("b", json!({})).await;
    scene.delete(&scene.secret("a"), &json!({})).await.ok();
    scene.make_secret("a", json!({})).await;
    watch.expect("ADDED", "b").await;
    let gone = watch.expect("DELETED", "a").await;
    let added = watch.expect("ADDED", "a").await;
    assert_ne!(revision(&gone), first.revision(), "a deletion has a revision of its own");
    assert_ne!(gone["metadata"]["uid"], added["metadata"]["uid"]);
    // A write that changes nothing is no event.
    scene.patch(&scene.secret("a"), &json!({"data": {"a": "YQ=="}})).await.ok();
    watch.is_silent().await;
}

pub async fn a_watch_from_the_start(scene: &Scene) {
    for name in ["b", "a"] {
        scene.make_token(name, json!({})).await;
    }
    for version in ["", "resourceVersion=0"] {
        let mut watch = scene.watch(&scene.token(""), version).await;
        watch.expect("ADDED", "a").await;
        watch.expect("ADDED", "b").await;
        scene
            .patch(
                &scene.token("a"),
                &json!({"metadata": {"labels": {"v": format!("x{version}").replace('=', "")}}}),
            )
            .await
            .ok();
        watch.expect("MODIFIED", "a").await;
    }
}

pub async fn a_watch_with_a_selector(scene: &Scene) {
    let made = scene.make_secret("a", json!({})).await;
    let query = format!("labelSelector=x&resourceVersion={}", made.revision());
    let mut with = scene.watch(&scene.secret(""), &query).await;
    let mut without = scene.watch(&scene.secret(""), &query.replace("=x", "=%21x")).await;
    scene.patch(&scene.secret("a"), &json!({"metadata": {"labels": {"x": "1"}}})).await.ok();
    with.expect("ADDED", "a").await;
    let left = without.expect("DELETED", "a").await;
    assert_eq!(left["metadata"]["labels"], json!(null), "as it was while it was selected");
    scene.patch(&scene.secret("a"), &json!({"metadata": {"labels": {"x": "2"}}})).await.ok();
    with.expect("MODIFIED", "a").await;
    scene.patch(&scene.secret("a"), &json!({"metadata": {"labels": {"x": null}}})).await.ok();
    with.expect("DELETED", "a").await;
    without.expect("ADDED", "a").await;
    scene.delete(&scene.secret("a"), &json!({})).await.ok();
    without.expect("DELETED", "a").await;
    with.is_silent().await;
}

pub async fn a_watch_of_metadata(scene: &Scene) {
    let made = scene.make_secret("a", json!({})).await;
    let query = format!("resourceVersion={}", made.revision());
    let mut watch = scene.watch_metadata(&scene.secret(""), &query).await;
    scene.patch(&scene.secret("a"), &json!({"data": {"b": "Yg=="}})).await.ok();
    let seen = watch.expect("MODIFIED", "a").await;
    assert_eq!((&seen["kind"], &seen["data"]), (&json!("PartialObjectMetadata"), &json!(null)));
    scene.delete(&scene.secret("a"), &json!({})).await.ok();
    watch.expect("DELETED", "a").await;
}

pub async fn a_streamed_list(scene: &Scene) {
    scene.make_token("a", json!({})).await;
    let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=";
    let mut watch = scene.watch(&scene.token(""), query).await;
    watch.expect("ADDED", "a").await;
    let mark = watch.next().await.unwrap_or_default();
    assert_eq!(mark["type"], "BOOKMARK", "{mark}");
    assert_eq!(mark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
    scene.make_token("b", json!({})).await;
    watch.expect("ADDED", "b").await;
}

pub async fn a_watch_that_ends(scene: &Scene) {
    let made = scene.make_token("a", json!({})).await;
    let query =
        format!("timeoutSeconds=6&allowWatchBookmarks=true&resourceVersion={}", made.revision());
    let mut watch = scene.watch(&scene.token(""), &query).await;
    scene.make_token("b", json!({})).await;
    watch.expect("ADDED", "b").await;
    watch.ends_with_bookmarks().await;
}

pub async fn a_watch_too_old(scene: &Scene) {
    scene.make_secret("a", json!({})).await;
    let mut watch = scene.watch(&scene.secret(""), "resourceVersion=1").await;
    let first = watch.next().await.unwrap_or_default();
    assert_eq!(
        (&first["type"], &first["object"]["code"]),
        (&json!("ERROR"), &json!(410)),
        "{first}"
    );
    assert_eq!(watch.next().await, None);
}

/// As after a restore that did not raise the revisions: a watch that is ahead hears nothing, and no
/// error.
pub async fn a_watch_of_the_future(scene: &Scene) {
    let made = scene.make_secret("a", json!({})).await;
    let ahead = made.revision().parse::<u64>().unwrap() + 100_000;
    let mut watch =
        scene.watch(&scene.secret(""), &format!("resourceVersion={ahead}&timeoutSeconds=20")).await;
    scene.make_secret("b", json!({})).await;
    watch.is_silent().await;
}

pub async fn a_watch_of_a_deletion(scene: &Scene) {
    let made = scene.make_token("t", json!({"finalizers": ["example.com/x"]})).await;
    let mut watch =
        scene.watch(&scene.token(""), &format!("resourceVersion={}", made.revision())).await;
    scene.delete(&scene.token("t"), &json!({})).await.ok();
    scene.patch(&scene.token("t"), &json!({"metadata": {"finalizers": []}})).await.ok();
    let going = watch.expect("MODIFIED", "t").await;
    assert!(going["metadata"]["deletionTimestamp"].is_string());
    let gone = watch.expect("DELETED", "t").await;
    assert_ne!(revision(&going), revision(&gone));
    watch.is_silent().await;
}

pub async fn a_watch_of_all_namespaces(scene: &Scene) {
    let path = "/apis/pat-operator.dev/v1alpha1/personalaccesstokens";
    let list = scene.get(&format!("{path}?labelSelector=far")).await.ok();
    let query = format!("labelSelector=far&resourceVersion={}", list.revision());
    let mut watch = scene.watch(path, &query).await;
    scene.make_token("near", json!({})).await;
    scene.make_token("far", json!({"labels": {"far": ""}})).await;
    let seen = watch.expect("ADDED", "far").await;
    assert_eq!(seen["metadata"]["namespace"], scene.namespace.as_str());
    scene.patch(&(scene.token("far") + "/status"), &json!({"status": {"secret": "s"}})).await.ok();
    watch.expect("MODIFIED", "far").await;
    scene.delete(&scene.token("far"), &json!({})).await.ok();
    watch.expect("DELETED", "far").await;
}

fn revision(object: &Value) -> &str {
    object["metadata"]["resourceVersion"].as_str().unwrap_or_default()
}
