//! Requests by annotation: each is a time of asking, and is acted on once.
use jiff::Timestamp;
use thiserror::Error;

/// Longest part of a wrong value that the message repeats.
const SHOWN: usize = 64;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// The time as it was written: another text is another request.
    pub value: String,
    /// The time, in milliseconds since 1970.
    pub at: i64,
}

/// The value of an annotation is no request.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "annotation {annotation}: {value:?} is not a time; write an RFC 3339 time, as in 2026-11-25T12:00:00Z"
)]
pub struct NotATrigger {
    /// Name of the annotation.
    pub annotation: String,
    /// Its value, or the beginning of a long one.
    pub value: String,
}

impl Trigger {
    /// Reads the value of an annotation.
    ///
    /// # Errors
    /// When it is not an RFC 3339 time.
    pub fn read(annotation: &str, value: &str) -> Result<Self, NotATrigger> {
        match value.parse::<Timestamp>() {
            Ok(time) if has_form(value) => {
                Ok(Self { value: value.into(), at: time.as_millisecond() })
            }
            Ok(_) | Err(_) => {
                // Cut: users may write anything here, and the message becomes part of a status.
                Err(NotATrigger {
                    annotation: annotation.into(),
                    value: value.chars().take(SHOWN).collect(),
                })
            }
        }
    }
}

/// A date and a time of day, to the second.
const SECONDS: &str = "0000-00-00T00:00:00";

/// True if the text has the form of RFC 3339; jiff reads more than that.
fn has_form(text: &str) -> bool {
    let Some((whole, rest)) = text.split_at_checked(SECONDS.len()) else { return false };
    let (fraction, zone) = rest.split_at(rest.find(['Z', '+', '-']).unwrap_or(rest.len()));
    let is_zone = ["Z", "+00:00", "-00:00"].iter().any(|shape| is_shaped(zone, shape));
    is_shaped(whole, SECONDS) && is_fraction(fraction) && is_zone
}

/// True for nothing, or for a point and digits.
fn is_fraction(text: &str) -> bool {
    match text.strip_prefix('.') {
        Some(digits) => !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => text.is_empty(),
    }
}

/// True if each character is that of the shape, or a digit where that has 0.
fn is_shaped(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| fits(byte, wanted))
}

fn fits(byte: u8, wanted: u8) -> bool {
    if wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_kept_as_it_was_written() {
        for (value, at) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-25T12:00:00Z", 1_795_608_000_000),
            ("2026-11-25T13:00:00+01:00", 1_795_608_000_000),
            ("2026-11-25T12:00:00.25Z", 1_795_608_000_250),
            ("2026-11-25T12:00:00.123456789-00:00", 1_795_608_000_123),
        ] {
            assert_eq!(
                Trigger::read("a", value),
                Ok(Trigger { value: value.into(), at }),
                "{value}"
            );
        }
    }

    #[test]
    fn what_is_no_time_of_rfc_3339_is_refused_with_annotation_value_and_remedy() {
        for value in [
            "",
            "now",
            "1795608000",
            "2026-11-25",
            "2026-11-25T12:00:00",
            "2026-11-25T12:00Z",
            "2026-11-25 12:00:00Z",
            "2026-11-25T12:00:00Z ",
            "2026-11-25T12:00:00.Z",
            "2026-11-25T12:00:00,5Z",
            "2026-11-25T12:00:00+01",
            "2026-11-25T12:00:00+01:00[Europe/Berlin]",
            "2026-13-25T12:00:00Z",
            "2026-02-30T12:00:00Z",
            "2026-11-25T24:00:00Z",
            "2026-11-25T12:00:00.0000000001Z",
            "2026-11-25T12:00:0\u{e4}Z",
        ] {
            let said = Trigger::read("pat-operator.dev/rotate-requested-at", value)
                .expect_err(value)
                .to_string();
            for part in [
                "pat-operator.dev/rotate-requested-at",
                &format!("{value:?}"),
                "as in 2026-11-25T12:00:00Z",
            ] {
                assert!(said.contains(part), "{said}");
            }
        }
    }

    #[test]
    fn a_long_value_is_not_told_back_whole() {
        let said = Trigger::read("a", &"x".repeat(100_000)).expect_err("no time").to_string();
        assert!(said.len() < 200, "{}", said.len());
    }
}
