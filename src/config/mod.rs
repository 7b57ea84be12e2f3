//! How askwell is set up: as it is written, checked once, into the settings each component reads.
//!
//! Values come from the environment, from `.env` (read, never exported) and from `askwell.toml`, in this order of precedence. Everything
//! that is wrong is found in one run and said with its file, line and column, and with what to do about it. What is written for a
//! secret never prints, not even in the excerpt of a file around a mistake.
//!
//! [`mod@reference`] is the one list of keys. [`toml_file`] and [`env`] bring what is written into the form of its key ([`form`]),
//! [`check`] makes the settings of it, [`problem`] renders what is wrong. [`mod@draft`] is what is written before it is complete, and [`edit`]
//! writes into the files of people.

mod changes;
mod check;
mod document;
mod draft;
pub mod edit;
mod env;
mod fault;
mod form;
mod inputs;
mod key;
mod kind;
mod load;
mod nearest;
mod place;
mod problem;
mod raw;
pub mod reference;
mod summary;
mod toml_file;
mod words;

pub use changes::{changes, needs_a_restart};
pub use check::Observing;
pub use document::document;
pub use draft::{Draft, Drafted, Sheet, SheetNames, draft};
pub use env::{FILE_SUFFIX, MAX_SECRET_FILE_BYTES};
pub use fault::Fault;
pub use form::{MAX_ADDRESS_BYTES, MAX_FILES, MAX_SECRET_BYTES, MAX_TOKENS};
pub use inputs::{DOTENV_FILE, FileText, Inputs, MAX_FILE_BYTES};
pub use load::{Config, load};
pub use place::{Place, SourceFile};
pub use problem::{Colours, Problem, Problems};
pub use raw::Origin;
pub use summary::{in_force, summary};

#[cfg(test)]
mod tests;
