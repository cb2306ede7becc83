//! The files that may take a secret value out of its `Redacted`.
use crate::code::tokens;
use crate::files::File;

/// Each file with what it takes the value out for.
const MAY_EXPOSE: [(&str, &str); 16] = [
    ("src/isc/access_token.rs", "sends it to ISC for an access token"),
    ("src/isc/classify.rs", "checks the form of a new client secret"),
    ("src/isc/client.rs", "sends an access token to ISC"),
    ("src/isc/http.rs", "gives the client the URL of its proxy"),
    ("src/isc/nerm.rs", "sends an access token to NERM"),
    ("src/kubernetes/ledger_store.rs", "writes a ledger"),
    ("src/kubernetes/published_secret/content.rs", "looks for it in a refusal"),
    ("src/kubernetes/published_secret/mod.rs", "writes a published Secret"),
    ("src/lifecycle/encoding.rs", "reads a ledger and its checksum"),
    ("src/probe/calls.rs", "sends it to the tenant that is probed"),
    ("src/probe/made.rs", "checks the form of a new client secret"),
    ("src/probe/read/access.rs", "reads the claims of an access token"),
    ("src/probe/seed_file.rs", "parses the text of a seed, and has its values checked"),
    ("src/probe/session.rs", "sends an access token to the tenant that is probed"),
    ("src/process/proxy.rs", "checks the URL of a proxy, and shows it without its password"),
    ("src/redacted.rs", "is its home"),
];

/// Files that take values out and are not on the list, and the other way round.
pub fn problems(code: &[File]) -> Vec<String> {
    let exposing: Vec<&str> =
        code.iter().filter(|file| exposes(&file.text)).map(|file| file.path.as_str()).collect();
    let listed = MAY_EXPOSE.map(|(path, _)| path);
    let mut wrong = Vec::new();
    for path in exposing.iter().filter(|path| !listed.contains(path)) {
        wrong.push(format!("{path} takes a secret value out and is not on the list"));
    }
    for path in listed.iter().filter(|path| !exposing.contains(path)) {
        wrong.push(format!("{path} is on the list and takes no secret value out"));
    }
    wrong
}

fn exposes(source: &str) -> bool {
    tokens(source).iter().any(|token| token.text == "expose")
}

#[test]
fn a_new_place_that_takes_a_value_out_is_found() {
    let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
    let mut code: Vec<File> = MAY_EXPOSE.map(|(path, _)| file(path, "x.expose()")).into();
    assert_eq!(problems(&code), [""; 0]);
    code[0].text = "// x.expose()".into();
    code.push(file("src/a.rs", "values.map(Redacted::expose)"));
    let expected = [
        "src/a.rs takes a secret value out and is not on the list",
        "src/isc/access_token.rs is on the list and takes no secret value out",
    ];
    assert_eq!(problems(&code), expected);
}
