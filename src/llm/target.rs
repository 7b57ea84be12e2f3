//! One model at one server: puts a question into the words of its wire, asks, and hands on what comes.
//!
//! A question is asked again here only where its server refused a field that it can do without, or a key of which there are others: what
//! else may be tried again is decided by whoever asks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use reqwest::Response;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::Url;

use super::answer::{Connection, Patience, deltas, read_body};
use super::completion::{Expected, Progress};
use super::error::{MAX_ERROR_BYTES, Said, caused, failed, refused};
use super::foreign::{self, Foreign};
use super::keys::KeyRing;
use super::lesson::{Lessons, lesson};
use super::listed::{ListedModel, listed, only_model};
use super::protocol::Protocol;
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
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    keys: KeyRing,
    lessons: Mutex<Lessons>,
    /// The only model the server listed, until it says that it does not know it (a local server was started with another).
    listed_model: Mutex<Option<String>>,
}

impl Target {
    /// Makes the adapter. `http` is a client made by [`super::client`].
    #[must_use]
    pub fn new(settings: Settings, http: reqwest::Client, clock: Arc<dyn Clock>) -> Self {
        Self {
            keys: KeyRing::new(settings.api_keys.clone()),
            lessons: Mutex::default(),
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

    /// Puts a question into the words of the wire, as far as the server is known to take them.
    fn body(&self, wire: Wire, asking: &Asking<'_>) -> Map<String, Value> {
        let lessons = self.lessons();
        let manners = lessons.manners(&self.settings.manners);
        let by_host = if self.is_openai() {
            AnswerLimit::MaxCompletionTokens
        } else {
            AnswerLimit::MaxTokens
        };
        let mut body = wire.body(&Ask {
            model: asking.model,
            prompt: asking.prompt,
            manners: &manners,
            caches: self.settings.caches,
            answer_limit: lessons.limit(manners.answer_limit.unwrap_or(by_host)),
            tool: asking.tool,
        });
        lessons.strip(&mut body);
        body
    }

    fn address(&self, below: &[&str]) -> Url {
        let mut url = endpoint(&self.settings.base_url, below, self.settings.protocol);
        if !self.settings.way.query.is_empty() {
            let query = self.settings.way.query.iter();
            let query = query.map(|(name, value)| (name, value.expose_secret()));
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Returns the headers that each request has.
    fn headers(&self, key: Option<&SecretString>) -> Result<HeaderMap, ModelError> {
        let Settings { protocol, way, .. } = &self.settings;
        let wanted = protocol.header();
        let mut headers: HeaderMap = HeaderMap::new();
        for (name, value) in wanted.iter().chain(&way.headers) {
            headers.append(name.clone(), value.clone());
        }
        let Some(key) = key else {
            return Ok(headers);
        };
        match way.key_header.clone().or_else(|| protocol.key_header()) {
            Some(name) => headers.append(name, secret_header("", key)?),
            None => headers.append(AUTHORIZATION, secret_header("Bearer ", key)?),
        };
        Ok(headers)
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

    async fn list_models(&self) -> Result<Response, ModelError> {
        let mut url = self.address(&["models"]);
        if let Protocol::Foreign(foreign) = self.settings.protocol {
            let query = foreign.list_query().ok_or_else(|| {
                caused(
                    ModelFailure::RequestRefused,
                    "the protocol lists no models at this host",
                )
            })?;
            url.query_pairs_mut().extend_pairs(query);
        }
        let response = self.get(url).await?;
        self.accepted(response)
            .await
            .map_err(|refusal| refusal.error)
    }

    async fn get(&self, url: Url) -> Result<Response, ModelError> {
        let key = self.keys.take(self.clock.now()).map(|(_, key)| key);
        let request = self.http.get(url).headers(self.headers(key)?);
        let sent = timeout(&*self.clock, SHORT_CALL_TIMEOUT, request.send()).await;
        sent.map_err(|elapsed| caused(ModelFailure::Unavailable, elapsed))?
            .map_err(unreachable)
    }

    /// Returns a response that is a success, and makes a refusal of any other.
    async fn accepted(&self, response: Response) -> Result<Response, Refusal> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let headers = response.headers().clone();
        let body = read_body(response, &*self.clock, SHORT_CALL_TIMEOUT, MAX_ERROR_BYTES).await;
        let said = Said::in_body(&body);
        let now = self.clock.wall();
        let error = refused(status.as_u16(), &headers, &said, now);
        if error.failure == ModelFailure::ModelUnknown {
            *self.listed() = None;
        }
        Err(Refusal {
            said,
            ..Refusal::from(error)
        })
    }

    fn lessons(&self) -> std::sync::MutexGuard<'_, Lessons> {
        // Whoever panicked while holding it left a set that is whole.
        self.lessons.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is asked, of which of the server's models, and how long that may take.
struct Asking<'a> {
    model: &'a str,
    prompt: &'a Prompt,
    tool: Option<&'a Tool>,
    patience: Patience,
}

/// A reply that is no success, what was said in it, and what had been sent.
struct Refusal {
    error: ModelError,
    said: Said,
    sent: Map<String, Value>,
}

impl From<ModelError> for Refusal {
    fn from(error: ModelError) -> Self {
        Self {
            error,
            said: Said::default(),
            sent: Map::new(),
        }
    }
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
        if self.lists_models() {
            return self.list_models().await.map(drop);
        }
        // Nothing else can be asked for nothing: that there is an answer has to do.
        let response = self.get(self.settings.base_url.clone()).await?;
        if response.status().is_server_error() {
            return Err(failed(ModelFailure::Unavailable));
        }
        Ok(())
    }
}

impl Target {
    /// Asks what a model can answer only by a tool, and returns whether it calls that. Nothing is done with the call.
    ///
    /// # Errors
    /// [`ModelFailure::RequestRefused`] where the server takes no tools; otherwise as asking without one fails.
    pub async fn calls_tools(&self, max_answer_tokens: u32) -> Result<bool, ModelError> {
        if let Protocol::Foreign(foreign) = self.settings.protocol
            && !foreign.offers_tools()
        {
            return Ok(false);
        }
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

    /// Says whether its server lists its models at the address where they are asked.
    #[must_use]
    pub fn lists_models(&self) -> bool {
        match self.settings.protocol {
            Protocol::Own(_) => true,
            Protocol::Foreign(foreign) => foreign.list_query().is_some(),
        }
    }

    /// Returns the names of the models that its server lists, at most [`super::MAX_MODELS_LISTED`].
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
        let asking = Asking {
            model: &model,
            prompt,
            tool,
            patience,
        };
        let mut corrections = MAX_CORRECTIONS;
        loop {
            let key = self.keys.take(self.clock.now());
            let secret = key.map(|(_, key)| key);
            let asked = match self.settings.protocol {
                Protocol::Own(wire) => self.ask_own(wire, &asking, secret).await,
                Protocol::Foreign(foreign) => self.ask_foreign(foreign, &asking, secret).await,
            };
            let refusal = match asked {
                Ok(deltas) => return Ok(deltas),
                Err(refusal) => refusal,
            };
            let goes_on = corrections > 0 && self.heeds(&refusal, key.map(|(key, _)| key));
            if !goes_on {
                return Err(refusal.error);
            }
            corrections -= 1;
        }
    }

    async fn ask_own(
        &self,
        wire: Wire,
        asking: &Asking<'_>,
        key: Option<&SecretString>,
    ) -> Result<DeltaStream, Refusal> {
        let body = self.body(wire, asking);
        let response = match self.send(wire, &body, key, &asking.patience).await? {
            Ok(response) => response,
            Err(refusal) => {
                return Err(Refusal {
                    sent: body,
                    ..refusal
                });
            }
        };
        let says_limit = ["max_tokens", "max_completion_tokens", "max_output_tokens"]
            .iter()
            .any(|field| body.contains_key(*field));
        let most_tokens = says_limit.then_some(asking.prompt.max_answer_tokens);
        let reply = Reply::new(wire, self.expected(most_tokens));
        let connection = Connection::new(response, reply);
        Ok(deltas(connection, Arc::clone(&self.clock), asking.patience))
    }

    async fn ask_foreign(
        &self,
        protocol: Foreign,
        asking: &Asking<'_>,
        key: Option<&SecretString>,
    ) -> Result<DeltaStream, Refusal> {
        let (steps, query) = protocol.path(asking.model);
        let steps: Vec<_> = steps.iter().map(String::as_str).collect();
        let mut address = self.address(&steps);
        if let Some((name, value)) = query {
            address.query_pairs_mut().append_pair(name, value);
        }
        let question = foreign::Question {
            protocol,
            model: asking.model,
            prompt: asking.prompt,
            manners: &self.settings.manners,
            tool: asking.tool,
            address,
            headers: self.headers(key)?,
        };
        let expected = self.expected(Some(asking.prompt.max_answer_tokens));
        let (http, clock) = (self.http.clone(), Arc::clone(&self.clock));
        let asked = foreign::ask(question, http, expected, clock, asking.patience);
        Ok(asked.await?)
    }

    /// Takes what a refusal teaches; returns whether asking once more, at once, may go better.
    fn heeds(&self, refusal: &Refusal, key: Option<usize>) -> bool {
        let Refusal { error, said, sent } = refusal;
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
        wire: Wire,
        body: &Map<String, Value>,
        key: Option<&SecretString>,
        patience: &Patience,
    ) -> Result<Result<Response, Refusal>, ModelError> {
        let bytes = serde_json::to_vec(body).expect("a map of JSON values is JSON");
        let url = self.address(wire.path());
        let request = self
            .http
            .post(url)
            .headers(self.headers(key)?)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "text/event-stream, application/json")
            .body(bytes);
        let (limit, in_vain) = patience.limit(Progress::Silent, self.clock.now());
        let response = timeout(&*self.clock, limit, request.send())
            .await
            .map_err(|elapsed| caused(in_vain, elapsed))?
            .map_err(unreachable)?;
        Ok(self.accepted(response).await)
    }

    fn expected(&self, most_tokens: Option<u32>) -> Expected {
        Expected {
            reasoning: self.settings.manners.reasoning,
            most_tokens,
            max_answer_bytes: self.settings.max_answer_bytes,
        }
    }
}

/// Returns an address below the base, whose query stays. Anthropic's own documentation writes its base without the version.
fn endpoint(base: &Url, below: &[&str], protocol: Protocol) -> Url {
    let mut url = base.clone();
    let is_bare = protocol == Protocol::Own(Wire::Messages) && matches!(base.path(), "" | "/");
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
                endpoint(&base.parse().unwrap(), &["models"], Protocol::default()).as_str(),
                expected
            );
        }
    }
}
