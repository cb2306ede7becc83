//! POST, PUT and PATCH.
use serde_json::json;

use crate::answer::Answer;
use crate::scene::{Scene, merged, token_body};

pub async fn creates(scene: &Scene) {
    let made = scene.make_secret("a", json!({"labels": {"x": "y"}, "uid": "mine"})).await;
    assert_ne!(made.uid(), "mine");
    let body = json!({"metadata": {"name": "a"}});
    scene.post(&scene.secret(""), &body).await.is(409, "AlreadyExists");
    scene.post("/api/v1/namespaces/nowhere/secrets", &body).await.is(404, "NotFound");
    let versioned = json!({"metadata": {"name": "b", "resourceVersion": "5"}});
    let refused = scene.post(&scene.secret(""), &versioned).await;
    assert!(refused.code >= 400, "{}", refused.body);
    let generated =
        scene.post(&scene.secret(""), &json!({"metadata": {"generateName": "some-"}})).await.ok();
    let name = generated.metadata()["name"].as_str().unwrap().to_owned();
    assert!(name.starts_with("some-") && name.len() == 10, "{name}");
    let map = json!({"metadata": {"name": "m"}, "data": {"ca.pem": "PEM"}, "unknown": 1});
    scene.post(&scene.core("configmaps", ""), &map).await.ok();
    scene.post("/api/v1/unknowns", &body).await.is(404, "NotFound");
    scene.post(&scene.token(""), &token_body("t", json!({}))).await.ok();
    scene.post(&scene.token(""), &token_body("t", json!({}))).await.is(409, "AlreadyExists");
}

pub async fn a_compare_and_swap(scene: &Scene) {
    let first = scene.make_secret("a", json!({})).await;
    let mut body = merged(first.body.clone(), &json!({"data": {"b": "Yg=="}}));
    let second = scene.put(&scene.secret("a"), &body).await.ok();
    assert_ne!(first.revision(), second.revision());
    scene.put(&scene.secret("a"), &body).await.is(409, "Conflict");
    body["metadata"]["resourceVersion"] = json!(null);
    body["data"]["c"] = json!("Yw==");
    scene.put(&scene.secret("a"), &body).await.ok();
    body["metadata"]["uid"] = json!("another");
    scene.put(&scene.secret("a"), &body).await.is(409, "Conflict");
    scene.get(&scene.secret("a")).await.ok();
    body["metadata"]["name"] = json!("absent");
    scene.put(&scene.secret("absent"), &body).await.is(404, "NotFound");
    body["metadata"]["uid"] = json!(null);
    scene.put(&scene.secret("absent"), &body).await.is(404, "NotFound");
    scene.put(&scene.secret("a"), &body).await.is(400, "BadRequest");
}

pub async fn a_replacement_of_custom_objects(scene: &Scene) {
    let made = scene.make_token("t", json!({"labels": {"a": "b"}})).await;
    let bare = token_body("t", json!({}));
    let refused = scene.put(&scene.token("t"), &bare).await;
    assert!(refused.code >= 400, "{}", refused.body);
    let versioned = token_body("t", json!({"resourceVersion": made.revision()}));
    let replaced = scene.put(&scene.token("t"), &versioned).await.ok();
    assert_eq!(replaced.metadata()["labels"], json!(null));
    scene.put(&scene.token("t"), &versioned).await.is(409, "Conflict");
    let absent = token_body("absent", json!({"resourceVersion": made.revision()}));
    scene.put(&scene.token("absent"), &absent).await.is(404, "NotFound");
}

pub async fn merge_patches(scene: &Scene) {
    scene
        .make_secret("a", json!({"labels": {"x": "1", "y": "2"}, "annotations": {"k": "v"}}))
        .await;
    let patch = json!({"metadata": {"labels": {"x": null, "z": "3"}, "annotations": null}, "data": {"a": null, "b": "Yg=="}});
    let patched = scene.patch(&scene.secret("a"), &patch).await.ok();
    assert_eq!(patched.metadata()["labels"], json!({"y": "2", "z": "3"}));
    assert_eq!(patched.body["data"], json!({"b": "Yg=="}));
    let emptied = scene
        .patch(
            &scene.secret("a"),
            &json!({"metadata": {"labels": {"y": null, "z": null}}, "data": null}),
        )
        .await
        .ok();
    assert_eq!(
        (&emptied.metadata()["labels"], &emptied.body["data"]),
        (&json!(null), &json!(null))
    );
    scene.patch(&scene.secret("absent"), &patch).await.is(404, "NotFound");
    scene.make_token("t", json!({})).await;
    let patched = scene
        .patch(&scene.token("t"), &json!({"spec": {"suspend": true, "unknown": 1}}))
        .await
        .ok();
    assert_eq!(
        (&patched.body["spec"]["suspend"], &patched.body["spec"]["unknown"]),
        (&json!(true), &json!(null))
    );
    scene.patch(&scene.token("t"), &json!({"spec": {"suspend": null}})).await.ok();
    scene
        .patch(&scene.token("absent"), &json!({"spec": {"suspend": null}}))
        .await
        .is(404, "NotFound");
    scene
        .patch_metadata(&scene.token("t"), &json!({"metadata": {"finalizers": ["example.com/x"]}}))
        .await
        .ok();
    scene.patch_metadata(&scene.token("t"), &json!({"metadata": {"finalizers": []}})).await.ok();
}

pub async fn patches_with_preconditions(scene: &Scene) {
    for (path, made, change) in [
        (
            scene.secret("a"),
            scene.make_secret("a", json!({})).await,
            json!({"data": {"n": "MQ=="}}),
        ),
        (
            scene.token("a"),
            scene.make_token("a", json!({})).await,
            json!({"spec": {"suspend": true}}),
        ),
    ] {
        let exact = json!({"metadata": {"uid": made.uid(), "resourceVersion": made.revision()}});
        scene.patch(&path, &merged(change.clone(), &exact)).await.ok();
        scene.patch(&path, &merged(change.clone(), &exact)).await.is(409, "Conflict");
        let stranger = merged(change.clone(), &json!({"metadata": {"uid": "another"}}));
        let refused = scene.patch(&path, &stranger).await;
        assert!(refused.code >= 400, "{}", refused.body);
        let both = json!({"metadata": {"uid": "another", "resourceVersion": "1"}});
        scene.patch(&path, &merged(change.clone(), &both)).await.is(409, "Conflict");
        let moved =
            merged(change, &json!({"metadata": {"creationTimestamp": "2020-01-01T00:00:00Z"}}));
        let _ = scene.patch(&path, &moved).await;
    }
    // What a Secret's name was reused for: the patch of a Secret that is gone carries its uid.
    scene
        .patch(&scene.secret("gone"), &json!({"metadata": {"uid": "another"}}))
        .await
        .is(404, "NotFound");
}

pub async fn the_status_subresource(scene: &Scene) {
    let body = merged(token_body("t", json!({})), &json!({"status": {"secret": "s"}}));
    let made = scene.post(&scene.token(""), &body).await.ok();
    assert_eq!(made.body["status"], json!(null));
    let status = scene.token("t") + "/status";
    let patch = json!({
        "metadata": {"labels": {"ignored": "yes"}},
        "spec": {"suspend": true},
        "status": {"secret": "s", "unknown": 1, "observedGeneration": 1},
    });
    let patched = scene.patch(&status, &patch).await.ok();
    assert_eq!(patched.body["status"]["secret"], "s");
    assert_eq!(patched.body["spec"]["suspend"], json!(null));
    assert_eq!(patched.metadata()["generation"], 1);
    let ignored =
        scene.patch(&scene.token("t"), &json!({"status": {"secret": "other"}})).await.ok();
    assert_eq!(
        (ignored.body["status"]["secret"].as_str(), ignored.revision()),
        (Some("s"), patched.revision())
    );
    scene.patch(&status, &json!({"status": {"secret": null}})).await.ok();
    let outdated =
        json!({"metadata": {"resourceVersion": made.revision()}, "status": {"secret": "s"}});
    scene.patch(&status, &outdated).await.is(409, "Conflict");
    scene.patch(&status, &json!({"status": null})).await.ok();
    let bad = scene.patch(&status, &json!({"status": {"secret": 5}})).await;
    assert_eq!(bad.code, 422, "{}", bad.body);
    scene.patch(&(scene.token("absent") + "/status"), &patch).await.is(404, "NotFound");
    scene.get(&scene.token("t")).await.ok();
}

pub async fn generations(scene: &Scene) {
    let generation = |answer: &Answer| answer.metadata()["generation"].as_i64().unwrap_or_default();
    let made =
        scene.make_token("t", json!({"finalizers": ["example.com/x"], "generation": 9})).await;
    assert_eq!(generation(&made), 1);
    let changes = [
        (json!({"metadata": {"labels": {"a": "b"}}}), 1),
        (json!({"spec": {"suspend": true}}), 2),
        (json!({"spec": {"suspend": true}}), 2),
        (json!({"spec": {"suspend": null}}), 3),
        (json!({"metadata": {"generation": 50}}), 3),
    ];
    for (change, then) in changes {
        assert_eq!(
            generation(&scene.patch(&scene.token("t"), &change).await.ok()),
            then,
            "{change}"
        );
    }
    let going = scene.delete(&scene.token("t"), &json!({})).await.ok();
    assert_eq!(generation(&going), 4);
    scene.patch(&scene.token("t"), &json!({"metadata": {"finalizers": null}})).await.ok();
    scene.until_gone(&scene.token("t")).await;
}

pub async fn secrets_and_their_strings(scene: &Scene) {
    let body = json!({"metadata": {"name": "a"}, "data": {"a": "YQ==", "b": "Yg=="}, "stringData": {"b": "new", "c": "ü"}});
    let made = scene.post(&scene.secret(""), &body).await.ok();
    assert_eq!(made.body["data"], json!({"a": "YQ==", "b": "bmV3", "c": "w7w="}));
    assert_eq!((&made.body["type"], &made.body["stringData"]), (&json!("Opaque"), &json!(null)));
    scene.patch(&scene.secret("a"), &json!({"stringData": {"a": "again"}})).await.ok();
    let typed = json!({"metadata": {"name": "b"}, "type": "example.com/x"});
    scene.post(&scene.secret(""), &typed).await.ok();
    scene.patch(&scene.secret("b"), &json!({"type": "Opaque"})).await.is(422, "Invalid");
}

pub async fn writes_that_change_nothing(scene: &Scene) {
    let made = scene.make_secret("a", json!({"labels": {"x": "1"}})).await;
    let same =
        scene.patch(&scene.secret("a"), &json!({"metadata": {"labels": {"x": "1"}}})).await.ok();
    assert_eq!(made.revision(), same.revision());
    let same = scene.put(&scene.secret("a"), &made.body).await.ok();
    assert_eq!(made.revision(), same.revision());
    let made = scene.make_token("t", json!({})).await;
    let same = scene.put(&scene.token("t"), &made.body).await.ok();
    assert_eq!(made.revision(), same.revision());
    let status = scene.token("t") + "/status";
    let first = scene.patch(&status, &json!({"status": {"secret": "s"}})).await.ok();
    let same = scene.patch(&status, &json!({"status": {"secret": "s"}})).await.ok();
    assert_eq!(first.revision(), same.revision());
}

pub async fn events(scene: &Scene) {
    let about = json!({"apiVersion": "pat-operator.dev/v1alpha1", "kind": "PersonalAccessToken", "name": "t", "namespace": scene.namespace});
    let event = json!({
        "metadata": {"generateName": "t-"},
        "action": "Mint",
        "eventTime": "2026-01-01T00:00:00.000001Z",
        "note": "a note",
        "reason": "Minted",
        "regarding": about,
        "reportingController": "pat-operator.dev/pat-operator",
        "reportingInstance": "pod-0",
        "type": "Normal",
    });
    let path = scene.core("events", "");
    scene.post(&path, &event).await.ok();
    let wrong =
        merged(event.clone(), &json!({"metadata": {"name": "wrong", "generateName": null}}));
    for missing in ["action", "eventTime", "reason", "reportingController", "reportingInstance"] {
        let refused = scene.post(&path, &merged(wrong.clone(), &json!({missing: null}))).await;
        assert_eq!(refused.code, 422, "{missing}: {}", refused.body);
    }
    let elsewhere = merged(event.clone(), &json!({"regarding": {"namespace": "elsewhere"}}));
    scene.post(&path, &elsewhere).await.ok();
    let cluster_wide = merged(wrong.clone(), &json!({"regarding": {"namespace": null}}));
    scene.post(&path, &cluster_wide).await.is(422, "Invalid");
    scene.post("/apis/events.k8s.io/v1/namespaces/default/events", &cluster_wide).await.ok();
    let long = merged(wrong, &json!({"note": "x".repeat(1025)}));
    scene.post(&path, &long).await.is(422, "Invalid");
}

pub async fn tenants(scene: &Scene) {
    let path = "/apis/pat-operator.dev/v1alpha1/tenants";
    let spec = json!({"apiUrl": "https://acme.api.identitynow.com", "credentials": [{"secretRef": {"name": "acme-seed"}}]});
    let body = json!({"apiVersion": "pat-operator.dev/v1alpha1", "kind": "Tenant", "metadata": {"name": "acme"}, "spec": spec});
    let made = scene.post(path, &body).await.ok();
    assert_eq!(
        (&made.metadata()["namespace"], &made.metadata()["generation"]),
        (&json!(null), &json!(1))
    );
    scene.post(path, &body).await.is(409, "AlreadyExists");
    let acme = format!("{path}/acme");
    let condition = json!({"type": "Ready", "status": "True", "reason": "Connected", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"});
    let status = json!({"status": {"conditions": [condition], "capacity": {"limit": 10, "ours": 1, "others": 0, "free": 9}}});
    scene.patch(&format!("{acme}/status"), &status).await.ok();
    scene.patch(&format!("{acme}/status"), &json!({"status": {"capacity": null}})).await.ok();
    let refused = scene
        .post(path, &merged(body, &json!({"metadata": {"name": "b"}, "spec": {"apiUrl": 5}})))
        .await;
    assert_eq!(refused.code, 422, "{}", refused.body);
    scene.get(path).await.ok();
    scene.list_metadata(path).await.ok();
    scene.delete(&acme, &json!({})).await.ok();
    scene.get(&acme).await.is(404, "NotFound");
}

pub async fn leases(scene: &Scene) {
    let path = format!("/apis/coordination.k8s.io/v1/namespaces/{}/leases", scene.namespace);
    let spec = json!({"holderIdentity": "a", "leaseDurationSeconds": 15, "renewTime": "2026-01-01T00:00:00.000001Z"});
    let body = json!({"metadata": {"name": "l"}, "spec": spec});
    let made = scene.post(&path, &body).await.ok();
    let taken =
        merged(made.body.clone(), &json!({"spec": {"holderIdentity": "b", "leaseTransitions": 1}}));
    let one = format!("{path}/l");
    scene.put(&one, &taken).await.ok();
    scene.put(&one, &taken).await.is(409, "Conflict");
    scene.delete(&one, &json!({})).await.ok();
    // Unlike the other kinds, a Lease may be created by PUT.
    scene.put(&one, &taken).await.is(409, "Conflict");
    let versioned = merged(taken, &json!({"metadata": {"uid": null}}));
    let _ = scene.put(&one, &versioned).await;
    let other = merged(versioned, &json!({"metadata": {"name": "other", "resourceVersion": null}}));
    scene.put(&format!("{path}/other"), &other).await.ok();
}
