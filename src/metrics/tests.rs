//! What `/metrics` shows after each update.
use super::*;
use prometheus_client::encoding::text::encode;

fn exposition(update: impl FnOnce(&Metrics)) -> String {
    let mut registry = Registry::default();
    let metrics = Metrics::register(&mut registry);
    update(&metrics);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    text
}

#[test]
fn each_update_shows_as_one_sample() {
    let text = exposition(|metrics| {
        metrics.pass(Controller::Owner, PassOutcome::Done, Duration::from_millis(30));
        metrics.request(IscOperation::Create, IscResult::Throttled, Duration::from_millis(300));
        metrics.write(KubernetesWrite::Ledger);
        metrics.token(TokenChange::OrphanSwept);
        metrics.resources(3, 1);
        metrics.capacity("acme", CapacityShare::Others, 4);
        metrics.credential_expiry("acme", Some(1_790_000_000));
        metrics.earliest_expiry(1_800_000_000);
        metrics.leader(true);
    });
    for sample in [
        "pat_operator_passes_total{controller=\"owner\",outcome=\"done\"} 1",
        "pat_operator_pass_duration_seconds_bucket{le=\"0.1\",controller=\"owner\"} 1",
        "pat_operator_isc_requests_total{operation=\"create\",result=\"throttled\"} 1",
        "pat_operator_isc_request_duration_seconds_count{operation=\"create\"} 1",
        "pat_operator_kubernetes_writes_total{kind=\"ledger\"} 1",
        "pat_operator_token_changes_total{change=\"orphan_swept\"} 1",
        "pat_operator_resources{ready=\"true\"} 3",
        "pat_operator_resources{ready=\"false\"} 1",
        "pat_operator_tenant_tokens{tenant=\"acme\",share=\"others\"} 4",
        "pat_operator_tenant_credential_expiry_timestamp_seconds{tenant=\"acme\"} 1790000000",
        "pat_operator_earliest_expiry_timestamp_seconds 1800000000",
        "pat_operator_leader 1",
        concat!("pat_operator_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
    ] {
        assert!(text.contains(&format!("{sample}\n")), "{sample} is missing in\n{text}");
    }
}

#[test]
fn a_tenant_that_is_gone_leaves_no_sample() {
    let text = exposition(|metrics| {
        metrics.capacity("acme", CapacityShare::Limit, 10);
        metrics.credential_expiry("acme", Some(1));
        metrics.forget_tenant("acme");
    });
    assert!(!text.contains("acme"), "{text}");
}
