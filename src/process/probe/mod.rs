//! `pat-operator probe`: from flags to a target, the question whether to go on, and the report on
//! standard output.
mod error;
mod flags;
mod outcome;
mod target;

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

pub(super) use self::flags::ProbeFlags;

use self::error::Error;
use super::error_chain::report;
use super::hardening;
use super::shutdown::Signals;
use crate::probe::{self, Ended, Target};

/// Exit code 0: everything holds; 1: something does not; 2: something is unknown, or there is no
/// report.
pub(super) fn main(flags: ProbeFlags) -> ExitCode {
    match start(flags) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            report(&error);
            ExitCode::from(2)
        }
    }
}

fn start(flags: ProbeFlags) -> Result<u8, Error> {
    // Before the seed is read: memory that holds it must never be dumped (T8).
    hardening::forbid_memory_dumps()?;
    // Fails only if a provider is installed already, and then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Start)?;
    let (yes, output) = (flags.yes, flags.output);
    let target = runtime.block_on(target::read(flags))?;
    agree(&target.plan(), yes)?;
    let ended = probe_until_stopped(&runtime, target)?;
    outcome::print(ended, output)
}

/// Shows the plan, and waits for leave to carry it out.
fn agree(plan: &str, yes: bool) -> Result<(), Error> {
    // Without standard error no person reads it, and then none answers either.
    let _ = write!(io::stderr(), "{plan}");
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Error::NoTerminal);
    }
    let _ = write!(io::stderr(), "Continue? [y/N] ");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(Error::Start)?;
    let is_yes = matches!(answer.trim(), "y" | "Y" | "yes" | "Yes" | "YES");
    if is_yes { Ok(()) } else { Err(Error::Declined) }
}

/// The first signal ends the questions and has the tokens removed, the second ends at once.
fn probe_until_stopped(runtime: &Runtime, target: Target) -> Result<Ended, Error> {
    let stop = CancellationToken::new();
    runtime.block_on(async {
        let signals = Signals::listen().map_err(Error::Start)?;
        let told = async {
            stop.cancelled().await;
            let _ = writeln!(
                io::stderr(),
                "pat-operator: stopping: the probe removes its tokens; a second signal ends at once"
            );
            // For ever: this branch only reports the stop, and must not end the probe.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            ended = probe::run(target, &stop, outcome::tell) => Ok(ended),
            () = signals.obey(stop.clone()) => Err(Error::Probe(probe::Error::Stopped)),
            () = told => Err(Error::Probe(probe::Error::Stopped)),
        }
    })
}
