//! The outcome of a probe: on standard output the report, on standard error what else there is to
//! know.
use std::io::{self, Write};

use super::error::Error;
use super::flags::Output;
use crate::probe::{self, Ended};
use crate::process::error_chain::report as tell_error;
use crate::process::standard_output;

/// One line on standard error, as the report goes to standard output.
pub(super) fn tell(what: &str) {
    let _ = writeln!(io::stderr(), "pat-operator: {what}");
}

/// Prints the report, and returns the exit code.
pub(super) fn print(ended: Ended, output: Output) -> Result<u8, Error> {
    for left in &ended.left {
        tell(&left.to_string());
    }
    let report = ended.result?;
    let text = match output {
        Output::Text => report.text(),
        Output::Json => report.json(),
    };
    standard_output::print(&text).map_err(Error::Print)?;
    if report.stopped {
        tell_error(&probe::Error::Stopped);
    }
    Ok(report.exit_code())
}
