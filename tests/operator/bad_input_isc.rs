//! What goes wrong in ISC: nothing is minted twice, nothing foreign is touched, and all goes on
//! once ISC does.
use isc_simulator::{Fault, NewToken, Operation, RetryAfter, When};
use serde_json::{Value, json};
use stage::{Stage, eventually, play};

#[test]
fn a_full_user_is_counted_with_the_tokens_of_others_and_heals_when_they_go() {
    play(async {
        let place = Stage::hurried().await.bare("full-user").await;
        let control = place.stage.simulator.control();
        let by_hand = |n| NewToken::named(&place.user, &format!("by hand {n}"));
        let others: Vec<_> =
            (0..9).map(|n| control.create_token("full-user", by_hand(n)).unwrap()).collect();
        // Only now: a LIST of before would show free slots.
        place.seed().await;
        place.declare().await;
        let words = [
            "10 of 10 tokens, 10 of them not made by this operator",
            "delete tokens that no workload needs",
        ];
        place.refused("sync", "CapacityExhausted", &words).await;
        control.delete_token("full-user", &others[0].client_id).unwrap();
        eventually("the slot that is kept for rotation", async || {
            place
                .refused("sync", "CapacityExhausted", &[])
                .await
                .contains("9 of 10 tokens, 9 of them")
                .then_some(())
        })
        .await;
        assert_eq!(place.posts(), 0);
        control.delete_token("full-user", &others[1].client_id).unwrap();
        place.has_one("sync").await;
        assert_eq!((place.posts(), control.tokens("full-user").unwrap().len()), (1, 9));
    });
}

#[test]
fn while_isc_is_down_a_live_credential_stays_ready_and_a_new_resource_waits() {
    play(async {
        let place = Stage::hurried().await.place("down").await;
        place.serve("live", json!({})).await;
        let down =
            |operation| place.fault(Fault { drop: Some(When::Before), ..Fault::on(operation) });
        let faults =
            [Operation::List, Operation::Create, Operation::Patch, Operation::Delete].map(down);
        let message = place.lives_on("live", "IscUnavailable").await;
        assert!(
            message.contains("Tenant \"down\"")
                && message.ends_with("the operator tries again without help"),
            "{message}"
        );
        place.token("new", json!({})).await;
        place
            .refused("new", "IscUnavailable", &["Tenant \"down\"", "tries again without help"])
            .await;
        assert_eq!((place.posts(), place.created()), (1, 1));
        faults.into_iter().for_each(|fault| place.ends(fault));
        place.ready("new").await;
        place.ready("live").await;
        assert_eq!((place.posts(), place.created(), place.destroyed().len()), (2, 2, 0));
    });
}

#[test]
fn a_tenant_that_cannot_be_reached_at_first_is_reached_later() {
    play(async {
        let place = Stage::shared().await.bare("down-at-first").await;
        place.seed().await;
        let down = place.fault(Fault { drop: Some(When::Before), ..Fault::default() });
        place.declare().await;
        place
            .refused(
                "sync",
                "IscUnavailable",
                &["Tenant \"down-at-first\"", "tries again without help"],
            )
            .await;
        place.tenant_shows("False", "IscUnavailable").await;
        assert_eq!(place.posts(), 0);
        place.ends(down);
        place.has_one("sync").await;
        assert_eq!(place.posts(), 1);
    });
}

#[test]
fn a_slow_isc_is_waited_for() {
    play(async {
        let place = Stage::shared().await.bare("slow").await;
        place.seed().await;
        place.fault(Fault { latency_ms: 1_500, ..Fault::default() });
        place.declare().await;
        place.has_one("sync").await;
        assert_eq!((place.posts(), place.created()), (1, 1));
    });
}

#[test]
fn a_429_is_obeyed_and_says_what_waits() {
    play(async {
        let place = Stage::hurried().await.place("limited").await;
        place.serve("live", json!({})).await;
        let limit = |seconds| Fault {
            status: Some(429),
            retry_after: Some(RetryAfter::Seconds(seconds)),
            ..Fault::on(Operation::List)
        };
        let short = place.fault(limit(8));
        place.lives_on("live", "RateLimited").await;
        place.token("new", json!({})).await;
        place
            .refused(
                "new",
                "RateLimited",
                &["Tenant \"limited\"", "ISC asks to wait", "then continues without help"],
            )
            .await;
        assert_eq!(place.posts(), 1);
        place.ends(short);
        place.ready("new").await;
        assert_eq!((place.posts(), place.created()), (2, 2));
        // It may still show the limit that is over.
        place.ready("live").await;
        place.fault(limit(1_200));
        let message = place.lives_on("live", "RateLimited").await;
        assert!(message.contains("ISC asks to wait until "), "{message}");
        let asked = place.record().len();
        tokio::time::sleep(std::time::Duration::from_secs(6)).await;
        let more: Vec<_> = place
            .record()
            .split_off(asked)
            .into_iter()
            .filter_map(|entry| entry.operation)
            .collect();
        assert!(
            more.iter().all(|operation| *operation == Operation::Oauth),
            "asked although told to wait: {more:?}"
        );
    });
}

/// One POST goes wrong in its way; the resource shows this reason, and one more POST makes the one
/// token.
pub async fn one_bad_post(name: &str, reason: &str, fault: Fault) {
    let place = Stage::hurried().await.place(name).await;
    place.fault(Fault { operation: Some(Operation::Create), ..fault }.once());
    place.token("sync", json!({})).await;
    // What is told first may be what follows from it: that its outcome is awaited, or the next
    // attempt.
    place.tells("sync", &[reason, "Unresolved", "BackOff"]).await;
    // The slow one may arrive after the one that succeeds.
    eventually(&format!("{name}: both POSTs"), async || (place.posts() >= 2).then_some(())).await;
    place.has_one("sync").await;
    assert_eq!(place.posts(), 2, "{name}");
}

#[test]
fn a_post_that_fails_with_or_without_effect_leaves_exactly_one_token() {
    play(async {
        let status = |status| Fault { status: Some(status), ..Fault::default() };
        let late = |fault: Fault| Fault { with_effect: true, ..fault };
        let drop = |when| Fault { drop: Some(when), ..Fault::default() };
        tokio::join!(
            one_bad_post("post-500", "IscUnavailable", status(500)),
            one_bad_post("post-500-made", "IscUnavailable", late(status(500))),
            one_bad_post("post-503-made", "IscUnavailable", late(status(503))),
            one_bad_post("post-302-made", "IscUnavailable", late(status(302))),
            one_bad_post("post-lost", "IscUnavailable", drop(When::Before)),
            one_bad_post("post-made-lost", "IscUnavailable", drop(When::After)),
            one_bad_post(
                "post-slow",
                "IscUnavailable",
                Fault { latency_ms: 11_000, ..Fault::default() }
            ),
        );
    });
}

#[test]
fn a_post_that_isc_refuses_is_repeated_ever_more_slowly() {
    play(async {
        let place = Stage::hurried().await.place("post-400").await;
        place.fault(Fault { status: Some(400), times: Some(3), ..Fault::on(Operation::Create) });
        place.token("sync", json!({})).await;
        place
            .refused(
                "sync",
                "BackOff",
                &[
                    "minting failed",
                    "; the operator tries again at",
                    "the last failure: ISC failed (status 400)",
                ],
            )
            .await;
        place.has_one("sync").await;
        assert_eq!((place.posts(), place.created()), (4, 1));
        let token = place.get("PersonalAccessToken", "sync").await.unwrap();
        assert_eq!(token.data["status"]["failures"], Value::Null);
    });
}

#[test]
fn a_400_that_made_a_token_all_the_same_leaves_exactly_one() {
    play(async {
        let place = Stage::hurried().await.place("post-400-made").await;
        place.fault(
            Fault { status: Some(400), with_effect: true, ..Fault::on(Operation::Create) }.once(),
        );
        place.token("sync", json!({})).await;
        place.has_one("sync").await;
        assert_eq!((place.posts(), place.created()), (2, 2));
    });
}
