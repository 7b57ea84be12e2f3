//! One model at one server: puts a question into the words of its wire, asks, and hands on what comes.
//!
//! A question is asked again here only where its server refused a field that it can do without, or a key of which there are others: what
//! else may be tried again is decided by whoever asks.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::StreamExt as _;
use reqwest::Response;
use serde_json::{Map, Value};

use super::answer::{Patience, deltas, read_body};
use super::completion::{Expected, Progress};
use super::error::caused;
use super::lesson::{Lessons, lesson};
use super::reply::Reply;
use super::server::{Call, Refusal, SHORT_CALL_TIMEOUT, Server};
use super::settings::{Access, AnswerLimit, DEFAULT_MODEL, Settings};
use super::wire::{Ask, Tool};
use crate::domain::completion::{Delta, FinishReason, ModelFailure};
use crate::domain::prompt::{ModelChoice, Prompt, Window};
use crate::ports::{Clock, DeltaStream, LanguageModel, ModelError};

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
    clock: Arc<dyn Clock>,
    server: Server,
    lessons: Mutex<Lessons>,
    /// The only model the server listed, until it says that it does not know it (a local server was started with another).
    listed_model: Mutex<Option<String>>,
}

impl Target {
    /// Makes the adapter. `http` is a client made by [`super::client`].
    #[must_use]
    pub fn new(settings: Settings, http: reqwest::Client, clock: Arc<dyn Clock>) -> Self {
        let access = Access {
            base_url: settings.base_url.clone(),
            api_keys: settings.api_keys.clone(),
            way: settings.way.clone(),
        };
        Self {
            server: Server::new(access, settings.wire, http, Arc::clone(&clock)),
            lessons: Mutex::default(),
            settings,
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
        let listed = self.server.get(&["models"]).await?;
        listed.map_err(|refusal| self.heard(refusal).error)
    }

    /// Takes from a refusal that the model is not there.
    fn heard(&self, refusal: Refusal) -> Refusal {
        if refusal.error.failure == ModelFailure::ModelUnknown {
            *self.listed() = None;
        }
        refusal
    }

    fn lessons(&self) -> std::sync::MutexGuard<'_, Lessons> {
        // Whoever panicked while holding it left a set that is whole.
        self.lessons.lock().unwrap_or_else(PoisonError::into_inner)
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
            let call = Call {
                below: self.settings.wire.path(),
                content_type: "application/json",
                accept: "text/event-stream, application/json",
                body: serde_json::to_vec(&body)
                    .expect("a map of JSON values is JSON")
                    .into(),
            };
            let limit = || patience.limit(Progress::Silent, self.clock.now());
            let refusal = match self.server.post(&call, limit).await? {
                Ok(response) => {
                    let reply = Reply::new(self.expected(prompt, &body));
                    return Ok(deltas(response, reply, Arc::clone(&self.clock), patience));
                }
                Err(refusal) => self.heard(refusal),
            };
            if corrections == 0 || !self.heeds(&refusal, &body) {
                return Err(refusal.error);
            }
            corrections -= 1;
        }
    }

    /// Takes what a refusal teaches; returns whether asking once more, at once, may go better.
    fn heeds(&self, refusal: &Refusal, body: &Map<String, Value>) -> bool {
        let Refusal { error, said } = refusal;
        if error.failure != ModelFailure::RequestRefused {
            return false;
        }
        let Some(lesson) = lesson(said, body) else {
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

    fn expected(&self, prompt: &Prompt, body: &Map<String, Value>) -> Expected {
        let says_limit = ["max_tokens", "max_completion_tokens", "max_output_tokens"]
            .iter()
            .any(|field| body.contains_key(*field));
        Expected {
            wire: self.settings.wire,
            reasoning: self.settings.manners.reasoning,
            most_tokens: says_limit.then_some(prompt.max_answer_tokens),
            max_answer_bytes: self.settings.max_answer_bytes,
        }
    }
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
