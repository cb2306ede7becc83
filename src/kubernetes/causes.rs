//! Errors for the log and for people: an error and its causes in one line, without what kube
//! repeats.
use std::error::Error;
use std::fmt;

/// An error, followed by each of its causes.
pub struct Causes<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        one(self.0, f)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            f.write_str(": ")?;
            one(cause, f)?;
            source = cause.source();
        }
        Ok(())
    }
}

/// kube prints an answer of the API server with all its fields.
fn one(error: &(dyn Error + 'static), f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match error.downcast_ref() {
        Some(kube::Error::Api(status)) => {
            write!(f, "{} ({} {})", status.message, status.code, status.reason)
        }
        _ => write!(f, "{error}"),
    }
}
