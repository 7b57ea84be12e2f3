//! What one object of a reply says, whatever wire it came over, and the words that all wires share.
//!
//! What servers really send differs from the documentation in every field, so nothing is required and a value of the wrong type is a
//! value that is absent: only what cannot be JSON at all ends a completion.

use serde_json::Value;

use crate::domain::completion::{FinishReason, Usage};

/// Characters of a model's name that are kept.
pub(super) const MAX_MODEL_CHARACTERS: usize = 200;

/// Tokens a server may report, at most; more is held there, so that no sum of them ever overflows.
pub(in crate::llm) const MAX_TOKENS_REPORTED: u64 = 1_000_000_000;

/// What one object says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::llm) struct Chunk {
    pub(in crate::llm) model: Option<String>,
    pub(in crate::llm) reasoning: String,
    pub(in crate::llm) text: String,
    /// Whether it calls a tool, or a piece of a call is in it.
    pub(in crate::llm) calls_tool: bool,
    pub(in crate::llm) usage: Option<Usage>,
    pub(in crate::llm) finish: Option<Finish>,
    /// Whether it is the stream's own end mark.
    pub(in crate::llm) is_last: bool,
}

/// How a model says that it has finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::llm) enum Finish {
    /// It has come to an end.
    Ended(FinishReason),
    /// Its server gave up; what was written is not the whole.
    Failed,
}

/// Adds a value to a text, where it is one.
pub(super) fn read_text(value: Option<&Value>, into: &mut String) {
    if let Some(text) = value.and_then(Value::as_str) {
        into.push_str(text);
    }
}

/// Reads a word for why a model stopped, in whatever protocol's; `None` where it says nothing yet.
pub(in crate::llm) fn finish(reason: &Value) -> Option<Finish> {
    let ended = match reason.as_str()?.to_ascii_lowercase().as_str() {
        // Some servers write an empty reason in each chunk.
        "" | "null" => return None,
        // The last is Cohere's.
        "stop" | "end_turn" | "stop_sequence" | "eos" | "eos_token" | "complete" => {
            FinishReason::Stop
        }
        // The last but two is Anthropic's, for a window that is full; the last Cohere's, for the same.
        "length"
        | "max_tokens"
        | "max_output_tokens"
        | "model_context_window_exceeded"
        | "model_length"
        | "error_limit" => FinishReason::Length,
        "content_filter" | "safety" | "sensitive" | "recitation" | "refusal" => {
            FinishReason::ContentFilter
        }
        // Gemini (five), Cohere, Bedrock (two).
        "blocklist"
        | "prohibited_content"
        | "spii"
        | "image_safety"
        | "language"
        | "error_toxic"
        | "guardrail_intervened"
        | "content_filtered" => FinishReason::ContentFilter,
        "tool_calls" | "tool_use" | "function_call" => FinishReason::ToolCalls,
        // OpenRouter, Zhipu, DeepSeek, vLLM, in this order.
        "error" | "network_error" | "insufficient_system_resource" | "abort" => {
            return Some(Finish::Failed);
        }
        _ => FinishReason::Unsaid,
    };
    Some(Finish::Ended(ended))
}

/// Reads the name of the model that answers.
pub(super) fn model(value: &Value) -> Option<String> {
    model_name(value.get("model")?)
}

/// Reads a name of a model, as far as it may be shown.
pub(in crate::llm) fn model_name(value: &Value) -> Option<String> {
    let name = value.as_str()?;
    let name: String = name
        .chars()
        .filter(|character| !character.is_control())
        .take(MAX_MODEL_CHARACTERS)
        .collect();
    (!name.is_empty()).then_some(name)
}

/// Returns the first number found at one of the paths. A negative or broken number is no number.
pub(super) fn reported(usage: &Value, paths: &[&[&str]]) -> Option<u64> {
    let number = paths
        .iter()
        .filter_map(|path| path.iter().try_fold(usage, |at, key| at.get(key)))
        .find_map(Value::as_u64)?;
    Some(number.min(MAX_TOKENS_REPORTED))
}

/// Returns the first number found at one of the paths, else zero.
pub(super) fn count(usage: &Value, paths: &[&[&str]]) -> u64 {
    reported(usage, paths).unwrap_or_default()
}
