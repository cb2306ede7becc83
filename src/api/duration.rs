//! Durations as users write them: one whole number and one unit, `45s`, `15m`, `24h`, `30d`.
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A duration as it was written; the text is kept so that GitOps tools see no difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Duration(
    // The form is left to the rule of each field: its message says more than a pattern can.
    #[schemars(length(max = 9))] pub String,
);

/// The text is not a duration.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0:?} is not a duration; write one whole number and one unit, as in 45s, 15m, 24h or 30d")]
pub struct NotADuration(pub String);

impl Duration {
    /// Length in seconds.
    ///
    /// # Errors
    /// When the text is not one whole number and one unit.
    pub fn seconds(&self) -> Result<u64, NotADuration> {
        seconds(&self.0).ok_or_else(|| NotADuration(self.0.clone()))
    }

    /// Length in seconds of one that is shorter than 136 years; `None`: it is longer, or no duration.
    pub fn short_seconds(&self) -> Option<u32> {
        u32::try_from(self.seconds().ok()?).ok()
    }
}

impl FromStr for Duration {
    type Err = NotADuration;

    fn from_str(text: &str) -> Result<Self, NotADuration> {
        let duration = Self(text.into());
        duration.seconds().map(|_| duration)
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Durations in CEL, whose own `duration()` knows no days.
pub mod cel {
    /// CEL that is true if a text is a duration.
    pub fn is_duration(text: &str) -> String {
        format!("{text}.matches('^[1-9][0-9]{{0,7}}[smhd]$')")
    }

    /// CEL for the length in seconds of a text that is a duration.
    pub fn seconds(text: &str) -> String {
        format!(
            "int({text}.substring(0, size({text}) - 1)) * {{'s': 1, 'm': 60, 'h': 3600, 'd': 86400}}[{text}.substring(size({text}) - 1)]"
        )
    }
}

fn seconds(text: &str) -> Option<u64> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let number = text.get(..text.len() - 1)?;
    // `parse` takes a plus sign too, and the CRD's rule allows no zero in front.
    let is_plain = number.chars().all(|digit| digit.is_ascii_digit()) && !number.starts_with('0');
    if !is_plain {
        return None;
    }
    number.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_and_one_unit() {
        for (text, expected) in
            [("45s", 45), ("15m", 900), ("24h", 86_400), ("30d", 2_592_000), ("1s", 1)]
        {
            assert_eq!(Duration(text.into()).seconds(), Ok(expected), "{text}");
        }
        for text in [
            "",
            "s",
            "1",
            "0s",
            "01m",
            "1h30m",
            "1.5h",
            "-1s",
            "+1s",
            "1 h",
            "1H",
            "99999999999999999999d",
            "1w",
        ] {
            assert!(Duration(text.into()).seconds().is_err(), "{text:?}");
        }
    }
}
