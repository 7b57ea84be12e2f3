//! What to answer: a small language for scripts.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::completion::{Completion, LineEnd, Part, RoleChunk, Usage, UsagePlace};
use super::echo::Echo;
use super::failure::Failure;
use super::plan::{Cut, Piece};
use super::recording::Recording;
use super::respond::reason;

/// One answer to one request.
///
/// Completions and errors adapt to the request: to the [wire](super::Wire) on which it came, a stream where one was asked
/// for, else one document. Steps are taken in the order in which they are added; nothing follows a cut or endless output.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(super) kind: Kind,
    pub(super) before_head: Vec<Piece>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) until_close: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Completion(Box<Completion>),
    Document {
        status: u16,
        content_type: String,
        body: Bytes,
    },
    Failure(Failure),
    Models(Vec<String>),
    Recorded(Arc<Recording>),
    Bare(Vec<Piece>),
    Echo(Echo),
}

/// Where to begin.
impl Reply {
    /// A completion of one delta, which finishes with `stop`.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::deltas([text])
    }

    /// A completion of these deltas, which finishes with `stop`.
    #[must_use]
    pub fn deltas<'a>(deltas: impl IntoIterator<Item = &'a str>) -> Self {
        let mut completion = Completion::new();
        let contents = deltas
            .into_iter()
            .map(|delta| Part::Content(delta.to_owned()));
        completion.parts.extend(contents);
        Self::of(Kind::Completion(Box::new(completion)))
    }

    /// A completion without any content, which finishes with `stop`.
    #[must_use]
    pub fn empty() -> Self {
        Self::deltas([])
    }

    /// A document with a status.
    #[must_use]
    pub fn document(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let content_type = content_type.to_owned();
        Self::of(Kind::Document {
            status,
            content_type,
            body: body.into(),
        })
    }

    /// A JSON document with a status.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self::document(status, "application/json", body.to_string())
    }

    /// An HTML page with a status, as proxies send it.
    #[must_use]
    pub fn html(status: u16) -> Self {
        let reason = reason(status);
        let page = format!(
            "<html><head><title>{status} {reason}</title></head><body><h1>{status} {reason}</h1></body></html>\n"
        );
        Self::document(status, "text/html", page)
    }

    /// 401, as `OpenAI` words it.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::error(
            401,
            "Incorrect API key provided.",
            "invalid_request_error",
            Some("invalid_api_key"),
        )
    }

    /// 404 for the model's name, as `OpenAI` words it.
    #[must_use]
    pub fn model_not_found() -> Self {
        let message = "The model does not exist or you do not have access to it.";
        Self::error(
            404,
            message,
            "invalid_request_error",
            Some("model_not_found"),
        )
    }

    /// 429, with `Retry-After` where given.
    #[must_use]
    pub fn rate_limited(retry_after: Option<&str>) -> Self {
        let reply = Self::error(
            429,
            "Rate limit reached for requests.",
            "requests",
            Some("rate_limit_exceeded"),
        );
        match retry_after {
            Some(value) => reply.header("Retry-After", value),
            None => reply,
        }
    }

    /// 429 that no waiting helps against: the account is empty. Anthropic's 400 for it where its client asks.
    #[must_use]
    pub fn out_of_quota() -> Self {
        let message =
            "You exceeded your current quota, please check your plan and billing details.";
        Self::error(
            429,
            message,
            "insufficient_quota",
            Some("insufficient_quota"),
        )
    }

    /// 500.
    #[must_use]
    pub fn server_error() -> Self {
        Self::error(
            500,
            "The server had an error while processing your request.",
            "server_error",
            None,
        )
    }

    /// 503.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::error(
            503,
            "The engine is currently overloaded, please try again later.",
            "server_error",
            None,
        )
    }

    /// An error of any status in `OpenAI`'s shape; where Anthropic's client asks in Anthropic's, whose type follows from
    /// the status.
    #[must_use]
    pub fn error(status: u16, message: &str, kind: &str, code: Option<&str>) -> Self {
        Self::of(Kind::Failure(Failure {
            status,
            message: message.to_owned(),
            kind: kind.to_owned(),
            code: code.map(str::to_owned),
        }))
    }

    /// A list of these models, in the shape of the client's service.
    #[must_use]
    pub fn models(ids: &[&str]) -> Self {
        let ids = ids.iter().map(|id| (*id).to_owned());
        Self::of(Kind::Models(ids.collect()))
    }

    /// A recorded exchange: status, headers, chunks and ending as recorded, its times left out. Where the client
    /// closed the recorded connection, it stays open until the client does so again.
    #[must_use]
    pub fn recorded(recording: Recording) -> Self {
        Self::of(Kind::Recorded(Arc::new(recording)))
    }

    /// Bare bytes in place of a response, head included; then the connection is closed.
    #[must_use]
    pub fn wire(bytes: impl Into<Bytes>) -> Self {
        Self::of(Kind::Bare(vec![Piece::Bytes(bytes.into())]))
    }

    /// No response: the connection is closed instead.
    #[must_use]
    pub fn hang_up() -> Self {
        Self::of(Kind::Bare(vec![Piece::Cut(Cut::Close)]))
    }

    /// No response: the connection is reset instead.
    #[must_use]
    pub fn reset() -> Self {
        Self::of(Kind::Bare(vec![Piece::Cut(Cut::Reset)]))
    }

    /// No response and no end, until the client leaves.
    #[must_use]
    pub fn silence() -> Self {
        Self::of(Kind::Bare(vec![Piece::Cut(Cut::Silence)]))
    }

    /// The question back, in real time.
    #[must_use]
    pub fn echo(echo: Echo) -> Self {
        Self::of(Kind::Echo(echo))
    }

    fn of(kind: Kind) -> Self {
        Self {
            kind,
            before_head: Vec::new(),
            headers: Vec::new(),
            until_close: false,
        }
    }
}

/// For every reply.
impl Reply {
    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Waits at a gate before the first byte of the head.
    #[must_use]
    pub fn gate_before_head(mut self, name: &str) -> Self {
        self.before_head.push(Piece::Gate(name.to_owned()));
        self
    }

    /// Waits in real time before the first byte of the head. Not for tests: those have gates.
    #[must_use]
    pub fn pause_before_head(mut self, pause: Duration) -> Self {
        self.before_head.push(Piece::Pause(pause));
        self
    }

    /// Tells the end of the body by closing the connection, as HTTP/1.0 servers do.
    #[must_use]
    pub fn until_close(mut self) -> Self {
        self.until_close = true;
        self
    }
}

/// For completions; the other kinds ignore these.
impl Reply {
    /// Adds a delta of content.
    #[must_use]
    pub fn content(self, text: &str) -> Self {
        self.part(Part::Content(text.to_owned()))
    }

    /// Adds a delta of reasoning: of `reasoning_content`, of a reasoning item's summary, of a thinking block.
    #[must_use]
    pub fn reasoning(self, text: &str) -> Self {
        self.part(Part::Delta(json!({"reasoning_content": text})))
    }

    /// Adds a delta of any shape of a chat completion. Other wires tell its `content`, `reasoning_content` and
    /// `tool_calls`.
    #[must_use]
    pub fn delta(self, delta: Value) -> Self {
        self.part(Part::Delta(delta))
    }

    /// Adds a call of a tool, whole in one delta. It does not change the finish reason.
    #[must_use]
    pub fn tool_call(self, id: &str, name: &str, arguments: &Value) -> Self {
        self.set(|completion| {
            let is_call =
                |part: &&Part| matches!(part, Part::Delta(delta) if !delta["tool_calls"].is_null());
            let index = completion.parts.iter().filter(is_call).count();
            let function = json!({"name": name, "arguments": arguments.to_string()});
            let call = json!({"index": index, "id": id, "type": "function", "function": function});
            completion
                .parts
                .push(Part::Delta(json!({"tool_calls": [call]})));
        })
    }

    /// Adds a whole event of any shape. On other wires than chat completions its `type` becomes its name.
    #[must_use]
    pub fn event(self, event: Value) -> Self {
        self.part(Part::Event(event))
    }

    /// Adds an error inside the stream, in the shape of the wire. A response then ends as failed, a message at once. A
    /// request without a stream gets it with status 500.
    #[must_use]
    pub fn error_in_stream(self, message: &str) -> Self {
        self.part(Part::Error(message.to_owned()))
    }

    /// Adds a chunk with `choices: []`, as Azure's content filter sends it first. Other wires have none.
    #[must_use]
    pub fn no_choices(self) -> Self {
        self.part(Part::NoChoices)
    }

    /// Adds these bytes as one HTTP chunk.
    #[must_use]
    pub fn raw(self, bytes: impl Into<Bytes>) -> Self {
        self.part(Part::Raw(bytes.into()))
    }

    /// Adds an SSE comment.
    #[must_use]
    pub fn comment(self, text: &str) -> Self {
        self.raw(format!(": {text}\n\n"))
    }

    /// Waits at a gate.
    #[must_use]
    pub fn gate(self, name: &str) -> Self {
        self.part(Part::Gate(name.to_owned()))
    }

    /// Waits in real time. Not for tests: those have gates.
    #[must_use]
    pub fn pause(self, pause: Duration) -> Self {
        self.part(Part::Pause(pause))
    }

    /// Repeats a delta until the client leaves.
    #[must_use]
    pub fn endless(self, text: &str) -> Self {
        self.part(Part::Endless(text.to_owned()))
    }

    /// Closes the connection here, with FIN.
    #[must_use]
    pub fn cut(self) -> Self {
        self.part(Part::Cut(Cut::Close))
    }

    /// Resets the connection here. What was written and not yet read may be lost, as with a real reset.
    #[must_use]
    pub fn cut_with_reset(self) -> Self {
        self.part(Part::Cut(Cut::Reset))
    }

    /// Says nothing more from here until the client leaves.
    #[must_use]
    pub fn fall_silent(self) -> Self {
        self.part(Part::Cut(Cut::Silence))
    }

    /// Sets the finish reason in the words of chat completions: `stop`, `length`, `content_filter`, `tool_calls`. Other
    /// wires translate these, and tell any other reason as it is: a response as what left it incomplete, a message as its
    /// stop reason.
    #[must_use]
    pub fn finish(self, reason: &str) -> Self {
        self.set(|completion| completion.finish = Some(reason.to_owned()))
    }

    /// Leaves the finish reason out, and its chunk with it: of a response the last event, of a message
    /// `message_delta`. The last block of either stays open.
    #[must_use]
    pub fn without_finish(self) -> Self {
        self.set(|completion| completion.finish = None)
    }

    /// Leaves `[DONE]` out, or `message_stop`. A response has nothing of the kind.
    #[must_use]
    pub fn without_done(self) -> Self {
        self.set(|completion| completion.done = false)
    }

    /// Sets the usage. Without it a word of the prompt and a delta of the answer count one token each.
    #[must_use]
    pub fn usage(self, usage: Usage) -> Self {
        self.set(|completion| completion.usage = Some(usage))
    }

    /// Sets where a stream tells its usage.
    #[must_use]
    pub fn usage_at(self, place: UsagePlace) -> Self {
        self.set(|completion| completion.usage_place = place)
    }

    /// Sets how the stream tells the role. Other wires than chat completions have one way.
    #[must_use]
    pub fn role(self, role: RoleChunk) -> Self {
        self.set(|completion| completion.role = role)
    }

    /// Sets what ends a line of the stream.
    #[must_use]
    pub fn line_end(self, line_end: LineEnd) -> Self {
        self.set(|completion| completion.line_end = line_end)
    }

    /// Begins the stream with a byte order mark.
    #[must_use]
    pub fn byte_order_mark(self) -> Self {
        self.set(|completion| completion.byte_order_mark = true)
    }

    /// Cuts the stream into HTTP chunks of this many bytes (1 at least), through characters and lines; a large
    /// number puts all events between two waits in one chunk.
    #[must_use]
    pub fn in_chunks_of(self, bytes: usize) -> Self {
        self.set(|completion| completion.chunk_size = Some(bytes.max(1)))
    }

    /// Names this model in the reply, whatever was asked for.
    #[must_use]
    pub fn by_model(self, name: &str) -> Self {
        self.set(|completion| completion.model = Some(name.to_owned()))
    }

    fn part(self, part: Part) -> Self {
        self.set(|completion| completion.parts.push(part))
    }

    fn set(mut self, change: impl FnOnce(&mut Completion)) -> Self {
        if let Kind::Completion(completion) = &mut self.kind {
            change(completion);
        }
        self
    }
}
