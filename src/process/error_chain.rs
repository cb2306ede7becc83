//! Errors for people: the whole chain of causes in one line.
use std::error::Error;
use std::io::{self, Write};

use crate::controllers::Causes;

/// Writes an error to standard error, for as long as there is no log.
pub(super) fn report(error: &(dyn Error + 'static)) {
    // Nothing is left to do if standard error is closed.
    let _ = writeln!(io::stderr(), "pat-operator: {}", chain(error));
}

/// An error and its causes in one line.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    Causes(error).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("failed to read \"a\"")]
    struct Outer(#[source] std::fmt::Error);

    #[test]
    fn causes_follow_their_effects() {
        let text = chain(&Outer(std::fmt::Error));
        assert_eq!(text, format!("failed to read \"a\": {}", std::fmt::Error));
    }
}
