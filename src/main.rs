//! The `pat-operator` binary; everything it does is in the library, so that tests reach it.
use std::process::ExitCode;

fn main() -> ExitCode {
    pat_operator::process::main()
}
