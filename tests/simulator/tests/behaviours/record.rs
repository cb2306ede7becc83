//! The record as a judge needs it.
use isc_simulator::{CLIENT_SECRET_MARKER, Effect, Kind, Operation, Origin};
use serde_json::{Value, json};

use crate::client::Isc;

#[tokio::test]
async fn requests_and_effects_are_numbered_joined_and_in_order() {
    let isc = Isc::start().await;
    let start = isc.control().last_seq();
    let created = isc.create("judged").await;
    let id = created["id"].as_str().expect("id");
    isc.patch(id, json!([{"op": "replace", "path": "/name", "value": "renamed"}])).await;
    isc.delete(id).await;
    let entries = isc.control().record_since(start);
    let effects: Vec<_> =
        entries.iter().filter(|e| e.kind == Kind::Effect).filter_map(|e| e.effect).collect();
    assert_eq!(effects, [Effect::Created, Effect::Patched, Effect::Deleted]);
    assert!(entries.windows(2).all(|pair| pair[1].seq == pair[0].seq + 1));
    for pair in entries.chunks(2) {
        let (effect, request) = (&pair[0], &pair[1]);
        assert_eq!((effect.kind, request.kind), (Kind::Effect, Kind::Request));
        assert_eq!((effect.request, effect.effect), (request.request, request.effect));
        assert_eq!(effect.token_id.as_deref(), Some(id));
        assert_eq!(effect.client_id, Some(isc.seed().client_id));
        assert_eq!(effect.origin, Origin::Api);
        assert!(request.status.is_some_and(|status| status < 300));
    }
    assert_eq!(entries[2].token_name.as_deref(), Some("renamed"));
    assert_eq!(entries[0].operation, Some(Operation::Create));
}

#[tokio::test]
async fn the_record_never_holds_a_client_secret() {
    let isc = Isc::start().await;
    isc.create("quiet").await;
    let seed = isc.seed();
    let query = [
        ("grant_type", "client_credentials"),
        ("client_id", &seed.client_id),
        ("client_secret", &seed.client_secret),
    ];
    let request = isc.http.post(format!("{}/oauth/token", isc.base)).query(&query);
    assert_eq!(isc.send(request).await.0, 200);
    let record = isc.http.get(format!("{}/_sim/record", isc.base)).send().await.expect("a reply");
    let text = record.text().await.expect("text");
    assert!(
        text.contains("quiet") && !text.contains(CLIENT_SECRET_MARKER) && !text.contains("eyJ")
    );
}

#[tokio::test]
async fn the_record_is_read_over_http_from_any_number_on() {
    let isc = Isc::start().await;
    isc.create("seen").await;
    let read = async |since: u64| -> Vec<Value> {
        let request = isc.http.get(format!("{}/_sim/record?since={since}", isc.base));
        isc.send(request).await.1.as_array().expect("an array").clone()
    };
    let all = read(0).await;
    assert_eq!(read(all.len() as u64).await, Vec::<Value>::new());
    assert_eq!(read(all.len() as u64 - 1).await, all[all.len() - 1..]);
    assert_eq!(all[0]["seq"], 1);
}
