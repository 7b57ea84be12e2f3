//! What a model writes, made into what Mattermost shows.
//!
//! Pure functions on text. On its way to a post an answer is *closed* where it is not finished, *adapted* to Mattermost's dialect,
//! *neutralised*, put into its template, and *split* into posts. Neutralising comes after adapting, so that nothing adapted can
//! undo it. What people wrote or are called is shown *inline*: harmless, closed and cut.

mod adapt;
mod adapt_inline;
mod adapt_lines;
mod adapt_signs;
mod blocks;
mod characters;
mod close;
mod fences;
mod inline;
mod links;
mod neutralise;
mod spans;
mod split;
mod tables;

pub use adapt::{Dialect, MAX_FORMULA_LINES, adapt};
pub use characters::{MAX_BLANK_LINES, MAX_INDENTATION, MAX_MARKS_PER_BASE, MAX_NESTING};
pub use close::close;
pub use inline::{ECHO_CHARS, inline};
pub use links::{LinkContext, MAX_KNOWN_HOSTS};
pub use neutralise::neutralise;
pub use split::{Limits, POST_RUNES, split};
