//! What servers say when they refuse, as a [`ModelFailure`].
//!
//! The status alone is not enough: a model that is not there is a 404, a 400 or a 503, a prompt that is too long a 400 with six
//! different codes or with none, an empty account a 429 like any other. So the words are looked at first, where they are plain, and
//! the status decides the rest. The words themselves may quote what people wrote: they are read here and kept nowhere. Only the
//! error's type and code go on, cut and made printable.

use std::time::Duration;

use jiff::fmt::rfc2822;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::domain::completion::ModelFailure;
use crate::domain::time::Timestamp;
use crate::ports::{Excess, ModelError};

/// Bytes of an error's body that are read.
pub(super) const MAX_ERROR_BYTES: usize = 64 * 1024;

/// Characters of an error's type, and of its code, that are kept for the log.
const MAX_LABEL_CHARACTERS: usize = 100;

/// The longest delay taken from a server's word; a longer one is held there.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

/// Codes and types (lower case) of a prompt that does not fit: OpenAI and llama-cpp-python, llama-server, OpenAI for one string, LiteLLM.
const TOO_LONG_LABELS: [&str; 4] = [
    "context_length_exceeded",
    "exceed_context_size_error",
    "string_above_max_length",
    "context_window_exceeded",
];

/// What messages say (lower case) of a prompt that does not fit: OpenAI and vLLM, llama-server, LiteLLM, Anthropic, Mistral, Bedrock,
/// Groq, Gemini, Cohere.
const TOO_LONG_WORDS: [&str; 10] = [
    "maximum context length",
    "context size",
    "contextwindowexceeded",
    "context window",
    "prompt is too long",
    "too large for model with",
    "input is too long",
    "reduce the length of the messages",
    "input token count",
    "too many tokens: ",
];

/// What stands directly before the number of tokens that a model can take in (lower case): OpenAI and vLLM, llama-server, Anthropic, Gemini,
/// Mistral.
const MOST_TOKENS_AFTER: [&str; 5] = [
    "maximum context length is ",
    "context size (",
    " tokens > ",
    "tokens allowed (",
    "too large for model with ",
];

/// A number of tokens that is so many times what may be sent is none of what was.
const MOST_TIMES_TOO_LONG: u64 = 100;

/// Codes and types of an account that is spent: OpenAI (three), LiteLLM, DashScope.
const QUOTA_LABELS: [&str; 5] = [
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_not_active",
    "budget_exceeded",
    "arrearage",
];

/// What messages say of an account that is spent: Anthropic, DeepSeek, OpenRouter, LiteLLM.
const QUOTA_WORDS: [&str; 4] = [
    "credit balance is too low",
    "insufficient balance",
    "insufficient credits",
    "budget has been exceeded",
];

/// Codes and types of a question that a filter refused: Azure, OpenAI (two), DashScope, Azure's inner error.
const FILTER_LABELS: [&str; 5] = [
    "content_filter",
    "content_policy_violation",
    "moderation_blocked",
    "data_inspection_failed",
    "responsibleaipolicyviolation",
];

/// What messages say of a question that a filter refused: Azure, OpenRouter, LiteLLM.
const FILTER_WORDS: [&str; 3] = [
    "content management policy",
    "was flagged for",
    "contentpolicyviolation",
];

/// Codes and types of a key that is refused with another status than 401: OpenAI, LiteLLM (which looks keys up in a database that is
/// not there), Anthropic and llama-server, LiteLLM.
const KEY_LABELS: [&str; 4] = [
    "invalid_api_key",
    "no_db_connection",
    "authentication_error",
    "auth_error",
];

/// What messages say of a key that is refused: Gemini, with 400; LiteLLM.
const KEY_WORDS: [&str; 2] = ["api key not valid", "no connected db"];

/// Codes and types of a model that is not there: OpenAI and Groq, Mistral.
const UNKNOWN_LABELS: [&str; 2] = ["model_not_found", "invalid_model"];

/// What messages that speak of a model say when it is not there: Ollama, OpenAI and vLLM, LiteLLM, OpenRouter, transformers, others.
const UNKNOWN_WORDS: [&str; 7] = [
    "not found",
    "does not exist",
    "invalid model",
    "not a valid model",
    "pinned to",
    "unknown model",
    "no such model",
];

/// Codes and types of too many requests, for errors that come inside a stream, without a status.
const RATE_LABELS: [&str; 4] = [
    "rate_limit_exceeded",
    "rate_limit_error",
    "throttling_error",
    "resource_exhausted",
];

/// The words of a server about a failure, as far as they may be repeated.
#[derive(Debug, thiserror::Error)]
#[error("hear its server out (type {kind:?}, code {code:?})")]
struct Reported {
    kind: String,
    code: String,
}

/// What an error says, in lower case, whatever shape it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    kind: String,
    code: String,
    message: String,
    /// How long to wait, where the body says so.
    retry_after: Option<Duration>,
}

impl Said {
    /// Reads the body of a reply that is an error.
    pub(super) fn in_body(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => Self::in_object(&value),
            Err(_) => Self {
                message: String::from_utf8_lossy(body).to_lowercase(),
                ..Self::default()
            },
        }
    }

    /// Reads the error inside an object of a reply that began well; `None` where there is none.
    pub(super) fn in_reply(value: &Value) -> Option<Self> {
        let outer = value.get(0).unwrap_or(value);
        let is_word = |key: &str| outer.get(key).and_then(Value::as_str) == Some("error");
        let is_error = match outer.get("error") {
            // Responses say it in the event itself.
            None | Some(Value::Null | Value::Bool(false)) => is_word("object") || is_word("type"),
            Some(_) => true,
        };
        if is_error {
            return Some(Self::in_object(value));
        }
        // Responses that fail carry the reason with them.
        let response = outer.get("response")?;
        let has_failed = response.get("error").is_some_and(Value::is_object);
        has_failed.then(|| Self::in_object(response))
    }

    /// Reads an object that is known to be an error.
    pub(super) fn in_object(value: &Value) -> Self {
        // Gemini wraps the object in a list.
        let outer = value.get(0).unwrap_or(value);
        let inner = match outer.get("error") {
            Some(error @ Value::Object(_)) => error,
            _ => outer,
        };
        let first = |keys: &[&str]| {
            keys.iter()
                .filter_map(|key| inner.get(key))
                .find_map(word)
                .unwrap_or_default()
                .to_lowercase()
        };
        Self {
            kind: first(&["type", "status", "error_type"]),
            code: first(&["code"]),
            message: first(&["message", "error", "detail", "html-message", "msg"]),
            retry_after: retry_delay(inner),
        }
    }

    fn is_labelled(&self, labels: &[&str]) -> bool {
        labels
            .iter()
            .any(|label| self.kind == *label || self.code == *label)
    }

    /// Says whether it calls a parameter wrong, in OpenAI's words for it.
    pub(super) fn refuses_a_parameter(&self) -> bool {
        self.is_labelled(&[
            "unsupported_parameter",
            "unsupported_value",
            "unknown_parameter",
        ])
    }

    /// Returns where a field is named first.
    pub(super) fn place_of(&self, field: &str) -> Option<usize> {
        let is_of_a_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let message = self.message.as_bytes();
        self.message
            .match_indices(field)
            .map(|(at, _)| at)
            .find(|at| {
                let before = at.checked_sub(1).and_then(|before| message.get(before));
                let after = message.get(at + field.len());
                !before.is_some_and(is_of_a_word) && !after.is_some_and(is_of_a_word)
            })
    }

    pub(super) fn has_words(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.message.contains(word))
    }

    /// Says which failure the words alone make plain.
    fn plain(&self) -> Option<ModelFailure> {
        let about = |labels, words| self.is_labelled(labels) || self.has_words(words);
        if about(&QUOTA_LABELS, &QUOTA_WORDS) {
            Some(ModelFailure::QuotaSpent)
        } else if about(&FILTER_LABELS, &FILTER_WORDS) {
            Some(ModelFailure::Filtered)
        } else if about(&TOO_LONG_LABELS, &TOO_LONG_WORDS) {
            Some(ModelFailure::ContextTooLong)
        } else if about(&KEY_LABELS, &KEY_WORDS) {
            Some(ModelFailure::KeyRefused)
        } else if self.is_labelled(&UNKNOWN_LABELS) {
            Some(ModelFailure::ModelUnknown)
        } else if self.is_labelled(&RATE_LABELS) {
            Some(ModelFailure::RateLimited)
        } else {
            None
        }
    }

    /// Returns by how much a prompt is said to be too long.
    fn excess(&self) -> Option<Excess> {
        let most = MOST_TOKENS_AFTER
            .iter()
            .find_map(|words| number_after(&self.message, words))?;
        let could_be_sent = |number: &u64| *number > most && *number / MOST_TIMES_TOO_LONG < most;
        let sent = numbers_in(&self.message).filter(could_be_sent).max()?;
        Some(Excess { sent, most })
    }

    fn misses_model(&self) -> bool {
        // LiteLLM ends each message, whatever it is about, with "Received Model Group=…".
        let own = self.message.split("received model group").next();
        let own = own.unwrap_or_default();
        let speaks_of_model = own.contains("model") || own.contains("server is pinned");
        speaks_of_model && UNKNOWN_WORDS.iter().any(|word| own.contains(word))
    }

    /// Decides what a status and the words mean together.
    fn failure(&self, status: u16) -> ModelFailure {
        match status {
            // Nothing that is said beside these statuses changes what to do, but that a filter or an empty account may hide behind them.
            401 | 403 | 429 => match self.plain() {
                Some(failure @ (ModelFailure::QuotaSpent | ModelFailure::Filtered)) => failure,
                _ if status == 429 => ModelFailure::RateLimited,
                _ => ModelFailure::KeyRefused,
            },
            402 => ModelFailure::QuotaSpent,
            _ => self.plain().unwrap_or_else(|| self.by_status(status)),
        }
    }

    fn by_status(&self, status: u16) -> ModelFailure {
        match status {
            400 | 404 | 422 if self.misses_model() => ModelFailure::ModelUnknown,
            413 => ModelFailure::ContextTooLong,
            408 | 425 | 500.. => ModelFailure::Unavailable,
            _ => ModelFailure::RequestRefused,
        }
    }

    fn reported(&self) -> Box<dyn std::error::Error + Send + Sync> {
        Box::new(Reported {
            kind: label(&self.kind),
            code: label(&self.code),
        })
    }
}

/// Returns the number directly behind some words.
fn number_after(text: &str, words: &str) -> Option<u64> {
    let (_, rest) = text.split_once(words)?;
    numbers_in(rest.split(|c: char| !c.is_ascii_digit()).next()?).next()
}

fn numbers_in(text: &str) -> impl Iterator<Item = u64> {
    let runs = text.split(|character: char| !character.is_ascii_digit());
    runs.filter_map(|digits| digits.parse().ok())
}

/// Returns a string as it is, a number as its digits, a list of errors as its text.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(value.to_string()),
        Value::Null | Value::Bool(_) => None,
    }
}

fn label(word: &str) -> String {
    word.chars()
        // A server can put anything there, also what somebody wrote; what is no word of a protocol is not repeated.
        .filter(|character| character.is_ascii_alphanumeric() || "._-:".contains(*character))
        .take(MAX_LABEL_CHARACTERS)
        .collect()
}

/// Makes an error of a reply whose status is no success. `now` is what a date in `Retry-After` is counted from.
pub(super) fn refused(status: u16, headers: &HeaderMap, said: &Said, now: Timestamp) -> ModelError {
    ModelError {
        failure: said.failure(status),
        status: Some(status),
        retry_after: retry_after(headers, now).or(said.retry_after),
        excess: said.excess(),
        source: Some(said.reported()),
    }
}

/// Makes an error of one that came inside a reply that began as a success.
///
/// Where it says no more than that the server failed, the stream is broken: asking again may help.
pub(super) fn inside(said: &Said) -> ModelError {
    let status = said
        .code
        .parse()
        .ok()
        .filter(|code| (400..600).contains(code));
    let failure = match status {
        Some(status) => said.failure(status),
        None => said.plain().unwrap_or(ModelFailure::Broken),
    };
    ModelError {
        failure: match failure {
            ModelFailure::Unavailable => ModelFailure::Broken,
            failure => failure,
        },
        status: Some(200),
        retry_after: said.retry_after,
        excess: said.excess(),
        source: Some(said.reported()),
    }
}

/// Makes an error that needs no more words.
pub(super) fn failed(failure: ModelFailure) -> ModelError {
    ModelError {
        failure,
        status: None,
        retry_after: None,
        excess: None,
        source: None,
    }
}

/// Makes an error of what the HTTP client or a decoder said. The address asked is left out.
pub(super) fn caused(
    failure: ModelFailure,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> ModelError {
    ModelError {
        source: Some(source.into()),
        ..failed(failure)
    }
}

/// Reads `Retry-After` as seconds or as a date (RFC 9110 §10.2.3), after `retry-after-ms`, which OpenAI and Azure send beside it.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let delay = text("retry-after-ms")
        .and_then(|millis| seconds(millis, 1000.0))
        .or_else(|| {
            let value = text(RETRY_AFTER.as_str())?;
            seconds(value, 1.0).or_else(|| until(value, now))
        })?;
    Some(delay.min(MAX_RETRY_AFTER))
}

/// Reads the delay among the details of an error of Google's, as `"34.07s"` (google.rpc.RetryInfo): it sends no header.
fn retry_delay(error: &Value) -> Option<Duration> {
    let details = error.get("details")?.as_array()?;
    let mut delays = details.iter().filter_map(|detail| {
        let delay = detail.get("retryDelay")?.as_str()?;
        seconds(delay.strip_suffix('s')?, 1.0)
    });
    delays.next()
}

fn seconds(text: &str, per_second: f64) -> Option<Duration> {
    let number: f64 = text.trim().parse().ok()?;
    if number.is_nan() {
        return None;
    }
    let seconds = (number / per_second).min(MAX_RETRY_AFTER.as_secs_f64());
    Duration::try_from_secs_f64(seconds).ok()
}

fn until(date: &str, now: Timestamp) -> Option<Duration> {
    let at = rfc2822::DateTimeParser::new()
        .parse_timestamp(date.trim())
        .ok()?;
    Some(Timestamp::from_micros(at.as_microsecond()).since(now))
}

#[cfg(test)]
mod tests;
