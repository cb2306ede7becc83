//! Makes every identifier and client secret the simulator issues, all of them recognisable in a
//! leak scan.
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use ring::digest::{SHA256, digest};
use ring::hmac;
use serde::{Deserialize, Serialize};

/// Every client secret the simulator issues begins with these 12 hex digits, so one pattern finds a
/// leak.
pub const CLIENT_SECRET_MARKER: &str = "c0ffee5ec2e7";

/// Every access token the simulator issues begins with this: its encoded JWT header.
pub const ACCESS_TOKEN_MARKER: &str = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImlzYy1zaW0iLCJ0eXAiOiJKV1QifQ.";

/// What a client signs in with: client ID (32 hex, or a dashed UUID for an API client) and client
/// secret (63–64 hex).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// The token's id, or the API client's.
    pub client_id: String,
    /// The client secret in clear text.
    pub client_secret: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({})", self.client_id)
    }
}

/// The source of identifiers: a hash over seed and counter, so that a seeded run is repeatable.
pub struct Mint {
    seed: u64,
    counter: AtomicU64,
    issued: Mutex<Vec<String>>,
    key: hmac::Key,
}

impl Mint {
    /// A source whose whole sequence is fixed by `seed`.
    pub fn new(seed: u64) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &seed.to_be_bytes());
        Self { seed, counter: AtomicU64::new(0), issued: Mutex::default(), key }
    }

    /// 64 lower-case hex digits never returned before.
    fn fresh(&self) -> String {
        let n = self.counter.fetch_add(1, Ordering::Relaxed);
        let input = [self.seed.to_be_bytes(), n.to_be_bytes()].concat();
        digest(&SHA256, &input).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// 32 lower-case hex digits: the form of token ids and identity ids.
    pub fn id(&self) -> String {
        self.fresh()[..32].to_owned()
    }

    /// A dashed UUID: the form of tenant ids and of API clients' ids.
    pub fn uuid(&self) -> String {
        let hex = self.fresh();
        format!(
            "{}-{}-4{}-8{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..32]
        )
    }

    /// A client secret of 64, now and then 63, hex digits behind [`CLIENT_SECRET_MARKER`];
    /// remembered for leak scans.
    pub fn client_secret(&self) -> String {
        let hex = self.fresh();
        let length = if hex.ends_with('0') { 51 } else { 52 };
        let value = format!("{CLIENT_SECRET_MARKER}{}", &hex[..length]);
        self.issued.lock().push(value.clone());
        value
    }

    /// All client secrets issued so far, oldest first.
    pub fn issued(&self) -> Vec<String> {
        self.issued.lock().clone()
    }

    /// The key that signs access tokens.
    pub fn key(&self) -> &hmac::Key {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_hex(text: &str) -> bool {
        text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    }

    #[test]
    fn client_secrets_carry_the_marker_and_keep_the_vendors_form() {
        let mint = Mint::new(7);
        let lengths: Vec<usize> = (0..200)
            .map(|_| mint.client_secret())
            .inspect(|s| assert!(s.starts_with(CLIENT_SECRET_MARKER) && is_hex(s)))
            .map(|s| s.len())
            .collect();
        assert!(lengths.iter().all(|n| (63..=64).contains(n)));
        assert!(lengths.contains(&63) && lengths.contains(&64));
        assert_eq!(mint.issued().len(), 200);
    }

    #[test]
    fn ids_have_the_vendors_form() {
        let mint = Mint::new(7);
        assert!(mint.id().len() == 32 && is_hex(&mint.id()));
        assert_eq!(mint.uuid().split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    }

    #[test]
    fn the_same_seed_gives_the_same_sequence() {
        assert_eq!(Mint::new(1).id(), Mint::new(1).id());
        assert_ne!(Mint::new(1).id(), Mint::new(2).id());
    }
}
