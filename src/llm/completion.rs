//! What the objects of one reply mean together: deltas as they come, and at the end whether that was all.
//!
//! A completion is whole when its server said why it finished. Streams that merely end (Portkey when its upstream is cut), or that end
//! in `[DONE]` without a reason (llama-cpp-python when another request cuts in), are broken; a `[DONE]` after a usage report, or a whole
//! object with text, is taken for an end that says nothing. An invented finish (LiteLLM) cannot be told from a real one.
//!
//! Nothing that follows a finish takes anything from the answer. A finish without any text is an error, given only at the end of the
//! stream, so that the usage has been told before.

use std::collections::VecDeque;

use serde_json::Value;

use super::decode::{self, Chunk, Finish};
use super::error::{Said, caused, failed, inside};
use super::sse::Event;
use crate::domain::completion::{Delta, FinishReason, ModelFailure, Usage};
use crate::ports::ModelError;

/// How far a reply has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Progress {
    /// Nothing has come.
    Silent,
    /// Something has come, but nothing was written yet.
    Begun,
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

/// What the objects said so far, and the deltas of it that nobody has taken yet.
pub(super) struct Completion {
    deltas: VecDeque<Delta>,
    progress: Progress,
    /// Bytes of text and reasoning still accepted.
    room: usize,
    has_text: bool,
    calls_tool: bool,
    has_model: bool,
    usage: Option<Usage>,
    /// A finish that came before any text: what it means is decided at the end, when the usage is known.
    bare_finish: Option<FinishReason>,
}

impl Completion {
    /// Begins a completion of which `max_answer_bytes` of text and reasoning are accepted.
    pub(super) fn new(max_answer_bytes: usize) -> Self {
        Self {
            deltas: VecDeque::new(),
            progress: Progress::Silent,
            room: max_answer_bytes,
            has_text: false,
            calls_tool: false,
            has_model: false,
            usage: None,
            bare_finish: None,
        }
    }

    /// Takes the next delta that is ready.
    pub(super) fn take(&mut self) -> Option<Delta> {
        self.deltas.pop_front()
    }

    /// Says how far it has come.
    pub(super) fn progress(&self) -> Progress {
        self.progress
    }

    /// Reads events, up to the end mark.
    pub(super) fn read_events(&mut self, events: &[Event]) -> Result<(), ModelError> {
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

    /// Reads a reply that came as one object.
    pub(super) fn read_whole(&mut self, body: &[u8]) -> Result<(), ModelError> {
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
        self.progress = self.progress.max(Progress::Begun);
        if let Some(said) = Said::in_reply(value) {
            // What goes wrong after the finish takes nothing from the answer.
            return match self.progress {
                Progress::Silent | Progress::Begun | Progress::Writing => Err(inside(said)),
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

    /// Says that nothing more comes.
    pub(super) fn end(&mut self, ending: Ending) -> Result<(), ModelError> {
        let progress = std::mem::replace(&mut self.progress, Progress::Over);
        match (progress, self.bare_finish.take()) {
            (Progress::Over, _) | (Progress::Finished, None) => Ok(()),
            (Progress::Finished, Some(reason)) => self.end_bare(reason),
            (Progress::Silent, _) if ending == Ending::Clean => Err(failed(ModelFailure::Empty)),
            (Progress::Silent | Progress::Begun | Progress::Writing, _) => {
                Err(failed(ModelFailure::Broken))
            }
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

/// Says where JSON broke, without a word of it: an error of the parser may quote its input.
fn position(error: &serde_json::Error) -> String {
    format!(
        "no JSON at line {}, column {}",
        error.line(),
        error.column()
    )
}
