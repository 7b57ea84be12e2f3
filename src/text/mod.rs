//! Every sentence askwell itself says to people, in Korean and English.
//!
//! The words live in `ko/*.ftl` and `en/*.ftl` ([Fluent](https://projectfluent.org)), compiled into the binary. A sentence is a variant
//! of [`Sentence`] with typed arguments, so that no caller can misspell its name or forget an argument; tests hold the
//! two languages and the variants together. What a model writes is not ours and does not pass through here.

mod instructions;
mod language;
mod operator;
mod sentence;

pub use instructions::default_instructions;
pub use language::{Language, UnknownLanguage};
pub use operator::{Explanation, Notice, Trouble, explain, notify};
pub use sentence::{Reason, Sentence, say};
