//! Language models over HTTP: tolerant decoders of what real servers send.

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
