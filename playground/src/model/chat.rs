//! `OpenAI`'s chat completions: a completion as chunks or as one document.

use serde_json::{Value, json};

use super::completion::{CREATED, Completion, Part, RoleChunk, UsagePlace, is_cut};
use super::failure::Failure;
use super::plan::Piece;
use super::request::Request;
use super::wire::Wire;

/// The body of the stream.
pub(super) fn stream(completion: &Completion, request: &Request) -> Vec<Piece> {
    Chat {
        completion,
        request,
    }
    .stream()
}

/// The whole completion as one document.
pub(super) fn document(completion: &Completion, request: &Request) -> Value {
    Chat {
        completion,
        request,
    }
    .document()
}

struct Chat<'a> {
    completion: &'a Completion,
    request: &'a Request,
}

impl Chat<'_> {
    /// The body of the stream.
    fn stream(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        match self.completion.role {
            RoleChunk::Empty => {
                pieces.push(self.delta(&json!({"role": "assistant", "content": ""})));
            }
            RoleChunk::Null => {
                pieces.push(self.delta(&json!({"role": "assistant", "content": null})));
            }
            RoleChunk::Everywhere | RoleChunk::Absent => {}
        }
        let last_content = self
            .completion
            .parts
            .iter()
            .rposition(|part| matches!(part, Part::Content(_)));
        for (index, part) in self.completion.parts.iter().enumerate() {
            pieces.push(self.piece(part, Some(index) == last_content));
        }
        if !is_cut(&pieces) {
            self.close(&mut pieces);
        }
        self.completion.framed(pieces)
    }

    fn piece(&self, part: &Part, is_last_content: bool) -> Piece {
        match part {
            Part::Content(text) => {
                let mut chunk = self.chunk(&self.content(text), None);
                if is_last_content && self.completion.usage_place == UsagePlace::LastContentChunk {
                    chunk["usage"] = self.usage_json();
                }
                self.completion.event(&chunk)
            }
            Part::Delta(delta) => self.delta(delta),
            Part::Event(event) => self.completion.event(event),
            Part::Error(message) => {
                let failure = Failure::of_server(message);
                self.completion.event(&failure.event(Wire::ChatCompletions))
            }
            Part::NoChoices => {
                let mut chunk = self.chunk(&Value::Null, None);
                chunk["choices"] = json!([]);
                self.completion.event(&chunk)
            }
            Part::Raw(bytes) => Piece::Bytes(bytes.clone()),
            Part::Endless(text) => match self.delta(&self.content(text)) {
                Piece::Bytes(bytes) => Piece::Forever(bytes),
                other => other,
            },
            Part::Gate(name) => Piece::Gate(name.clone()),
            Part::Pause(pause) => Piece::Pause(*pause),
            Part::Cut(cut) => Piece::Cut(*cut),
        }
    }

    /// Finish reason, usage and `[DONE]`, as far as the script wants them.
    fn close(&self, pieces: &mut Vec<Piece>) {
        if let Some(finish) = &self.completion.finish {
            let mut chunk = self.chunk(&json!({}), Some(finish));
            if self.completion.usage_place == UsagePlace::FinishChunk {
                chunk["usage"] = self.usage_json();
            }
            pieces.push(self.completion.event(&chunk));
        }
        let choices = match self.completion.usage_place {
            UsagePlace::OwnChunk => Some(json!([])),
            UsagePlace::WhenAsked => self.request.wants_usage().then(|| json!([])),
            UsagePlace::EmptyChoice => Some(json!([{"index": 0, "delta": {}}])),
            UsagePlace::FinishChunk | UsagePlace::LastContentChunk | UsagePlace::Never => None,
        };
        if let Some(choices) = choices {
            let mut chunk = self.chunk(&Value::Null, None);
            chunk["choices"] = choices;
            chunk["usage"] = self.usage_json();
            pieces.push(self.completion.event(&chunk));
        }
        if self.completion.done {
            pieces.push(self.completion.lines(&["data: [DONE]"]));
        }
    }

    /// The whole completion as one document.
    fn document(&self) -> Value {
        let mut message = json!({"role": "assistant", "content": ""});
        for part in &self.completion.parts {
            match part {
                Part::Content(text) => join(&mut message, "content", text),
                Part::Delta(delta) => {
                    for (name, value) in delta.as_object().into_iter().flatten() {
                        match value {
                            Value::String(text) => join(&mut message, name, text),
                            other => message[name] = other.clone(),
                        }
                    }
                }
                Part::Event(_)
                | Part::Error(_)
                | Part::NoChoices
                | Part::Raw(_)
                | Part::Endless(_)
                | Part::Gate(_)
                | Part::Pause(_)
                | Part::Cut(_) => {}
            }
        }
        let mut document = json!({
            "id": format!("chatcmpl-{}", self.request.number),
            "object": "chat.completion",
            "created": CREATED,
            "model": self.completion.model_name(self.request),
            "choices": [{"index": 0, "message": message, "finish_reason": self.completion.finish}],
        });
        if self.completion.usage_place != UsagePlace::Never {
            document["usage"] = self.usage_json();
        }
        document
    }

    fn content(&self, text: &str) -> Value {
        match self.completion.role {
            RoleChunk::Everywhere => json!({"role": "assistant", "content": text}),
            RoleChunk::Empty | RoleChunk::Null | RoleChunk::Absent => json!({"content": text}),
        }
    }

    fn delta(&self, delta: &Value) -> Piece {
        self.completion.event(&self.chunk(delta, None))
    }

    fn chunk(&self, delta: &Value, finish: Option<&str>) -> Value {
        json!({
            "id": format!("chatcmpl-{}", self.request.number),
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": self.completion.model_name(self.request),
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        })
    }

    fn usage_json(&self) -> Value {
        let usage = self.completion.usage(self.request);
        json!({
            "prompt_tokens": usage.prompt,
            "completion_tokens": usage.completion,
            "total_tokens": usage.prompt + usage.completion,
        })
    }
}

/// Appends to a text of the message, which may not be there yet.
fn join(message: &mut Value, name: &str, text: &str) {
    let known = message[name].as_str().unwrap_or_default();
    message[name] = Value::String(format!("{known}{text}"));
}
