//! `docs/probe.md`: the table of questions and three reports, written by the binary, and held to
//! it.
use std::fs;
use std::path::PathBuf;

use isc_simulator::{
    CheckToken, ExpiresIn, OauthInfo, Options, Presence, ReplyScope, Shown, Switches, TenantSpec,
};
use pat_operator::probe::Question;

use crate::tenant::{TENANT, Tenant};

const BEGIN: &str = "<!-- written by `make probe-doc` from here -->\n";
const END: &str = "<!-- to here -->\n";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/probe.md")
}

fn table() -> String {
    let row = |question: Question| {
        let promises: Vec<&str> =
            question.promises().iter().map(|promise| promise.name()).collect();
        format!("| `{}` | {} | {} |\n", question.id(), question.text(), promises.join(", "))
    };
    let rows: String = Question::ALL.into_iter().map(row).collect();
    format!("| id | question | rests on it |\n|---|---|---|\n{rows}")
}

/// One that tells as little as it may.
fn terse(switches: &mut Switches) {
    let dialect = &mut switches.dialect;
    dialect.reply_scope = ReplyScope::ReadWrite;
    dialect.check_token = CheckToken::Refuses401;
    dialect.expires_in = ExpiresIn::Absent;
    (dialect.identity, dialect.tenant, dialect.org) =
        (Presence::Absent, Presence::Absent, Presence::Absent);
    dialect.oauth_info = OauthInfo::TenantIdOnly;
    (dialect.list_scope, dialect.list_last_used) = (Shown::Null, Shown::Absent);
    (dialect.created_status, dialect.refused_credential_status) = (201, 400);
}

/// One that is slow, and refuses less than it should.
fn lenient(switches: &mut Switches) {
    switches.dialect.reply_scope = ReplyScope::Uncut;
    switches.dialect.expires_in = ExpiresIn::Text;
    (switches.accept_past_dates, switches.access_tokens_die_with_token) = (true, true);
    (switches.list_lag_seconds, switches.new_pair_delay_seconds) = (2, 1);
    (switches.deprecated, switches.dialect.deleted_status) = (true, 200);
}

/// The report on a tenant that answers so, as text.
fn report(edit: fn(&mut Switches)) -> String {
    let mut switches = Switches::default();
    edit(&mut switches);
    let tenants = vec![TenantSpec::named(TENANT)];
    let tenant =
        Tenant::started(Options { switches, seed: Some(1), ..Options::with_tenants(tenants) });
    let url = tenant.simulator.tenant_url(TENANT);
    let mut command = tenant.at(&url, &["--allow-loopback-http", "--yes"]);
    command.args(["--nerm-url", &format!("{url}/api")]);
    let told = tenant.run(command);
    assert!(told.out.ends_with('\n') && !told.out.is_empty(), "{told:?}");
    told.out.replace(&url, "https://acme.api.identitynow.com")
}

/// Everything between the two marks.
fn part() -> String {
    let mut part = table();
    for (title, edit) in [
        ("A tenant as it should be", (|_| {}) as fn(&mut Switches)),
        ("A tenant that tells as little as it may", terse),
        ("A tenant that is slow, and refuses less than it should", lenient),
    ] {
        part.push_str(&format!("\n## {title}\n\n```\n{}```\n", report(edit)));
    }
    part
}

#[test]
#[ignore = "`make probe-doc` runs it"]
fn writes_the_document() {
    let document = fs::read_to_string(path()).unwrap();
    let (before, rest) = document.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    fs::write(path(), format!("{before}{BEGIN}\n{}\n{END}{after}", part())).unwrap();
}

/// Times vary with the machine, and what a line says besides does not.
pub fn timeless(text: &str) -> String {
    let text = text.replace("at once", "within 1 s");
    let mut kept: Vec<&str> = Vec::new();
    for word in text.split(' ') {
        kept.push(if kept.last() == Some(&"within") { "…" } else { word });
    }
    kept.join(" ")
}

#[test]
fn the_document_says_what_the_binary_says() {
    let document = fs::read_to_string(path()).unwrap();
    let written =
        document.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).unwrap().0.trim();
    let expected = part();
    for (written, expected) in written.lines().zip(expected.trim().lines()) {
        assert_eq!(timeless(written), timeless(expected), "run `make probe-doc`");
    }
    assert_eq!(written.lines().count(), expected.trim().lines().count(), "run `make probe-doc`");
}
