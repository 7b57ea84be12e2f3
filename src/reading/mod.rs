//! From the bytes of one attachment to text or a small image, in a child process that may die of it.
//!
//! Files come from people, and the parsers of PDF, office documents and images panic, recurse and allocate on files that were made to have
//! them do so. So the server parses nothing: [`read`] starts this very program again as `askwell extract`, which limits itself before it
//! reads a byte ([`serve`]), hands it the file, and believes of its answer only what it can check. What a crash costs is one file.
//!
//! The kind is decided by what a file begins with, and only then by its name; what a server says of its type is not asked. Nothing is cut
//! silently: a text that stopped early says so, and everything else is one of [`Unreadable`].
//!
//! This is a guard against faults and bombs, not a jail against code that an attacker runs: see ADR 17.

mod child;
mod confine;
mod extract;
mod gathered;
mod kind;
mod outcome;
mod package;
mod pdf;
mod pdf_fonts;
mod picture;
mod plain;
mod reader;
mod sheets;
mod wire;
mod xml;

pub use child::serve;
pub use outcome::{MediaType, Read, Unreadable};
pub use reader::{Limits, MOST_BYTES, Reader, read};
