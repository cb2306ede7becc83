//! Prints on standard output, whose reader may leave before the end.
use std::io::{self, Write};

/// Prints a text. A reader that wants no more of it, such as `head`, is no error.
pub(super) fn print(text: &str) -> io::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
