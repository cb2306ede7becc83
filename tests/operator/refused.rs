//! Where ISC is not, does not answer or refuses: who has to do what is told once, and what lives is
//! called so for as long as it does.
use futures::future::join_all;
use isc_simulator::{
    Dialect, ErrorStyle, Fault, Front, Hostile, Kind, Operation, RetryAfter, When,
};
use jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use serde_json::json;
use stage::{
    Place, Stage, assert_says, condition, eventually, play, ready_message, says_each_thing_once,
};

/// How the base URL of a tenant's API looks.
const FORM: &str = "https://<tenant>.api.identitynow.com";
/// Where nobody listens.
const DEAD: &str = "http://127.0.0.1:1";

#[test]
fn a_base_url_that_leads_elsewhere_is_named_and_heals_when_corrected() {
    play(async {
        let stage = Stage::attentive().await;
        let fronts = [
            (Front::LoginRedirect, "a redirect (status 302) to \"https://sso.example/login\""),
            (Front::HtmlNotFound, "a page of HTML (status 404)"),
            (Front::MethodNotAllowed, "status 405"),
            (Front::HtmlOk, "a page of HTML (status 200)"),
        ];
        let paths = [
            ("nowhere-path", "/t/{}/nowhere"),
            ("nowhere-version", "/t/{}/v3x"),
            ("nowhere-host-path", "/v3x"),
            ("nowhere-tenant", "/t/nobody"),
        ];
        tokio::join!(
            join_all(fronts.map(|(front, what)| another_host(stage, front, what))),
            join_all(paths.map(|(name, path)| another_path(stage, name, path))),
            one_that_fails(stage, "front-unavailable", None, "status 503"),
            one_that_fails(stage, "dead-port", Some(DEAD), "no reply"),
        );
    });
}

/// The host is the wrong one: with a live credential, and with one that is still to be made.
async fn another_host(stage: &Stage, front: Front, what: &str) {
    let name = format!("front-{front:?}").to_lowercase();
    let place = stage.place(&name).await;
    place.token("live", json!({})).await;
    place.nothing_is_wrong("live").await;
    let history = place.follow("PersonalAccessToken", "live", "Ready").await;
    place.behaves(|switches| switches.front = front);
    let url = stage.simulator.tenant_url(&name);
    let words = [
        &format!("spec.apiUrl {url:?}"),
        &format!("Tenant {name:?}"),
        "POST /oauth/token",
        what,
        FORM,
    ];
    place.tenant_stalls("Invalid", &words).await;
    place.token("new", json!({})).await;
    place.refused("new", "Invalid", &words).await;
    says_each_thing_once(&ready_message(&place.shows("live", "True", "Invalid").await));
    assert_eq!((place.posts(), place.destroyed().len()), (1, 0), "{name}");
    place.behaves(|switches| switches.front = Front::Api);
    place.nothing_is_wrong("new").await;
    place.nothing_is_wrong("live").await;
    history.never_was("False");
    assert_eq!((place.created(), place.destroyed().len()), (2, 0), "{name}");
    place.leave().await;
}

/// The path is the wrong one; whoever corrects the Tenant is heard at once.
async fn another_path(stage: &Stage, name: &str, path: &str) {
    let place = stage.bare(name).await;
    place.seed().await;
    let url = format!("{}{}", stage.simulator.url(), path.replace("{}", name));
    place.tenant(json!({"apiUrl": url})).await;
    place.token("sync", json!({})).await;
    let words = [
        &format!("spec.apiUrl {url:?}"),
        &format!("Tenant {name:?}"),
        "POST /oauth/token",
        "status 404",
        FORM,
    ];
    place.tenant_stalls("Invalid", &words).await;
    place.refused("sync", "Invalid", &words).await;
    assert_eq!((place.posts(), place.ledger().await.is_some()), (0, false));
    place.tenant(json!({})).await;
    place.nothing_is_wrong("sync").await;
    place.leave().await;
}

/// A host that is dead or fails may be the right one: nobody is called upon.
async fn one_that_fails(stage: &Stage, name: &str, url: Option<&str>, what: &str) {
    let place = stage.bare(name).await;
    place.seed().await;
    place.behaves(|switches| {
        switches.front = if url.is_none() { Front::HtmlUnavailable } else { Front::Api }
    });
    let url = url.map_or_else(|| stage.simulator.tenant_url(name), Into::into);
    place.tenant(json!({"apiUrl": url})).await;
    place.token("sync", json!({})).await;
    let message = place
        .tenant_waits("IscUnavailable", &[&format!("Tenant {name:?}"), "tries again without help"])
        .await;
    assert!(message.contains(what) || message.contains("failed to connect"), "{message}");
    place.refused("sync", "IscUnavailable", &[]).await;
    place.behaves(|switches| switches.front = Front::Api);
    place.tenant(json!({})).await;
    place.nothing_is_wrong("sync").await;
    place.leave().await;
}

#[test]
fn a_url_that_leads_nowhere_near_an_api_is_refused_when_it_is_written() {
    play(async {
        let stage = Stage::attentive().await;
        let tenants = stage.api("Tenant", None);
        let good = "https://acme.api.identitynow.com";
        let version =
            "without a version and without /oauth/token, as in https://acme.api.identitynow.com";
        let nerm = "as in https://acme.nonemployee.com/api";
        for (api, nerm_url, expected) in [
            (format!("{good}/v3"), None, Some(version)),
            (format!("{good}/v2025/"), None, Some(version)),
            (format!("{good}/beta"), None, Some(version)),
            (format!("{good}/oauth/token"), None, Some(version)),
            (format!("{good}/OAuth/Token/"), None, Some(version)),
            (format!("{good}/personal-access-tokens/v1"), None, Some(version)),
            (format!("{good}/v3x"), None, None),
            (format!("{good}/isc"), None, None),
            (good.into(), Some("http://acme.nonemployee.com/api"), Some(nerm)),
            (good.into(), Some("https://acme.nonemployee.com/api?x=1"), Some(nerm)),
            (good.into(), Some("https://me@acme.nonemployee.com/api"), Some(nerm)),
            (good.into(), Some("acme.nonemployee.com"), Some(nerm)),
            (good.into(), Some("https://acme.nonemployee.com/api"), None),
        ] {
            let tenant = json!({
                "apiVersion": "pat-operator.dev/v1alpha1",
                "kind": "Tenant",
                "metadata": {"name": "refused-url"},
                "spec": {"apiUrl": api, "nermUrl": nerm_url, "credentials": [{"secretRef": {"name": "x"}}]},
            });
            let params = PatchParams { dry_run: true, ..PatchParams::apply("test") };
            let said = tenants
                .patch("refused-url", &params, &Patch::Apply(&tenant))
                .await
                .err()
                .map(|e| e.to_string());
            match expected {
                Some(words) => {
                    let said = said.unwrap_or_else(|| panic!("{api} {nerm_url:?} is taken"));
                    assert!(said.contains(words), "{api} {nerm_url:?}: {said}");
                }
                None => assert_eq!(said, None, "{api} {nerm_url:?}"),
            }
        }
    });
}

#[test]
fn what_is_published_is_tried_while_isc_refuses_the_seed() {
    play(async {
        let stage = Stage::attentive().await;
        tokio::join!(
            a_disabled_user(stage, "disabled", Dialect::default(), false),
            a_disabled_user(
                stage,
                "disabled-400",
                Dialect { refused_credential_status: 400, ..Dialect::default() },
                false
            ),
            a_refusal_without_a_word(stage),
            an_outage_while_disabled(stage),
            a_wrong_seed(stage),
            one_that_somebody_deleted(stage),
        );
    });
}

/// Requests for an access token with a published credential, behind an entry of the record.
fn trials(place: &Place<'_>, since: u64) -> usize {
    let ours = |entry: &&isc_simulator::Entry| {
        entry.seq > since
            && entry.kind == Kind::Request
            && entry.operation == Some(Operation::Oauth)
            && entry.client_id.as_ref().is_some_and(|id| *id != place.client_id)
    };
    place.record().iter().filter(ours).count()
}

/// Each published pair is tried in its turn, one in a minute: the first is told to be refused, the
/// second not yet.
async fn a_disabled_user(stage: &Stage, name: &str, dialect: Dialect, die: bool) {
    let place = stage.speaking(name, dialect).await;
    place.behaves(|switches| switches.access_tokens_die_with_token = die);
    place.tenant(json!({})).await;
    let both = ["a", "b"];
    for resource in both {
        place.token(resource, json!({})).await;
        place.nothing_is_wrong(resource).await;
    }
    let since = stage.simulator.control().last_seq();
    place.disable(true);
    let disabled = std::time::Instant::now();
    let words =
        [&format!("Tenant {name:?}"), &place.seed_name(), "put a live personal access token into"];
    place.tenant_stalls("CredentialRefused", &words).await;
    let refused =
        eventually(&format!("{name}: a refused pair"), async || place.refused_one(&both).await)
            .await;
    let message = place.says(refused, "Ready", "False", "PublishedRefused").await;
    assert_says(&message, &["enable the ISC user", &format!("Secret {refused:?}"), "status 40"]);
    says_each_thing_once(&message);
    place.says(refused, "Stalled", "True", "PublishedRefused").await;
    place.tells(refused, &["PublishedRefused"]).await;
    let other = if refused == "a" { "b" } else { "a" };
    let live = place.shows(other, "True", "CredentialRefused").await;
    says_each_thing_once(&ready_message(&live));
    // The Tenant is looked at again and again meanwhile.
    place.asked_again(Operation::Oauth, 3).await;
    let minutes = usize::try_from(disabled.elapsed().as_secs() / 60).unwrap();
    assert!(
        (1..=1 + minutes).contains(&trials(&place, since)),
        "{name}: {} trials",
        trials(&place, since)
    );
    place.disable(false);
    for resource in both {
        place.nothing_is_wrong(resource).await;
        assert!(place.authenticates(resource).await);
    }
    assert_eq!((place.created(), place.posts(), place.destroyed().len()), (2, 2, 0), "{name}");
    place.leave().await;
}

/// A proxy may refuse so: the seed is told to be refused, and nothing is said against what lives.
async fn a_refusal_without_a_word(stage: &Stage) {
    let silent = Dialect { errors: ErrorStyle::Empty, ..Dialect::default() };
    let place = stage.speaking("disabled-silent", silent).await;
    place.behaves(|switches| switches.access_tokens_die_with_token = true);
    place.tenant(json!({})).await;
    place.serve("live", json!({})).await;
    let history = place.follow("PersonalAccessToken", "live", "Ready").await;
    let since = stage.simulator.control().last_seq();
    place.disable(true);
    place.tenant_stalls("CredentialRefused", &["no explanation given"]).await;
    eventually("a trial", async || (trials(&place, since) > 0).then_some(())).await;
    place.asked_again(Operation::Oauth, 3).await;
    place.shows("live", "True", "CredentialRefused").await;
    place.disable(false);
    place.nothing_is_wrong("live").await;
    history.never_was("False");
    assert_eq!((place.created(), place.posts(), place.destroyed().len()), (1, 1, 0));
    place.leave().await;
}

/// No answer changes nothing of what is known.
async fn an_outage_while_disabled(stage: &Stage) {
    let place = stage.place("disabled-then-down").await;
    place.served(json!({})).await;
    place.nothing_is_wrong("sync").await;
    place.disable(true);
    place.says("sync", "Ready", "False", "PublishedRefused").await;
    let history = place.follow("PersonalAccessToken", "sync", "Ready").await;
    let down = place.fault(Fault { drop: Some(When::Before), ..Fault::default() });
    place.tenant_waits("IscUnavailable", &[]).await;
    eventually("the outage is told on the resource", async || {
        let message = ready_message(&place.get("PersonalAccessToken", "sync").await?);
        (message.contains("IscUnavailable") || message.contains("reply")).then_some(())
    })
    .await;
    history.never_was("True");
    place.disable(false);
    place.ends(down);
    place.is_looked_at().await;
    place.nothing_is_wrong("sync").await;
    assert_eq!((place.created(), place.destroyed().len()), (1, 0));
    place.leave().await;
}

/// The user is well, and so is what is published: only the seed is wrong.
async fn a_wrong_seed(stage: &Stage) {
    let place = stage.place("wrong-seed").await;
    place.served(json!({})).await;
    place.nothing_is_wrong("sync").await;
    let history = place.follow("PersonalAccessToken", "sync", "Ready").await;
    let since = stage.simulator.control().last_seq();
    place.seed_with(&place.client_id, &"x".repeat(64)).await;
    place.tenant_stalls("CredentialRefused", &[&place.seed_name()]).await;
    place.shows("sync", "True", "CredentialRefused").await;
    place.asked_again(Operation::Oauth, 3).await;
    place.seed().await;
    place.nothing_is_wrong("sync").await;
    history.never_was("False");
    assert!(trials(&place, since) <= 1, "{}", trials(&place, since));
    assert_eq!((place.created(), place.destroyed().len()), (1, 0));
    place.leave().await;
}

/// Of a refused seed's tokens one is gone in ISC: it is told of, and replaced once that can be.
async fn one_that_somebody_deleted(stage: &Stage) {
    let place = stage.place("refused-and-gone").await;
    place.served(json!({})).await;
    place.nothing_is_wrong("sync").await;
    let old = place.pair().await;
    place.disable(true);
    stage.simulator.control().delete_token(&place.name, &old.client_id).unwrap();
    place.says("sync", "Ready", "False", "PublishedRefused").await;
    place.disable(false);
    let new = place.replaced(&old).await;
    place.nothing_is_wrong("sync").await;
    assert!(place.accepts(&new).await);
    assert_eq!(place.created(), 2);
    place.leave().await;
}

#[test]
fn an_outage_alone_never_makes_a_live_credential_unready() {
    play(async {
        let stage = Stage::attentive().await;
        let status = |status| Fault { status: Some(status), ..Fault::default() };
        let limited = Fault { retry_after: Some(RetryAfter::Seconds(5)), ..status(429) };
        tokio::join!(
            outage(
                stage,
                "dropped",
                "IscUnavailable",
                Fault { drop: Some(When::Before), ..Fault::default() }
            ),
            outage(
                stage,
                "cut-off",
                "IscUnavailable",
                Fault { drop: Some(When::After), ..Fault::default() }
            ),
            outage(stage, "failing", "IscUnavailable", status(500)),
            outage(
                stage,
                "unavailable",
                "IscUnavailable",
                Fault { body: Some(Hostile::Html), ..status(503) }
            ),
            outage(stage, "limiting", "RateLimited", limited),
        );
    });
}

async fn outage(stage: &Stage, name: &str, reason: &str, fault: Fault) {
    let place = stage.place(name).await;
    place.served(json!({})).await;
    place.nothing_is_wrong("sync").await;
    let history = place.follow("PersonalAccessToken", "sync", "Ready").await;
    let fault = place.fault(fault);
    place.tenant_waits(reason, &[&format!("Tenant {name:?}"), "without help"]).await;
    let live = place.shows("sync", "True", reason).await;
    says_each_thing_once(&ready_message(&live));
    assert!(condition(&live, "Stalled").is_null());
    place.ends(fault);
    place.is_looked_at().await;
    place.nothing_is_wrong("sync").await;
    history.never_was("False");
    assert_eq!((place.created(), place.posts(), place.destroyed().len()), (1, 1, 0), "{name}");
    place.leave().await;
}

#[test]
fn past_its_recorded_expiry_nothing_is_called_ready() {
    play(async {
        let life =
            ["--long-expiry=30s", "--provisional-max=18s", "--attempt-expiry=14s", "--list-lag=1s"];
        let pace =
            ["--drift-interval=2s", "--recheck=1s", "--secret-poll=1s", "--backoff-first=1s"];
        let stage = Stage::running(&[&life[..], &pace[..]].concat()).await;
        tokio::join!(
            expires(&stage, "expires-down", Fault { drop: Some(When::Before), ..Fault::default() }),
            expires(&stage, "expires-refused", Fault { status: Some(401), ..Fault::default() }),
            expires(
                &stage,
                "expires-limited",
                Fault {
                    status: Some(429),
                    retry_after: Some(RetryAfter::Seconds(5)),
                    ..Fault::default()
                }
            ),
        );
    });
}

/// Nothing can be asked of ISC, and the end of what was published comes all the same.
async fn expires(stage: &Stage, name: &str, fault: Fault) {
    let place = stage.place(name).await;
    place.served(json!({})).await;
    let old = place.pair().await;
    let fault = place.fault(fault);
    let message = place.says("sync", "Ready", "False", "Expired").await;
    let token = place.get("PersonalAccessToken", "sync").await.unwrap();
    let end: Timestamp =
        token.data["status"]["current"]["expiresAt"].as_str().unwrap().parse().unwrap();
    assert!(end <= Timestamp::now() && message.contains(&end.to_string()), "{message}");
    assert!(message.contains("Secret \"sync\""), "{message}");
    says_each_thing_once(&message);
    place.tells("sync", &["Expired"]).await;
    let history = place.follow("PersonalAccessToken", "sync", "Ready").await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert!(
        history.changes().iter().all(|(status, _)| status == "False"),
        "{:?}",
        history.changes()
    );
    place.ends(fault);
    place.is_looked_at().await;
    let new = place.replaced(&old).await;
    place.shows("sync", "True", "Published").await;
    assert!(place.accepts(&new).await && place.created() == 2);
    place.leave().await;
}

/// Each reply of ISC has another trackingId, which is news for nobody: the loops do not wake each
/// other.
#[test]
fn a_seed_that_isc_refuses_again_and_again_is_asked_for_at_its_pace() {
    play(async {
        let stage = Stage::attentive().await;
        let place = stage.place("refused-at-its-pace").await;
        place.served(json!({})).await;
        let fault = place.fault(Fault { status: Some(403), ..Fault::on(Operation::Oauth) });
        place.tenant_stalls("CredentialRefused", &[]).await;
        let began = std::time::Instant::now();
        place.asked_again(Operation::Oauth, 16).await;
        // The Tenant asks once a second here, its owner and the trials more rarely.
        let took = began.elapsed();
        assert!(took > std::time::Duration::from_secs(6), "16 access tokens within {took:?}");
        place.ends(fault);
        place.nothing_is_wrong("sync").await;
        place.leave().await;
    });
}
