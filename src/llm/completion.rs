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

use super::error::{Said, caused, failed, inside};
use super::reasoning::{Split, Splitter};
use super::settings::ReasoningForm;
use super::sse::Event;
use super::wire::Decoder;
use super::wire::chunk::{Chunk, Finish};
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
pub(super) enum ReplyEnd {
    /// As the protocol says.
    Clean,
    /// In the middle.
    Cut,
}

/// What is known of a completion before it comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    pub(super) reasoning: ReasoningForm,
    /// Tokens of answer that were asked for at most, where that was said.
    pub(super) most_tokens: Option<u32>,
    /// Bytes of text and reasoning that are accepted.
    pub(super) max_answer_bytes: usize,
}

/// What the objects said so far, and the deltas of it that nobody has taken yet.
pub(super) struct Completion {
    splitter: Splitter,
    /// Tokens of answer that were asked for at most.
    most_tokens: Option<u32>,
    deltas: VecDeque<Delta>,
    progress: Progress,
    /// Bytes of text and reasoning still accepted.
    room: usize,
    seen: Seen,
    has_model: bool,
    usage: Option<Usage>,
    /// A finish that came before any text: what it means is decided at the end, when the usage is known.
    bare_finish: Option<FinishReason>,
}

/// What a model has written of.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    text: bool,
    reasoning: bool,
    tool_call: bool,
}

impl Completion {
    pub(super) fn new(expected: Expected) -> Self {
        Self {
            splitter: Splitter::new(expected.reasoning),
            most_tokens: expected.most_tokens,
            deltas: VecDeque::new(),
            progress: Progress::Silent,
            room: expected.max_answer_bytes,
            seen: Seen::default(),
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
    pub(super) fn read_events(
        &mut self,
        events: &[Event],
        decoder: &mut Decoder,
    ) -> Result<(), ModelError> {
        for event in events {
            if self.progress == Progress::Over {
                break;
            }
            self.read_event(event, decoder)?;
        }
        Ok(())
    }

    fn read_event(&mut self, event: &Event, decoder: &mut Decoder) -> Result<(), ModelError> {
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
            return self.read_object(&serde_json::json!({ "error": value }), decoder);
        }
        self.read_object(&value, decoder)
    }

    /// Reads a reply that came as one object.
    pub(super) fn read_whole(
        &mut self,
        body: &[u8],
        decoder: &mut Decoder,
    ) -> Result<(), ModelError> {
        let value: Value = serde_json::from_slice(body)
            .map_err(|error| caused(ModelFailure::Garbled, position(&error)))?;
        if Said::in_reply(&value).is_none() && !decoder.is_whole(&value) {
            return Err(failed(ModelFailure::Garbled));
        }
        self.read_object(&value, decoder)?;
        // It parsed, so it is whole, even where it does not say why it ended.
        self.finish(FinishReason::Unsaid)
    }

    fn read_object(&mut self, value: &Value, decoder: &mut Decoder) -> Result<(), ModelError> {
        self.progress = self.progress.max(Progress::Begun);
        if let Some(said) = Said::in_reply(value) {
            // What goes wrong after the finish takes nothing from the answer.
            return match self.progress {
                Progress::Silent | Progress::Begun | Progress::Writing => Err(inside(&said)),
                Progress::Finished | Progress::Over => Ok(()),
            };
        }
        self.read_chunk(decoder.chunk(value))
    }

    /// Reads what one object says, whoever decoded it.
    pub(super) fn read_chunk(&mut self, chunk: Chunk) -> Result<(), ModelError> {
        self.progress = self.progress.max(Progress::Begun);
        let Chunk {
            model,
            reasoning,
            text,
            calls_tool,
            usage,
            finish,
            is_last,
        } = chunk;
        if let Some(model) = model
            && !self.has_model
            && self.progress < Progress::Finished
        {
            self.has_model = true;
            self.deltas.push_back(Delta::Model(model));
        }
        if self.progress < Progress::Finished {
            self.seen.tool_call |= calls_tool;
            self.write(Written::Reasoning, reasoning)?;
            if !text.is_empty() {
                let split = self.splitter.feed(&text);
                self.write_split(split)?;
            }
        }
        self.report(usage);
        match finish {
            Some(Finish::Failed) if self.progress < Progress::Finished => {
                return Err(failed(ModelFailure::Broken));
            }
            Some(Finish::Ended(reason)) => self.finish(reason)?,
            Some(Finish::Failed) | None => {}
        }
        if is_last { self.done() } else { Ok(()) }
    }

    fn write_split(&mut self, split: Split) -> Result<(), ModelError> {
        let Split {
            reasoning,
            text,
            calls_tool,
        } = split;
        self.seen.tool_call |= calls_tool;
        self.write(Written::Reasoning, reasoning)?;
        self.write(Written::Text, text)
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
        self.seen.text |= kind == Written::Text;
        self.seen.reasoning |= kind == Written::Reasoning;
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

    fn finish(&mut self, reason: FinishReason) -> Result<(), ModelError> {
        if self.progress >= Progress::Finished {
            return Ok(());
        }
        self.release()?;
        let reason = self.as_it_was(reason);
        self.progress = Progress::Finished;
        if self.seen.text || reason == FinishReason::ToolCalls {
            self.deltas.push_back(Delta::Finished(reason));
        } else {
            self.bare_finish = Some(reason);
        }
        Ok(())
    }

    /// Writes what was held back, because it could have been the beginning of a mark.
    fn release(&mut self) -> Result<(), ModelError> {
        let split = self.splitter.finish();
        self.write_split(split)
    }

    /// Several servers call an answer complete that they cut (Ollama and LiteLLM, as Responses and Messages); its length tells.
    fn as_it_was(&self, reason: FinishReason) -> FinishReason {
        let written = self.usage.map_or(0, |usage| usage.completion_tokens);
        let was_cut = self
            .most_tokens
            .is_some_and(|most| written >= u64::from(most));
        match reason {
            FinishReason::Stop | FinishReason::Unsaid if was_cut => FinishReason::Length,
            reason => reason,
        }
    }

    /// The stream's own end mark has come.
    fn done(&mut self) -> Result<(), ModelError> {
        if self.progress < Progress::Finished && self.seen.text && self.usage.is_some() {
            self.finish(FinishReason::Unsaid)?;
        }
        self.end(ReplyEnd::Clean)
    }

    /// Says that nothing more comes.
    pub(super) fn end(&mut self, ending: ReplyEnd) -> Result<(), ModelError> {
        if self.progress < Progress::Finished {
            // What comes after an end takes nothing back; what is too much is told by the end itself.
            self.release()?;
        }
        let progress = std::mem::replace(&mut self.progress, Progress::Over);
        match (progress, self.bare_finish.take()) {
            (Progress::Over, _) | (Progress::Finished, None) => Ok(()),
            (Progress::Finished, Some(reason)) => self.end_bare(reason),
            (Progress::Silent, _) if ending == ReplyEnd::Clean => Err(failed(ModelFailure::Empty)),
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
                if self.seen.tool_call =>
            {
                self.deltas
                    .push_back(Delta::Finished(FinishReason::ToolCalls));
                Ok(())
            }
            FinishReason::Length if self.seen.reasoning => Err(failed(ModelFailure::OnlyReasoned)),
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
