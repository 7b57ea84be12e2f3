//! From bytes to what they say, in the child.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::kind::{self, Kind};
use super::outcome::{Read, Unreadable};
use super::{package, pdf, picture, plain, sheets};

/// Reads a file, keeping at most `limit_bytes` of its text.
///
/// # Errors
/// As [`Unreadable`] says; a library that panics has found the file `Broken`.
pub(super) fn extract(name: &str, bytes: &[u8], limit_bytes: usize) -> Result<Read, Unreadable> {
    // Nothing that is used here outlives a panic, so nothing can be seen half done.
    catch_unwind(AssertUnwindSafe(|| by_kind(name, bytes, limit_bytes)))
        .unwrap_or(Err(Unreadable::Broken))
}

fn by_kind(name: &str, bytes: &[u8], limit_bytes: usize) -> Result<Read, Unreadable> {
    match kind::of(name, bytes)? {
        Kind::Plain => plain::read(bytes, limit_bytes),
        Kind::Pdf => pdf::read(bytes, limit_bytes),
        Kind::Package => package::read(bytes, limit_bytes),
        Kind::Compound => sheets::read_compound(bytes, limit_bytes),
        Kind::Picture(format) => picture::read(format, bytes),
    }
}
