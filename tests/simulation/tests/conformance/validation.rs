//! What is refused as malformed.
use serde_json::json;

use crate::scene::{Scene, merged, token_body};

pub async fn names(scene: &Scene) {
    for name in ["Bad", "a_b", "-a", "a-", "a..b", "a/b", "", &"x".repeat(254)] {
        scene
            .post(&scene.secret(""), &json!({"metadata": {"name": name}}))
            .await
            .is(422, "Invalid");
        scene.post(&scene.token(""), &token_body(name, json!({}))).await.is(422, "Invalid");
    }
    for name in ["Bad", "a.b", &"x".repeat(64)] {
        scene
            .post("/api/v1/namespaces", &json!({"metadata": {"name": name}}))
            .await
            .is(422, "Invalid");
    }
    scene.make_secret("a.b-c.1", json!({})).await;
}

pub async fn metadata(scene: &Scene) {
    let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "m", "uid": "u", "controller": true});
    for wrong in [
        json!({"labels": {"a": "not valid"}}),
        json!({"labels": {"a": "-"}}),
        json!({"labels": {"not valid": "a"}}),
        json!({"labels": {"a": "x".repeat(64)}}),
        json!({"annotations": {"not valid": "a"}}),
        json!({"ownerReferences": [merged(owner.clone(), &json!({"uid": ""}))]}),
        json!({"ownerReferences": [owner.clone(), {}]}),
        json!({"ownerReferences": [owner.clone(), merged(owner.clone(), &json!({"name": "n"}))]}),
    ] {
        let body = json!({"metadata": merged(json!({"name": "a"}), &wrong)});
        let refused = scene.post(&scene.secret(""), &body).await;
        assert_eq!(refused.code, 422, "{wrong}: {}", refused.body);
    }
    scene.make_secret("a", json!({})).await;
    scene
        .patch(&scene.secret("a"), &json!({"metadata": {"labels": {"a": "not valid"}}}))
        .await
        .is(422, "Invalid");
    let wrong_type = scene.patch(&scene.token("absent"), &json!({"metadata": {"labels": 5}})).await;
    assert_eq!(wrong_type.code, 404);
}

pub async fn misplaced_bodies(scene: &Scene) {
    let elsewhere = json!({"metadata": {"name": "a", "namespace": "elsewhere"}});
    scene.post(&scene.secret(""), &elsewhere).await.is(400, "BadRequest");
    scene.make_secret("a", json!({})).await;
    scene.put(&scene.secret("a"), &elsewhere).await.is(400, "BadRequest");
    scene.put(&scene.secret("a"), &json!({"metadata": {"name": "b"}})).await.is(400, "BadRequest");
    let unnamed = scene.put(&scene.secret("a"), &json!({"metadata": {}})).await;
    assert!(unnamed.code >= 400, "{}", unnamed.body);
    let renamed = scene.patch(&scene.secret("a"), &json!({"metadata": {"name": "b"}})).await;
    assert!(renamed.code >= 400, "{}", renamed.body);
}

pub async fn custom_content(scene: &Scene) {
    for wrong in [
        json!({"spec": {"tenantRef": null}}),
        json!({"spec": {"scopes": null}}),
        json!({"spec": {"scopes": "idn:nelm:read"}}),
        json!({"spec": {"scopes": []}}),
        json!({"spec": {"scopes": ["idn:nelm:read", "idn:nelm:read"]}}),
        json!({"spec": {"suspend": "yes"}}),
        json!({"spec": {"name": "x".repeat(65)}}),
        json!({"spec": {"secret": {"format": "Other"}}}),
        json!({"spec": null}),
    ] {
        let body = merged(token_body("t", json!({})), &wrong);
        let refused = scene.post(&scene.token(""), &body).await;
        assert_eq!(refused.code, 422, "{wrong}: {}", refused.body);
    }
    let mut nulls = token_body("t", json!({}));
    nulls["spec"]["suspend"] = json!(null);
    nulls["spec"]["secret"] = json!({"name": null, "unknown": 1});
    nulls["extra"] = json!(1);
    scene.post(&scene.token(""), &nulls).await.ok();
    scene.patch(&scene.token("t"), &json!({"spec": {"scopes": null}})).await.is(422, "Invalid");
}

pub async fn secret_content(scene: &Scene) {
    let refused = scene
        .post(&scene.secret(""), &json!({"metadata": {"name": "a"}, "data": {"a": "no base64!"}}))
        .await;
    assert_eq!((refused.code, refused.reason()), (400, "BadRequest"));
    let refused = scene
        .post(&scene.secret(""), &json!({"metadata": {"name": "a"}, "data": {"not valid": "YQ=="}}))
        .await;
    assert_eq!((refused.code, refused.reason()), (422, "Invalid"));
    let large = "QUFB".repeat(350_000);
    let refused = scene
        .post(&scene.secret(""), &json!({"metadata": {"name": "a"}, "data": {"a": large}}))
        .await;
    assert_eq!((refused.code, refused.reason()), (422, "Invalid"));
    scene.post(&scene.secret(""), &json!({"metadata": {"name": "a"}, "data": {}})).await.ok();
    scene.post(&scene.secret(""), &json!({"metadata": {"name": "b"}, "unknown": 5})).await.ok();
}
