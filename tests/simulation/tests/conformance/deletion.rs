//! DELETE, preconditions and finalizers.
use serde_json::json;

use crate::scene::Scene;

pub async fn deletes(scene: &Scene) {
    scene.make_secret("a", json!({})).await;
    let deleted = scene.delete(&scene.secret("a"), &json!({})).await.ok();
    assert_eq!(
        (&deleted.body["kind"], &deleted.body["status"]),
        (&json!("Status"), &json!("Success"))
    );
    scene.delete(&scene.secret("a"), &json!({})).await.is(404, "NotFound");
    scene.make_token("t", json!({})).await;
    scene.delete(&scene.token("t"), &json!({"propagationPolicy": "Background"})).await.ok();
    scene.get(&scene.token("t")).await.is(404, "NotFound");
    scene.delete("/api/v1/namespaces/kube-system", &json!({})).await.is(403, "Forbidden");
}

pub async fn delete_preconditions(scene: &Scene) {
    let made = scene.make_secret("a", json!({})).await;
    let path = scene.secret("a");
    scene.delete(&path, &json!({"preconditions": {"uid": "another"}})).await.is(409, "Conflict");
    scene
        .delete(&path, &json!({"preconditions": {"resourceVersion": "1"}}))
        .await
        .is(409, "Conflict");
    let exact = json!({"preconditions": {"uid": made.uid(), "resourceVersion": made.revision()}});
    scene.delete(&path, &exact).await.ok();
    scene.delete(&path, &exact).await.is(404, "NotFound");
    let made = scene.make_token("t", json!({"finalizers": ["example.com/x"]})).await;
    scene
        .delete(&scene.token("t"), &json!({"preconditions": {"uid": "another"}}))
        .await
        .is(409, "Conflict");
    scene.delete(&scene.token("t"), &json!({"preconditions": {"uid": made.uid()}})).await.ok();
}

pub async fn finalizers(scene: &Scene) {
    scene.make_token("t", json!({"finalizers": ["example.com/x", "example.com/y"]})).await;
    let going = scene.delete(&scene.token("t"), &json!({})).await.ok();
    assert_eq!(going.body["kind"], "PersonalAccessToken");
    assert!(going.metadata()["deletionTimestamp"].is_string());
    let again = scene.delete(&scene.token("t"), &json!({})).await.ok();
    assert_eq!(going.revision(), again.revision());
    let one =
        json!({"metadata": {"finalizers": ["example.com/y"], "resourceVersion": going.revision()}});
    let kept = scene.patch(&scene.token("t"), &one).await.ok();
    scene.patch(&scene.token("t"), &one).await.is(409, "Conflict");
    let none = json!({"metadata": {"finalizers": [], "resourceVersion": kept.revision()}});
    scene.patch(&scene.token("t"), &none).await.ok();
    scene.get(&scene.token("t")).await.is(404, "NotFound");
    scene.patch(&scene.token("t"), &none).await.is(404, "NotFound");
    scene.make_secret("a", json!({"finalizers": ["example.com/x"]})).await;
    scene.delete(&scene.secret("a"), &json!({})).await.ok();
    scene.patch_metadata(&scene.secret("a"), &json!({"metadata": {"finalizers": null}})).await.ok();
    scene.get(&scene.secret("a")).await.is(404, "NotFound");
}

pub async fn finalizers_while_going(scene: &Scene) {
    scene.make_token("t", json!({"finalizers": ["example.com/x"]})).await;
    scene.delete(&scene.token("t"), &json!({})).await.ok();
    let added = json!({"metadata": {"finalizers": ["example.com/x", "example.com/y"]}});
    scene.patch(&scene.token("t"), &added).await.is(422, "Invalid");
    // Everything else goes on as before.
    scene.patch(&scene.token("t"), &json!({"spec": {"suspend": true}})).await.ok();
    scene.patch(&(scene.token("t") + "/status"), &json!({"status": {"secret": "s"}})).await.ok();
    let undone = scene
        .patch(&scene.token("t"), &json!({"metadata": {"deletionTimestamp": null}}))
        .await
        .ok();
    assert!(undone.metadata()["deletionTimestamp"].is_string());
    scene.patch(&scene.token("t"), &json!({"metadata": {"finalizers": null}})).await.ok();
}

pub async fn replacement_after_deletion(scene: &Scene) {
    let first = scene.make_secret("a", json!({})).await;
    scene.delete(&scene.secret("a"), &json!({})).await.ok();
    scene.put(&scene.secret("a"), &first.body).await.is(404, "NotFound");
    let second = scene.make_secret("a", json!({})).await;
    assert_ne!(first.uid(), second.uid());
    scene.put(&scene.secret("a"), &first.body).await.is(409, "Conflict");
    let patch = json!({"metadata": {"uid": first.uid(), "resourceVersion": first.revision()}, "data": {"x": "eA=="}});
    scene.patch(&scene.secret("a"), &patch).await.is(409, "Conflict");
    scene
        .delete(&scene.secret("a"), &json!({"preconditions": {"uid": first.uid()}}))
        .await
        .is(409, "Conflict");
}
