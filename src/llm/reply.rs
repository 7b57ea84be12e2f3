//! One reply to a question, from bytes cut anywhere to deltas, without waiting: whoever reads the connection feeds it.
//!
//! A reply is a stream of events or, from servers that do not stream, one JSON object; its first telling byte says which, because
//! content types lie. A completion is whole when its server said why it finished. Streams that merely end (Portkey when its upstream is
//! cut), or that end in `[DONE]` without a reason (llama-cpp-python when another request cuts in), are broken; a `[DONE]` after a usage
//! report, or a whole object with text, is taken for an end that says nothing. An invented finish (LiteLLM) cannot be told from a real one.

use std::collections::VecDeque;

use bytes::Bytes;
use serde_json::Value;

use super::decode::{self, Chunk, Finish};
use super::error::{Said, caused, failed, inside};
use super::sse::{Event, Events, SseError};
use crate::domain::completion::{Delta, FinishReason, ModelFailure, Usage};
use crate::ports::ModelError;

/// Bytes of a reply that comes as one object, at most.
pub(super) const MAX_WHOLE_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of a stream in all, at most; with a frame of 300 bytes around each token this is a book of 200,000.
pub(super) const MAX_STREAM_BYTES: usize = 64 * 1024 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How far a reply has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Progress {
    /// Nothing was written yet.
    Silent,
    /// Text or reasoning has come.
    Writing,
    /// The model has finished; a usage report may follow.
    Finished,
    /// Nothing more is expected.
    Over,
}

/// How the connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// As the protocol says.
    Clean,
    /// In the middle.
    Cut,
}

/// What the reader of one reply knows.
pub(super) struct Reply {
    form: Form,
    completion: Completion,
    received: usize,
}

enum Form {
    /// Nothing but white space has come.
    Unknown(Vec<u8>),
    Stream(Box<Events>),
    Whole(Vec<u8>),
}

/// What the objects said so far, and the deltas of it that nobody has taken yet.
struct Completion {
    deltas: VecDeque<Delta>,
    progress: Progress,
    /// Bytes of text and reasoning still accepted.
    room: usize,
    has_objects: bool,
    has_text: bool,
    calls_tool: bool,
    has_model: bool,
    usage: Option<Usage>,
    /// A finish that came before any text: what it means is decided at the end, when the usage is known.
    bare_finish: Option<FinishReason>,
}

impl Reply {
    /// Begins a reply of which `max_answer_bytes` of text and reasoning are accepted.
    pub(super) fn new(max_answer_bytes: usize) -> Self {
        Self {
            form: Form::Unknown(Vec::new()),
            completion: Completion {
                deltas: VecDeque::new(),
                progress: Progress::Silent,
                room: max_answer_bytes,
                has_objects: false,
                has_text: false,
                calls_tool: false,
                has_model: false,
                usage: None,
                bare_finish: None,
            },
            received: 0,
        }
    }

    /// Takes the next delta that is ready.
    pub(super) fn take(&mut self) -> Option<Delta> {
        self.completion.deltas.pop_front()
    }

    /// Says how far it has come.
    pub(super) fn progress(&self) -> Progress {
        self.completion.progress
    }

    /// Reads the next bytes. What was read before an error can still be taken; nothing may be fed after it.
    pub(super) fn receive(&mut self, bytes: Bytes) -> Result<(), ModelError> {
        self.received = self.received.saturating_add(bytes.len());
        if self.received > MAX_STREAM_BYTES {
            return Err(failed(ModelFailure::TooLarge));
        }
        self.feed(bytes)
    }

    fn feed(&mut self, bytes: Bytes) -> Result<(), ModelError> {
        match &mut self.form {
            Form::Unknown(before) => {
                grow(before, &bytes)?;
                let Some(first) = telling_byte(before) else {
                    return Ok(());
                };
                let all = std::mem::take(before);
                self.form = Form::told_by(first)?;
                self.feed(all.into())
            }
            Form::Stream(events) => {
                let events = events.receive(bytes).map_err(unreadable)?;
                self.completion.read_events(&events)
            }
            Form::Whole(body) => grow(body, &bytes),
        }
    }

    /// Says that the connection has ended.
    pub(super) fn end(&mut self, ending: Ending) -> Result<(), ModelError> {
        let completion = &mut self.completion;
        if completion.progress == Progress::Over {
            return Ok(());
        }
        if ending == Ending::Clean {
            match &mut self.form {
                Form::Unknown(_) => {}
                Form::Stream(events) => {
                    // Half an event at the very end is a cut, not garbage.
                    let rest = events.finish().map_err(|_| failed(ModelFailure::Broken))?;
                    completion.read_events(&rest).map_err(as_cut)?;
                }
                Form::Whole(body) => completion.read_whole(body)?,
            }
        }
        completion.end(ending)
    }
}

impl Form {
    fn told_by(first: u8) -> Result<Self, ModelError> {
        match first {
            b'{' | b'[' => Ok(Self::Whole(Vec::new())),
            // A comment, or the first letter of a field: data, event, id, retry.
            b':' | b'd' | b'e' | b'i' | b'r' => Ok(Self::Stream(Box::new(Events::new()))),
            _ => Err(failed(ModelFailure::Garbled)),
        }
    }
}

/// Returns the first byte that is neither white space nor of a byte order mark.
fn telling_byte(bytes: &[u8]) -> Option<u8> {
    let text = match bytes.strip_prefix(BYTE_ORDER_MARK) {
        Some(text) => text,
        None if BYTE_ORDER_MARK.starts_with(bytes) => return None,
        None => bytes,
    };
    text.iter()
        .copied()
        .find(|byte| !byte.is_ascii_whitespace())
}

fn grow(body: &mut Vec<u8>, bytes: &[u8]) -> Result<(), ModelError> {
    if body.len().saturating_add(bytes.len()) > MAX_WHOLE_BYTES {
        return Err(failed(ModelFailure::TooLarge));
    }
    body.extend_from_slice(bytes);
    Ok(())
}

fn unreadable(error: SseError) -> ModelError {
    let failure = match error {
        SseError::TooLarge => ModelFailure::TooLarge,
        SseError::NotUtf8 => ModelFailure::Garbled,
    };
    caused(failure, error)
}

fn as_cut(error: ModelError) -> ModelError {
    match error.failure {
        ModelFailure::Garbled => ModelError {
            failure: ModelFailure::Broken,
            ..error
        },
        _ => error,
    }
}

impl Completion {
    fn read_events(&mut self, events: &[Event]) -> Result<(), ModelError> {
        for event in events {
            if self.progress == Progress::Over {
                break;
            }
            self.read_event(event)?;
        }
        Ok(())
    }

    fn read_event(&mut self, event: &Event) -> Result<(), ModelError> {
        let data = event.data.trim();
        match data {
            "" => return Ok(()),
            "[DONE]" => return self.done(),
            _ => {}
        }
        let value: Value = match serde_json::from_str(data) {
            Ok(value) => value,
            Err(_) if self.progress >= Progress::Finished => return Ok(()),
            Err(error) => return Err(caused(ModelFailure::Garbled, position(&error))),
        };
        if event.name == "error" && value.get("error").is_none() {
            return self.read_object(&serde_json::json!({ "error": value }));
        }
        self.read_object(&value)
    }

    fn read_whole(&mut self, body: &[u8]) -> Result<(), ModelError> {
        let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        let value: Value = serde_json::from_slice(body)
            .map_err(|error| caused(ModelFailure::Garbled, position(&error)))?;
        if Said::in_reply(&value).is_none() && !decode::is_completion(&value) {
            return Err(failed(ModelFailure::Garbled));
        }
        self.read_object(&value)?;
        // It parsed, so it is whole, even where it does not say why it ended.
        self.finish(FinishReason::Unsaid);
        Ok(())
    }

    fn read_object(&mut self, value: &Value) -> Result<(), ModelError> {
        self.has_objects = true;
        if let Some(said) = Said::in_reply(value) {
            // What goes wrong after the finish takes nothing from the answer.
            return match self.progress {
                Progress::Silent | Progress::Writing => Err(inside(said)),
                Progress::Finished | Progress::Over => Ok(()),
            };
        }
        self.read_chunk(decode::chunk(value))
    }

    fn read_chunk(&mut self, chunk: Chunk) -> Result<(), ModelError> {
        let Chunk {
            model,
            reasoning,
            text,
            calls_tool,
            usage,
            finish,
        } = chunk;
        if let Some(model) = model
            && !self.has_model
            && self.progress < Progress::Finished
        {
            self.has_model = true;
            self.deltas.push_back(Delta::Model(model));
        }
        if self.progress < Progress::Finished {
            self.calls_tool |= calls_tool;
            self.write(Written::Reasoning, reasoning)?;
            self.write(Written::Text, text)?;
        }
        self.report(usage);
        match finish {
            Some(Finish::Failed) if self.progress < Progress::Finished => {
                Err(failed(ModelFailure::Broken))
            }
            Some(Finish::Ended(reason)) => {
                self.finish(reason);
                Ok(())
            }
            Some(Finish::Failed) | None => Ok(()),
        }
    }

    fn write(&mut self, kind: Written, more: String) -> Result<(), ModelError> {
        if more.is_empty() {
            return Ok(());
        }
        self.room = self
            .room
            .checked_sub(more.len())
            .ok_or_else(|| failed(ModelFailure::TooLarge))?;
        self.progress = self.progress.max(Progress::Writing);
        self.has_text |= kind == Written::Text;
        match (kind, self.deltas.back_mut()) {
            // What is not taken yet grows, so that a reader who was busy finds one long delta and not a hundred short ones.
            (Written::Text, Some(Delta::Text(last)))
            | (Written::Reasoning, Some(Delta::Reasoning(last))) => last.push_str(&more),
            (Written::Text, _) => self.deltas.push_back(Delta::Text(more)),
            (Written::Reasoning, _) => self.deltas.push_back(Delta::Reasoning(more)),
        }
        Ok(())
    }

    fn report(&mut self, usage: Option<Usage>) {
        if let Some(usage) = usage
            && self.usage != Some(usage)
        {
            self.usage = Some(usage);
            self.deltas.push_back(Delta::Usage(usage));
        }
    }

    fn finish(&mut self, reason: FinishReason) {
        if self.progress >= Progress::Finished {
            return;
        }
        self.progress = Progress::Finished;
        if self.has_text || reason == FinishReason::ToolCalls {
            self.deltas.push_back(Delta::Finished(reason));
        } else {
            self.bare_finish = Some(reason);
        }
    }

    /// The stream's own end mark has come.
    fn done(&mut self) -> Result<(), ModelError> {
        if self.progress < Progress::Finished && self.has_text && self.usage.is_some() {
            self.finish(FinishReason::Unsaid);
        }
        self.end(Ending::Clean)
    }

    fn end(&mut self, ending: Ending) -> Result<(), ModelError> {
        let progress = std::mem::replace(&mut self.progress, Progress::Over);
        match (progress, self.bare_finish.take()) {
            (Progress::Over, _) | (Progress::Finished, None) => Ok(()),
            (Progress::Finished, Some(reason)) => self.end_bare(reason),
            (Progress::Silent, _) if ending == Ending::Clean && !self.has_objects => {
                Err(failed(ModelFailure::Empty))
            }
            (Progress::Silent | Progress::Writing, _) => Err(failed(ModelFailure::Broken)),
        }
    }

    /// Says what a finish without any text was.
    fn end_bare(&mut self, reason: FinishReason) -> Result<(), ModelError> {
        match reason {
            FinishReason::ContentFilter => Err(failed(ModelFailure::Filtered)),
            FinishReason::Stop | FinishReason::ToolCalls | FinishReason::Unsaid
                if self.calls_tool =>
            {
                self.deltas
                    .push_back(Delta::Finished(FinishReason::ToolCalls));
                Ok(())
            }
            FinishReason::Stop
            | FinishReason::Length
            | FinishReason::ToolCalls
            | FinishReason::Unsaid => Err(failed(ModelFailure::Empty)),
        }
    }
}

/// The two kinds of text a model writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Text,
    Reasoning,
}

/// Says where JSON broke, without a word of it: an error of serde_json may quote its input.
fn position(error: &serde_json::Error) -> String {
    format!(
        "no JSON at line {}, column {}",
        error.line(),
        error.column()
    )
}
