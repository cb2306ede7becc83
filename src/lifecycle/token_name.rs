//! The name of a token in ISC: a machine part that proves whose it is, then what a person sees.
//!
//! `pat1-<installation>-<incarnation>-<resource>-<n>-<check> <display name>`, every part in base
//! 36. The machine part comes first because a cut loses the end; the checksum keeps a human name
//! from matching by accident.
use sha2::{Digest, Sha256};

use crate::api::names::TOKEN_NAME_PREFIX;

const TAG_LENGTH: usize = 8;
const CHECK_LENGTH: usize = 6;
/// Longest name that is given to ISC, in characters.
pub const MAX_LENGTH: usize = 64;

/// The content of the machine part.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MachinePart {
    /// Tag of the installation.
    pub installation: String,
    /// Tag of the ledger's incarnation.
    pub incarnation: String,
    /// Tag of the resource.
    pub resource: String,
    /// Number of the attempt.
    pub n: u64,
}

/// Eight base-36 characters (41 bits) that stand for a longer identifier.
pub fn tag(identifier: &str) -> String {
    digest(identifier, TAG_LENGTH)
}

/// The full name: machine part, a blank, and as much of the display name as fits.
pub fn encode(part: &MachinePart, display: &str) -> String {
    let body = body(part);
    let machine = format!("{body}-{}", digest(&body, CHECK_LENGTH));
    let room = MAX_LENGTH.saturating_sub(machine.len() + 1);
    let shown: String = display.chars().take(room).collect();
    let shown = shown.trim_end();
    if shown.is_empty() { machine } else { format!("{machine} {shown}") }
}

/// The machine part of a listed name; `None` for every name that this operator did not make.
pub fn parse(name: &str) -> Option<MachinePart> {
    let machine = name.split(' ').next()?;
    let (body_text, check) = machine.rsplit_once('-')?;
    let mut fields = body_text.split('-');
    let (prefix, installation, incarnation, resource, number) =
        (fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    if prefix != TOKEN_NAME_PREFIX
        || fields.next().is_some()
        || check != digest(body_text, CHECK_LENGTH)
    {
        return None;
    }
    let part = MachinePart {
        installation: installation.into(),
        incarnation: incarnation.into(),
        resource: resource.into(),
        n: u64::from_str_radix(number, 36).ok()?,
    };
    // Only as `encode` writes it: otherwise 1 and 01 would be one number.
    (body(&part) == body_text).then_some(part)
}

/// The part of a listed name that a person gave; it may have been cut.
pub fn display(name: &str) -> &str {
    name.split_once(' ').map_or("", |(_, shown)| shown)
}

fn body(part: &MachinePart) -> String {
    let MachinePart { installation, incarnation, resource, n } = part;
    format!(
        "{TOKEN_NAME_PREFIX}-{installation}-{incarnation}-{resource}-{}",
        base36(u128::from(*n), 1)
    )
}

fn digest(text: &str, length: usize) -> String {
    let bytes: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    // 120 bits are what 15 bytes have, and a u128 holds them.
    let number = bytes.iter().take(15).fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
    let mut all = base36(number, length);
    all.truncate(length);
    all
}

/// Base 36, least significant digit last, padded to `width`.
fn base36(mut number: u128, width: usize) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut digits = Vec::new();
    while number > 0 || digits.len() < width {
        digits.push(DIGITS[(number % 36) as usize]);
        number /= 36;
    }
    digits.iter().rev().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(n: u64) -> MachinePart {
        MachinePart {
            installation: tag("kube-system"),
            incarnation: tag("7f"),
            resource: tag("uid"),
            n,
        }
    }

    #[test]
    fn machine_part_leaves_room_for_a_person() {
        let name = encode(&part(36_u64.pow(6)), &"x".repeat(64));
        assert_eq!(name.len(), MAX_LENGTH);
        assert!(name.find(' ').is_some_and(|at| at <= 48), "{name}");
    }

    #[test]
    fn human_names_are_not_ours() {
        for name in
            ["", " ", "pat1", "NERM sync", "pat1-a-b-c-1-000000 x", "pat1-----", "pat1-a-b-c-1"]
        {
            assert_eq!(parse(name), None, "{name:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn every_name_reads_back(n: u64, display in "\\PC{0,70}") {
            let name = encode(&part(n), &display);
            prop_assert_eq!(parse(&name), Some(part(n)));
            prop_assert!(name.chars().count() <= MAX_LENGTH.max(name.find(' ').unwrap_or(name.len())));
        }

        #[test]
        fn a_changed_character_is_noticed(n in 0..1_000_000_u64, at in 0..40_usize, to in "[a-z0-9]") {
            let name = encode(&part(n), "");
            let mut bytes = name.clone().into_bytes();
            let at = at % bytes.len();
            bytes[at] = to.as_bytes()[0];
            let changed = String::from_utf8(bytes).unwrap();
            prop_assert!(changed == name || parse(&changed) != Some(part(n)));
        }

        #[test]
        fn arbitrary_text_is_not_ours(text in "\\PC{0,64}") {
            prop_assert_eq!(parse(&text), None);
        }
    }
}
