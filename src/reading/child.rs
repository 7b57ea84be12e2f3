//! The child's side: limited first, then reading.

use std::io::{self, Read as _};

use super::outcome::Unreadable;
use super::reader::MOST_BYTES;
use super::{confine, extract, wire};

/// Reads a file on standard input and writes on standard output what it says: `askwell extract`.
///
/// Before anything else the process limits itself, for good. So it is called once, by a process that does nothing else.
///
/// # Errors
/// When the limits cannot be set, or standard input or output fail.
pub fn serve(name: &str, limit_bytes: usize, cpu_seconds: u64) -> io::Result<()> {
    confine::confine(cpu_seconds)?;
    // What a panic would say may hold what the file says.
    std::panic::set_hook(Box::new(|_| {}));
    let mut bytes = Vec::new();
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    io::stdin()
        .lock()
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    let answer = if bytes.len() > MOST_BYTES {
        Err(Unreadable::TooLarge)
    } else {
        extract::extract(name, &bytes, limit_bytes)
    };
    wire::write(&answer, &mut io::stdout().lock())
}
