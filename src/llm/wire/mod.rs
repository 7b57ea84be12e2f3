//! The protocols that models are asked by, each in a file of its own: what is sent, and what an object of a reply says.
//!
//! Nothing here waits or knows of HTTP; whatever comes is read as [`chunk::Chunk`]s, so that the rest of the room is one for all wires.

mod chat_completions;
pub(super) mod chunk;
mod messages;
mod responses;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use self::chunk::Chunk;
use super::settings::{AnswerLimit, InstructionsRole, Manners};
use crate::domain::channel_settings::Temperature;
use crate::domain::file::Picture;
use crate::domain::hexadecimal::hexadecimal;
use crate::domain::prompt::{Message, Prompt, Role};

/// A protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Wire {
    /// OpenAI's Chat Completions, which nearly every server speaks.
    #[default]
    ChatCompletions,
    /// OpenAI's Responses.
    Responses,
    /// Anthropic's Messages.
    Messages,
}

/// What is asked, before it is put into the words of a wire.
pub(super) struct Ask<'a> {
    pub(super) model: &'a str,
    pub(super) prompt: &'a Prompt,
    pub(super) manners: &'a Manners,
    /// Under which name Chat Completions are told how long an answer may be.
    pub(super) answer_limit: AnswerLimit,
    /// Whether the server is asked to keep what the next question will begin with, too.
    pub(super) caches: bool,
    /// Who asks, by a name that says nothing of them, where the server is told.
    pub(super) user: Option<&'a str>,
    /// A tool the model may call.
    pub(super) tool: Option<&'a Tool>,
}

/// A tool without parameters.
pub(super) struct Tool {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
}

/// Reads the objects of one reply.
pub(super) enum Decoder {
    ChatCompletions,
    Responses(responses::Decoder),
    Messages(messages::Decoder),
}

impl Wire {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ChatCompletions, Self::Responses, Self::Messages];

    /// Returns the word by which it is configured.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat_completions",
            Self::Responses => "responses",
            Self::Messages => "messages",
        }
    }

    /// Reads the word that [`Wire::as_str`] returned; `None` for any other.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wire| wire.as_str() == word)
    }

    /// Returns where below the base it is asked.
    pub(super) fn path(self) -> &'static [&'static str] {
        match self {
            Self::ChatCompletions => &["chat", "completions"],
            Self::Responses => &["responses"],
            Self::Messages => &["messages"],
        }
    }

    /// Returns the header that it wants with each request, beside the key.
    pub(super) fn header(self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::ChatCompletions | Self::Responses => None,
            Self::Messages => Some((
                HeaderName::from_static("anthropic-version"),
                HeaderValue::from_static(messages::VERSION),
            )),
        }
    }

    /// Returns the header in which the key is sent as it is; where there is none, it is a bearer token.
    pub(super) fn key_header(self) -> Option<HeaderName> {
        match self {
            Self::ChatCompletions | Self::Responses => None,
            Self::Messages => Some(HeaderName::from_static("x-api-key")),
        }
    }

    /// Puts a question into its words.
    pub(super) fn body(self, ask: &Ask<'_>) -> Map<String, Value> {
        let mut body = match self {
            Self::ChatCompletions => chat_completions::body(ask),
            Self::Responses => responses::body(ask),
            Self::Messages => messages::body(ask),
        };
        for (name, value) in &ask.manners.body {
            if value.is_null() {
                body.remove(name);
            } else {
                body.insert(name.clone(), value.clone());
            }
        }
        body
    }

    pub(super) fn decoder(self) -> Decoder {
        match self {
            Self::ChatCompletions => Decoder::ChatCompletions,
            Self::Responses => Decoder::Responses(responses::Decoder::default()),
            Self::Messages => Decoder::Messages(messages::Decoder::default()),
        }
    }
}

impl Decoder {
    /// Reads the next object of a stream, or the only one of a reply that is none.
    pub(super) fn chunk(&mut self, value: &Value) -> Chunk {
        match self {
            Self::ChatCompletions => chat_completions::chunk(value),
            Self::Responses(decoder) => decoder.chunk(value),
            Self::Messages(decoder) => decoder.chunk(value),
        }
    }

    /// Says whether an object has the shape of a whole reply.
    pub(super) fn is_whole(&self, value: &Value) -> bool {
        match self {
            Self::ChatCompletions => chat_completions::is_completion(value),
            Self::Responses(_) => responses::is_whole(value),
            Self::Messages(_) => messages::is_whole(value),
        }
    }
}

/// Hexadecimal digits of a cache key: enough that two never meet, and within OpenAI's 64.
const CACHE_KEY_DIGITS: usize = 32;

impl Ask<'_> {
    /// Returns a name for all questions that begin alike, which says nothing of what they begin with.
    fn cache_key(&self, instructions: &str) -> Option<String> {
        if !self.caches {
            return None;
        }
        let mut key = hexadecimal(&Sha256::digest(instructions));
        key.truncate(CACHE_KEY_DIGITS);
        Some(key)
    }

    /// Returns the sampling fields that are set, under the names that the wires share.
    fn sampling(&self, known: &[&str]) -> Map<String, Value> {
        let sampling = &self.manners.sampling;
        let chosen = self.prompt.choice.temperature.map(Temperature::as_f64);
        let fields = [
            ("temperature", json!(chosen.or(sampling.temperature))),
            ("top_p", json!(sampling.top_p)),
            ("top_k", json!(sampling.top_k)),
            ("frequency_penalty", json!(sampling.frequency_penalty)),
            ("presence_penalty", json!(sampling.presence_penalty)),
            ("seed", json!(sampling.seed)),
        ];
        fields
            .into_iter()
            .filter(|(name, value)| known.contains(name) && !value.is_null())
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// Returns the instructions, where they go in a place of their own, and the messages.
    fn apart(&self) -> (String, Vec<Cow<'_, Message>>) {
        apart(self.prompt, self.manners.instructions)
    }
}

/// Returns the instructions of a prompt, where they go in a place of their own, and its messages.
pub(super) fn apart(prompt: &Prompt, role: InstructionsRole) -> (String, Vec<Cow<'_, Message>>) {
    let messages = prompt.messages.iter().map(Cow::Borrowed);
    let (system, mut said): (Vec<_>, Vec<_>) =
        messages.partition(|message| message.role == Role::System);
    let texts: Vec<_> = system.iter().map(|message| message.text.as_str()).collect();
    let instructions = texts.join("\n\n");
    if role != InstructionsRole::User || instructions.is_empty() {
        return (instructions, said);
    }
    match said.first_mut() {
        Some(first) if first.role == Role::User => {
            first.to_mut().text = format!("{instructions}\n\n{}", first.text);
        }
        _ => said.insert(0, Cow::Owned(Message::new(Role::User, instructions))),
    }
    (String::new(), said)
}

/// Returns what a message says, as text where it shows nothing, else as parts made by these.
fn content(
    message: &Message,
    text: impl Fn(&str) -> Value,
    picture: impl Fn(&Picture) -> Value,
) -> Value {
    if message.pictures.is_empty() {
        return message.text.as_str().into();
    }
    let pictures = message.pictures.iter().map(picture);
    pictures.chain([text(&message.text)]).collect()
}

/// Returns a picture as a `data:` address (RFC 2397).
fn address(picture: &Picture) -> String {
    let Picture { media_type, bytes } = picture;
    format!("data:{media_type};base64,{}", STANDARD.encode(bytes))
}

/// Returns the name of whoever says a message, as all wires have it.
fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}
