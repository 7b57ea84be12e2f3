//! A question in the library's words.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use genai::adapter::AdapterKind;
use genai::chat::{
    Binary, ChatMessage, ChatOptions, ChatRequest, ContentPart, MessageContent, ReasoningEffort,
    Tool,
};
use genai::resolver::{AuthData, Endpoint};
use genai::{Headers, ModelIden, ServiceTarget};
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::heard::Heard;
use super::{Foreign, Question};
use crate::domain::channel_settings::Temperature;
use crate::domain::completion::ModelFailure;
use crate::domain::file::Picture;
use crate::domain::prompt::{Message, Role};
use crate::llm::error::caused;
use crate::llm::wire::apart;
use crate::ports::ModelError;

impl Question<'_> {
    /// Returns what looks at the frames of the reply.
    pub(super) fn heard(&self) -> Heard {
        Heard::new(self.protocol.is_google(self.model))
    }

    /// Puts it into the library's words: whom to ask, what, and how.
    pub(super) fn in_words(
        &self,
        heard: Arc<Heard>,
    ) -> Result<(ServiceTarget, ChatRequest, ChatOptions), ModelError> {
        let target = ServiceTarget {
            // Not asked: the address is given whole.
            endpoint: Endpoint::from_static(""),
            auth: AuthData::RequestOverride {
                url: self.address.as_str().to_owned(),
                headers: headers(&self.headers)?,
            },
            model: self.model(),
        };
        Ok((target, self.request(), self.options(heard)))
    }

    /// Names the model so that the library does not find a word in its name: neither a provider before `::`, nor an effort after the last hyphen.
    fn model(&self) -> ModelIden {
        let kind = match self.protocol {
            Foreign::Gemini => AdapterKind::Gemini,
            Foreign::Vertex => AdapterKind::Vertex,
            Foreign::Bedrock => AdapterKind::BedrockApi,
            Foreign::Cohere => AdapterKind::Cohere,
        };
        // Gemini's name stands in the address only, and that is ours.
        let end = if self.protocol.is_google(self.model) {
            ":"
        } else {
            ""
        };
        ModelIden::new(
            kind,
            format!("{}::{}{end}", self.protocol.as_str(), self.model),
        )
    }

    fn request(&self) -> ChatRequest {
        let (instructions, said) = apart(self.prompt, self.manners.instructions);
        let mut request = ChatRequest::new(said.iter().map(|said| message(said)).collect());
        if !instructions.is_empty() {
            request.system = Some(instructions);
        }
        let tools = self.tool.map(|tool| {
            let nothing = serde_json::json!({ "type": "object", "properties": {} });
            vec![
                Tool::new(tool.name)
                    .with_description(tool.description)
                    .with_schema(nothing),
            ]
        });
        request.tools = tools;
        request
    }

    fn options(&self, heard: Arc<Heard>) -> ChatOptions {
        let sampling = &self.manners.sampling;
        let chosen = self.prompt.choice.temperature.map(Temperature::as_f64);
        let effort = sampling.reasoning_effort.as_deref();
        let effort = effort.and_then(ReasoningEffort::from_keyword);
        let body = &self.manners.body;
        ChatOptions {
            temperature: chosen.or(sampling.temperature),
            top_p: sampling.top_p,
            seed: sampling.seed,
            stop_sequences: sampling.stop.clone(),
            max_tokens: Some(self.prompt.max_answer_tokens),
            // A model that does not reason refuses to show how it does, so that is asked only of one that is told to.
            capture_reasoning_content: Some(
                effort
                    .as_ref()
                    .is_some_and(|effort| !matches!(effort, ReasoningEffort::Zero)),
            ),
            reasoning_effort: effort,
            capture_usage: Some(true),
            extra_body: (!body.is_empty()).then(|| Value::Object(body.clone())),
            raw_frame_sink: Some(heard),
            ..ChatOptions::default()
        }
    }
}

fn message(message: &Message) -> ChatMessage {
    let Message {
        role,
        text,
        pictures,
    } = message;
    let shown = pictures.iter().map(picture);
    let parts: Vec<_> = shown.chain([ContentPart::from_text(text)]).collect();
    let content = MessageContent::from_parts(parts);
    match role {
        Role::System => ChatMessage::system(content),
        Role::User => ChatMessage::user(content),
        Role::Assistant => ChatMessage::assistant(content),
    }
}

fn picture(picture: &Picture) -> ContentPart {
    let encoded = STANDARD.encode(&picture.bytes);
    ContentPart::Binary(Binary::from_base64(picture.media_type, encoded, None))
}

/// The library takes headers as texts, one of a name.
fn headers(headers: &HeaderMap) -> Result<Headers, ModelError> {
    let pairs: Result<Vec<_>, _> = headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8(value.as_bytes().to_vec());
            value.map(|value| (name.as_str().to_owned(), value))
        })
        .collect();
    let pairs = pairs.map_err(|_| {
        caused(
            ModelFailure::RequestRefused,
            "a header that is configured is no text",
        )
    })?;
    Ok(Headers::from(pairs))
}
