//! Pictures over OpenAI's Images API, which LocalAI, vLLM, LiteLLM and others speak too.
//!
//! <https://platform.openai.com/docs/api-reference/images/create>. A picture comes as Base64 within JSON. Servers that draw with other
//! models than GPT Image send an address in its place unless they are asked for `b64_json`, and GPT Image refuses that field: it is sent,
//! and left out from its first refusal on. Addresses are never fetched: they would be a model's choice of what this machine reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::body::read_whole;
use super::client::{ClientError, client_to};
use super::error::{Said, caused, failed, inside};
use super::lesson::lesson;
use super::protocol::Protocol;
use super::server::{Call, Server};
use super::settings::ImageSettings;
use crate::domain::completion::{ModelFailure, Usage};
use crate::domain::file::Picture;
use crate::ports::{Clock, Drawn, ImageModel, ModelError};

/// The field that asks for the picture itself.
const FORM: &str = "response_format";

/// Models that always send the picture itself, and refuse to be asked for it.
const GPT_IMAGE: [&str; 2] = ["gpt-image", "chatgpt-image"];

/// Bytes of a reply beside the picture's, at most: a revised prompt, and what was used.
const MAX_FRAME_BYTES: usize = 64 * 1024;

/// What draws.
pub struct Images {
    settings: ImageSettings,
    server: Server,
    clock: Arc<dyn Clock>,
    /// Whether the picture itself is to be asked for.
    asks_for_form: AtomicBool,
}

impl Images {
    /// Makes the adapter.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn new(settings: ImageSettings, clock: Arc<dyn Clock>) -> Result<Self, ClientError> {
        let access = settings.access.clone();
        let http = client_to(&access.base_url, &access.way)?;
        let model = settings.model.as_deref().unwrap_or_default();
        let is_gpt_image = GPT_IMAGE.iter().any(|name| model.starts_with(name));
        Ok(Self {
            server: Server::new(access, Protocol::default(), http, clock.clone()),
            asks_for_form: AtomicBool::new(!is_gpt_image),
            settings,
            clock,
        })
    }

    fn body(&self, description: &str) -> Map<String, Value> {
        let mut body = Map::from_iter([
            ("prompt".to_owned(), json!(description)),
            ("n".to_owned(), json!(1)),
        ]);
        let ImageSettings { model, size, .. } = &self.settings;
        for (field, value) in [("model", model), ("size", size)] {
            if let Some(value) = value {
                body.insert(field.to_owned(), json!(value));
            }
        }
        if self.asks_for_form.load(Ordering::Relaxed) {
            body.insert(FORM.to_owned(), json!("b64_json"));
        }
        body
    }

    fn drawn(&self, reply: &[u8]) -> Result<Drawn, ModelError> {
        let reply: Value = serde_json::from_slice(reply)
            .map_err(|_| caused(ModelFailure::Garbled, "the picture came in no JSON"))?;
        if let Some(said) = Said::in_reply(&reply) {
            return Err(inside(&said));
        }
        Ok(Drawn {
            picture: picture(&reply, self.settings.max_bytes)?,
            usage: usage(&reply),
            model: self.settings.model.clone(),
        })
    }
}

#[async_trait]
impl ImageModel for Images {
    async fn draw(&self, description: &str) -> Result<Drawn, ModelError> {
        let by = self.clock.now().after(self.settings.timeout);
        loop {
            let body = self.body(description);
            let call = Call {
                below: &["images", "generations"],
                content_type: "application/json",
                accept: "application/json",
                body: Value::Object(body.clone()).to_string().into(),
            };
            let limit = || (by.since(self.clock.now()), ModelFailure::TotalTimeout);
            let refusal = match self.server.post(&call, limit).await {
                Ok(response) => {
                    // Three bytes of a picture take four.
                    let most = self.settings.max_bytes / 3 * 4 + MAX_FRAME_BYTES;
                    let reply = read_whole(response, &*self.clock, by, most).await;
                    return self.drawn(&reply.map_err(of_picture)?);
                }
                Err(refusal) => refusal,
            };
            let is_of_form = refusal.error.failure == ModelFailure::RequestRefused
                // What the asker wrote may be quoted in a refusal, and teaches nothing.
                && !description.contains(FORM)
                && lesson(&refusal.said, &[FORM.to_owned()])
                    .is_some_and(|lesson| lesson.word() == FORM);
            if !is_of_form || !self.asks_for_form.swap(false, Ordering::Relaxed) {
                return Err(refusal.error);
            }
        }
    }
}

fn of_picture(error: ModelError) -> ModelError {
    match error.failure {
        ModelFailure::TooLarge => ModelError {
            failure: ModelFailure::PictureTooLarge,
            ..error
        },
        _ => error,
    }
}

fn picture(reply: &Value, most_bytes: usize) -> Result<Picture, ModelError> {
    let first = reply.pointer("/data/0");
    let text = |field: &str| first?.get(field)?.as_str().filter(|text| !text.is_empty());
    // An address that holds the picture itself needs no fetching.
    let held = |url: &&str| url.starts_with("data:");
    let Some(whole) = text("b64_json").or_else(|| text("url").filter(held)) else {
        return Err(failed(match text("url") {
            Some(_) => ModelFailure::PictureLinked,
            None => ModelFailure::Empty,
        }));
    };
    let encoded = whole.split_once(";base64,");
    let encoded = encoded.map_or(whole, |(_, encoded)| encoded);
    let bytes = STANDARD
        .decode(encoded)
        .map_err(|_| caused(ModelFailure::Garbled, "the picture is no Base64"))?;
    if bytes.len() > most_bytes {
        return Err(failed(ModelFailure::PictureTooLarge));
    }
    Picture::of(bytes)
        .ok_or_else(|| caused(ModelFailure::Garbled, "the picture is no PNG, JPEG or WebP"))
}

fn usage(reply: &Value) -> Usage {
    let tokens = |field: &str| {
        let used = reply.pointer("/usage")?.get(field)?;
        used.as_u64()
    };
    Usage {
        prompt_tokens: tokens("input_tokens").unwrap_or_default(),
        completion_tokens: tokens("output_tokens").unwrap_or_default(),
        ..Usage::default()
    }
}
