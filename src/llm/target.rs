//! One model at one server: puts a question into the words of its wire, asks, and hands on what comes.
//!
//! A question is asked again here only where its server refused a field that it can do without, or a key of which there are others: what
//! else may be tried again is decided by whoever asks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::Url;

use super::answer::{Patience, deltas, read_body};
use super::client::{Client, Head, Incoming};
use super::completion::{Expected, Progress};
use super::error::{MAX_ERROR_BYTES, Said, caused, refused};
use super::keys::KeyRing;
use super::lesson::{Lessons, lesson};
use super::reply::Reply;
use super::settings::{AnswerLimit, DEFAULT_MODEL, Settings};
use super::wire::{Ask, Tool, Wire};
use crate::domain::completion::{Delta, FinishReason, ModelFailure};
use crate::domain::prompt::{ModelChoice, Prompt, Window};
use crate::ports::{Clock, DeltaStream, LanguageModel, ModelError, timeout};

/// Listing the models, at most; also for the body of a refusal.
const SHORT_CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes of a list of models that are read; OpenRouter's, the longest known, has about half of it.
const MAX_MODELS_BYTES: usize = 1024 * 1024;

/// Where lists of models say how much one takes in: vLLM, OpenRouter, llama-server (two), Anthropic and Mistral, Groq.
const WINDOW_PATHS: [&str; 6] = [
    "/max_model_len",
    "/context_length",
    "/meta/n_ctx",
    "/meta/n_ctx_train",
    "/max_context_length",
    "/context_window",
];

/// A model in a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedModel {
    /// Its name.
    pub id: String,
    /// How much it takes in, where its server says so.
    pub window_tokens: Option<u32>,
}

/// Names of a list of models that are read.
pub const MAX_MODELS_LISTED: usize = 10_000;

/// How often a question is put otherwise, because its server refused a field or a key, before its refusal is believed.
const MAX_CORRECTIONS: u32 = 6;

/// The host whose models want `max_completion_tokens`; some of them refuse `max_tokens`, which is all that most others know.
const OPENAI_HOST: &str = "api.openai.com";

/// What a model is asked to call, to see whether it does.
const CLOCK: Tool = Tool {
    name: "clock",
    description: "Returns the time.",
};

/// A model at a server.
pub struct Target {
    settings: Settings,
    client: Client,
    clock: Arc<dyn Clock>,
    keys: KeyRing,
    lessons: Mutex<Lessons>,
    /// The only model the server listed, until it says that it does not know it (a local server was started with another).
    listed_model: Mutex<Option<String>>,
}

impl Target {
    /// Makes the adapter. `client` is one made by [`super::client`] of the same settings.
    #[must_use]
    pub fn new(settings: Settings, client: Client, clock: Arc<dyn Clock>) -> Self {
        Self {
            keys: KeyRing::new(settings.api_keys.clone()),
            lessons: Mutex::default(),
            settings,
            client,
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

    /// Puts a question into the words of the wire, as far as the server is known to take them.
    fn body(&self, model: &str, prompt: &Prompt, tool: Option<&Tool>) -> Map<String, Value> {
        let lessons = self.lessons();
        let manners = lessons.manners(&self.settings.manners);
        let by_host = if self.is_openai() {
            AnswerLimit::MaxCompletionTokens
        } else {
            AnswerLimit::MaxTokens
        };
        let mut body = self.settings.wire.body(&Ask {
            model,
            prompt,
            manners: &manners,
            caches: self.settings.caches,
            answer_limit: lessons.limit(manners.answer_limit.unwrap_or(by_host)),
            tool,
        });
        lessons.strip(&mut body);
        body
    }

    fn address(&self, below: &[&str]) -> Url {
        let mut url = endpoint(&self.settings.base_url, below, self.settings.wire);
        if !self.settings.way.query.is_empty() {
            let query = self.settings.way.query.iter();
            let query = query.map(|(name, value)| (name, value.expose_secret()));
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    fn authorised(
        &self,
        request: RequestBuilder,
        key: Option<&SecretString>,
    ) -> Result<RequestBuilder, ModelError> {
        let Settings { wire, way, .. } = &self.settings;
        let mut request = request;
        let wanted = wire.header();
        for (name, value) in wanted.iter().chain(&way.headers) {
            request = request.header(name, value);
        }
        let Some(key) = key else {
            return Ok(request);
        };
        match way.key_header.clone().or_else(|| wire.key_header()) {
            Some(name) => Ok(request.header(name, secret_header("", key)?)),
            None => Ok(request.header(AUTHORIZATION, secret_header("Bearer ", key)?)),
        }
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
        let model = only_model(self.models().await?)?;
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

    async fn list_models(&self) -> Result<Incoming, ModelError> {
        let url = self.address(&["models"]);
        let key = self.keys.take(self.clock.now()).map(|(_, key)| key);
        let place = self.client.place();
        let request = self.authorised(place.request(Method::GET, url), key)?;
        let sent = timeout(
            &*self.clock,
            SHORT_CALL_TIMEOUT,
            self.client.send(place, request),
        )
        .await;
        let response = sent
            .map_err(|elapsed| caused(ModelFailure::Unavailable, elapsed))?
            .map_err(unreachable)?;
        self.accepted(response)
            .await
            .map_err(|refusal| refusal.error)
    }

    /// Returns a response that is a success, and makes a refusal of any other.
    async fn accepted(&self, response: (Head, Incoming)) -> Result<Incoming, Refusal> {
        let (Head { status, headers }, rest) = response;
        if status.is_success() {
            return Ok(rest);
        }
        let body = read_body(rest, &*self.clock, SHORT_CALL_TIMEOUT, MAX_ERROR_BYTES).await;
        let said = Said::in_body(&body);
        let now = self.clock.wall();
        let error = refused(status.as_u16(), &headers, &said, now);
        if error.failure == ModelFailure::ModelUnknown {
            *self.listed() = None;
        }
        Err(Refusal { error, said })
    }

    fn lessons(&self) -> std::sync::MutexGuard<'_, Lessons> {
        // Whoever panicked while holding it left a set that is whole.
        self.lessons.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reply that is no success, and what was said in it.
struct Refusal {
    error: ModelError,
    said: Said,
}

#[async_trait]
impl LanguageModel for Target {
    async fn complete(&self, prompt: &Prompt) -> Result<DeltaStream, ModelError> {
        self.ask(prompt, None).await
    }

    fn sees(&self, _: &ModelChoice) -> bool {
        self.settings.sees
    }

    fn window(&self, _: &ModelChoice) -> Window {
        self.settings.window
    }

    async fn ping(&self) -> Result<(), ModelError> {
        self.list_models().await.map(drop)
    }
}

impl Target {
    /// Asks what a model can answer only by a tool, and returns whether it calls that. Nothing is done with the call.
    ///
    /// # Errors
    /// [`ModelFailure::RequestRefused`] where the server takes no tools; otherwise as asking without one fails.
    pub async fn calls_tools(&self, max_answer_tokens: u32) -> Result<bool, ModelError> {
        let question = "What time is it now? Call the tool `clock` to find out.";
        let prompt = Prompt::single(question, max_answer_tokens);
        let mut deltas = self.ask(&prompt, Some(&CLOCK)).await?;
        let mut finish = None;
        // The stream has its own time-outs and bound.
        while let Some(delta) = deltas.next().await {
            if let Delta::Finished(reason) = delta? {
                finish = Some(reason);
            }
        }
        Ok(finish == Some(FinishReason::ToolCalls))
    }

    /// Returns the names of the models that its server lists, at most [`MAX_MODELS_LISTED`].
    ///
    /// # Errors
    /// When the server cannot be reached, refuses, or sends no list.
    pub async fn models(&self) -> Result<Vec<ListedModel>, ModelError> {
        let response = self.list_models().await?;
        let clock = &*self.clock;
        let body = read_body(response, clock, SHORT_CALL_TIMEOUT, MAX_MODELS_BYTES).await;
        listed(&body)
    }

    /// Returns what the server was found to refuse, each by the name of its field; `system` for instructions.
    #[must_use]
    pub fn learnt(&self) -> Vec<&'static str> {
        self.lessons().words()
    }

    async fn ask(&self, prompt: &Prompt, tool: Option<&Tool>) -> Result<DeltaStream, ModelError> {
        let patience = self.patience();
        let model = match &prompt.choice.model {
            Some(chosen) => chosen.clone(),
            None => self.model().await?,
        };
        let mut corrections = MAX_CORRECTIONS;
        loop {
            let body = self.body(&model, prompt, tool);
            let bytes = serde_json::to_vec(&body).expect("a map of JSON values is JSON");
            // From here on only the names of what was sent are needed, and a first token may be waited for long.
            let sent: Vec<String> = body.into_iter().map(|(field, _)| field).collect();
            let key = self.keys.take(self.clock.now());
            let refusal = match self.send(bytes, key.map(|(_, key)| key), &patience).await? {
                Ok(response) => {
                    let reply = Reply::new(self.expected(prompt, &sent));
                    return Ok(deltas(response, reply, Arc::clone(&self.clock), patience));
                }
                Err(refusal) => refusal,
            };
            let goes_on = corrections > 0 && self.heeds(&refusal, &sent, key.map(|(key, _)| key));
            if !goes_on {
                return Err(refusal.error);
            }
            corrections -= 1;
        }
    }

    /// Takes what a refusal teaches; returns whether asking once more, at once, may go better.
    fn heeds(&self, refusal: &Refusal, sent: &[String], key: Option<usize>) -> bool {
        let Refusal { error, said } = refusal;
        if key.is_some_and(|key| self.keys.rest(key, error, self.clock.now())) {
            return true;
        }
        if error.failure != ModelFailure::RequestRefused {
            return false;
        }
        let Some(lesson) = lesson(said, sent) else {
            return false;
        };
        let field = lesson.word();
        let is_new = self.lessons().learn(lesson);
        if is_new {
            tracing::warn!(
                model.field = field,
                "the model's server refuses a field: it is left out from now on"
            );
        }
        is_new
    }

    async fn send(
        &self,
        body: Vec<u8>,
        key: Option<&SecretString>,
        patience: &Patience,
    ) -> Result<Result<Incoming, Refusal>, ModelError> {
        let url = self.address(self.settings.wire.path());
        let place = self.client.place();
        let request = self
            .authorised(place.request(Method::POST, url), key)?
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "text/event-stream, application/json")
            .body(body);
        let (limit, in_vain) = patience.limit(Progress::Silent, self.clock.now());
        let response = timeout(&*self.clock, limit, self.client.send(place, request))
            .await
            .map_err(|elapsed| caused(in_vain, elapsed))?
            .map_err(unreachable)?;
        Ok(self.accepted(response).await)
    }

    fn expected(&self, prompt: &Prompt, sent: &[String]) -> Expected {
        let says_limit = ["max_tokens", "max_completion_tokens", "max_output_tokens"]
            .iter()
            .any(|limit| sent.iter().any(|field| field == limit));
        Expected {
            wire: self.settings.wire,
            reasoning: self.settings.manners.reasoning,
            most_tokens: says_limit.then_some(prompt.max_answer_tokens),
            max_answer_bytes: self.settings.max_answer_bytes,
        }
    }
}

/// Returns an address below the base, whose query stays. Anthropic's own documentation writes its base without the version.
fn endpoint(base: &Url, below: &[&str], wire: Wire) -> Url {
    let mut url = base.clone();
    let is_bare = wire == Wire::Messages && matches!(base.path(), "" | "/");
    // A base that cannot have a path is refused by the HTTP client when it is asked.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments
            .pop_if_empty()
            .extend(is_bare.then_some("v1"))
            .extend(below);
    }
    url
}

fn secret_header(before: &str, key: &SecretString) -> Result<HeaderValue, ModelError> {
    let mut value = HeaderValue::from_str(&format!("{before}{}", key.expose_secret()))
        .map_err(|error| caused(ModelFailure::KeyRefused, error))?;
    value.set_sensitive(true);
    Ok(value)
}

fn unreachable(error: reqwest::Error) -> ModelError {
    let failure = if error.is_builder() {
        ModelFailure::RequestRefused
    } else {
        ModelFailure::Unavailable
    };
    caused(failure, error.without_url())
}

/// Reads the names in a list of models.
fn listed(body: &[u8]) -> Result<Vec<ListedModel>, ModelError> {
    let list: Value = serde_json::from_slice(body)
        .map_err(|_| caused(ModelFailure::Garbled, "the list of models is no JSON"))?;
    let models = list.get("data").and_then(Value::as_array);
    let names = models.into_iter().flatten().filter_map(|model| {
        Some(ListedModel {
            id: model.get("id")?.as_str()?.to_owned(),
            window_tokens: WINDOW_PATHS
                .iter()
                .filter_map(|path| model.pointer(path)?.as_u64())
                .find_map(|tokens| u32::try_from(tokens).ok()),
        })
    });
    Ok(names.take(MAX_MODELS_LISTED).collect())
}

/// Finds the only model in a list of them.
fn only_model(listed: Vec<ListedModel>) -> Result<String, ModelError> {
    let mut names = listed.into_iter();
    match (names.next(), names.next()) {
        (Some(only), None) => Ok(only.id),
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
                endpoint(&base.parse().unwrap(), &["models"], Wire::ChatCompletions).as_str(),
                expected
            );
        }
    }

    #[test]
    fn a_model_is_found_only_where_there_is_one() {
        let find = |body: &str| {
            let only = listed(body.as_bytes()).and_then(only_model);
            only.map_err(|error| error.failure)
        };
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
