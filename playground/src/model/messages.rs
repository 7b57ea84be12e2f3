//! Anthropic's messages: a completion as named events or as one message.
//!
//! The shapes are those of <https://docs.anthropic.com/en/docs/build-with-claude/streaming>.

use serde_json::{Value, json};

use super::block::{self, Block, Blocks, Kind};
use super::completion::{Completion, UsagePlace};
use super::failure::Failure;
use super::plan::Piece;
use super::request::Request;
use super::wire::Wire;

/// What vouches for a thought. A client sends it back and never reads it.
const SIGNATURE: &str = "EqQBCgIYAhIMc2NyaXB0ZWQ=";

/// The body of the stream.
pub(super) fn stream(completion: &Completion, request: &Request) -> Vec<Piece> {
    let messages = Messages {
        completion,
        request,
    };
    block::stream(&messages, completion)
}

/// The whole message.
pub(super) fn document(completion: &Completion, request: &Request) -> Value {
    let messages = Messages {
        completion,
        request,
    };
    let mut message = messages.message();
    let blocks = block::whole(completion);
    message["content"] = blocks.iter().map(content).collect();
    message["stop_reason"] = messages.stop_reason();
    if completion.usage_place != UsagePlace::Never {
        let output = completion.usage(request).completion;
        message["usage"] = messages.usage(output);
    }
    message
}

struct Messages<'a> {
    completion: &'a Completion,
    request: &'a Request,
}

impl Blocks for Messages<'_> {
    fn begin(&self) -> Vec<Value> {
        let mut message = self.message();
        if self.completion.usage_place != UsagePlace::Never {
            message["usage"] = self.usage(1);
        }
        vec![
            json!({"type": "message_start", "message": message}),
            json!({"type": "ping"}),
        ]
    }

    fn open(&self, index: usize, block: &Block) -> Vec<Value> {
        let mut content = content(block);
        if block.kind == Kind::Reasoning {
            content["signature"] = "".into();
        }
        vec![json!({"type": "content_block_start", "index": index, "content_block": content})]
    }

    fn grow(&self, index: usize, block: &Block, text: &str) -> Value {
        let delta = match &block.kind {
            Kind::Reasoning => json!({"type": "thinking_delta", "thinking": text}),
            Kind::Text => json!({"type": "text_delta", "text": text}),
            Kind::Call { .. } => json!({"type": "input_json_delta", "partial_json": text}),
        };
        json!({"type": "content_block_delta", "index": index, "delta": delta})
    }

    fn close(&self, index: usize, block: &Block) -> Vec<Value> {
        let stop = json!({"type": "content_block_stop", "index": index});
        if block.kind != Kind::Reasoning {
            return vec![stop];
        }
        let signature = json!({"type": "signature_delta", "signature": SIGNATURE});
        vec![
            json!({"type": "content_block_delta", "index": index, "delta": signature}),
            stop,
        ]
    }

    fn fail(&self, message: &str) -> Value {
        Failure::of_server(message).event(Wire::Messages)
    }

    fn end(&self, _blocks: &[Block], failure: Option<&str>) -> Vec<Value> {
        let mut events = Vec::new();
        if failure.is_some() {
            return events; // an error is the last event
        }
        if self.completion.finish.is_some() {
            let delta = json!({"stop_reason": self.stop_reason(), "stop_sequence": null});
            let mut event = json!({"type": "message_delta", "delta": delta});
            if self.completion.usage_place != UsagePlace::Never {
                let output = self.completion.usage(self.request).completion;
                event["usage"] = json!({"output_tokens": output});
            }
            events.push(event);
        }
        if self.completion.done {
            events.push(json!({"type": "message_stop"}));
        }
        events
    }

    fn number(&self, _event: &mut Value, _before: usize) {
        // Anthropic's events have no numbers.
    }
}

impl Messages<'_> {
    /// A message without content.
    fn message(&self) -> Value {
        json!({
            "id": format!("msg_{}", self.request.number),
            "type": "message",
            "role": "assistant",
            "model": self.completion.model_name(self.request),
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
        })
    }

    fn usage(&self, output: u64) -> Value {
        json!({
            "input_tokens": self.completion.usage(self.request).prompt,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": output,
        })
    }

    /// The finish reason in Anthropic's words; one that it has no other word for stays as the script says.
    fn stop_reason(&self) -> Value {
        match self.completion.finish.as_deref() {
            None => Value::Null,
            Some("stop") => "end_turn".into(),
            Some("length") => "max_tokens".into(),
            Some("tool_calls" | "function_call") => "tool_use".into(),
            Some("content_filter") => "refusal".into(),
            Some(other) => other.into(),
        }
    }
}

/// What a block is in the content.
fn content(block: &Block) -> Value {
    let text = &block.text;
    match &block.kind {
        Kind::Reasoning => json!({"type": "thinking", "thinking": text, "signature": SIGNATURE}),
        Kind::Text => json!({"type": "text", "text": text}),
        Kind::Call { id, name, .. } => {
            let input = serde_json::from_str(text).unwrap_or_else(|_| json!({}));
            json!({"type": "tool_use", "id": id, "name": name, "input": input})
        }
    }
}
