//! Reads a seed from text: JSON or YAML with the two values, or the manifest of a Secret that holds
//! them.
use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::error::Error;
use super::target::checked_seed;
use crate::credential::{Credential, seed};
use crate::redacted::Redacted;

/// The keys of a seed; each value is taken over at once.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct File {
    client_id: Option<Value>,
    client_secret: Option<Value>,
    string_data: BTreeMap<String, Value>,
    data: BTreeMap<String, Value>,
}

/// A value that wipes its memory.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
struct Value(Redacted);

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(Redacted::new(text))
    }
}

/// The seed that a text holds.
///
/// # Errors
/// If it does not parse or lacks a value. What is in it is never repeated.
pub fn parse(text: &Redacted) -> Result<Credential, Error> {
    // The parser's own error would quote the text.
    let file: File = serde_saphyr::from_str(text.expose()).map_err(|_| Error::SeedSyntax)?;
    let client_id = value(file.client_id.as_ref(), seed::CLIENT_ID, &file)?;
    let client_secret = value(file.client_secret.as_ref(), seed::CLIENT_SECRET, &file)?;
    checked_seed(Some(&client_id), Some(&client_secret))
}

/// The seed of two values that stand in no file.
///
/// # Errors
/// If they are none.
pub fn of_values(client_id: &str, client_secret: &Redacted) -> Result<Credential, Error> {
    checked_seed(Some(client_id.as_bytes()), Some(client_secret.expose().as_bytes()))
}

/// As in Kubernetes, `stringData` wins over `data`.
fn value(
    plain: Option<&Value>,
    key: &'static str,
    file: &File,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    if let Some(value) = plain.or_else(|| file.string_data.get(key)) {
        return Ok(Zeroizing::new(value.0.expose().as_bytes().to_vec()));
    }
    let encoded = file.data.get(key).ok_or(Error::SeedKey(key))?;
    let decoded = STANDARD.decode(encoded.0.expose().trim());
    Ok(Zeroizing::new(decoded.map_err(|_| Error::SeedData(key))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, String), String> {
        let seed =
            parse(&Redacted::new(text.into())).map_err(|error| format!("{error} {error:?}"))?;
        Ok((seed.client_id.to_string(), seed.client_secret.expose().to_owned()))
    }

    #[test]
    fn every_form_of_a_seed_is_read() {
        for text in [
            r#"{"clientId": "0a1b", "clientSecret": "c4n4ry"}"#,
            "clientId: 0a1b\nclientSecret: c4n4ry\n",
            "kind: Secret\nmetadata: {name: s}\nstringData:\n  clientId: 0a1b\n  clientSecret: 'c4n4ry\n'\n",
            "apiVersion: v1\nkind: Secret\ndata:\n  clientId: MGExYg==\n  clientSecret: YzRuNHJ5Cg==\n",
            "stringData: {clientId: 0a1b}\ndata: {clientId: eA==, clientSecret: YzRuNHJ5}\n",
        ] {
            assert_eq!(read(text), Ok(("0a1b".into(), "c4n4ry".into())), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_without_what_is_in_it() {
        for (text, words) in [
            ("", "clientId"),
            ("c4n4ry", "neither JSON nor YAML"),
            ("{clientSecret: c4n4ry", "neither JSON nor YAML"),
            ("{clientId: 0a, clientSecret: [c4n4ry]}", "neither JSON nor YAML"),
            ("{clientSecret: c4n4ry}", "\"clientId\""),
            ("{clientId: 0a}", "\"clientSecret\""),
            ("{clientId: 0a, clientSecret: ''}", "\"clientSecret\""),
            ("{data: {clientId: c4n4ry, clientSecret: c4n4ry!}}", "\"clientId\""),
            ("{data: {clientId: MGExYg==, clientSecret: c4n4ry!}}", "is not base64"),
            ("{data: {clientId: MGExYg==, clientSecret: //4=}}", "no text in UTF-8"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(words) && !error.contains("c4n4ry"), "{text}: {error}");
        }
    }
}
