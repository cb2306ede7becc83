//! ISC in its dialects: who a credential is and what it may do is taken from wherever ISC tells it,
//! and what ISC does not tell stalls nothing.
use futures::future::join_all;
use isc_simulator::{
    CheckToken, Dialect, ExpiresIn, Fault, Hostile, NewToken, OauthInfo, Operation, Presence,
    ReplyScope, ScopeClaim, Switches, When,
};
use serde_json::{Value, json};
use stage::{Place, Stage, condition, eventually, play};

/// A scope that the user level HELPDESK may use, and one that it may not.
const WITHIN: &str = "idn:accounts:read";
const ABOVE: &str = "idn:transform:read";
/// Where the simulator says that all of its tenants live.
const POD: &str = "sim01-loopback";

fn unnamed(check_token: CheckToken) -> Dialect {
    Dialect { reply_scope: ReplyScope::Absent, check_token, ..Dialect::default() }
}

#[test]
fn scopes_are_judged_by_their_names_wherever_isc_tells_them() {
    play(async {
        let stage = Stage::attentive().await;
        let absent = unnamed(CheckToken::Missing);
        let read_write =
            Dialect { reply_scope: ReplyScope::ReadWrite, ..unnamed(CheckToken::Answers) };
        tokio::join!(
            judged_by_names(stage, "named-in-reply", Dialect::default()),
            judged_by_names(stage, "named-by-check", unnamed(CheckToken::Answers)),
            judged_by_names(stage, "named-read-write", read_write),
            judged_by_names(
                stage,
                "named-in-claim",
                Dialect { scope_claim: ScopeClaim::Names, ..absent.clone() }
            ),
            judged_by_names(
                stage,
                "named-as-text",
                Dialect { scope_claim: ScopeClaim::Text, ..absent }
            ),
            a_refusal_on_the_way_says_nothing_of_scopes(stage),
        );
    });
}

/// What lies above the user's level is named, and looked at again until the level is raised.
async fn judged_by_names(stage: &Stage, name: &str, dialect: Dialect) {
    let asks =
        dialect.reply_scope != ReplyScope::Names && dialect.check_token == CheckToken::Answers;
    let place = stage.speaking(name, dialect).await;
    let control = stage.simulator.control();
    let level = |level: &str| control.set_levels(name, &place.user, &[level.to_owned()]).unwrap();
    level("HELPDESK");
    place.tenant(json!({"grants": [{"namespaces": [name], "scopes": ["idn:*"]}]})).await;
    place.token("within", json!({"scopes": [WITHIN]})).await;
    place.token("above", json!({"scopes": [WITHIN, ABOVE]})).await;
    let message = place.says("above", "ScopesEffective", "False", "ScopesWithoutEffect").await;
    assert!(message.contains(ABOVE) && !message.contains(WITHIN), "{message}");
    place.says("within", "ScopesEffective", "True", "Verified").await;
    level("ORG_ADMIN");
    place.says("above", "ScopesEffective", "True", "Verified").await;
    for resource in ["within", "above"] {
        place.nothing_is_wrong(resource).await;
    }
    let seed = place.tenant_object().await.data["status"]["credential"]["scopes"].clone();
    assert_eq!(seed, json!(["sp:scopes:all"]), "{name}");
    assert_eq!(
        (place.created(), place.posts(), place.asked(Operation::Patch)),
        (2, 2, 2),
        "{name}"
    );
    assert_eq!(
        place.asked(Operation::CheckToken) > 0,
        asks,
        "{name}: asked only where nobody else says it"
    );
    place.leave().await;
}

/// A proxy that answers 403 in the place of ISC is no answer about scopes.
async fn a_refusal_on_the_way_says_nothing_of_scopes(stage: &Stage) {
    let place =
        stage.behaving("refused-on-the-way", |switches| switches.scope_lag_seconds = 0).await;
    place.declare().await;
    place.nothing_is_wrong("sync").await;
    let history = place.follow("PersonalAccessToken", "sync", "ScopesEffective").await;
    let before = place.asked(Operation::Patch);
    place.token("sync", json!({"scopes": ["idn:nelm:manage", "idn:nelm:read"]})).await;
    // A Tenant that is refused first changes no scopes: the refusals begin once they are changed.
    eventually("other scopes", async || (place.asked(Operation::Patch) > before).then_some(()))
        .await;
    let refused = place.fault(Fault { status: Some(403), ..Fault::on(Operation::Oauth) });
    place.asked_again(Operation::Oauth, 3).await;
    place.ends(refused);
    place.says("sync", "ScopesEffective", "True", "Verified").await;
    place.nothing_is_wrong("sync").await;
    let changes = history.changes();
    assert!(changes.contains(&("Unknown".into(), "Propagating".into())), "{changes:?}");
    history.never_was("False");
    place.leave().await;
}

#[test]
fn scopes_that_isc_does_not_name_are_unknown_and_nothing_stalls() {
    play(async {
        let stage = Stage::attentive().await;
        let read_write = |check| Dialect { reply_scope: ReplyScope::ReadWrite, ..unnamed(check) };
        let no_claim = Dialect { scope_claim: ScopeClaim::Absent, ..unnamed(CheckToken::Missing) };
        let forms = [
            ("absent-401", unnamed(CheckToken::Refuses401)),
            ("absent-403", unnamed(CheckToken::Refuses403)),
            ("absent-404", unnamed(CheckToken::Missing)),
            ("read-write-401", read_write(CheckToken::Refuses401)),
            ("read-write-403", read_write(CheckToken::Refuses403)),
            ("read-write-404", read_write(CheckToken::Missing)),
            ("no-claim-either", no_claim),
        ];
        join_all(forms.map(|(name, dialect)| unknown(stage, name, dialect))).await;
    });
}

async fn unknown(stage: &Stage, name: &str, dialect: Dialect) {
    let place = stage.speaking(name, dialect).await;
    // No more than its user's level is asked of a token whose scopes nobody sees.
    stage.simulator.control().set_levels(name, &place.user, &["HELPDESK".to_owned()]).unwrap();
    let history = place.follow("PersonalAccessToken", "sync", "ScopesEffective").await;
    place.declare().await;
    place.nothing_is_wrong("sync").await;
    let message = place.says("sync", "ScopesEffective", "Unknown", "NotReported").await;
    assert!(
        message.contains("ISC does not report") && message.contains("try one call"),
        "{message}"
    );
    place.token("sync", json!({"scopes": ["idn:nelm:manage", "idn:nelm:read"]})).await;
    eventually(&format!("{name}: the change in ISC"), async || {
        (place.minted()[0].scope.as_ref()?.len() == 2).then_some(())
    })
    .await;
    place.says("sync", "ScopesEffective", "Unknown", "NotReported").await;
    place.nothing_is_wrong("sync").await;
    history.never_was("False");
    history.never_was("True");
    let tenant = place.tenant_object().await;
    assert_eq!(tenant.data["status"]["credential"], json!({"clientId": place.client_id}), "{name}");
    assert_eq!(
        (place.created(), place.asked(Operation::CheckToken)),
        (1, 1),
        "{name}: what is not there is asked once"
    );
    place.leave().await;
}

#[test]
fn the_user_is_known_from_reply_claims_or_two_lists() {
    play(async {
        let stage = Stage::attentive().await;
        let at = |identity| Dialect { identity, ..Dialect::default() };
        let nowhere = Dialect { identity: Presence::Absent, ..unnamed(CheckToken::Missing) };
        let lie = |skip| Fault {
            skip,
            times: Some(1),
            body: Some(Hostile::OtherOwner),
            ..Fault::on(Operation::List)
        };
        tokio::join!(
            known(stage, "user-in-reply", at(Presence::Reply), None),
            known(stage, "user-in-claims", at(Presence::Claims), None),
            known(stage, "user-nowhere", at(Presence::Absent), None),
            known(stage, "user-nothing-at-all", nowhere, None),
            // One witness contradicts the other: neither is believed before they agree.
            known(stage, "user-first-list-lies", at(Presence::Absent), Some(lie(0))),
            known(stage, "user-second-list-lies", at(Presence::Absent), Some(lie(1))),
            known(stage, "user-list-contradicts", at(Presence::Both), Some(lie(0))),
            no_user(stage, "client-default", Dialect::default()),
            no_user(stage, "client-nowhere", at(Presence::Absent)),
            no_user(stage, "client-unnamed", unnamed(CheckToken::Refuses401)),
            a_list_that_is_forbidden(stage),
        );
    });
}

async fn known(stage: &Stage, name: &str, dialect: Dialect, lie: Option<Fault>) {
    let needs_two = dialect.identity == Presence::Absent;
    let place = stage.speaking(name, dialect).await;
    let lies = lie.is_some();
    let history = place.follow("Tenant", name, "Ready").await;
    lie.map(|lie| place.fault(lie));
    place.tenant(json!({})).await;
    place.connected().await;
    let before = place.record();
    let lists = before
        .iter()
        .filter(|entry| entry.status.is_some() && entry.operation == Some(Operation::List));
    assert!(!needs_two || lists.count() >= 2, "{name}: one LIST is one witness");
    assert_eq!(
        history.changes().iter().any(|(_, reason)| reason == "UserUnknown"),
        lies,
        "{:?}",
        history.changes()
    );
    place.token("sync", json!({})).await;
    place.nothing_is_wrong("sync").await;
    let tenant = place.tenant_object().await;
    assert_eq!(tenant.data["status"]["user"]["id"], place.user, "{name}");
    let document = place.document().await;
    assert_eq!(document["owner"]["identityId"], place.user, "{name}");
    assert_eq!(
        (place.created(), place.minted()[0].owner.clone()),
        (1, place.user.clone()),
        "{name}"
    );
    place.leave().await;
}

/// An API client is told by the form of its ID, whoever else says nothing.
async fn no_user(stage: &Stage, name: &str, dialect: Dialect) {
    let place = stage.speaking(name, dialect).await;
    let client = stage.simulator.control().add_api_client(name).unwrap();
    place.seed_with(&client.client_id, &client.client_secret).await;
    place.tenant(json!({})).await;
    let words = [
        &place.seed_name(),
        "belongs to an API client",
        "put the credential of a personal access token into that Secret",
    ];
    place.tenant_stalls("NotAPersonalAccessToken", &words).await;
    place.token("sync", json!({})).await;
    place.refused("sync", "NotAPersonalAccessToken", &words).await;
    assert_eq!((place.posts(), place.ledger().await.is_some()), (0, false), "{name}");
    place.seed().await;
    place.nothing_is_wrong("sync").await;
    assert!(place.authenticates("sync").await, "{name}");
    assert_eq!((place.posts(), place.created(), place.minted().len()), (1, 1, 1), "{name}");
    place.leave().await;
}

/// It carries every scope, and LIST says 403: it has no user. Where it names a user, what it lacks
/// is the scope.
async fn a_list_that_is_forbidden(stage: &Stage) {
    let case = async |name: &str, identity: Presence, reason: &str| {
        let place = stage.speaking(name, Dialect { identity, ..Dialect::default() }).await;
        let forbidden = place.fault(Fault { status: Some(403), ..Fault::on(Operation::List) });
        place.tenant(json!({})).await;
        place.tenant_stalls(reason, &[&place.seed_name()]).await;
        place.ends(forbidden);
        place.token("sync", json!({})).await;
        place.nothing_is_wrong("sync").await;
        place.leave().await;
    };
    tokio::join!(
        case("forbidden-no-user", Presence::Absent, "NotAPersonalAccessToken"),
        case("forbidden-user", Presence::Both, "MissingScope"),
    );
}

#[test]
fn the_tenant_is_known_from_reply_claims_or_its_info_and_shown() {
    play(async {
        let stage = Stage::attentive().await;
        let at =
            |tenant, org, oauth_info| Dialect { tenant, org, oauth_info, ..Dialect::default() };
        use {OauthInfo as Info, Presence as At};
        tokio::join!(
            told(stage, "tenant-everywhere", at(At::Both, At::Both, Info::Missing), true, 0),
            told(stage, "tenant-in-reply", at(At::Reply, At::Reply, Info::Missing), true, 0),
            told(stage, "tenant-in-claims", at(At::Claims, At::Claims, Info::Missing), true, 0),
            told(stage, "tenant-by-info", at(At::Absent, At::Absent, Info::Full), true, 1),
            told(stage, "tenant-id-by-info", at(At::Absent, At::Both, Info::TenantIdOnly), true, 1),
            told(stage, "tenant-name-by-info", at(At::Both, At::Absent, Info::Full), true, 1),
            told(
                stage,
                "tenant-without-name",
                at(At::Absent, At::Absent, Info::TenantIdOnly),
                false,
                1
            ),
            told(stage, "tenant-id-alone", at(At::Both, At::Absent, Info::Missing), false, 1),
            told_by_nobody(stage),
            told_later(stage),
        );
    });
}

async fn told(stage: &Stage, name: &str, dialect: Dialect, named: bool, asked: usize) {
    let place = stage.speaking(name, dialect).await;
    place.declare().await;
    place.nothing_is_wrong("sync").await;
    shows_its_tenant(&place, named).await;
    assert_eq!(
        place.asked(Operation::OauthInfo) > 0,
        asked > 0,
        "{name}: asked only for what nobody else says"
    );
    place.leave().await;
}

/// Status and printed columns have name and data centre where ISC tells them.
async fn shows_its_tenant(place: &Place<'_>, named: bool) {
    let status = place.tenant_object().await.data["status"].clone();
    let id = tenant_id(place);
    assert_eq!(status["user"], json!({"id": place.user, "tenantId": id}));
    let expected = if named { json!({"name": place.name, "pod": POD}) } else { Value::Null };
    assert_eq!(status["tenant"], expected, "{}", place.name);
    let table = place.stage.kubectl(&["get", "tenant", &place.name, "-o", "wide"]);
    let column = |title: &str| {
        let (head, row) = table.split_once('\n').unwrap();
        let at = head.find(title).unwrap_or_else(|| panic!("{table}"));
        row[at..].split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!((column("ISC TENANT"), column("POD")).0 == place.name, named, "{table}");
    assert_eq!(column("POD") == POD, named, "{table}");
    assert_eq!(column("USER"), place.user, "{table}");
}

/// A tenant that says nowhere which one it is cannot be worked with; nothing is minted, and what to
/// look at is told.
async fn told_by_nobody(stage: &Stage) {
    let nowhere =
        Dialect { tenant: Presence::Absent, oauth_info: OauthInfo::Missing, ..Dialect::default() };
    let place = stage.speaking("tenant-nowhere", nowhere).await;
    place.declare().await;
    place.tenant_waits("UserUnknown", &["GET /oauth/info", &place.seed_name()]).await;
    place.refused("sync", "UserUnknown", &[]).await;
    assert_eq!((place.posts(), place.ledger().await.is_some()), (0, false));
    place.behaves(|switches| switches.dialect.oauth_info = OauthInfo::TenantIdOnly);
    place.is_looked_at().await;
    place.nothing_is_wrong("sync").await;
    // Its ledger knows it from now on, whoever stops to tell it.
    place.behaves(|switches| switches.dialect.oauth_info = OauthInfo::Missing);
    place.asked_again(Operation::Oauth, 2).await;
    place.nothing_is_wrong("sync").await;
    place.leave().await;
}

/// Whoever breaks down on the way to that knowledge is waited for.
async fn told_later(stage: &Stage) {
    let by_info = Dialect { tenant: Presence::Absent, ..Dialect::default() };
    let place = stage.speaking("tenant-later", by_info).await;
    let down = place.fault(Fault { drop: Some(When::Before), ..Fault::on(Operation::OauthInfo) });
    place.tenant(json!({})).await;
    place.tenant_waits("IscUnavailable", &["\"tenant-later\""]).await;
    place.ends(down);
    place.is_looked_at().await;
    place.token("sync", json!({})).await;
    place.nothing_is_wrong("sync").await;
    place.leave().await;
}

/// What the tenant of ISC calls itself.
fn tenant_id(place: &Place<'_>) -> String {
    use isc_simulator::TenantSpec;
    let nobody = TenantSpec { name: place.name.clone(), users: Vec::new() };
    place.stage.simulator.control().add_tenant(&nobody).tenant_id
}

#[test]
fn no_reply_of_the_token_endpoint_ends_the_process() {
    play(async {
        let stage = Stage::attentive().await;
        let before = stage.operator_pid();
        let lives = join_all(ExpiresIn::ALL.map(|form| lives(stage, form)));
        let bodies = [
            (Hostile::Html, "Invalid"),
            (Hostile::Empty, "Invalid"),
            (Hostile::Null, "Invalid"),
            (Hostile::TwoDocuments, "Invalid"),
            (Hostile::Utf16, "Invalid"),
            (Hostile::Truncated, "Invalid"),
            (Hostile::WrongShape, "Invalid"),
            (Hostile::LengthTooShort, "Invalid"),
            (Hostile::LengthTooLong, "IscUnavailable"),
            (Hostile::GzipClaim, "IscUnavailable"),
            (Hostile::NoContent, "Invalid"),
            (Hostile::PlainText, "Invalid"),
            (Hostile::AnotherApi, "Invalid"),
        ];
        let bodies = join_all(bodies.map(|(body, reason)| hostile(stage, body, reason)));
        let aside = [
            Hostile::Html,
            Hostile::Null,
            Hostile::WrongShape,
            Hostile::Truncated,
            Hostile::LengthTooLong,
        ];
        let aside = join_all(aside.map(|body| hostile_aside(stage, body)));
        tokio::join!(lives, bodies, aside);
        assert_eq!(stage.operator_pid(), before);
        let log = stage.log();
        assert!(
            !log.contains("panicked"),
            "{}",
            log.lines().find(|line| line.contains("panicked")).unwrap()
        );
    });
}

async fn lives(stage: &Stage, form: ExpiresIn) {
    let name = format!("expires-in-{form:?}").to_lowercase();
    let place = stage.speaking(&name, Dialect { expires_in: form, ..Dialect::default() }).await;
    place.declare().await;
    place.nothing_is_wrong("sync").await;
    assert!(place.authenticates("sync").await);
    assert_eq!((place.created(), place.posts()), (1, 1), "{name}");
    place.leave().await;
}

/// Nothing is minted through it, a live credential stays where it is, and all goes on once the
/// endpoint is well again.
async fn hostile(stage: &Stage, body: Hostile, reason: &str) {
    let name = format!("oauth-{body:?}").to_lowercase();
    let place = stage.place(&name).await;
    place.serve("live", json!({})).await;
    let history = place.follow("PersonalAccessToken", "live", "Ready").await;
    let fault = place.fault(Fault { body: Some(body), ..Fault::on(Operation::Oauth) });
    place.tenant_shows("False", reason).await;
    place.token("new", json!({})).await;
    place.shows("new", "False", reason).await;
    place.shows("live", "True", reason).await;
    assert_eq!((place.posts(), place.destroyed().len()), (1, 0), "{name}");
    place.ends(fault);
    place.is_looked_at().await;
    place.nothing_is_wrong("new").await;
    place.nothing_is_wrong("live").await;
    history.never_was("False");
    assert_eq!((place.created(), place.destroyed().len()), (2, 0), "{name}");
    place.leave().await;
}

/// Likewise of the endpoints that are asked only for what may be unknown.
async fn hostile_aside(stage: &Stage, body: Hostile) {
    let name = format!("aside-{body:?}").to_lowercase();
    let place = stage
        .speaking(&name, Dialect { org: Presence::Absent, ..unnamed(CheckToken::Answers) })
        .await;
    for operation in [Operation::CheckToken, Operation::OauthInfo] {
        place.fault(Fault { body: Some(body), ..Fault::on(operation) });
    }
    place.declare().await;
    place.nothing_is_wrong("sync").await;
    place.says("sync", "ScopesEffective", "Unknown", "NotReported").await;
    assert!(
        place.asked(Operation::CheckToken) > 0 && place.asked(Operation::OauthInfo) > 0,
        "{name}"
    );
    place.leave().await;
}

#[test]
fn a_changed_base_url_is_published_without_a_new_token() {
    play(async {
        let stage = Stage::attentive().await;
        let place = stage.place("moves").await;
        place.both_formats().await;
        let before = (place.secret("plain").await.unwrap(), place.secret("sdk").await.unwrap());
        let other_name = stage.simulator.tenant_url("moves").replace("127.0.0.1", "localhost");
        place.tenant(json!({"apiUrl": other_name})).await;
        place.publishes(&other_name).await;
        // With its own authority, which the Tenant names in the same change.
        let secure = stage.simulator.tenant_https_url("moves");
        place.secure_tenant(json!({"apiUrl": format!("{secure}/")})).await;
        place.publishes(&secure).await;
        place.tenant(json!({})).await;
        place.publishes(&stage.simulator.tenant_url("moves")).await;
        place.nothing_is_wrong("plain").await;
        let after = (place.secret("plain").await.unwrap(), place.secret("sdk").await.unwrap());
        assert_eq!((after, place.created(), place.posts()), (before, 2, 2));
        place.leave().await;
    });
}

#[test]
fn a_life_passes_in_any_possible_isc() {
    play(async {
        let stage = Stage::attentive().await;
        join_all((0..10).map(|number| drawn(stage, number))).await;
        assert_eq!(stage.simulator.control().violations(), []);
    });
}

/// Made, used, replaced on request and revoked. What is drawn lags as little as the stage's
/// operator was told.
async fn drawn(stage: &Stage, number: u64) {
    let drawn = Switches::drawn_from(number);
    let drawn = Switches {
        list_lag_seconds: 0,
        new_pair_delay_seconds: drawn.new_pair_delay_seconds.min(3),
        ..drawn
    };
    let place =
        stage.behaving(&format!("drawn-{number}"), |switches| *switches = drawn.clone()).await;
    let by_hand = NewToken { managed: true, ..NewToken::named(&place.user, "by the platform") };
    stage.simulator.control().create_token(&place.name, by_hand).unwrap();
    place.declare().await;
    place.nothing_is_wrong("sync").await;
    assert!(place.authenticates("sync").await, "{drawn:?}");
    let scopes = place.get("PersonalAccessToken", "sync").await.unwrap();
    assert_ne!(condition(&scopes, "ScopesEffective")["status"], "False", "{drawn:?}");
    let (old, new) = place.rotates().await;
    assert!(place.accepts(&new).await && place.accepts(&old).await, "{drawn:?}");
    place.remove("sync").await;
    let left = stage.simulator.control().tokens(&place.name).unwrap();
    assert_eq!(left.len(), 2, "the seed and that of the platform: {left:?}");
    assert!(!place.accepts(&new).await && !place.accepts(&old).await, "{drawn:?}");
    place.leave().await;
}
