//! OpenAI's Chat Completions: what is sent, and one object of a reply, streamed or whole, as the few things of it that concern us.
//!
//! API: <https://platform.openai.com/docs/api-reference/chat> (2026-11). The oddities served here are listed, with the servers they
//! were recorded from, in `recorded/models/README.md`.

use serde_json::{Map, Value, json};

use super::chunk::{Chunk, count, finish, model, read_text};
use super::{Ask, address, content, role};
use crate::domain::completion::Usage;
use crate::domain::prompt::Message;
use crate::llm::settings::{AnswerLimit, InstructionsRole};

pub(super) fn body(ask: &Ask<'_>) -> Map<String, Value> {
    let (instructions, said) = ask.apart();
    let cache_key = ask.cache_key(&instructions);
    let mut body = ask.sampling(&[
        "temperature",
        "top_p",
        "top_k",
        "frequency_penalty",
        "presence_penalty",
        "seed",
    ]);
    let mut messages: Vec<Value> = Vec::new();
    if !instructions.is_empty() {
        let said_by = match ask.manners.instructions {
            InstructionsRole::Developer => "developer",
            InstructionsRole::System | InstructionsRole::User => "system",
        };
        messages.push(json!({ "role": said_by, "content": instructions }));
    }
    let others = said
        .iter()
        .map(|message| json!({ "role": role(message.role), "content": said_in(message) }));
    messages.extend(others);
    body.insert("model".into(), ask.model.into());
    body.insert("messages".into(), messages.into());
    body.insert("stream".into(), true.into());
    if let Some(key) = cache_key {
        body.insert("prompt_cache_key".into(), key.into());
    }
    if let Some(user) = ask.user {
        body.insert("user".into(), user.into());
    }
    body.insert("stream_options".into(), json!({ "include_usage": true }));
    let most = ask.prompt.max_answer_tokens;
    match ask.answer_limit {
        AnswerLimit::MaxTokens => body.insert("max_tokens".into(), most.into()),
        AnswerLimit::MaxCompletionTokens => {
            body.insert("max_completion_tokens".into(), most.into())
        }
        AnswerLimit::Unsent => None,
    };
    let sampling = &ask.manners.sampling;
    if !sampling.stop.is_empty() {
        body.insert("stop".into(), json!(sampling.stop));
    }
    if let Some(effort) = &sampling.reasoning_effort {
        body.insert("reasoning_effort".into(), effort.clone().into());
    }
    if let Some(tool) = ask.tool {
        body.insert(
            "tools".into(),
            json!([{ "type": "function", "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": { "type": "object", "properties": {} },
            }}]),
        );
    }
    body
}

fn said_in(message: &Message) -> Value {
    content(
        message,
        |text| json!({ "type": "text", "text": text }),
        |picture| json!({ "type": "image_url", "image_url": { "url": address(picture) } }),
    )
}

/// Reads one object. Of several choices only the first, of index 0, is ours.
pub(super) fn chunk(value: &Value) -> Chunk {
    let choices = value.get("choices").and_then(Value::as_array);
    let choice = choices
        .into_iter()
        .flatten()
        .find(|choice| is_first(choice));
    let mut chunk = Chunk {
        model: model(value),
        usage: usage(value, choice),
        ..Chunk::default()
    };
    if let Some(choice) = choice {
        chunk.finish = choice.get("finish_reason").and_then(finish);
        if let Some(message) = message(choice) {
            read_message(message, &mut chunk);
        }
    }
    chunk
}

/// Says whether an object has the shape of a completion at all.
pub(super) fn is_completion(value: &Value) -> bool {
    value.get("choices").is_some_and(Value::is_array)
}

fn is_first(choice: &Value) -> bool {
    match choice.get("index") {
        Some(Value::Number(index)) => index.as_u64() == Some(0),
        _ => true,
    }
}

/// Returns the delta or, where there is none, the message: some servers answer a request for a stream with the whole, and some put
/// the whole so far beside each delta.
fn message(choice: &Value) -> Option<&Value> {
    ["delta", "message"]
        .into_iter()
        .filter_map(|key| choice.get(key))
        .find(|message| message.is_object())
}

fn read_message(message: &Value, chunk: &mut Chunk) {
    // The same reasoning comes under both names from some gateways.
    for key in ["reasoning_content", "reasoning"] {
        if chunk.reasoning.is_empty() {
            read_text(message.get(key), &mut chunk.reasoning);
        }
    }
    match message.get("content") {
        Some(Value::Array(parts)) => {
            for part in parts {
                read_part(part, chunk);
            }
        }
        content => read_text(content, &mut chunk.text),
    }
    // A model that declines may do so in a field of its own; it is what the asker must see.
    if chunk.text.is_empty() {
        read_text(message.get("refusal"), &mut chunk.text);
    }
    chunk.calls_tool = ["tool_calls", "function_call"]
        .into_iter()
        .filter_map(|key| message.get(key))
        .any(|calls| calls.is_object() || calls.as_array().is_some_and(|calls| !calls.is_empty()));
}

/// Reads one part of a content that is a list, as `{"type":"text","text":"…"}`, or reasoning as `{"type":"thinking","thinking":…}`.
fn read_part(part: &Value, chunk: &mut Chunk) {
    if let Some(text) = part.as_str() {
        chunk.text.push_str(text);
        return;
    }
    match part.get("type").and_then(Value::as_str) {
        Some("thinking" | "reasoning") => {
            for key in ["thinking", "reasoning", "text"] {
                match part.get(key) {
                    Some(Value::Array(inner)) => {
                        for part in inner {
                            read_text(part.get("text"), &mut chunk.reasoning);
                        }
                    }
                    text => read_text(text, &mut chunk.reasoning),
                }
            }
        }
        Some("refusal") => read_text(part.get("refusal"), &mut chunk.text),
        _ => read_text(part.get("text"), &mut chunk.text),
    }
}

/// Finds the usage where OpenAI puts it, or in the choice (Moonshot), or under `x_groq`. One that counts nothing says nothing.
fn usage(value: &Value, choice: Option<&Value>) -> Option<Usage> {
    let places = [
        value.get("usage"),
        choice.and_then(|choice| choice.get("usage")),
        value.get("x_groq").and_then(|groq| groq.get("usage")),
    ];
    let usage = places
        .into_iter()
        .flatten()
        .find(|usage| usage.is_object())?;
    let usage = Usage {
        prompt_tokens: count(usage, &[&["prompt_tokens"], &["input_tokens"]]),
        completion_tokens: count(usage, &[&["completion_tokens"], &["output_tokens"]]),
        cached_tokens: count(
            usage,
            &[
                &["prompt_tokens_details", "cached_tokens"],
                &["prompt_cache_hit_tokens"],
            ],
        ),
        reasoning_tokens: count(usage, &[&["completion_tokens_details", "reasoning_tokens"]]),
    };
    (usage != Usage::default()).then_some(usage)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::chunk::{Finish, MAX_MODEL_CHARACTERS, MAX_TOKENS_REPORTED};
    use super::*;
    use crate::domain::completion::FinishReason;

    fn delta(delta: &Value) -> Chunk {
        chunk(&json!({ "choices": [{ "index": 0, "delta": delta }] }))
    }

    #[test]
    fn text_is_found_wherever_servers_put_it() {
        for content in [
            json!({ "content": "네" }),
            json!({ "role": "assistant", "content": "네", "reasoning_content": null }),
            json!({ "content": [{ "type": "text", "text": "네" }] }),
            json!({ "content": ["네"] }),
            json!({ "content": null, "refusal": "네" }),
        ] {
            assert_eq!(delta(&content).text, "네", "{content}");
        }
        let whole =
            json!({ "choices": [{ "message": { "content": "네" }, "finish_reason": "stop" }] });
        assert_eq!(chunk(&whole).text, "네");
        let cumulative = json!({ "choices": [{ "delta": { "content": "네" }, "message": { "content": "그래요? 네" } }] });
        assert_eq!(chunk(&cumulative).text, "네");
    }

    #[test]
    fn reasoning_is_kept_apart_and_taken_once() {
        for content in [
            json!({ "reasoning_content": "hm", "content": "네" }),
            json!({ "reasoning": "hm", "content": "네" }),
            json!({ "reasoning_content": "hm", "reasoning": "hm", "content": "네" }),
            json!({ "content": [{ "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }] }, { "type": "text", "text": "네" }] }),
        ] {
            let read = delta(&content);
            assert_eq!(
                (read.reasoning.as_str(), read.text.as_str()),
                ("hm", "네"),
                "{content}"
            );
        }
    }

    #[test]
    fn only_the_first_of_several_choices_is_read() {
        let value = json!({ "choices": [
            { "index": 1, "delta": { "content": "b" }, "finish_reason": "stop" },
            { "index": 0, "delta": { "content": "a" } },
        ] });
        let read = chunk(&value);
        assert_eq!((read.text.as_str(), read.finish), ("a", None));
    }

    #[test]
    fn wrong_types_and_missing_fields_say_nothing() {
        for value in [
            json!(null),
            json!([]),
            json!("hello"),
            json!({}),
            json!({ "choices": null, "usage": null, "model": 4 }),
            json!({ "choices": [], "model": "" }),
            json!({ "choices": [null, 3, "x", {}] }),
            json!({ "choices": [{ "index": 0, "delta": null, "finish_reason": null }], "usage": [] }),
            json!({ "choices": [{ "delta": { "role": "assistant", "content": null, "tool_calls": [] }, "finish_reason": "" }] }),
            json!({ "choices": [{ "delta": { "content": 7 }, "finish_reason": 3 }], "usage": { "prompt_tokens": -1 } }),
            json!({ "choices": [{ "delta": {} }], "usage": { "prompt_tokens": 0, "completion_tokens": 0 } }),
        ] {
            assert_eq!(chunk(&value), Chunk::default(), "{value}");
        }
    }

    #[test]
    fn every_reason_to_finish_is_understood() {
        let ended = |reason| Some(Finish::Ended(reason));
        for (word, expected) in [
            ("stop", ended(FinishReason::Stop)),
            ("STOP", ended(FinishReason::Stop)),
            ("end_turn", ended(FinishReason::Stop)),
            ("length", ended(FinishReason::Length)),
            ("max_tokens", ended(FinishReason::Length)),
            ("content_filter", ended(FinishReason::ContentFilter)),
            ("tool_calls", ended(FinishReason::ToolCalls)),
            ("function_call", ended(FinishReason::ToolCalls)),
            ("error", Some(Finish::Failed)),
            ("a new word", ended(FinishReason::Unsaid)),
            ("", None),
        ] {
            let value = json!({ "choices": [{ "finish_reason": word }] });
            assert_eq!(chunk(&value).finish, expected, "{word}");
        }
    }

    #[test]
    fn usage_is_found_wherever_servers_put_it() {
        let counted = json!({
            "prompt_tokens": 41, "completion_tokens": 30, "total_tokens": 71,
            "completion_tokens_details": { "reasoning_tokens": 4 },
            "prompt_tokens_details": { "cached_tokens": 25 },
        });
        let expected = Some(Usage {
            prompt_tokens: 41,
            completion_tokens: 30,
            cached_tokens: 25,
            reasoning_tokens: 4,
        });
        for value in [
            json!({ "choices": [], "usage": counted }),
            json!({ "usage": counted }),
            json!({ "choices": [{ "index": 0, "delta": {}, "usage": counted }], "usage": null }),
            json!({ "choices": [], "x_groq": { "usage": counted } }),
        ] {
            assert_eq!(chunk(&value).usage, expected, "{value}");
        }
    }

    #[test]
    fn a_count_beyond_belief_is_held_at_the_most() {
        for (reported, taken) in [
            (MAX_TOKENS_REPORTED, MAX_TOKENS_REPORTED),
            (MAX_TOKENS_REPORTED + 1, MAX_TOKENS_REPORTED),
        ] {
            let read = chunk(&json!({ "usage": { "prompt_tokens": reported } }));
            assert_eq!(read.usage.unwrap().prompt_tokens, taken);
        }
    }

    #[test]
    fn a_name_of_the_longest_length_is_kept_and_a_longer_one_cut() {
        for (length, kept) in [
            (MAX_MODEL_CHARACTERS, MAX_MODEL_CHARACTERS),
            (MAX_MODEL_CHARACTERS + 1, MAX_MODEL_CHARACTERS),
        ] {
            let read = chunk(&json!({ "model": "모".repeat(length) }));
            assert_eq!(read.model.unwrap().chars().count(), kept);
        }
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let keys = prop::sample::select(vec![
            "choices",
            "delta",
            "message",
            "content",
            "index",
            "finish_reason",
            "usage",
            "model",
            "type",
            "text",
            "thinking",
            "tool_calls",
            "prompt_tokens_details",
        ]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 48, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(keys.clone().prop_map(String::from), inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_object_whatever_its_shape_makes_it_panic(value in json_value()) {
            let _ = chunk(&value);
        }
    }
}
