//! Anthropic's Messages: what is sent, and what each event of a reply says.
//!
//! API: <https://docs.anthropic.com/en/api/messages-streaming> (2026-11). Servers that imitate it report other counts at the end than at
//! the beginning, call a cut answer `end_turn`, and put errors into OpenAI's shape (`recorded/models/README.md`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::chunk::{Chunk, finish, model, read_text, reported};
use super::{Ask, content, role};
use crate::domain::completion::Usage;
use crate::domain::prompt::Message;

/// The version of the protocol that is asked for.
pub(super) const VERSION: &str = "2023-06-01";

/// What reading one reply remembers.
#[derive(Debug, Default)]
pub(in crate::llm) struct Decoder {
    /// What was used, as far as it was reported; the beginning tells of the prompt, the end of the answer.
    usage: Counts,
}

/// The counts of a report. Tokens that came from the cache, or were put there, are not among `input`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    input: u64,
    cache_read: u64,
    cache_written: u64,
    output: u64,
}

pub(super) fn body(ask: &Ask<'_>) -> Map<String, Value> {
    let (instructions, said) = ask.apart();
    let mut body = ask.sampling(&["temperature", "top_p", "top_k"]);
    if !instructions.is_empty() {
        let mut system = Value::from(instructions);
        if ask.caches {
            keep(&mut system);
        }
        body.insert("system".into(), system);
    }
    let mut messages: Vec<Value> = said
        .iter()
        .map(|message| json!({ "role": role(message.role), "content": said_in(message) }))
        .collect();
    if ask.caches
        && let Some(last) = messages.last_mut()
    {
        // The whole conversation so far is what the next question begins with.
        keep(&mut last["content"]);
    }
    body.insert("model".into(), ask.model.into());
    body.insert("messages".into(), messages.into());
    body.insert("stream".into(), true.into());
    // It is required.
    body.insert("max_tokens".into(), ask.prompt.max_answer_tokens.into());
    if let Some(user) = ask.user {
        body.insert("metadata".into(), json!({ "user_id": user }));
    }
    if !ask.manners.sampling.stop.is_empty() {
        body.insert("stop_sequences".into(), json!(ask.manners.sampling.stop));
    }
    if let Some(tool) = ask.tool {
        body.insert(
            "tools".into(),
            json!([{ "name": tool.name, "description": tool.description, "input_schema": { "type": "object", "properties": {} } }]),
        );
    }
    body
}

fn said_in(message: &Message) -> Value {
    content(message, text_block, |picture| {
        let data = STANDARD.encode(&picture.bytes);
        let source = json!({ "type": "base64", "media_type": picture.media_type, "data": data });
        json!({ "type": "image", "source": source })
    })
}

fn text_block(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

/// Asks the server to keep the prompt up to the end of a content; only a block can say so.
fn keep(content: &mut Value) {
    if let Some(text) = content.as_str() {
        *content = vec![text_block(text)].into();
    }
    if let Some(last) = content.as_array_mut().and_then(|blocks| blocks.last_mut()) {
        last["cache_control"] = json!({ "type": "ephemeral" });
    }
}

/// Says whether an object has the shape of a whole reply.
pub(super) fn is_whole(value: &Value) -> bool {
    value.get("content").is_some_and(Value::is_array)
}

impl Decoder {
    pub(super) fn chunk(&mut self, value: &Value) -> Chunk {
        let mut chunk = Chunk::default();
        match value.get("type").and_then(Value::as_str) {
            Some("message_start") => {
                if let Some(message) = value.get("message") {
                    self.read_message(message, &mut chunk);
                }
            }
            Some("content_block_start") => read_block(value.get("content_block"), &mut chunk),
            Some("content_block_delta") => {
                if let Some(delta) = value.get("delta") {
                    read_text(delta.get("text"), &mut chunk.text);
                    read_text(delta.get("thinking"), &mut chunk.reasoning);
                }
            }
            Some("message_delta") => {
                chunk.finish = value.pointer("/delta/stop_reason").and_then(finish);
                chunk.usage = self.used(value.get("usage"));
            }
            Some("message_stop") => chunk.is_last = true,
            _ if is_whole(value) => self.read_message(value, &mut chunk),
            _ => {}
        }
        chunk
    }

    /// Reads a message, as it begins or whole.
    fn read_message(&mut self, message: &Value, chunk: &mut Chunk) {
        chunk.model = model(message);
        chunk.usage = self.used(message.get("usage"));
        chunk.finish = message.get("stop_reason").and_then(finish);
        let blocks = message.get("content").and_then(Value::as_array);
        for block in blocks.into_iter().flatten() {
            read_block(Some(block), chunk);
        }
    }

    /// Takes in a report; what it does not say is as before. One that counts nothing of the answer is not told.
    fn used(&mut self, usage: Option<&Value>) -> Option<Usage> {
        let usage = usage?;
        let counts = &mut self.usage;
        for (key, held) in [
            ("input_tokens", &mut counts.input),
            ("cache_read_input_tokens", &mut counts.cache_read),
            ("cache_creation_input_tokens", &mut counts.cache_written),
            ("output_tokens", &mut counts.output),
        ] {
            // Some report nothing at the beginning and zeros for what they do not know.
            let said = reported(usage, &[&[key]]).filter(|number| *number > 0);
            *held = said.unwrap_or(*held);
        }
        let prompt_tokens = counts.input + counts.cache_read + counts.cache_written;
        (counts.output > 0).then_some(Usage {
            prompt_tokens,
            completion_tokens: counts.output,
            cached_tokens: counts.cache_read,
            reasoning_tokens: 0,
        })
    }
}

fn read_block(block: Option<&Value>, chunk: &mut Chunk) {
    let Some(block) = block else { return };
    match block.get("type").and_then(Value::as_str) {
        Some("tool_use") => chunk.calls_tool = true,
        Some("thinking") => read_text(block.get("thinking"), &mut chunk.reasoning),
        _ => read_text(block.get("text"), &mut chunk.text),
    }
}
