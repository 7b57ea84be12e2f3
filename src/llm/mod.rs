//! Language models over HTTP: tolerant decoders of what real servers send.
//!
//! [`ChatCompletions`] asks; its reply goes through `sse` (bytes to events), `decode` (one object to what it says) and `completion`
//! (all of them to deltas and an end), held together by `reply`. None of these waits. It comes out through `answer`, which does: it owns
//! the time-outs and the connection.
//! What a server says when it refuses is read in `error`.
//!
//! An answer is text a reader can trust to be whole or an error that says how it broke; usage is told apart from it, because it comes
//! at any time or never. What a crash costs here is one call: nothing is remembered but the name of the only model a server lists.

mod answer;
mod chat_completions;
mod client;
mod completion;
mod decode;
mod error;
#[cfg(test)]
mod recorded;
mod reply;
mod sse;

pub use chat_completions::ChatCompletions;
pub use client::client;

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

/// How to reach a model.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The base of the API, as `https://api.openai.com/v1`; trusted, because an operator wrote it.
    pub base_url: Url,
    /// Sent as a bearer token, where there is one.
    pub api_key: Option<SecretString>,
    /// The model's name; where absent, the only one its server lists.
    pub model: Option<String>,
    /// Sampling temperature; where absent, the server's own.
    pub temperature: Option<f32>,
    /// From the request to the first token of the answer or its reasoning, at most.
    pub first_token_timeout: Duration,
    /// Between two chunks of the stream after that, at most.
    pub idle_timeout: Duration,
    /// For the whole completion, at most.
    pub total_timeout: Duration,
    /// Bytes of answer and reasoning text accepted, at most.
    pub max_answer_bytes: usize,
}

/// The base of OpenAI's own API.
pub const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";

/// The model asked where none is named and the base URL is OpenAI's.
pub const DEFAULT_MODEL: &str = "gpt-4o-mini";
