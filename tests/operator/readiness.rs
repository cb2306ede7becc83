//! `/readyz`: a leader is ready once it has read all that it watches, a standby while it sees the
//! Lease.
use std::path::Path;

use k8s_openapi::api::authorization::v1::SubjectAccessReview;
use kube::Api;
use kube::api::PostParams;
use serde_json::{Value, json};
use stage::{OWN, Replica, Stage, eventually, play};

const ELECT: [&str; 3] = ["--leader-elect", "--lease-duration=10m", "--lease-renew-deadline=9m"];

#[test]
fn a_kind_that_is_missing_at_the_start_is_waited_for() {
    play(async {
        let stage = Stage::set(&[]).await;
        stage.kubectl(&["delete", "crd", "tenants.pat-operator.dev"]);
        let replica = stage.replica("pod-0", &[]);
        let line = is_refused(&stage, &replica).await;
        assert_eq!(
            line["message"], "the API server does not know a kind; apply the CRDs",
            "{line}"
        );
        assert!(line["cause"].as_str().unwrap().contains("404"), "{line}");
        apply(&stage, "crds");
        becomes_ready(&replica).await;
    });
}

#[test]
fn a_leader_without_a_right_is_not_ready_and_its_standby_is() {
    play(async {
        let stage = Stage::set(&ELECT).await;
        let verbs = json!([{"op": "replace", "path": "/rules/1/verbs", "value": ["get", "watch"]}]);
        let patch = ["patch", "clusterrole", "pat-operator", "--type=json", "-p"];
        stage.kubectl(&[&patch[..], &[&verbs.to_string()]].concat());
        eventually("the right is gone", async || (!may_list(&stage).await).then_some(())).await;
        let leader = stage.replica("pod-a", &[]);
        let line = is_refused(&stage, &leader).await;
        assert!(line["message"].as_str().unwrap().contains("rbac.yaml"), "{line}");
        assert!(line["cause"].as_str().unwrap().contains("403"), "{line}");
        let standby = stage.replica("pod-b", &[]);
        becomes_ready(&standby).await;
        assert_eq!(leader.answer("/readyz").await, None, "the leader has not read the Tenants");
        apply(&stage, "deploy/manifests/rbac.yaml");
        becomes_ready(&leader).await;
    });
}

/// Waits until the operator was refused the Tenants three times: it has told that once, and is not
/// ready. Gives what it told.
async fn is_refused(stage: &Stage, replica: &Replica) -> Value {
    eventually("three refusals", async || {
        let (requests, _) = stage.requests(0);
        let refused = requests.iter().filter(|request| {
            request.uri.contains("/tenants?") && matches!(request.code(), 403 | 404)
        });
        (refused.count() >= 3).then_some(())
    })
    .await;
    assert_eq!(replica.answer("/readyz").await, None, "{}", stage.log());
    assert!(replica.answer("/healthz").await.is_some(), "it is alive");
    let lines = stage.log();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    // A busy API server may answer a first watch of another kind with 429, which is told too.
    let is_of_tenants = |line: &Value| line["level"] == "WARN" && line["kind"] == "Tenant";
    let warned: Vec<Value> = lines.filter(is_of_tenants).collect();
    let [line] = warned.as_slice() else { panic!("{warned:#?}") };
    line.clone()
}

async fn becomes_ready(replica: &Replica) {
    eventually("ready", async || replica.answer("/readyz").await).await;
}

fn apply(stage: &Stage, shipped: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(shipped);
    stage.kubectl(&["apply", "-f", &path.display().to_string()]);
}

/// What the API server says of the operator and `list` of Tenants.
async fn may_list(stage: &Stage) -> bool {
    let review = json!({
        "metadata": {},
        "spec": {
            "user": format!("system:serviceaccount:{OWN}:pat-operator"),
            "resourceAttributes":
                {"group": "pat-operator.dev", "resource": "tenants", "verb": "list"},
        },
    });
    let review: SubjectAccessReview = serde_json::from_value(review).unwrap();
    let reviews: Api<SubjectAccessReview> = Api::all(stage.client.clone());
    let answer = reviews.create(&PostParams::default(), &review).await.unwrap();
    answer.status.unwrap().allowed
}
