//! The body of a reply: its JSON, and what a refusal says in it.
use super::error::UNEXPLAINED;
use super::headers::is_json;
use super::http::Reply;
use super::wire;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The JSON of a reply.
pub(super) fn json<T: serde::de::DeserializeOwned>(reply: &Reply) -> Result<T, &'static str> {
    if reply.body().is_empty() {
        return Err("it is empty");
    }
    if !is_json(reply) {
        return Err("it is not JSON");
    }
    serde_json::from_slice(reply.body()).map_err(|_| {
        if reply.body().starts_with(BYTE_ORDER_MARK) {
            return "its JSON begins with a byte order mark";
        }
        "its JSON is not what the API documents"
    })
}

/// ISC's explanation, short and without anything that could be a secret value.
pub(super) fn message(reply: &Reply) -> String {
    let said: wire::Fields = json(reply).unwrap_or_default();
    let said = said.explanation();
    if said.is_empty() { UNEXPLAINED.into() } else { scrub(&said.join("; ")) }
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
