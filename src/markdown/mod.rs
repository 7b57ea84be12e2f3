//! What a model writes, made into what Mattermost shows.
//!
//! Pure functions on text. On its way to a post an answer is *tidied*, *closed* where it is not finished, *adapted* to Mattermost's
//! dialect, put into its template, and made *posts*: split into parts, each of them *neutralised*. That comes last, so that nothing can
//! undo it. What people wrote or are called is shown *inline*: harmless, closed and cut.

mod adapt;
mod adapt_inline;
mod adapt_lines;
mod adapt_signs;
mod beginning;
mod blocks;
mod characters;
mod close;
mod fences;
mod files;
mod inline;
mod links;
mod neutralise;
mod posts;
mod slack;
mod spans;
mod split;
mod tables;

pub use adapt::{Dialect, MAX_FORMULA_LINES, adapt};
pub use beginning::begins_with_block;
pub use characters::{MAX_BLANK_LINES, MAX_INDENTATION, MAX_MARKS_PER_BASE, MAX_NESTING, tidy};
pub use close::close;
pub use files::{CodeBlock, code_blocks};
pub use inline::{ECHO_CHARS, inline};
pub use links::{LinkContext, MAX_KNOWN_HOSTS};
pub use neutralise::neutralise;
pub use posts::{Limits, POST_RUNES, Posts, posts};
pub use slack::without_slack_forms;
