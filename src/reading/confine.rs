//! The limits that the child sets itself before it reads a byte.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};

/// The memory that reading one file may take, program and all.
const MOST_MEMORY_BYTES: u64 = 512 << 20;

/// Standard input, output and error, and nothing more: neither a file nor a socket can be opened.
const MOST_DESCRIPTORS: u64 = 3;

/// What no longer can be done, or only so much of it. Nothing of it can be taken back: the hard limit goes down too.
const LIMITS: &[(Resource, u64)] = &[
    (Resource::As, MOST_MEMORY_BYTES),
    // What somebody attached is not left behind in a core file, nor in any other.
    (Resource::Core, 0),
    (Resource::Fsize, 0),
    (Resource::Nofile, MOST_DESCRIPTORS),
    // Neither threads nor processes (where it is not root's).
    (Resource::Nproc, 0),
];

/// Sets the limits of this process, and how long it may compute. The wall clock's limit is the parent's; that of computing holds also where
/// the parent was killed.
///
/// # Errors
/// When one of them cannot be set, which must end the process.
pub(super) fn confine(cpu_seconds: u64) -> io::Result<()> {
    for (resource, limit) in LIMITS {
        set(*resource, *limit, *limit)?;
    }
    // At the lower limit of CPU time the kernel sends SIGXCPU, which says why; at the upper one SIGKILL, which does not.
    set(Resource::Cpu, cpu_seconds, cpu_seconds.saturating_add(1))
}

fn set(resource: Resource, lower: u64, upper: u64) -> io::Result<()> {
    let limit = Rlimit {
        current: Some(lower),
        maximum: Some(upper),
    };
    Ok(setrlimit(resource, limit)?)
}
