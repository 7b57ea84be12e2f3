//! A model behind OpenAI's Chat Completions API, as OpenAI and nearly everybody else serve it.
//!
//! One question is one request, never repeated here: what may be tried again is decided by whoever asks.
//! API: <https://platform.openai.com/docs/api-reference/chat> (2026-11).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{RequestBuilder, Response};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

use super::answer::{Patience, deltas, read_body};
use super::completion::Progress;
use super::error::{MAX_ERROR_BYTES, caused, refused};
use super::reply::Reply;
use super::{DEFAULT_MODEL, Settings};
use crate::domain::channel_settings::Temperature;
use crate::domain::completion::{Delta, FinishReason, ModelFailure};
use crate::domain::prompt::{Message, ModelChoice, Prompt, Role};
use crate::ports::{Clock, DeltaStream, LanguageModel, ModelError, timeout};

/// Listing the models, at most; also for the body of a refusal.
const SHORT_CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes of a list of models that are read; OpenRouter's, the longest known, has about half of it.
const MAX_MODELS_BYTES: usize = 1024 * 1024;

/// The host whose models want `max_completion_tokens`; some of them refuse `max_tokens`, which is all that most others know.
const OPENAI_HOST: &str = "api.openai.com";

/// A model's server that speaks Chat Completions.
pub struct ChatCompletions {
    settings: Settings,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    /// The only model the server listed, until it says that it does not know it (a local server was started with another).
    listed_model: Mutex<Option<String>>,
}

/// What we send.
#[derive(Serialize)]
struct Ask<'a> {
    model: &'a str,
    messages: Vec<AskMessage<'a>>,
    stream: bool,
    stream_options: StreamOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Value>,
}

#[derive(Serialize)]
struct AskMessage<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> From<&'a Message> for AskMessage<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            role: match message.role {
                Role::System => "system",
                Role::User => "user",
                Role::Assistant => "assistant",
            },
            content: &message.text,
        }
    }
}

impl ChatCompletions {
    /// Makes the adapter. `http` is a client made by [`super::client`].
    #[must_use]
    pub fn new(settings: Settings, http: reqwest::Client, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings,
            http,
            clock,
            listed_model: Mutex::new(None),
        }
    }

    fn is_openai(&self) -> bool {
        self.settings.base_url.host_str() == Some(OPENAI_HOST)
    }

    fn patience(&self) -> Patience {
        let now = self.clock.now();
        Patience {
            first_token_by: now.after(self.settings.first_token_timeout),
            whole_by: now.after(self.settings.total_timeout),
            idle: self.settings.idle_timeout,
        }
    }

    fn body(&self, model: &str, prompt: &Prompt, tools: Option<Value>) -> Vec<u8> {
        let most = Some(prompt.max_answer_tokens);
        let (max_completion_tokens, max_tokens) = if self.is_openai() {
            (most, None)
        } else {
            (None, most)
        };
        let chosen = prompt.choice.temperature.map(Temperature::as_f32);
        let ask = Ask {
            model,
            messages: prompt.messages.iter().map(AskMessage::from).collect(),
            stream: true,
            stream_options: StreamOptions {
                include_usage: true,
            },
            max_tokens,
            max_completion_tokens,
            temperature: chosen.or(self.settings.temperature),
            tools,
        };
        serde_json::to_vec(&ask).expect("strings and numbers are always JSON")
    }

    fn authorised(&self, request: RequestBuilder) -> Result<RequestBuilder, ModelError> {
        let Some(key) = &self.settings.api_key else {
            return Ok(request);
        };
        let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret()))
            .map_err(|error| caused(ModelFailure::KeyRefused, error))?;
        value.set_sensitive(true);
        Ok(request.header(AUTHORIZATION, value))
    }

    /// Returns the name to ask for: the configured one, OpenAI's default, or the only one listed.
    async fn model(&self) -> Result<String, ModelError> {
        if let Some(model) = &self.settings.model {
            return Ok(model.clone());
        }
        if self.is_openai() {
            return Ok(DEFAULT_MODEL.to_owned());
        }
        let known = self.listed().clone();
        if let Some(model) = known {
            return Ok(model);
        }
        let response = self.list_models().await?;
        let clock = &*self.clock;
        let body = read_body(response, clock, SHORT_CALL_TIMEOUT, MAX_MODELS_BYTES).await;
        let model = only_model(&body)?;
        tracing::debug!(
            model.name = model,
            "the server lists one model: it is asked"
        );
        *self.listed() = Some(model.clone());
        Ok(model)
    }

    fn listed(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        // Whoever panicked while holding it had only read or replaced it.
        self.listed_model
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    async fn list_models(&self) -> Result<Response, ModelError> {
        let url = endpoint(&self.settings.base_url, &["models"]);
        let request = self.authorised(self.http.get(url))?;
        let sent = timeout(&*self.clock, SHORT_CALL_TIMEOUT, request.send()).await;
        let response = sent
            .map_err(|elapsed| caused(ModelFailure::Unavailable, elapsed))?
            .map_err(unreachable)?;
        self.accepted(response).await
    }

    /// Returns a response that is a success, and makes an error of any other.
    async fn accepted(&self, response: Response) -> Result<Response, ModelError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let headers = response.headers().clone();
        let body = read_body(response, &*self.clock, SHORT_CALL_TIMEOUT, MAX_ERROR_BYTES).await;
        let error = refused(status.as_u16(), &headers, &body, self.clock.wall());
        if error.failure == ModelFailure::ModelUnknown {
            *self.listed() = None;
        }
        Err(error)
    }
}

#[async_trait]
impl LanguageModel for ChatCompletions {
    async fn complete(&self, prompt: &Prompt) -> Result<DeltaStream, ModelError> {
        self.ask(prompt, None).await
    }

    async fn ping(&self) -> Result<(), ModelError> {
        self.list_models().await.map(drop)
    }
}

impl ChatCompletions {
    /// Asks what a model can answer only by a tool, and returns whether it calls that. Nothing is done with the call.
    ///
    /// # Errors
    /// [`ModelFailure::RequestRefused`] where the server takes no tools; otherwise as asking without one fails.
    pub async fn calls_tools(&self, max_answer_tokens: u32) -> Result<bool, ModelError> {
        let prompt = Prompt {
            messages: vec![Message {
                role: Role::User,
                text: "What time is it now? Call the tool `clock` to find out.".to_owned(),
            }],
            max_answer_tokens,
            dropped_turns: 0,
            choice: ModelChoice::default(),
        };
        let clock = json!([{ "type": "function", "function": {
            "name": "clock",
            "description": "Returns the time.",
            "parameters": { "type": "object", "properties": {} },
        }}]);
        let mut deltas = self.ask(&prompt, Some(clock)).await?;
        let mut finish = None;
        // The stream has its own time-outs and bound.
        while let Some(delta) = deltas.next().await {
            if let Delta::Finished(reason) = delta? {
                finish = Some(reason);
            }
        }
        Ok(finish == Some(FinishReason::ToolCalls))
    }

    async fn ask(&self, prompt: &Prompt, tools: Option<Value>) -> Result<DeltaStream, ModelError> {
        let patience = self.patience();
        let model = match &prompt.choice.model {
            Some(chosen) => chosen.clone(),
            None => self.model().await?,
        };
        let url = endpoint(&self.settings.base_url, &["chat", "completions"]);
        let request = self
            .authorised(self.http.post(url))?
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "text/event-stream, application/json")
            .body(self.body(&model, prompt, tools));

        let (limit, in_vain) = patience.limit(Progress::Silent, self.clock.now());
        let response = timeout(&*self.clock, limit, request.send())
            .await
            .map_err(|elapsed| caused(in_vain, elapsed))?
            .map_err(unreachable)?;
        let response = self.accepted(response).await?;
        let reply = Reply::new(self.settings.max_answer_bytes);
        Ok(deltas(response, reply, Arc::clone(&self.clock), patience))
    }
}

/// Returns an address below the base, whose query (Azure's `api-version`) stays.
fn endpoint(base: &Url, below: &[&str]) -> Url {
    let mut url = base.clone();
    // A base that cannot have a path is refused by the HTTP client when it is asked.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(below);
    }
    url
}

fn unreachable(error: reqwest::Error) -> ModelError {
    let failure = if error.is_builder() {
        ModelFailure::RequestRefused
    } else {
        ModelFailure::Unavailable
    };
    caused(failure, error.without_url())
}

/// Finds the only model in a list of them.
fn only_model(body: &[u8]) -> Result<String, ModelError> {
    let list: Value = serde_json::from_slice(body)
        .map_err(|_| caused(ModelFailure::Garbled, "the list of models is no JSON"))?;
    let models = list.get("data").and_then(Value::as_array);
    let mut names = models
        .into_iter()
        .flatten()
        .filter_map(|model| model.get("id")?.as_str());
    match (names.next(), names.next()) {
        (Some(only), None) => Ok(only.to_owned()),
        (None, _) => Err(caused(
            ModelFailure::ModelUnknown,
            "no model is configured and the server lists none",
        )),
        (Some(_), Some(_)) => Err(caused(
            ModelFailure::ModelUnknown,
            "no model is configured and the server lists several",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_lies_below_the_base_however_it_is_written() {
        for (base, expected) in [
            (
                "http://127.0.0.1:8080/v1",
                "http://127.0.0.1:8080/v1/models",
            ),
            (
                "http://127.0.0.1:8080/v1/",
                "http://127.0.0.1:8080/v1/models",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/models"),
            (
                "https://a.openai.azure.com/openai/v1?api-version=preview",
                "https://a.openai.azure.com/openai/v1/models?api-version=preview",
            ),
        ] {
            assert_eq!(
                endpoint(&base.parse().unwrap(), &["models"]).as_str(),
                expected
            );
        }
    }

    #[test]
    fn a_model_is_found_only_where_there_is_one() {
        let find = |body: &str| only_model(body.as_bytes()).map_err(|error| error.failure);
        assert_eq!(
            find(r#"{"data":[{"id":"smollm2:latest"}]}"#),
            Ok("smollm2:latest".into())
        );
        for (body, failure) in [
            (
                r#"{"data":[{"id":"a"},{"id":"b"}]}"#,
                ModelFailure::ModelUnknown,
            ),
            (r#"{"data":[]}"#, ModelFailure::ModelUnknown),
            (r#"{"data":[3]}"#, ModelFailure::ModelUnknown),
            ("null", ModelFailure::ModelUnknown),
            ("<html>", ModelFailure::Garbled),
        ] {
            assert_eq!(find(body), Err(failure), "{body}");
        }
    }
}
