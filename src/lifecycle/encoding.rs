//! The ledger as the data of its Secret: one JSON document without secret values, and a data key
//! per client secret.
use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::ledger::{FORMAT, Ledger};
use crate::redacted::Redacted;

const DOCUMENT: &str = "ledger.json";
const OWN_CLIENT_SECRET: &str = "own-client-secret";
const CLIENT_SECRET_PREFIX: &str = "client-secret-";
const CHECKSUM: &str = "checksum";

/// The reason for which a ledger cannot be read. It freezes its owner (R15): nothing is minted,
/// nothing destroyed.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Error {
    /// A data key is missing.
    #[error(
        "failed to read the ledger: data key {0:?} is missing; restore the Secret from a backup"
    )]
    Missing(String),
    /// The document does not parse.
    #[error(
        "failed to read the ledger: {DOCUMENT:?} is not valid at line {line}, column {column}; restore the Secret from a backup"
    )]
    Invalid {
        /// Line of the fault.
        line: usize,
        /// Column of the fault.
        column: usize,
    },
    /// A user or another program changed it: what it says of tokens cannot be trusted.
    #[error(
        "failed to read the ledger: its content and its data key {CHECKSUM:?} do not match; restore the Secret from a backup, or remove that key if the content is right"
    )]
    Altered,
    /// A newer operator wrote it.
    #[error(
        "failed to read the ledger: its format is {0}, and this operator knows formats up to {FORMAT}; install the newer operator again"
    )]
    TooNew(u32),
    /// It does not encode.
    #[error("failed to encode the ledger")]
    Encode,
}

/// The data of the ledger's Secret.
///
/// # Errors
/// Only when the document cannot be serialised.
pub fn encode(ledger: &Ledger) -> Result<BTreeMap<String, Redacted>, Error> {
    let document = serde_json::to_string(ledger).map_err(|_| Error::Encode)?;
    let mut data = BTreeMap::from([(DOCUMENT.into(), Redacted::new(document))]);
    for entry in &ledger.entries {
        data.insert(key(entry.n), entry.client_secret.clone());
    }
    if let Some(own) = &ledger.credential {
        data.insert(OWN_CLIENT_SECRET.into(), own.client_secret.clone());
    }
    // Last, because it covers all that was put in before.
    data.insert(CHECKSUM.into(), Redacted::new(checksum(&data)));
    Ok(data)
}

/// Reads what [`encode`] wrote.
///
/// # Errors
/// Each names the data key and the remedy.
pub fn decode(data: &BTreeMap<String, Redacted>) -> Result<Ledger, Error> {
    let Some(document) = data.get(DOCUMENT) else { return Err(Error::Missing(DOCUMENT.into())) };
    let value: serde_json::Value = serde_json::from_str(document.expose()).map_err(invalid)?;
    let format = value["format"].as_u64().unwrap_or(0);
    // Before anything else is read: in a newer format any of it may mean something else.
    if format != u64::from(FORMAT) {
        return Err(Error::TooNew(u32::try_from(format).unwrap_or(u32::MAX)));
    }
    // A user who repaired the content removes this key on purpose.
    if let Some(written) = data.get(CHECKSUM)
        && *written.expose() != checksum(data)
    {
        return Err(Error::Altered);
    }
    let mut ledger: Ledger = serde_json::from_value(value).map_err(invalid)?;
    for entry in &mut ledger.entries {
        entry.client_secret = take(data, key(entry.n))?;
    }
    if let Some(own) = &mut ledger.credential {
        own.client_secret = take(data, OWN_CLIENT_SECRET.into())?;
    }
    Ok(ledger)
}

fn invalid(fault: serde_json::Error) -> Error {
    Error::Invalid { line: fault.line(), column: fault.column() }
}

/// Of all that the operator wrote: document and client secrets. Other keys do not count.
fn checksum(data: &BTreeMap<String, Redacted>) -> String {
    let mut hasher = Sha256::new();
    for (key, value) in data {
        let is_own =
            key == DOCUMENT || key == OWN_CLIENT_SECRET || key.starts_with(CLIENT_SECRET_PREFIX);
        if !is_own {
            continue;
        }
        for text in [key.as_str(), value.expose()] {
            // With its length: the end of one value cannot pass for the beginning of the next.
            hasher.update(format!("{}:", text.len()));
            hasher.update(text);
        }
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn key(n: u64) -> String {
    format!("{CLIENT_SECRET_PREFIX}{n}")
}

fn take(data: &BTreeMap<String, Redacted>, key: String) -> Result<Redacted, Error> {
    match data.get(&key) {
        Some(value) if !value.is_empty() => Ok(value.clone()),
        Some(_) | None => Err(Error::Missing(key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::sample;

    #[test]
    fn a_ledger_reads_back_and_its_document_holds_no_client_secret() {
        let ledger = sample::ledger();
        let data = encode(&ledger).unwrap();
        assert_eq!(decode(&data).unwrap(), ledger);
        for entry in &ledger.entries {
            assert!(!data[DOCUMENT].expose().contains(entry.client_secret.expose()));
        }
    }

    #[test]
    fn fields_of_a_newer_version_survive() {
        let mut data = encode(&sample::ledger()).unwrap();
        let text = data[DOCUMENT].expose().replacen('{', "{\"futureField\":{\"a\":[1]},", 1);
        data.insert(DOCUMENT.into(), Redacted::new(text));
        data.remove(CHECKSUM);
        let again = encode(&decode(&data).unwrap()).unwrap();
        assert!(again[DOCUMENT].expose().contains("\"futureField\":{\"a\":[1]}"));
    }

    #[test]
    fn a_ledger_that_was_changed_on_purpose_is_read_without_its_checksum() {
        let mut data = encode(&sample::ledger()).unwrap();
        data.insert("note".into(), Redacted::new("somebody else's".into()));
        assert!(decode(&data).is_ok());
        data.insert("client-secret-1".into(), Redacted::new("another".into()));
        assert_eq!(decode(&data), Err(Error::Altered));
        data.remove(CHECKSUM);
        assert_eq!(decode(&data).unwrap().entries[0].client_secret.expose(), "another");
    }

    #[test]
    fn unreadable_ledgers_say_why() {
        let good = encode(&sample::ledger()).unwrap();
        let with = |text: &str| BTreeMap::from([(DOCUMENT.to_owned(), Redacted::new(text.into()))]);
        let newer = good[DOCUMENT].expose().replacen("\"format\":1", "\"format\":2", 1);
        let mut lost = good.clone();
        lost.remove("client-secret-1");
        lost.remove(CHECKSUM);
        let mut another = good.clone();
        another.insert("client-secret-1".into(), Redacted::new("another".into()));
        for (what, data, expected) in [
            ("empty Secret", BTreeMap::new(), Error::Missing(DOCUMENT.into())),
            ("not JSON", with("{"), Error::Invalid { line: 1, column: 1 }),
            ("newer format", with(&newer), Error::TooNew(2)),
            ("client secret changed", another, Error::Altered),
            ("client secret gone", lost, Error::Missing("client-secret-1".into())),
        ] {
            assert_eq!(decode(&data), Err(expected), "{what}");
        }
    }
}
