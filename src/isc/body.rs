//! The body of a reply: its JSON, and what a refusal says in it.
use super::headers::is_json;
use super::http::Reply;
use super::wire;

/// The JSON of a reply.
pub(super) fn json<T: serde::de::DeserializeOwned>(reply: &Reply) -> Result<T, &'static str> {
    if !is_json(reply) {
        return Err("it is not JSON");
    }
    serde_json::from_slice(reply.body()).map_err(|_| "its JSON is not what the API documents")
}

/// ISC's explanation, short and without anything that could be a secret value.
pub(super) fn message(reply: &Reply) -> String {
    let said: wire::Fields = json(reply).unwrap_or_default();
    let said = said.explanation();
    if said.is_empty() { "no explanation given".into() } else { scrub(&said.join("; ")) }
}

fn scrub(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().map(harmless).collect();
    let text = words.join(" ");
    let printable = text.chars().filter(|c| !c.is_control());
    printable.take(256).collect()
}

/// The word, unless it is long enough to be an access token or a client secret; a tracking id has
/// 36 characters.
fn harmless(word: &str) -> &str {
    let core = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    if core.len() > 36 { "…" } else { word }
}
