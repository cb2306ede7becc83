//! The log as in production: each transition of a Ready condition is one line, and so says what the
//! API server was told.
use isc_simulator::{Fault, NewToken, Operation, When};
use serde_json::{Value, json};
use stage::{History, Place, Stage, WATCHFUL, eventually, play};

/// A line of the log that tells of a transition.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    level: String,
    status: String,
    reason: String,
    message: String,
}

/// The lines about an object, oldest first.
fn lines(stage: &Stage, object: &str) -> Vec<Line> {
    let log = stage.log();
    let parsed = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |line: &Value, field: &str| line[field].as_str().unwrap().to_owned();
    let about =
        parsed.filter(|line| line["message"] == "Ready changed" && line["object"] == object);
    let line = |line: Value| Line {
        level: text(&line, "level"),
        status: text(&line, "ready"),
        reason: text(&line, "reason"),
        message: text(&line, "why"),
    };
    about.map(line).collect()
}

/// What the log has to say of a condition's history: a line for each change of status or reason.
fn expected(history: &History) -> Vec<Line> {
    let text = |state: &Value, field: &str| state[field].as_str().unwrap().to_owned();
    let mut states = history.states();
    states.dedup_by_key(|state| (text(state, "status"), text(state, "reason")));
    let good = ["Published", "Connected", "Minting", "Releasing", "Revoking", "Suspended"];
    let line = |state: &Value| Line {
        level: if good.contains(&text(state, "reason").as_str()) { "INFO" } else { "WARN" }.into(),
        status: text(state, "status"),
        reason: text(state, "reason"),
        message: text(state, "message"),
    };
    states.iter().map(line).collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story")]
fn each_transition_of_ready_is_one_line_of_the_log_and_a_restart_is_none() {
    play(async {
        let stage = Stage::quiet(&WATCHFUL).await;
        stage.start_operator();
        let (place, moves, disabled) = (
            stage.bare("transitions").await,
            stage.bare("moves-away").await,
            stage.bare("is-disabled").await,
        );
        let tenant = place.follow("Tenant", &place.name, "Ready").await;
        let token = place.follow("PersonalAccessToken", "sync", "Ready").await;
        let (plain, sdk) = (
            disabled.follow("PersonalAccessToken", "plain", "Ready").await,
            disabled.follow("PersonalAccessToken", "sdk", "Ready").await,
        );
        let objects = [
            ("Tenant \"transitions\"", &tenant),
            ("PersonalAccessToken \"transitions/sync\"", &token),
            ("PersonalAccessToken \"is-disabled/plain\"", &plain),
            ("PersonalAccessToken \"is-disabled/sdk\"", &sdk),
        ];
        tokio::join!(through_thick_and_thin(&place), settles(&moves), async {
            settles(&disabled).await;
            disabled.disable(true);
            eventually("a refused pair", async || disabled.refused_one(&["plain", "sdk"]).await)
                .await;
            disabled.tenant_stalls("CredentialRefused", &[]).await;
        });
        are_told(&stage, &objects).await;
        let reasons =
            |object| lines(&stage, object).into_iter().map(|line| line.reason).collect::<Vec<_>>();
        for reason in
            ["SeedMissing", "CredentialRefused", "MissingScope", "IscUnavailable", "Connected"]
        {
            assert!(
                reasons(objects[0].0).contains(&reason.to_owned()),
                "{:?}",
                reasons(objects[0].0)
            );
        }
        for reason in
            ["TenantNotFound", "Published", "CredentialRefused", "NotGranted", "IscUnavailable"]
        {
            assert!(
                reasons(objects[1].0).contains(&reason.to_owned()),
                "{:?}",
                reasons(objects[1].0)
            );
        }
        assert!(!stage.log().contains("\"level\":\"DEBUG\""), "a log as in production");
        let before = objects.map(|(object, _)| lines(&stage, object));
        is_moved_while_no_operator_runs(&moves).await;
        disabled.asked_again(Operation::Oauth, 4).await;
        are_told(&stage, &objects).await;
        for ((object, _), before) in objects.iter().zip(before) {
            // A minute later the other one is tried too.
            let is_new = |line: &Line| line.reason != "PublishedRefused";
            let more = lines(&stage, object).split_off(before.len());
            assert!(!more.iter().any(is_new), "{object}: a restart is no transition, but {more:?}");
        }
        disabled.disable(false);
        disabled.nothing_is_wrong("plain").await;
        disabled.nothing_is_wrong("sdk").await;
        assert_eq!((disabled.created(), disabled.destroyed().len()), (2, 0));
        are_told(&stage, &objects).await;
    });
}

/// The log has a line for each transition of these, and no other.
async fn are_told(stage: &Stage, objects: &[(&str, &History)]) {
    for (object, history) in objects {
        eventually(&format!("the lines about {object}"), async || {
            (lines(stage, object).len() >= expected(history).len()).then_some(())
        })
        .await;
        assert_eq!(lines(stage, object), expected(history), "{object}");
    }
}

/// Everything that may befall a Tenant and its resource, and good times between.
async fn through_thick_and_thin(place: &Place<'_>) {
    place.token("sync", json!({})).await;
    place.shows("sync", "False", "TenantNotFound").await;
    place.tenant(json!({})).await;
    place.tenant_shows("False", "SeedMissing").await;
    place.seed_with(&place.client_id, &"x".repeat(64)).await;
    place.tenant_shows("False", "CredentialRefused").await;
    let narrow = NewToken {
        scope: Some(vec!["idn:nelm:read".into()]),
        ..NewToken::named(&place.user, "narrow")
    };
    let narrow = place.stage.simulator.control().create_token(&place.name, narrow).unwrap();
    place.seed_with(&narrow.client_id, &narrow.client_secret).await;
    place.tenant_shows("False", "MissingScope").await;
    place.seed().await;
    place.nothing_is_wrong("sync").await;
    place.tenant(json!({"grants": []})).await;
    place.shows("sync", "True", "NotGranted").await;
    place.tenant(json!({})).await;
    place.nothing_is_wrong("sync").await;
    let down = place.fault(Fault { drop: Some(When::Before), ..Fault::default() });
    place.tenant_shows("False", "IscUnavailable").await;
    place.shows("sync", "True", "IscUnavailable").await;
    place.ends(down);
    place.is_looked_at().await;
    place.nothing_is_wrong("sync").await;
    place.seed_with(&place.client_id, &"x".repeat(64)).await;
    place.shows("sync", "True", "CredentialRefused").await;
    place.seed().await;
    place.nothing_is_wrong("sync").await;
    place.remove("sync").await;
}

async fn settles(place: &Place<'_>) {
    place.seed().await;
    place.tenant(json!({})).await;
    place.both_formats().await;
}

/// What is published follows the Tenant, also if nobody saw it change.
async fn is_moved_while_no_operator_runs(place: &Place<'_>) {
    let before = place.record().len();
    place.stage.kill_operator();
    let url = place.stage.simulator.tenant_url(&place.name).replace("127.0.0.1", "localhost");
    place.tenant(json!({"apiUrl": url, "nermUrl": format!("{url}/api")})).await;
    place.stage.start_operator();
    place.publishes(&url).await;
    eventually("NERM is published too", async || {
        (place.secret("plain").await?.get("nermUrl")? == &format!("{url}/api")).then_some(())
    })
    .await;
    place.nothing_is_wrong("plain").await;
    place.nothing_is_wrong("sdk").await;
    assert!(place.record().len() > before);
    assert_eq!((place.created(), place.posts(), place.destroyed().len()), (2, 2, 0));
}
