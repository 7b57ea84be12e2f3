//! OpenAI's Responses: what is sent, and what each event of a reply says.
//!
//! API: <https://platform.openai.com/docs/api-reference/responses> (2026-11). Servers that imitate it leave out the lines with the
//! event's name, sequence numbers, items and ends of items (`recorded/models/README.md`), so only an event's own type and its text are
//! looked at: what was told bit by bit is not taken again from the whole that follows, and what was not is.

use serde_json::{Map, Value, json};

use super::chunk::{Chunk, Finish, count, finish, model, read_text};
use super::{Ask, address, content, role};
use crate::domain::completion::{FinishReason, Usage};
use crate::domain::prompt::Message;
use crate::llm::settings::{AnswerLimit, InstructionsRole};

/// What reading one reply remembers.
#[derive(Debug, Default)]
pub(in crate::llm) struct Decoder {
    text: TextSeen,
    calls_tool: bool,
}

/// Where text has come already.
#[derive(Debug, Default)]
struct TextSeen {
    /// In the part that is being written.
    in_part: bool,
    /// In the item that is being written.
    in_item: bool,
    anywhere: bool,
}

pub(super) fn body(ask: &Ask<'_>) -> Map<String, Value> {
    let (instructions, said) = ask.apart();
    let cache_key = ask.cache_key(&instructions);
    let mut body = ask.sampling(&["temperature", "top_p"]);
    let mut input: Vec<Value> = Vec::new();
    if ask.manners.instructions == InstructionsRole::Developer && !instructions.is_empty() {
        input.push(json!({ "role": "developer", "content": instructions }));
    } else if !instructions.is_empty() {
        body.insert("instructions".into(), instructions.into());
    }
    let messages = said
        .iter()
        .map(|message| json!({ "role": role(message.role), "content": said_in(message) }));
    input.extend(messages);
    body.insert("model".into(), ask.model.into());
    body.insert("input".into(), input.into());
    body.insert("stream".into(), true.into());
    if let Some(key) = cache_key {
        body.insert("prompt_cache_key".into(), key.into());
    }
    if let Some(user) = ask.user {
        body.insert("safety_identifier".into(), user.into());
    }
    // What people say is not kept at the provider beyond the answer.
    body.insert("store".into(), false.into());
    if ask.answer_limit != AnswerLimit::Unsent {
        body.insert(
            "max_output_tokens".into(),
            ask.prompt.max_answer_tokens.into(),
        );
    }
    if let Some(effort) = &ask.manners.sampling.reasoning_effort {
        body.insert("reasoning".into(), json!({ "effort": effort }));
    }
    if let Some(tool) = ask.tool {
        body.insert(
            "tools".into(),
            json!([{ "type": "function", "name": tool.name, "description": tool.description, "parameters": { "type": "object", "properties": {} } }]),
        );
    }
    body
}

fn said_in(message: &Message) -> Value {
    content(
        message,
        |text| json!({ "type": "input_text", "text": text }),
        |picture| json!({ "type": "input_image", "image_url": address(picture) }),
    )
}

/// Says whether an object has the shape of a whole reply.
pub(super) fn is_whole(value: &Value) -> bool {
    value.get("output").is_some_and(Value::is_array)
        && value.get("object").and_then(Value::as_str) != Some("list")
}

impl Decoder {
    pub(super) fn chunk(&mut self, value: &Value) -> Chunk {
        let mut chunk = Chunk::default();
        let kind = value
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match kind.strip_prefix("response.") {
            Some("output_text.delta" | "refusal.delta") => {
                read_text(value.get("delta"), &mut chunk.text);
                self.text.in_part |= !chunk.text.is_empty();
            }
            Some("reasoning_summary_text.delta" | "reasoning_text.delta" | "reasoning.delta") => {
                read_text(value.get("delta"), &mut chunk.reasoning);
            }
            Some("output_text.done" | "refusal.done") => {
                if !self.text.in_part {
                    read_text(value.get("text"), &mut chunk.text);
                    read_text(value.get("refusal"), &mut chunk.text);
                }
                self.text.in_part = false;
            }
            Some("output_item.added") => read_item(value.get("item"), &mut chunk, false),
            Some("output_item.done") => {
                read_item(value.get("item"), &mut chunk, !self.text.in_item);
                self.text.in_part = false;
            }
            Some(word) => self.read_state(word, value.get("response"), &mut chunk),
            None if is_whole(value) => self.read_response(value, &mut chunk),
            None => {}
        }
        self.text.in_item =
            kind != "response.output_item.done" && (self.text.in_item || !chunk.text.is_empty());
        self.text.anywhere |= !chunk.text.is_empty();
        self.calls_tool |= chunk.calls_tool;
        chunk
    }

    /// Reads an event about the response as a whole.
    fn read_state(&self, word: &str, response: Option<&Value>, chunk: &mut Chunk) {
        let Some(response) = response else { return };
        match word {
            "completed" | "incomplete" | "cancelled" | "failed" => {
                self.read_response(response, chunk);
                chunk.is_last = true;
            }
            _ => chunk.model = model(response),
        }
    }

    /// Reads a response that has ended. Its text is taken only where none has come before.
    fn read_response(&self, response: &Value, chunk: &mut Chunk) {
        chunk.model = model(response);
        chunk.usage = response.get("usage").and_then(usage);
        let items = response.get("output").and_then(Value::as_array);
        for item in items.into_iter().flatten() {
            read_item(Some(item), chunk, !self.text.anywhere);
        }
        chunk.finish = match response.get("status").and_then(Value::as_str) {
            Some("failed" | "cancelled") => Some(Finish::Failed),
            Some("incomplete") => response
                .pointer("/incomplete_details/reason")
                .and_then(finish)
                .or(Some(Finish::Ended(FinishReason::Unsaid))),
            _ if self.calls_tool || chunk.calls_tool => {
                Some(Finish::Ended(FinishReason::ToolCalls))
            }
            Some("completed") => Some(Finish::Ended(FinishReason::Stop)),
            _ => Some(Finish::Ended(FinishReason::Unsaid)),
        };
    }
}

/// Reads an item; its text only where it is wanted.
fn read_item(item: Option<&Value>, chunk: &mut Chunk, takes_text: bool) {
    let Some(item) = item else { return };
    match item.get("type").and_then(Value::as_str) {
        Some("function_call" | "custom_tool_call") => chunk.calls_tool = true,
        Some("message") if takes_text => {
            let parts = item.get("content").and_then(Value::as_array);
            for part in parts.into_iter().flatten() {
                read_text(part.get("text"), &mut chunk.text);
                read_text(part.get("refusal"), &mut chunk.text);
            }
        }
        Some("reasoning") if takes_text => {
            for key in ["summary", "content"] {
                let parts = item.get(key).and_then(Value::as_array);
                for part in parts.into_iter().flatten() {
                    read_text(part.get("text"), &mut chunk.reasoning);
                }
            }
        }
        _ => {}
    }
}

/// Reads what was used. A report that counts nothing says nothing.
fn usage(usage: &Value) -> Option<Usage> {
    let usage = Usage {
        prompt_tokens: count(usage, &[&["input_tokens"], &["prompt_tokens"]]),
        completion_tokens: count(usage, &[&["output_tokens"], &["completion_tokens"]]),
        cached_tokens: count(usage, &[&["input_tokens_details", "cached_tokens"]]),
        reasoning_tokens: count(usage, &[&["output_tokens_details", "reasoning_tokens"]]),
    };
    (usage != Usage::default()).then_some(usage)
}
