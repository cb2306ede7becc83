//! An outage of ISC as others see it: what is written of it, and who else has to wait for it.
use control_plane::audit::Request;
use isc_simulator::{Fault, Operation, When};
use serde_json::json;
use stage::{Place, Stage, eventually, play};

/// Resources of a place.
const RESOURCES: [&str; 3] = ["a", "b", "c"];

/// Writes to the status of an object, and events about it, behind an offset of the audit log.
fn written(stage: &Stage, offset: u64, object: &str) -> (usize, usize) {
    let (requests, _) = stage.requests(offset);
    let status = |request: &&Request| {
        request.is_write() && request.uri.contains(&format!("/{object}/status"))
    };
    let events = |request: &&Request| request.is_write() && request.target() == "events";
    (requests.iter().filter(status).count(), requests.iter().filter(events).count())
}

/// ISC fails in another way each time: without a reply, and with a status, both with a trackingId of
/// its own.
fn down(place: &Place<'_>) -> Vec<u64> {
    // The drop applies to the first request that both match, and to no other.
    let drops = Fault { drop: Some(When::Before), times: Some(1), ..Fault::default() };
    let fails = Fault { status: Some(500), skip: 1, ..Fault::default() };
    [drops, fails].map(|fault| place.fault(fault)).into()
}

#[test]
fn an_outage_is_two_writes_and_one_event_of_each_resource() {
    play(async {
        let stage =
            Stage::running(&["--drift-interval=3s", "--recheck=2s", "--outage-told-after=8s"])
                .await;
        let place = stage.place("outage").await;
        for name in RESOURCES {
            place.token(name, json!({})).await;
        }
        for name in RESOURCES {
            place.nothing_is_wrong(name).await;
        }
        stage::settled(&stage).await;
        let began = stage.requests(0).1;
        let faults = down(&place);
        place.tenant_waits("IscUnavailable", &["Tenant \"outage\"", "without help"]).await;
        for name in RESOURCES {
            place.shows(name, "True", "IscUnavailable").await;
        }
        // It goes on in other words.
        place.asked_again(Operation::Oauth, 2).await;
        let drops = place.fault(Fault { drop: Some(When::Before), ..Fault::default() });
        place.asked_again(Operation::Oauth, 2).await;
        for fault in faults {
            place.ends(fault);
        }
        place.ends(drops);
        for name in RESOURCES {
            place.nothing_is_wrong(name).await;
        }
        stage::settled(&stage).await;
        for name in RESOURCES {
            let (statuses, _) = written(&stage, began, &format!("personalaccesstokens/{name}"));
            assert_eq!(statuses, 2, "{name}: once when it begins, once when it ends");
        }
        let (statuses, events) = written(&stage, began, "tenants/outage");
        assert_eq!((statuses, events), (2, RESOURCES.len()), "of the Tenant, and all events");
    });
}

#[test]
fn one_call_that_fails_is_not_shown() {
    play(async {
        let stage = Stage::running(&["--drift-interval=3s", "--recheck=2s"]).await;
        let place = stage.place("one-failure").await;
        place.served(json!({})).await;
        place.nothing_is_wrong("sync").await;
        stage::settled(&stage).await;
        let began = stage.requests(0).1;
        for status in [500, 429] {
            let fails = Fault { status: Some(status), ..Fault::on(Operation::List) };
            place.fault(fails.once());
            let failed = format!("status {status}");
            let lists = place.asked(Operation::List);
            eventually(&format!("a LIST after {failed}"), async || {
                (place.asked(Operation::List) >= lists + 4).then_some(())
            })
            .await;
        }
        assert_eq!(written(&stage, began, "personalaccesstokens/sync"), (0, 0));
        assert_eq!(written(&stage, began, "tenants/one-failure"), (0, 0));
        place.leave().await;
    });
}
