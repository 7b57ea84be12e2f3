//! A chat completion, rendered as a stream of events or as one document.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::plan::{Cut, Piece};
use super::request::Request;

/// The time in every completion: scripted answers know no clock.
const CREATED: u64 = 1_795_351_717;

/// How many tokens a completion says it used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt: u64,
    /// Tokens of the answer.
    pub completion: u64,
}

/// Where a stream tells its usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsagePlace {
    /// In a chunk of its own with `choices: []`, only where it was asked for. This is the default.
    WhenAsked,
    /// In a chunk of its own with `choices: []`, asked for or not.
    OwnChunk,
    /// In a chunk of its own with one empty choice.
    EmptyChoice,
    /// On the chunk that carries the finish reason.
    FinishChunk,
    /// On the last chunk that carries content.
    LastContentChunk,
    /// Nowhere, also where it was asked for.
    Never,
}

/// How a stream tells the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleChunk {
    /// A first chunk of its own with `content: ""`, as `OpenAI` does. This is the default.
    Empty,
    /// A first chunk of its own with `content: null`, as llama-server does.
    Null,
    /// In every delta, as Ollama does.
    Everywhere,
    /// Not at all.
    Absent,
}

/// What ends a line of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// `\n`, as every server sends it that was recorded.
    Lf,
    /// `\r\n`.
    CrLf,
    /// `\r`.
    Cr,
}

#[derive(Debug, Clone)]
pub(super) enum Part {
    Content(String),
    Delta(Value),
    Event(Value),
    NoChoices,
    Raw(Bytes),
    Endless(String),
    Gate(String),
    Pause(Duration),
    Cut(Cut),
}

/// Everything that a script can say about a completion.
#[derive(Debug, Clone)]
pub(super) struct Completion {
    pub(super) parts: Vec<Part>,
    pub(super) finish: Option<String>,
    pub(super) usage: Option<Usage>,
    pub(super) usage_place: UsagePlace,
    pub(super) role: RoleChunk,
    pub(super) done: bool,
    pub(super) line_end: LineEnd,
    pub(super) byte_order_mark: bool,
    pub(super) chunk_size: Option<usize>,
    pub(super) model: Option<String>,
}

impl Completion {
    pub(super) fn new() -> Self {
        Self {
            parts: Vec::new(),
            finish: Some("stop".to_owned()),
            usage: None,
            usage_place: UsagePlace::WhenAsked,
            role: RoleChunk::Empty,
            done: true,
            line_end: LineEnd::Lf,
            byte_order_mark: false,
            chunk_size: None,
            model: None,
        }
    }

    /// The body of the stream.
    pub(super) fn stream(&self, request: &Request) -> Vec<Piece> {
        let mut pieces = Vec::new();
        if self.byte_order_mark {
            pieces.push(Piece::Bytes(Bytes::from_static(b"\xef\xbb\xbf")));
        }
        match self.role {
            RoleChunk::Empty => {
                pieces.push(self.delta(request, &json!({"role": "assistant", "content": ""})));
            }
            RoleChunk::Null => {
                pieces.push(self.delta(request, &json!({"role": "assistant", "content": null})));
            }
            RoleChunk::Everywhere | RoleChunk::Absent => {}
        }
        let last_content = self
            .parts
            .iter()
            .rposition(|part| matches!(part, Part::Content(_)));
        for (index, part) in self.parts.iter().enumerate() {
            pieces.push(self.piece(request, part, Some(index) == last_content));
        }
        if !matches!(pieces.last(), Some(Piece::Cut(_) | Piece::Forever(_))) {
            self.close(request, &mut pieces);
        }
        match self.chunk_size {
            Some(size) => rechunk(pieces, size),
            None => pieces,
        }
    }

    fn piece(&self, request: &Request, part: &Part, is_last_content: bool) -> Piece {
        match part {
            Part::Content(text) => {
                let mut chunk = self.chunk(request, &self.content(text), None);
                if is_last_content && self.usage_place == UsagePlace::LastContentChunk {
                    chunk["usage"] = self.usage_json(request);
                }
                self.event(&chunk)
            }
            Part::Delta(delta) => self.delta(request, delta),
            Part::Event(event) => self.event(event),
            Part::NoChoices => {
                let mut chunk = self.chunk(request, &Value::Null, None);
                chunk["choices"] = json!([]);
                self.event(&chunk)
            }
            Part::Raw(bytes) => Piece::Bytes(bytes.clone()),
            Part::Endless(text) => match self.delta(request, &self.content(text)) {
                Piece::Bytes(bytes) => Piece::Forever(bytes),
                other => other,
            },
            Part::Gate(name) => Piece::Gate(name.clone()),
            Part::Pause(pause) => Piece::Pause(*pause),
            Part::Cut(cut) => Piece::Cut(*cut),
        }
    }

    /// Finish reason, usage and `[DONE]`, as far as the script wants them.
    fn close(&self, request: &Request, pieces: &mut Vec<Piece>) {
        if let Some(finish) = &self.finish {
            let mut chunk = self.chunk(request, &json!({}), Some(finish));
            if self.usage_place == UsagePlace::FinishChunk {
                chunk["usage"] = self.usage_json(request);
            }
            pieces.push(self.event(&chunk));
        }
        let choices = match self.usage_place {
            UsagePlace::OwnChunk => Some(json!([])),
            UsagePlace::WhenAsked => request.wants_usage().then(|| json!([])),
            UsagePlace::EmptyChoice => Some(json!([{"index": 0, "delta": {}}])),
            UsagePlace::FinishChunk | UsagePlace::LastContentChunk | UsagePlace::Never => None,
        };
        if let Some(choices) = choices {
            let mut chunk = self.chunk(request, &Value::Null, None);
            chunk["choices"] = choices;
            chunk["usage"] = self.usage_json(request);
            pieces.push(self.event(&chunk));
        }
        if self.done {
            pieces.push(self.line("data: [DONE]"));
        }
    }

    /// The whole completion as one document, after the waits of the script.
    pub(super) fn document(&self, request: &Request) -> Value {
        let mut message = json!({"role": "assistant", "content": ""});
        for part in &self.parts {
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
                | Part::NoChoices
                | Part::Raw(_)
                | Part::Endless(_)
                | Part::Gate(_)
                | Part::Pause(_)
                | Part::Cut(_) => {}
            }
        }
        let mut document = json!({
            "id": format!("chatcmpl-{}", request.number),
            "object": "chat.completion",
            "created": CREATED,
            "model": self.model_name(request),
            "choices": [{"index": 0, "message": message, "finish_reason": self.finish}],
        });
        if self.usage_place != UsagePlace::Never {
            document["usage"] = self.usage_json(request);
        }
        document
    }

    /// The waits of the script, which a document has all before its first byte.
    pub(super) fn waits(&self) -> Vec<Piece> {
        let waits = self.parts.iter().filter_map(|part| match part {
            Part::Gate(name) => Some(Piece::Gate(name.clone())),
            Part::Pause(pause) => Some(Piece::Pause(*pause)),
            _ => None,
        });
        waits.collect()
    }

    /// The cut of the script, where there is one.
    pub(super) fn cut(&self) -> Option<Cut> {
        self.parts.iter().find_map(|part| match part {
            Part::Cut(cut) => Some(*cut),
            _ => None,
        })
    }

    /// The first object that the script puts in the stream in place of a chunk: an error, mostly.
    pub(super) fn first_event(&self) -> Option<&Value> {
        self.parts.iter().find_map(|part| match part {
            Part::Event(event) => Some(event),
            _ => None,
        })
    }

    pub(super) fn is_endless(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, Part::Endless(_)))
    }

    fn model_name<'a>(&'a self, request: &'a Request) -> &'a str {
        self.model.as_deref().unwrap_or(request.model())
    }

    fn content(&self, text: &str) -> Value {
        match self.role {
            RoleChunk::Everywhere => json!({"role": "assistant", "content": text}),
            RoleChunk::Empty | RoleChunk::Null | RoleChunk::Absent => json!({"content": text}),
        }
    }

    fn delta(&self, request: &Request, delta: &Value) -> Piece {
        self.event(&self.chunk(request, delta, None))
    }

    fn chunk(&self, request: &Request, delta: &Value, finish: Option<&str>) -> Value {
        json!({
            "id": format!("chatcmpl-{}", request.number),
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": self.model_name(request),
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        })
    }

    fn usage_json(&self, request: &Request) -> Value {
        let usage = self.usage.unwrap_or_else(|| self.counted(request));
        json!({
            "prompt_tokens": usage.prompt,
            "completion_tokens": usage.completion,
            "total_tokens": usage.prompt + usage.completion,
        })
    }

    /// A token a word of the prompt and a token a delta of the answer: plausible, and easy to work out in a test.
    fn counted(&self, request: &Request) -> Usage {
        let messages = request.messages();
        let words = messages
            .iter()
            .map(|(_, text)| text.split_whitespace().count());
        let deltas = self
            .parts
            .iter()
            .filter(|part| matches!(part, Part::Content(_)));
        Usage {
            prompt: words.sum::<usize>() as u64,
            completion: deltas.count() as u64,
        }
    }

    fn event(&self, event: &Value) -> Piece {
        self.line(&format!("data: {event}"))
    }

    fn line(&self, line: &str) -> Piece {
        let end = match self.line_end {
            LineEnd::Lf => "\n",
            LineEnd::CrLf => "\r\n",
            LineEnd::Cr => "\r",
        };
        Piece::Bytes(format!("{line}{end}{end}").into())
    }
}

/// Appends to a text of the message, which may not be there yet.
fn join(message: &mut Value, name: &str, text: &str) {
    let known = message[name].as_str().unwrap_or_default();
    message[name] = Value::String(format!("{known}{text}"));
}

/// Cuts what lies between two waits anew, wherever characters end.
fn rechunk(pieces: Vec<Piece>, size: usize) -> Vec<Piece> {
    let mut cut = Vec::new();
    let mut run = Vec::new();
    let flush = |run: &mut Vec<u8>, cut: &mut Vec<Piece>| {
        cut.extend(
            run.chunks(size)
                .map(|bytes| Piece::Bytes(Bytes::copy_from_slice(bytes))),
        );
        run.clear();
    };
    for piece in pieces {
        if let Piece::Bytes(bytes) = piece {
            run.extend_from_slice(&bytes);
        } else {
            flush(&mut run, &mut cut);
            cut.push(piece);
        }
    }
    flush(&mut run, &mut cut);
    cut
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(pieces: &[Piece]) -> Vec<u8> {
        let pieces = pieces.iter().filter_map(|piece| match piece {
            Piece::Bytes(bytes) => Some(bytes.as_ref()),
            _ => None,
        });
        pieces.collect::<Vec<_>>().concat()
    }

    proptest! {
        #[test]
        fn however_a_stream_is_cut_its_bytes_and_waits_stay(texts: Vec<String>, size in 1..40_usize) {
            let mut whole = Completion::new();
            for text in texts {
                whole.parts.push(Part::Content(text));
                whole.parts.push(Part::Gate("here".to_owned()));
            }
            let cut = Completion { chunk_size: Some(size), ..whole.clone() };
            let (whole, cut) = (whole.stream(&Request::nothing()), cut.stream(&Request::nothing()));
            prop_assert_eq!(bytes(&whole), bytes(&cut));
            let gates = |pieces: &[Piece]| pieces.iter().filter(|piece| matches!(piece, Piece::Gate(_))).count();
            prop_assert_eq!(gates(&whole), gates(&cut));
            for piece in &cut {
                if let Piece::Bytes(bytes) = piece {
                    prop_assert!((1..=size).contains(&bytes.len()));
                }
            }
        }
    }
}
