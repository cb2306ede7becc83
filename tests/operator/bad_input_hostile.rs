//! Hostile replies: each is "unknown" or "no information", never a DELETE of anything, never a
//! second token.
use isc_simulator::{Fault, Hostile, Operation};
use serde_json::json;
use stage::{Stage, play};

use crate::bad_input_isc::one_bad_post;

#[test]
fn a_hostile_reply_to_a_post_leaves_exactly_one_token() {
    play(async {
        let body = |body| Fault { body: Some(body), ..Fault::default() };
        tokio::join!(
            one_bad_post("post-html", "IscUnavailable", body(Hostile::Html)),
            one_bad_post("post-no-content", "IscUnavailable", body(Hostile::NoContent)),
            one_bad_post("post-truncated", "IscUnavailable", body(Hostile::Truncated)),
            one_bad_post("post-length", "IscUnavailable", body(Hostile::LengthTooLong)),
            one_bad_post("post-no-secret", "IscUnavailable", body(Hostile::SecretMissing)),
            one_bad_post("post-other-owner", "IscUnavailable", body(Hostile::OtherOwner)),
            one_bad_post("post-other-name", "IscUnavailable", body(Hostile::AlteredName)),
            // Nothing is in doubt here, and the back-off may be over before anybody could tell of
            // it.
            one_bad_post("post-other-id", "Published", body(Hostile::OtherId)),
        );
    });
}

/// LIST lies: nothing is minted or destroyed meanwhile, and nothing is lost.
async fn bad_list(name: &str, reason: &str, kind: Hostile) {
    let place = Stage::hurried().await.place(name).await;
    place.serve("live", json!({})).await;
    let fault = place.fault(Fault { body: Some(kind), ..Fault::on(Operation::List) });
    place.lives_on("live", reason).await;
    place.token("new", json!({})).await;
    place.refused("new", reason, &[]).await;
    assert_eq!((place.posts(), place.destroyed().len()), (1, 0), "{name}");
    place.ends(fault);
    place.ready("new").await;
    assert_eq!((place.posts(), place.minted().len(), place.destroyed().len()), (2, 2, 0), "{name}");
}

#[test]
fn a_hostile_list_is_no_information() {
    play(async {
        tokio::join!(
            bad_list("list-html", "Invalid", Hostile::Html),
            bad_list("list-empty", "IscUnavailable", Hostile::Empty),
            bad_list("list-twice", "IscUnavailable", Hostile::Duplicates),
            bad_list("list-flood", "IscUnavailable", Hostile::TenThousand),
            bad_list("list-foreign", "IscUnavailable", Hostile::ForeignOwner),
            bad_list("list-headless", "UserUnknown", Hostile::WithoutSentinel),
        );
    });
}

#[test]
fn a_list_that_is_cut_short_costs_no_live_token() {
    play(async {
        let place = Stage::hurried().await.place("list-cut").await;
        place.serve("live", json!({})).await;
        let before = place.secret("live").await.unwrap();
        let fault =
            place.fault(Fault { body: Some(Hostile::CutShort), ..Fault::on(Operation::List) });
        tokio::time::sleep(std::time::Duration::from_secs(6)).await;
        place.ends(fault);
        place.has_one("live").await;
        assert_eq!((place.posts(), place.secret("live").await.unwrap()), (1, before));
    });
}
