//! Bytes as people and files write them.

use std::fmt::Write as _;

/// Writes bytes as hexadecimal digits, two for each, in lower case.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(digits, "{byte:02x}").expect("writing to a string cannot fail");
    }
    digits
}
