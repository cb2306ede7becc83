//! Durations as flags write them: one number and one unit.
use std::time::Duration;

/// Parses `500ms`, `45s`, `15m`, `24h` or `30d`.
pub(super) fn parse(text: &str) -> Result<Duration, Error> {
    match milliseconds(text) {
        // Zero would make a busy loop of every wait.
        Some(milliseconds) if milliseconds > 0 => Ok(Duration::from_millis(milliseconds)),
        Some(_) | None => Err(Error(text.to_owned())),
    }
}

fn milliseconds(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60 * 1_000,
        "h" => 60 * 60 * 1_000,
        "d" => 24 * 60 * 60 * 1_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// The text is not a duration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not a duration: write one whole number above 0 and one unit (s, m, h, d), like 45s or 15m"
)]
pub(super) struct Error(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_and_one_unit() {
        for (text, seconds) in
            [("45s", 45), ("15m", 900), ("24h", 86_400), ("30d", 2_592_000), ("007s", 7)]
        {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse("1500ms"), Ok(Duration::from_millis(1500)));
    }

    #[test]
    fn everything_else_is_refused() {
        let too_long = format!("{}d", u64::MAX);
        for text in [
            "", "s", "10", "0s", "1.5h", "-1s", "+1s", "1h30m", " 1s", "1 s", "1S", "1w", "é",
            &too_long,
        ] {
            assert!(parse(text).unwrap_err().to_string().contains("like 45s"), "{text}");
        }
    }
}
