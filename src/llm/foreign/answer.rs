//! What the library makes of a reply, as what our own wires say, so that it means the same.

use std::sync::Arc;

use futures_util::StreamExt as _;
use genai::chat::{ChatStream, ChatStreamEvent, StopReason, StreamEnd, Usage as Reported};
use serde_json::Value;

use super::failure::told;
use super::heard::Heard;
use crate::domain::completion::{Delta, ModelFailure, Usage};
use crate::llm::answer::Source;
use crate::llm::completion::{Completion, Expected, Progress, ReplyEnd};
use crate::llm::error::failed;
use crate::llm::reply::MAX_STREAM_BYTES;
use crate::llm::wire::chunk::{Chunk, MAX_TOKENS_REPORTED, finish};
use crate::ports::{Clock, ModelError};

/// A reply that is being read.
pub(super) struct Hearing {
    /// None once it has ended.
    stream: Option<ChatStream>,
    heard: Arc<Heard>,
    completion: Completion,
    /// Bytes of the arguments of a call that nobody makes.
    max_call_bytes: usize,
    clock: Arc<dyn Clock>,
}

impl Hearing {
    pub(super) fn new(
        stream: ChatStream,
        heard: Arc<Heard>,
        expected: Expected,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            stream: Some(stream),
            heard,
            completion: Completion::new(expected),
            max_call_bytes: expected.max_answer_bytes,
            clock,
        }
    }

    fn read(&mut self, event: ChatStreamEvent) -> Result<(), ModelError> {
        if self.heard.bytes() > MAX_STREAM_BYTES {
            return Err(failed(ModelFailure::TooLarge));
        }
        let mut chunk = Chunk {
            model: self.heard.take_model(),
            ..Chunk::default()
        };
        match event {
            // It is said before the server was asked.
            ChatStreamEvent::Start if !self.heard.has_begun() => return Ok(()),
            ChatStreamEvent::Start
            | ChatStreamEvent::Heartbeat
            | ChatStreamEvent::ThoughtSignatureChunk(_) => {}
            ChatStreamEvent::Chunk(more) => chunk.text = more.content,
            ChatStreamEvent::ReasoningChunk(more) => chunk.reasoning = more.content,
            ChatStreamEvent::ToolCallChunk(more) => {
                let arguments = &more.tool_call.fn_arguments;
                // Some are gathered, and told whole each time.
                if arguments.as_str().map_or(0, str::len) > self.max_call_bytes {
                    return Err(failed(ModelFailure::TooLarge));
                }
                chunk.calls_tool = true;
            }
            ChatStreamEvent::End(end) => return self.read_end(chunk, &end),
        }
        self.completion.read_chunk(chunk)
    }

    /// Reads the end, which the library tells also where the connection merely closed; then it has no reason.
    fn read_end(&mut self, chunk: Chunk, end: &StreamEnd) -> Result<(), ModelError> {
        let reason = end.captured_stop_reason.as_ref().map(StopReason::raw);
        let finish = reason.and_then(|reason| finish(&Value::from(reason)));
        let usage = end.captured_usage.as_ref().and_then(used);
        if self.heard.has_begun() {
            self.completion.read_chunk(Chunk {
                usage,
                finish,
                is_last: finish.is_some(),
                ..chunk
            })?;
        }
        self.completion.end(ReplyEnd::Clean)
    }

    fn read_error(&mut self, error: genai::Error) -> Result<(), ModelError> {
        if matches!(error, genai::Error::ChatResponse { .. }) {
            if self.heard.is_blocked() {
                return Err(failed(ModelFailure::Filtered));
            }
            if self.heard.says_nothing() {
                return Ok(());
            }
        }
        let error = told(error, self.clock.wall());
        match self.completion.progress() {
            // What goes wrong after the finish takes nothing from the answer.
            Progress::Finished | Progress::Over => self.completion.end(ReplyEnd::Cut),
            Progress::Silent | Progress::Begun | Progress::Writing => Err(error),
        }
    }
}

impl Source for Hearing {
    async fn hear(&mut self) -> Result<(), ModelError> {
        let Some(stream) = self.stream.as_mut() else {
            return Ok(());
        };
        match stream.next().await {
            Some(Ok(event)) => self.read(event),
            Some(Err(error)) => self.read_error(error),
            None => self.completion.end(ReplyEnd::Clean),
        }
    }

    fn take(&mut self) -> Option<Delta> {
        self.completion.take()
    }

    fn progress(&self) -> Progress {
        self.completion.progress()
    }

    fn end(&mut self, ending: ReplyEnd) -> Result<(), ModelError> {
        self.completion.end(ending)
    }

    fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    fn close(&mut self) {
        self.stream = None;
    }
}

/// Reads a report of usage; `None` where it reports nothing. A negative number is no number.
fn used(reported: &Reported) -> Option<Usage> {
    let count = |tokens: Option<i32>| {
        let tokens = tokens.and_then(|tokens| u64::try_from(tokens).ok());
        tokens.unwrap_or_default().min(MAX_TOKENS_REPORTED)
    };
    let prompt = reported.prompt_tokens_details.as_ref();
    let completion = reported.completion_tokens_details.as_ref();
    let reasoning_tokens = count(completion.and_then(|details| details.reasoning_tokens));
    let usage = Usage {
        prompt_tokens: count(reported.prompt_tokens),
        // Where Gemini only reasoned, it reports no answer.
        completion_tokens: count(reported.completion_tokens).max(reasoning_tokens),
        cached_tokens: count(prompt.and_then(|details| details.cached_tokens)),
        reasoning_tokens,
    };
    (usage != Usage::default()).then_some(usage)
}
