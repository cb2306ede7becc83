//! An outage of ISC as others see it: what is written of it, and who else has to wait for it.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use control_plane::audit::Request;
use isc_simulator::{Fault, Operation, When};
use kube::api::{Patch, PatchParams};
use serde_json::json;
use stage::{OWN, Place, Stage, condition, eventually, play};

/// Tenants whose host accepts connections and never answers.
const SILENT: usize = 60;
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

/// Waits until nothing is written any more, and the Tenant has counted so many tokens: it takes its
/// time for that.
async fn settled(place: &Place<'_>, tokens: usize) {
    stage::settled(place.stage).await;
    eventually("the tokens are counted", async || {
        let tenant = place.stage.api("Tenant", None).get(&place.name).await.unwrap();
        (tenant.data["status"]["capacity"]["ours"] == tokens).then_some(())
    })
    .await;
}

/// Waits until ISC was asked for anything again.
async fn asked_again(place: &Place<'_>) {
    let before = place.requests(|_| true);
    eventually("another request", async || (place.requests(|_| true) > before).then_some(())).await;
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
        settled(&place, RESOURCES.len()).await;
        let began = stage.requests(0).1;
        let faults = down(&place);
        place.tenant_waits("IscUnavailable", &["Tenant \"outage\"", "without help"]).await;
        for name in RESOURCES {
            place.shows(name, "True", "IscUnavailable").await;
        }
        // It goes on in other words.
        asked_again(&place).await;
        let drops = place.fault(Fault { drop: Some(When::Before), ..Fault::default() });
        asked_again(&place).await;
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
fn owners_whose_isc_hangs_leave_the_slots_to_the_others() {
    play(async {
        let hung = 6;
        let stage =
            Stage::running(&["--drift-interval=3s", "--recheck=2s", "--concurrency=3"]).await;
        let mut places = Vec::new();
        for n in 0..hung {
            let place = stage.place(&format!("hung-{n}")).await;
            place.served(json!({})).await;
            places.push(place);
        }
        for place in &places {
            place.fault(Fault { latency_ms: 60_000, ..Fault::on(Operation::List) });
        }
        let lists = || places.iter().map(|place| place.asked(Operation::List)).sum::<usize>();
        // Tenants read LIST too; so often that each owner has failed as well.
        let before = lists();
        eventually("each has hung", async || (lists() >= before + 3 * hung).then_some(())).await;
        for place in &places {
            // A wake-up: the circuit does not care.
            place.token("another", json!({})).await;
        }
        let before = lists();
        let place = stage.place("healthy").await;
        place.served(json!({})).await;
        let meanwhile = lists() - before;
        assert!(meanwhile <= 2 * hung, "{meanwhile} LISTs hung before a new resource was ready");
    });
}

#[test]
fn tenants_whose_host_never_answers_are_in_nobodys_way() {
    play(async {
        let stage = Stage::running(&["--drift-interval=3s", "--recheck=2s"]).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let accepted = Arc::new(AtomicUsize::new(0));
        let counted = accepted.clone();
        let silent = tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((connection, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                open.push(connection);
            }
        });
        let place = stage.bare("speaks").await;
        place.seed().await;
        for n in 0..SILENT {
            let spec = json!({
                "apiUrl": url,
                "credentials": [{"secretRef": {"name": place.seed_name()}}],
                "grants": [],
            });
            place.apply("Tenant", None, &format!("silent-{n}"), json!({"spec": spec})).await;
        }
        eventually("all were called", async || {
            (accepted.load(Ordering::Relaxed) >= SILENT).then_some(())
        })
        .await;
        let before = accepted.load(Ordering::Relaxed);
        place.declare().await;
        place.ready("sync").await;
        let meanwhile = accepted.load(Ordering::Relaxed) - before;
        assert!(meanwhile <= SILENT, "{meanwhile} calls of silent hosts came first");
        let names = (0..SILENT).map(|n| format!("silent-{n}"));
        for name in names {
            eventually(&name, async || {
                let tenant = stage.api("Tenant", None).get(&name).await.unwrap();
                (condition(&tenant, "Ready")["reason"] == "IscUnavailable").then_some(())
            })
            .await;
        }
        let before = accepted.load(Ordering::Relaxed);
        // The seed is that of all of them, and not another one because of a label.
        let seeds = stage.api("Secret", Some(OWN));
        for n in 0..5 {
            let label = Patch::Merge(json!({"metadata": {"labels": {"look": n.to_string()}}}));
            seeds.patch(&place.seed_name(), &PatchParams::default(), &label).await.unwrap();
            // Each is a wake-up of its own.
            place.serve(&format!("look-{n}"), json!({})).await;
        }
        let meanwhile = accepted.load(Ordering::Relaxed) - before;
        assert!(meanwhile <= 2 * SILENT, "{meanwhile} calls: the wake-ups are no tries");
        silent.abort();
    });
}

#[test]
fn one_call_that_fails_is_not_shown() {
    play(async {
        let stage = Stage::running(&["--drift-interval=3s", "--recheck=2s"]).await;
        let place = stage.place("one-failure").await;
        place.served(json!({})).await;
        place.nothing_is_wrong("sync").await;
        settled(&place, 1).await;
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
