//! Every hostile body, as the caller sees it.
use isc_simulator::{Fault, Hostile, Operation};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Isc, PATS};

/// Status and bytes of one spoilt reply; no bytes where the body never ends properly.
async fn spoilt(isc: &Isc, operation: Operation, kind: Hostile) -> (u16, Option<Vec<u8>>) {
    isc.control().add_fault(None, Fault { body: Some(kind), ..Fault::on(operation) }.once());
    let request = match operation {
        Operation::List => isc.request(Method::GET, &format!("{PATS}?owner-id=me")),
        _ => isc.request(Method::POST, PATS).json(&isc.body("spoilt")),
    };
    let reply = request.send().await.expect("a reply");
    (reply.status().as_u16(), reply.bytes().await.ok().map(|bytes| bytes.to_vec()))
}

#[tokio::test]
async fn bytes_that_are_no_json_document() {
    let kinds = [
        Hostile::Html,
        Hostile::Empty,
        Hostile::TwoDocuments,
        Hostile::Bom,
        Hostile::Utf16,
        Hostile::Truncated,
        Hostile::LengthTooLong,
        Hostile::LengthTooShort,
    ];
    for operation in [Operation::Create, Operation::List] {
        for kind in kinds {
            let isc = Isc::start().await;
            let (status, bytes) = spoilt(&isc, operation, kind).await;
            let parsed = bytes.map(|bytes| serde_json::from_slice::<Value>(&bytes));
            assert_eq!(status, 200, "{kind:?}");
            assert!(parsed.is_none_or(|parsed| parsed.is_err()), "{kind:?} of {operation:?}");
            assert_eq!(
                isc.names().await.len(),
                usize::from(operation == Operation::Create),
                "{kind:?} took effect"
            );
        }
    }
}

/// Whether a reply is wrong in the way asked for.
type Check = fn(&Value, &Isc) -> bool;

#[tokio::test]
async fn a_created_token_that_is_not_what_was_asked_for() {
    let is_wrong: [(Hostile, Check); 11] = [
        (Hostile::Null, |body, _| body.is_null()),
        (Hostile::WrongShape, |body, _| body.is_array()),
        (Hostile::SecretMissing, |body, _| body.get("secret").is_none()),
        (Hostile::SecretNull, |body, _| body["secret"].is_null()),
        (Hostile::SecretEmpty, |body, _| body["secret"] == ""),
        (Hostile::SecretArray, |body, _| body["secret"].is_array()),
        (Hostile::OtherOwner, |body, isc| body["owner"]["id"] != isc.admin()),
        (Hostile::AlteredName, |body, _| body["name"] == "spoiltx"),
        (Hostile::GzipClaim, |body, _| body["name"] == "spoilt"),
        (Hostile::OtherId, |body, isc| {
            isc.control()
                .tokens("default")
                .expect("tokens")
                .iter()
                .all(|token| body["id"] != token.id)
        }),
        (Hostile::CreatedInFuture, |body, isc| {
            let date: jiff::Timestamp =
                body["created"].as_str().expect("a date").parse().expect("a date");
            date > isc.control().now() + jiff::SignedDuration::from_hours(24)
        }),
    ];
    for (kind, wrong) in is_wrong {
        let isc = Isc::start().await;
        let (status, bytes) = spoilt(&isc, Operation::Create, kind).await;
        let body = serde_json::from_slice(&bytes.expect("bytes")).expect("JSON");
        assert!(status == 200 && wrong(&body, &isc), "{kind:?}: {body}");
    }
}

#[tokio::test]
async fn a_success_with_another_status() {
    for (kind, expected, has_body) in
        [(Hostile::Created, 201, true), (Hostile::NoContent, 204, false)]
    {
        let isc = Isc::start().await;
        let (status, bytes) = spoilt(&isc, Operation::Create, kind).await;
        assert_eq!((status, !bytes.expect("bytes").is_empty()), (expected, has_body));
        assert_eq!(isc.names().await, ["spoilt"]);
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_relied_on() {
    let expected: [(Hostile, usize); 5] = [
        (Hostile::Duplicates, 8),
        (Hostile::TenThousand, 10_004),
        (Hostile::WithoutSentinel, 3),
        (Hostile::CutShort, 2),
        (Hostile::ForeignOwner, 5),
    ];
    for (kind, items) in expected {
        let isc = Isc::start().await;
        for name in ["a", "b", "c"] {
            isc.create(name).await;
        }
        let (_, bytes) = spoilt(&isc, Operation::List, kind).await;
        let body: Vec<Value> = serde_json::from_slice(&bytes.expect("bytes")).expect("an array");
        let (seed, admin) = (isc.seed().client_id, isc.admin());
        let sentinel = body.iter().any(|token| token["id"] == seed);
        let foreign = body.iter().any(|token| token["owner"]["id"] != admin);
        assert_eq!(body.len(), items, "{kind:?}");
        assert_eq!(sentinel, kind != Hostile::WithoutSentinel, "{kind:?}");
        assert_eq!(foreign, kind == Hostile::ForeignOwner, "{kind:?}");
    }
    let isc = Isc::start().await;
    let (_, bytes) = spoilt(&isc, Operation::List, Hostile::WrongShape).await;
    let body: Value = serde_json::from_slice(&bytes.expect("bytes")).expect("JSON");
    assert!(body["items"].is_array());
}

#[tokio::test]
async fn a_401_can_be_a_page_of_html() {
    let isc = Isc::start().await;
    let fault =
        Fault { status: Some(401), body: Some(Hostile::Html), ..Fault::on(Operation::List) };
    isc.control().add_fault(None, fault.once());
    let request = isc.request(Method::GET, &format!("{PATS}?owner-id=me"));
    let reply = request.send().await.expect("a reply");
    assert_eq!(
        (reply.status().as_u16(), &reply.headers()["content-type"] == "text/html"),
        (401, true)
    );
    assert_eq!(json!(reply.text().await.expect("text").starts_with("<html>")), json!(true));
}
