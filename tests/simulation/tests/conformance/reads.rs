//! GET and LIST.
use serde_json::{Value, json};

use crate::scene::Scene;

pub async fn gets(scene: &Scene) {
    scene.make_secret("a", json!({})).await;
    scene.get(&scene.secret("a")).await.ok();
    let absent = scene.get(&scene.secret("absent")).await.is(404, "NotFound");
    assert_eq!(absent.message(), "secrets \"absent\" not found");
    scene.get(&scene.token("absent")).await.is(404, "NotFound");
    scene.get_metadata(&scene.token("absent")).await.is(404, "NotFound");
    scene.get("/api/v1/namespaces/nowhere/secrets/a").await.is(404, "NotFound");
    scene.get("/apis/pat-operator.dev/v1alpha1/tenants/absent").await.is(404, "NotFound");
    scene.get(&format!("/api/v1/namespaces/{}", scene.namespace)).await.ok();
    scene.get_metadata("/api/v1/namespaces/kube-system").await.ok();
}

pub async fn lists(scene: &Scene) {
    for name in ["b", "a", "c"] {
        scene.make_secret(name, json!({})).await;
        scene.make_token(name, json!({})).await;
    }
    for path in [scene.secret(""), scene.token("")] {
        let list = scene.get(&(path + "?limit=500")).await.ok();
        assert_eq!(named(&list.body), ["a", "b", "c"]);
    }
    let nowhere = scene.get("/api/v1/namespaces/nowhere/secrets").await.ok();
    assert_eq!(nowhere.body["items"], json!([]));
    let cached = scene.get(&(scene.token("") + "?resourceVersion=0")).await.ok();
    assert!(cached.revision().parse::<u64>().unwrap() > 0);
    let everywhere = scene
        .get("/apis/pat-operator.dev/v1alpha1/personalaccesstokens?labelSelector=none")
        .await
        .ok();
    assert_eq!(everywhere.body["items"], json!([]));
}

pub async fn metadata_only(scene: &Scene) {
    scene.make_secret("a", json!({"labels": {"x": "1"}})).await;
    scene.make_token("a", json!({"labels": {"x": "1"}})).await;
    for path in [scene.secret("a"), scene.token("a")] {
        let found = scene.get_metadata(&path).await.ok();
        assert_eq!(
            (&found.body["kind"], &found.body["data"]),
            (&json!("PartialObjectMetadata"), &json!(null))
        );
        let patched =
            scene.patch_metadata(&path, &json!({"metadata": {"labels": {"x": "2"}}})).await.ok();
        assert_eq!(
            (&patched.body["kind"], &patched.body["spec"]),
            (&json!("PartialObjectMetadata"), &json!(null))
        );
    }
    for path in [scene.secret(""), scene.token("")] {
        let list = scene.list_metadata(&path).await.ok();
        assert_eq!(list.body["kind"], "PartialObjectMetadataList");
        assert_eq!(list.body["items"][0]["kind"], "PartialObjectMetadata");
    }
}

pub async fn label_selectors(scene: &Scene) {
    scene.make_secret("none", json!({})).await;
    scene.make_secret("one", json!({"labels": {"example.com/x": "1"}})).await;
    scene.make_secret("two", json!({"labels": {"example.com/x": "2", "y": ""}})).await;
    for (selector, names) in [
        ("example.com/x", &["one", "two"][..]),
        ("!example.com/x", &["none"]),
        ("example.com/x=1", &["one"]),
        ("example.com/x==1", &["one"]),
        ("example.com/x!=1", &["none", "two"]),
        ("example.com/x,y", &["two"]),
        ("y=", &["two"]),
        ("!y,example.com/x", &["one"]),
    ] {
        let encoded: String = selector
            .replace('!', "%21")
            .replace('=', "%3D")
            .replace(',', "%2C")
            .replace('/', "%2F");
        let list = scene.get(&format!("{}?labelSelector={encoded}", scene.secret(""))).await.ok();
        assert_eq!(named(&list.body), names, "{selector}");
    }
}

/// A list of all namespaces is in the order of etcd's keys, in which a slash ends the namespace.
pub async fn everywhere(scene: &Scene) {
    for namespace in ["order", "order-1", "ordera"] {
        scene.post("/api/v1/namespaces", &json!({"metadata": {"name": namespace}})).await.ok();
        for name in ["b", "a"] {
            let secret = json!({"metadata": {"name": name, "labels": {"order": ""}}});
            scene.post(&format!("/api/v1/namespaces/{namespace}/secrets"), &secret).await.ok();
        }
    }
    let list = scene.get("/api/v1/secrets?labelSelector=order").await.ok();
    let items = list.body["items"].as_array().unwrap();
    let namespaces: Vec<_> =
        items.iter().filter_map(|item| item["metadata"]["namespace"].as_str()).collect();
    assert_eq!(namespaces, ["order-1", "order-1", "order", "order", "ordera", "ordera"]);
}

fn named(list: &Value) -> Vec<&str> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item["metadata"]["name"].as_str())
        .collect()
}
