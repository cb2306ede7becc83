//! The one type that holds a secret value: it cannot be printed or serialised, and wipes its
//! memory.
use std::fmt;
use std::hash::{Hash, Hasher};

use zeroize::Zeroizing;

/// A secret value. `Debug` prints a placeholder; there is no `Display` and no `Serialize`.
///
/// It leaves this type only through [`Redacted::expose`], in the files that `tests/architecture`
/// lists: those that write a Secret, send a request to ISC, read a credential, or give a client the
/// URL of its proxy.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Redacted(Zeroizing<String>);

impl Redacted {
    /// Takes the value over; the caller keeps no copy.
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself. Never pass it to a log, an error, an event or a status.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// True if the value is these bytes.
    pub fn is_bytes(&self, bytes: &[u8]) -> bool {
        self.0.as_bytes() == bytes
    }

    /// True if there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Hash for Redacted {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expose().hash(state);
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_a_placeholder() {
        let value = Redacted::new("c4n4ry".into());
        assert_eq!(format!("{value:?} {value:#?}"), "[redacted] [redacted]");
    }
}
