//! What happens by itself: garbage collection and the end of namespaces.
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::scene::Scene;

fn owner(kind: &str, of: &Answer) -> Value {
    let version = if kind == "PersonalAccessToken" { "pat-operator.dev/v1alpha1" } else { "v1" };
    json!({"apiVersion": version, "kind": kind, "name": of.metadata()["name"], "uid": of.uid(), "controller": true})
}

pub async fn owners(scene: &Scene) {
    let token = scene.make_token("t", json!({"finalizers": ["example.com/x"]})).await;
    scene
        .make_secret("of-token", json!({"ownerReferences": [owner("PersonalAccessToken", &token)]}))
        .await;
    let map =
        scene.post(&scene.core("configmaps", ""), &json!({"metadata": {"name": "m"}})).await.ok();
    scene.make_secret("of-map", json!({"ownerReferences": [owner("ConfigMap", &map)]})).await;
    scene.delete(&scene.core("configmaps", "m"), &json!({})).await.ok();
    scene.until_gone(&scene.secret("of-map")).await;
    // An owner that is going is still there.
    scene.delete(&scene.token("t"), &json!({})).await.ok();
    scene.get(&scene.secret("of-token")).await.ok();
    scene.patch(&scene.token("t"), &json!({"metadata": {"finalizers": null}})).await.ok();
    scene.until_gone(&scene.secret("of-token")).await;
}

pub async fn half_of_the_owners(scene: &Scene) {
    let (first, second) =
        (scene.make_secret("first", json!({})).await, scene.make_secret("second", json!({})).await);
    let mut owners = [owner("Secret", &first), owner("Secret", &second)];
    owners[1]["controller"] = json!(false);
    scene.make_secret("a", json!({"ownerReferences": owners})).await;
    scene.delete(&scene.secret("first"), &json!({})).await.ok();
    let left = |found: &Value| {
        found["metadata"]["ownerReferences"].as_array().is_some_and(|all| all.len() == 1)
    };
    let found = scene.until(&scene.secret("a"), left).await;
    assert_eq!(found.metadata()["ownerReferences"][0]["uid"], second.uid());
    scene.delete(&scene.secret("second"), &json!({})).await.ok();
    scene.until_gone(&scene.secret("a")).await;
}

pub async fn foreign_owners(scene: &Scene) {
    let real = scene.make_secret("real", json!({})).await;
    let mut stale = owner("Secret", &real);
    stale["uid"] = json!("00000000-0000-4000-8000-000000000000");
    scene.make_secret("stale", json!({"ownerReferences": [stale]})).await;
    scene.until_gone(&scene.secret("stale")).await;
    let mut absent = owner("Secret", &real);
    absent["name"] = json!("absent");
    scene.make_secret("orphan", json!({"ownerReferences": [absent]})).await;
    scene.until_gone(&scene.secret("orphan")).await;
    scene.get(&scene.secret("real")).await.ok();
}

/// A dependent with a finalizer is marked, and stays until somebody lets it go.
pub async fn finalizers_of_orphans(scene: &Scene) {
    let map =
        scene.post(&scene.core("configmaps", ""), &json!({"metadata": {"name": "m"}})).await.ok();
    let metadata =
        json!({"ownerReferences": [owner("ConfigMap", &map)], "finalizers": ["example.com/x"]});
    scene.make_secret("a", metadata).await;
    scene.delete(&scene.core("configmaps", "m"), &json!({})).await.ok();
    scene
        .until(&scene.secret("a"), |found| found["metadata"]["deletionTimestamp"].is_string())
        .await;
    scene.get(&scene.secret("a")).await.ok();
    scene.patch(&scene.secret("a"), &json!({"metadata": {"finalizers": null}})).await.ok();
    scene.get(&scene.secret("a")).await.is(404, "NotFound");
}

pub async fn namespaces(scene: &Scene) {
    let path = "/api/v1/namespaces/to-go";
    let made = scene.post("/api/v1/namespaces", &json!({"metadata": {"name": "to-go"}})).await.ok();
    assert_eq!(made.body["status"]["phase"], "Active");
    scene
        .post("/api/v1/namespaces", &json!({"metadata": {"name": "to-go"}}))
        .await
        .is(409, "AlreadyExists");
    scene.post(&format!("{path}/secrets"), &json!({"metadata": {"name": "a"}})).await.ok();
    let going = scene.delete(path, &json!({})).await.ok();
    assert_eq!(going.body["status"]["phase"], "Terminating");
    scene.until_gone(&format!("{path}/secrets/a")).await;
    scene.until_gone(path).await;
    scene
        .post(&format!("{path}/secrets"), &json!({"metadata": {"name": "a"}}))
        .await
        .is(404, "NotFound");
}

pub async fn namespaces_with_finalizers(scene: &Scene) {
    let path = "/api/v1/namespaces/held";
    scene.post("/api/v1/namespaces", &json!({"metadata": {"name": "held"}})).await.ok();
    let secrets = format!("{path}/secrets");
    let held = json!({"metadata": {"name": "a", "finalizers": ["example.com/x"]}});
    scene.post(&secrets, &held).await.ok();
    scene.post(&secrets, &json!({"metadata": {"name": "b"}})).await.ok();
    scene.delete(path, &json!({})).await.ok();
    let going = |found: &Value| found["metadata"]["deletionTimestamp"].is_string();
    scene.until(&format!("{secrets}/a"), going).await;
    scene.until_gone(&format!("{secrets}/b")).await;
    scene.post(&secrets, &json!({"metadata": {"name": "c"}})).await.is(403, "Forbidden");
    scene.patch(&format!("{secrets}/a"), &json!({"data": {"x": "eA=="}})).await.ok();
    scene.patch(&format!("{secrets}/a"), &json!({"metadata": {"finalizers": null}})).await.ok();
    scene.until_gone(path).await;
}
