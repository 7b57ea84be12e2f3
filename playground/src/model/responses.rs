//! `OpenAI`'s responses: a completion as named events or as one response.
//!
//! The shapes are those of <https://platform.openai.com/docs/api-reference/responses-streaming>.

use serde_json::{Value, json};

use super::block::{self, Block, Blocks, Kind, State};
use super::completion::{CREATED, Completion, UsagePlace};
use super::failure::Failure;
use super::plan::Piece;
use super::request::Request;
use super::wire::Wire;

/// The body of the stream.
pub(super) fn stream(completion: &Completion, request: &Request) -> Vec<Piece> {
    let responses = Responses {
        completion,
        request,
    };
    block::stream(&responses, completion)
}

/// The whole response.
pub(super) fn document(completion: &Completion, request: &Request) -> Value {
    Responses {
        completion,
        request,
    }
    .ended(&block::whole(completion))
}

struct Responses<'a> {
    completion: &'a Completion,
    request: &'a Request,
}

/// Why an answer ended, as far as it was not told to its end; `stop` and the calls of tools are its end.
fn incomplete(finish: &str) -> Option<&str> {
    match finish {
        "stop" | "tool_calls" | "function_call" => None,
        "length" => Some("max_output_tokens"),
        other => Some(other),
    }
}

impl Blocks for Responses<'_> {
    fn begin(&self) -> Vec<Value> {
        let response = self.response("in_progress");
        vec![
            json!({"type": "response.created", "response": response}),
            json!({"type": "response.in_progress", "response": response}),
        ]
    }

    fn open(&self, index: usize, block: &Block) -> Vec<Value> {
        let id = self.item_id(index, block);
        let mut events = vec![json!({
            "type": "response.output_item.added",
            "output_index": index,
            "item": self.item(index, block),
        })];
        match &block.kind {
            Kind::Reasoning => events.push(json!({
                "type": "response.reasoning_summary_part.added", "item_id": id, "output_index": index,
                "summary_index": 0, "part": summary(""),
            })),
            Kind::Text => events.push(json!({
                "type": "response.content_part.added", "item_id": id, "output_index": index,
                "content_index": 0, "part": output_text(""),
            })),
            Kind::Call { .. } => {}
        }
        events
    }

    fn grow(&self, index: usize, block: &Block, text: &str) -> Value {
        let id = self.item_id(index, block);
        match &block.kind {
            Kind::Reasoning => json!({
                "type": "response.reasoning_summary_text.delta", "item_id": id, "output_index": index,
                "summary_index": 0, "delta": text,
            }),
            Kind::Text => json!({
                "type": "response.output_text.delta", "item_id": id, "output_index": index,
                "content_index": 0, "delta": text, "logprobs": [],
            }),
            Kind::Call { .. } => json!({
                "type": "response.function_call_arguments.delta", "item_id": id, "output_index": index,
                "delta": text,
            }),
        }
    }

    fn close(&self, index: usize, block: &Block) -> Vec<Value> {
        let id = self.item_id(index, block);
        let text = &block.text;
        let mut events = match &block.kind {
            Kind::Reasoning => vec![
                json!({
                    "type": "response.reasoning_summary_text.done", "item_id": id, "output_index": index,
                    "summary_index": 0, "text": text,
                }),
                json!({
                    "type": "response.reasoning_summary_part.done", "item_id": id, "output_index": index,
                    "summary_index": 0, "part": summary(text),
                }),
            ],
            Kind::Text => vec![
                json!({
                    "type": "response.output_text.done", "item_id": id, "output_index": index,
                    "content_index": 0, "text": text, "logprobs": [],
                }),
                json!({
                    "type": "response.content_part.done", "item_id": id, "output_index": index,
                    "content_index": 0, "part": output_text(text),
                }),
            ],
            Kind::Call { .. } => vec![json!({
                "type": "response.function_call_arguments.done", "item_id": id, "output_index": index,
                "arguments": text,
            })],
        };
        events.push(json!({
            "type": "response.output_item.done",
            "output_index": index,
            "item": self.item(index, block),
        }));
        events
    }

    fn fail(&self, message: &str) -> Value {
        Failure::of_server(message).event(Wire::Responses)
    }

    fn end(&self, blocks: &[Block], failure: Option<&str>) -> Vec<Value> {
        if let Some(message) = failure {
            let mut response = self.response("failed");
            response["error"] = json!({"code": "server_error", "message": message});
            return vec![json!({"type": "response.failed", "response": response})];
        }
        let Some(finish) = &self.completion.finish else {
            return Vec::new();
        };
        let name = match incomplete(finish) {
            None => "response.completed",
            Some(_) => "response.incomplete",
        };
        vec![json!({"type": name, "response": self.ended(blocks)})]
    }

    fn number(&self, event: &mut Value, before: usize) {
        event["sequence_number"] = before.into();
    }
}

impl Responses<'_> {
    /// The response at its end.
    fn ended(&self, blocks: &[Block]) -> Value {
        let reason = self.reason();
        let status = if reason.is_none() {
            "completed"
        } else {
            "incomplete"
        };
        let mut response = self.response(status);
        let items = blocks.iter().enumerate();
        let items = items.map(|(index, block)| self.item(index, block));
        response["output"] = items.collect();
        response["completed_at"] = if reason.is_none() {
            CREATED.into()
        } else {
            Value::Null
        };
        if let Some(reason) = reason {
            response["incomplete_details"] = json!({"reason": reason});
        }
        if self.completion.usage_place != UsagePlace::Never {
            response["usage"] = self.usage();
        }
        response
    }

    /// Why the answer is not whole.
    fn reason(&self) -> Option<&str> {
        self.completion.finish.as_deref().and_then(incomplete)
    }

    /// A response without output, which says back what was asked for.
    fn response(&self, status: &str) -> Value {
        let asked = &self.request.body;
        let or = |name: &str, otherwise: Value| match &asked[name] {
            Value::Null => otherwise,
            value => value.clone(),
        };
        json!({
            "id": format!("resp_{}", self.request.number),
            "object": "response",
            "created_at": CREATED,
            "status": status,
            "background": false,
            "completed_at": null,
            "error": null,
            "frequency_penalty": 0.0,
            "incomplete_details": null,
            "instructions": asked["instructions"],
            "max_output_tokens": asked["max_output_tokens"],
            "max_tool_calls": asked["max_tool_calls"],
            "model": self.completion.model_name(self.request),
            "output": [],
            "parallel_tool_calls": or("parallel_tool_calls", true.into()),
            "presence_penalty": 0.0,
            "previous_response_id": asked["previous_response_id"],
            "prompt_cache_key": asked["prompt_cache_key"],
            "reasoning": or("reasoning", json!({"effort": null, "summary": null})),
            "safety_identifier": asked["safety_identifier"],
            "service_tier": "default",
            "store": or("store", true.into()),
            "temperature": or("temperature", 1.0.into()),
            "text": or("text", json!({"format": {"type": "text"}})),
            "tool_choice": or("tool_choice", "auto".into()),
            "tools": or("tools", json!([])),
            "top_logprobs": 0,
            "top_p": or("top_p", 1.0.into()),
            "truncation": or("truncation", "disabled".into()),
            "usage": null,
            "user": asked["user"],
            "metadata": or("metadata", json!({})),
        })
    }

    /// What a block is in the output. A message and a summary have no text until they are closed.
    fn item(&self, index: usize, block: &Block) -> Value {
        let id = self.item_id(index, block);
        let text = &block.text;
        let status = match block.state {
            State::Open => "in_progress",
            State::Last if self.reason().is_some() => "incomplete",
            State::Closed | State::Last => "completed",
        };
        let parts = |part: Value| match block.state {
            State::Open => json!([]),
            State::Closed | State::Last => json!([part]),
        };
        match &block.kind {
            Kind::Reasoning => {
                json!({"id": id, "type": "reasoning", "summary": parts(summary(text))})
            }
            Kind::Text => json!({
                "id": id, "type": "message", "status": status, "content": parts(output_text(text)), "role": "assistant",
            }),
            Kind::Call {
                id: call_id, name, ..
            } => json!({
                "id": id, "type": "function_call", "status": status, "arguments": text, "call_id": call_id, "name": name,
            }),
        }
    }

    fn item_id(&self, index: usize, block: &Block) -> String {
        let prefix = match block.kind {
            Kind::Reasoning => "rs",
            Kind::Text => "msg",
            Kind::Call { .. } => "fc",
        };
        format!("{prefix}_{}_{index}", self.request.number)
    }

    fn usage(&self) -> Value {
        let usage = self.completion.usage(self.request);
        json!({
            "input_tokens": usage.prompt,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": usage.completion,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": usage.prompt + usage.completion,
        })
    }
}

fn output_text(text: &str) -> Value {
    json!({"type": "output_text", "annotations": [], "logprobs": [], "text": text})
}

fn summary(text: &str) -> Value {
    json!({"type": "summary_text", "text": text})
}
