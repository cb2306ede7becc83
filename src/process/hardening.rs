//! Keeps the process's memory off the disk: no core files, and no other process of the same user
//! may read it (T8).
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// The kernel refused to protect the memory.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("failed to set the core file size to 0: allow the system call setrlimit")]
    CoreLimit(#[source] rustix::io::Errno),
    #[error("failed to make the process undumpable: allow the system call prctl")]
    Undumpable(#[source] rustix::io::Errno),
}

/// Takes effect for the whole process and cannot be undone without privileges. Call it before any
/// secret is read.
pub(super) fn forbid_memory_dumps() -> Result<(), Error> {
    // The hard limit too: otherwise the process could raise the soft one again.
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })
        .map_err(Error::CoreLimit)?;
    // Also covers a core pattern that pipes to a program, which the size limit does not.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(Error::Undumpable)
}
