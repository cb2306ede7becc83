//! Checks the form of a seed, whose two values a person put into a Secret, a file or variables.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::Credential;
use crate::redacted::Redacted;

/// The key of the client ID.
pub const CLIENT_ID: &str = "clientId";
/// The key of the client secret.
pub const CLIENT_SECRET: &str = "clientSecret";
/// Fewest characters of a word that counts as encoded: a short one may be there by chance.
const SHORTEST: usize = 16;

/// A fault of a seed, as the end of a sentence about the place where it is. None repeats a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// A value is absent or blank.
    #[error(
        "has no value under {0:?}; it needs clientId and clientSecret of a personal access token"
    )]
    Missing(&'static str),
    /// A value is not UTF-8.
    #[error("has a value under {0:?} that is no text in UTF-8; save it as plain text")]
    NotText(&'static str),
    /// A value begins with a byte order mark.
    #[error(
        "has a byte order mark before the value under {0:?}; save it as UTF-8 without such a mark"
    )]
    Mark(&'static str),
    /// A value stands in quotes.
    #[error("has quotes around the value under {0:?}; remove them")]
    Quoted(&'static str),
    /// A value has several lines.
    #[error("has more than one line under {0:?}; keep only the value itself")]
    Lines(&'static str),
    /// A value has a character that neither of the two can have.
    #[error(
        "has a blank, a control character or a character outside of ASCII within the value under {0:?}; copy the value again"
    )]
    Character(&'static str),
    /// A value is still base64.
    #[error(
        "has a value under {0:?} that is encoded in base64 once too often; write it plainly under stringData, or encode it only once for data"
    )]
    Encoded(&'static str),
    /// Each value has the form of the other.
    #[error("has clientId and clientSecret swapped; exchange the two values")]
    Swapped,
    /// The client ID has the form of none.
    #[error(
        "has a value under \"clientId\" that is no client ID, which has up to 40 letters, digits and dashes; check that clientId and clientSecret are not swapped"
    )]
    ClientId,
}

/// The seed of two values, without blanks at their ends.
///
/// # Errors
/// If a value is absent, or could be neither a client ID nor a client secret.
pub fn parse(client_id: Option<&[u8]>, client_secret: Option<&[u8]>) -> Result<Credential, Fault> {
    let id = text(CLIENT_ID, client_id)?;
    let secret = text(CLIENT_SECRET, client_secret)?;
    // Before any other word on the client ID: both values are misplaced.
    if !is_client_id(id) && is_pat_id(secret) {
        return Err(Fault::Swapped);
    }
    for (key, value) in [(CLIENT_ID, id), (CLIENT_SECRET, secret)] {
        if is_encoded(value) {
            return Err(Fault::Encoded(key));
        }
    }
    if !is_client_id(id) {
        return Err(Fault::ClientId);
    }
    Ok(Credential::new(id, Redacted::new(secret.to_owned())))
}

/// A value as one word of ASCII.
fn text<'a>(key: &'static str, value: Option<&'a [u8]>) -> Result<&'a str, Fault> {
    let bytes = value.ok_or(Fault::Missing(key))?;
    // `kubectl create secret --from-file` keeps the line break at the end of a file.
    let text = std::str::from_utf8(bytes).map_err(|_| Fault::NotText(key))?.trim();
    let is_quoted = |quote| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
    if text.is_empty() {
        Err(Fault::Missing(key))
    } else if text.starts_with('\u{feff}') {
        Err(Fault::Mark(key))
    } else if is_quoted('"') || is_quoted('\'') {
        Err(Fault::Quoted(key))
    } else if text.contains(['\n', '\r']) {
        Err(Fault::Lines(key))
    } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Err(Fault::Character(key))
    } else {
        Ok(text)
    }
}

/// True for base64 of a word. The values themselves have its alphabet too, and hardly ever encode
/// a word by chance.
fn is_encoded(value: &str) -> bool {
    let Ok(bytes) = STANDARD.decode(value) else { return false };
    let word = bytes.trim_ascii();
    word.len() >= SHORTEST && word.iter().all(u8::is_ascii_alphanumeric)
}

/// True for the client ID of a personal access token: 32 hexadecimal digits.
fn is_pat_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// True for the client ID of an API client, which ISC gives the form of a dashed UUID: it has no
/// user.
pub fn is_api_client(client_id: &str) -> bool {
    client_id.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

/// True for that of an API client too, a UUID: who reads the seed has a message of its own for it.
fn is_client_id(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";
    const SECRET: &str = "c4n4ry00c4n4ry00c4n4ry00c4n4ry00c4n4ry00c4n4ry00c4n4ry00c4n4ry00";

    fn fault(client_id: &[u8], client_secret: &[u8]) -> Fault {
        let fault = parse(Some(client_id), Some(client_secret)).unwrap_err();
        let words = format!("{fault} {fault:?}");
        assert!(!words.contains("c4n4ry") && !words.contains(ID), "{words}");
        fault
    }

    fn twice(text: &str) -> String {
        STANDARD.encode(text)
    }

    #[test]
    fn the_values_as_isc_gives_them_pass_with_blanks_at_their_ends() {
        for (client_id, client_secret) in [
            (ID.to_owned(), SECRET.to_owned()),
            (format!("{ID}\n"), format!(" {SECRET}\r\n")),
            ("2f5b7c1e-8a1d-4c3e-9f00-1234567890ab".to_owned(), ID.to_owned()),
            (ID.to_owned(), "x".repeat(64)),
            (ID.to_owned(), "0a".repeat(32)),
        ] {
            let seed = parse(Some(client_id.as_bytes()), Some(client_secret.as_bytes())).unwrap();
            assert_eq!(&*seed.client_id, client_id.trim());
            assert!(seed.client_secret.is_bytes(client_secret.trim().as_bytes()));
        }
    }

    #[test]
    fn an_api_client_has_a_dashed_uuid() {
        for (id, expected) in [
            ("1f2e3d4c-5b6a-4789-8abc-def012345678", true),
            ("1f2e3d4c5b6a47898abcdef012345678", false),
            ("1f2e-3d4c", false),
            ("", false),
        ] {
            assert_eq!(is_api_client(id), expected, "{id}");
        }
    }

    #[test]
    fn each_way_to_spoil_a_value_has_a_name() {
        let (id, secret) = (ID.as_bytes(), SECRET.as_bytes());
        for (spoilt, expected) in [
            (String::new(), Fault::Missing as fn(&'static str) -> Fault),
            (" \n".to_owned(), Fault::Missing),
            (format!("\u{feff}{SECRET}"), Fault::Mark),
            (format!("\"{SECRET}\""), Fault::Quoted),
            (format!("'{SECRET}'\n"), Fault::Quoted),
            (format!("{SECRET}\n{SECRET}"), Fault::Lines),
            (format!("{SECRET}\0"), Fault::Character),
            (format!("{SECRET} {SECRET}"), Fault::Character),
            (format!("{SECRET}\u{200b}"), Fault::Character),
        ] {
            assert_eq!(fault(spoilt.as_bytes(), secret), expected(CLIENT_ID), "{spoilt:?}");
            assert_eq!(fault(id, spoilt.as_bytes()), expected(CLIENT_SECRET), "{spoilt:?}");
        }
        let utf16: Vec<u8> =
            format!("\u{feff}{ID}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(fault(&utf16, secret), Fault::NotText(CLIENT_ID));
        assert_eq!(fault(id, &[0xff, 0xfe, 0x00]), Fault::NotText(CLIENT_SECRET));
        assert_eq!(parse(None, Some(secret)), Err(Fault::Missing(CLIENT_ID)));
    }

    #[test]
    fn what_is_encoded_twice_or_swapped_is_told() {
        for (client_id, client_secret, expected) in [
            (twice(ID), twice(SECRET), Fault::Encoded(CLIENT_ID)),
            (ID.to_owned(), twice(SECRET), Fault::Encoded(CLIENT_SECRET)),
            (ID.to_owned(), twice(&format!("{SECRET}\n")), Fault::Encoded(CLIENT_SECRET)),
            (SECRET.to_owned(), ID.to_owned(), Fault::Swapped),
            (SECRET.to_owned(), SECRET.to_owned(), Fault::ClientId),
            ("client_id".to_owned(), SECRET.to_owned(), Fault::ClientId),
        ] {
            assert_eq!(fault(client_id.as_bytes(), client_secret.as_bytes()), expected);
        }
    }
}
