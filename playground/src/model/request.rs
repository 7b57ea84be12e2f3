//! One request as it arrived.

use serde_json::Value;

use super::journal::Outcome;
use super::prompt::{self, Message};
use super::wire::Wire;

/// What a client sent, and how serving it ended.
#[derive(Debug, Clone)]
pub struct Request {
    /// The place in the order of arrival among requests of its kind, from 0.
    pub number: usize,
    /// The method, as sent.
    pub method: String,
    /// The path with its query, as sent.
    pub path: String,
    /// Names and values in the order and case in which they were sent.
    pub headers: Vec<(String, String)>,
    /// The body as JSON; null where it is none.
    pub body: Value,
    /// The body as it came.
    pub bytes: Vec<u8>,
    /// How serving it ended.
    pub outcome: Outcome,
}

impl Request {
    /// A request of which nothing is known yet.
    pub(super) fn nothing() -> Self {
        Self {
            number: 0,
            method: String::new(),
            path: String::new(),
            headers: Vec::new(),
            body: Value::Null,
            bytes: Vec::new(),
            outcome: Outcome::Running,
        }
    }

    /// The first header of this name, in whatever case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Whether a stream was asked for.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        self.body["stream"] == Value::Bool(true)
    }

    /// Whether the usage of a stream was asked for, as chat completions do; the other wires tell it unasked.
    #[must_use]
    pub fn wants_usage(&self) -> bool {
        self.body["stream_options"]["include_usage"] == Value::Bool(true)
    }

    /// The model that was asked for; empty where none was named.
    #[must_use]
    pub fn model(&self) -> &str {
        self.body["model"].as_str().unwrap_or_default()
    }

    /// How an answer was asked for; none where none was.
    #[must_use]
    pub fn wire(&self) -> Option<Wire> {
        Wire::of(&self.method, &self.path)
    }

    /// Whether the client expects Anthropic's shapes, also where it asks for no answer.
    pub(super) fn is_for_anthropic(&self) -> bool {
        self.wire() == Some(Wire::Messages) || self.header("anthropic-version").is_some()
    }

    /// Role and text of every message, in order, the instructions that some wires tell apart as a first one of the
    /// role `system`. Of a content in parts the text parts, joined. The results of tools have the role `tool`.
    #[must_use]
    pub fn messages(&self) -> Vec<(String, String)> {
        let messages = self.prompt().into_iter();
        messages
            .map(|message| (message.role, message.text))
            .collect()
    }

    /// The text of the last message of the role `user`; empty where there is none.
    #[must_use]
    pub fn last_user_message(&self) -> String {
        let mut messages = self.messages().into_iter().rev();
        messages
            .find(|(role, _)| role == "user")
            .map(|(_, text)| text)
            .unwrap_or_default()
    }

    /// The addresses of all images in the messages, in order: `data:` URLs for those that were sent along, whatever
    /// the wire. Images that were uploaded before have none.
    #[must_use]
    pub fn images(&self) -> Vec<String> {
        let messages = self.prompt().into_iter();
        messages.flat_map(|message| message.images).collect()
    }

    fn prompt(&self) -> Vec<Message> {
        prompt::messages(self.wire().unwrap_or(Wire::ChatCompletions), &self.body)
    }
}
