//! How one model is reached and how it is asked.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use secrecy::SecretString;
use serde_json::{Map, Value};
use url::Url;

use super::protocol::Protocol;
use crate::domain::money::Price;
use crate::domain::prompt::Window;

/// The base of OpenAI's own API.
pub const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";

/// The base of Anthropic's own API.
pub const ANTHROPIC_BASE_URL: &str = "https://api.anthropic.com/v1";

/// The model asked where none is named and the base URL is OpenAI's.
pub const DEFAULT_MODEL: &str = "gpt-4o-mini";

/// How to reach a model.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The protocol its server speaks.
    pub protocol: Protocol,
    /// The base of the API, as `https://api.openai.com/v1`; trusted, because an operator wrote it.
    pub base_url: Url,
    /// Sent where there is one; of several, each in its turn, but for those that were refused or held back.
    pub api_keys: Vec<SecretString>,
    /// The model's name; where absent, the only one its server lists.
    pub model: Option<String>,
    /// How much the model can take in.
    pub window: Window,
    /// Whether it takes pictures.
    pub sees: bool,
    /// Whether its server is asked to keep prompts for the next question.
    pub caches: bool,
    /// With which its server is told who asks, without telling it who that is; where absent, it is not told.
    pub user_key: Option<SecretString>,
    /// What it costs, where the configuration says it.
    pub price: Option<Price>,
    /// What is sent beside the question, and under which names.
    pub manners: Manners,
    /// The way to its server.
    pub way: Way,
    /// From the request to the first token of the answer or its reasoning, at most.
    pub first_token_timeout: Duration,
    /// Between two chunks of the stream after that, at most.
    pub idle_timeout: Duration,
    /// For the whole completion, at most.
    pub total_timeout: Duration,
    /// Bytes of answer and reasoning text accepted, at most.
    pub max_answer_bytes: usize,
}

/// Where a server of models is, whoever of them is asked.
#[derive(Clone, Debug)]
pub struct Access {
    /// The base of the API, as `https://api.openai.com/v1`; trusted, because an operator wrote it.
    pub base_url: Url,
    /// Sent where there is one; of several, each in its turn, but for those that were refused or held back.
    pub api_keys: Vec<SecretString>,
    /// The way there.
    pub way: Way,
}

/// How pictures are drawn.
#[derive(Clone, Debug)]
pub struct ImageSettings {
    /// Where.
    pub access: Access,
    /// By which model; where absent, the server decides.
    pub model: Option<String>,
    /// How large, as `1024x1024`; where absent, the model decides.
    pub size: Option<String>,
    /// For one picture, at most.
    pub timeout: Duration,
    /// Bytes of a picture, at most.
    pub max_bytes: usize,
}

/// How recordings are written down.
#[derive(Clone, Debug)]
pub struct SpeechSettings {
    /// Where.
    pub access: Access,
    /// By which model; where absent, the server decides.
    pub model: Option<String>,
    /// In which language people speak, as `ko`; where absent, the model hears it.
    pub language: Option<String>,
    /// For one recording, at most.
    pub timeout: Duration,
    /// Bytes of a recording, at most.
    pub max_bytes: usize,
}

/// The way to a model's server.
#[derive(Clone, Debug, Default)]
pub struct Way {
    /// Sent with each request; their values may be secret.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Put into the query of each address, as Azure's `api-version` or Gemini's `key`.
    pub query: Vec<(String, SecretString)>,
    /// The header in which a key is sent as it is, as Azure's `api-key`; where absent, as the wire has it.
    pub key_header: Option<HeaderName>,
    /// The proxy, with its password; where absent, that of the environment.
    pub proxy: Option<SecretString>,
    /// A PEM file of certificate authorities trusted besides the usual ones.
    pub ca_file: Option<PathBuf>,
    /// A PEM file of our certificate and its private key.
    pub client_certificate_file: Option<PathBuf>,
}

/// What a model is sent beside the question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manners {
    /// How it chooses its words.
    pub sampling: Sampling,
    /// Under which name Chat Completions are told how long an answer may be; where absent, by the host.
    pub answer_limit: Option<AnswerLimit>,
    /// As what the instructions are sent.
    pub instructions: InstructionsRole,
    /// Whether reasoning stands in the text.
    pub reasoning: ReasoningForm,
    /// Fields put into the body as they are, in place of ours of the same name; `null` takes one out.
    pub body: Map<String, Value>,
}

/// How a model chooses its words; what is absent is the server's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sampling {
    /// From 0 to 2.
    pub temperature: Option<f64>,
    /// From 0 to 1.
    pub top_p: Option<f64>,
    /// How many tokens are chosen from; not of OpenAI's own API.
    pub top_k: Option<u32>,
    /// From -2 to 2.
    pub frequency_penalty: Option<f64>,
    /// From -2 to 2.
    pub presence_penalty: Option<f64>,
    /// What makes answers repeatable, as far as the server can.
    pub seed: Option<u64>,
    /// Texts before which an answer ends.
    pub stop: Vec<String>,
    /// As `low`, `medium` or `high`.
    pub reasoning_effort: Option<String>,
}

/// The field of Chat Completions that says how long an answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerLimit {
    /// `max_tokens`, which nearly all servers know and some models of OpenAI's refuse.
    MaxTokens,
    /// `max_completion_tokens`, which OpenAI wants and several servers ignore.
    MaxCompletionTokens,
    /// None: the server decides.
    Unsent,
}

/// As what the instructions are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InstructionsRole {
    /// As the system's.
    #[default]
    System,
    /// As the developer's, which is OpenAI's newer name.
    Developer,
    /// At the beginning of the first question, for models whose template knows no instructions.
    User,
}

/// Whether a model's reasoning stands in the text of its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReasoningForm {
    /// Where it begins with a mark that is known: `<think>` and its like, or Harmony's channels.
    #[default]
    Marked,
    /// It begins at once, without a mark, and ends with `</think>`: the mark was in the template.
    Open,
    /// Never: all text is the answer.
    Unmarked,
}
