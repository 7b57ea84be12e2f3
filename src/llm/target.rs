//! One model at one server: puts a question into the words of its wire, asks, and hands on what comes.
//!
//! A question is asked again here only where its server refused a field that it can do without: what else may be tried
//! again is decided by whoever asks.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::StreamExt as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use sha2::Sha256;

use super::answer::{Connection, Patience, deltas};
use super::body::read_beginning;
use super::client::{Client, Incoming};
use super::completion::{Expected, Progress};
use super::error::{caused, failed};
use super::foreign::{self, Foreign};
use super::lesson::{Lessons, lesson};
use super::listed::{ListedModel, listed, only_model};
use super::protocol::Protocol;
use super::reply::Reply;
use super::server::{Call, Refusal, SHORT_CALL_TIMEOUT, Server};
use super::settings::{Access, AnswerLimit, DEFAULT_MODEL, Settings};
use super::wire::{Ask, Tool, Wire};
use crate::domain::completion::{Delta, FinishReason, ModelFailure};
use crate::domain::hexadecimal::hexadecimal;
use crate::domain::id::UserId;
use crate::domain::prompt::{ModelChoice, Prompt, Window};
use crate::ports::{Clock, DeltaStream, LanguageModel, ModelError};

/// Bytes of a list of models that are read; OpenRouter's, the longest known, has about half of it.
const MAX_MODELS_BYTES: usize = 1024 * 1024;

/// How often a question is put otherwise, because its server refused a field, before its refusal is believed.
const MAX_CORRECTIONS: u32 = 6;

/// The host whose models want `max_completion_tokens`; some of them refuse `max_tokens`, which is all that most others know.
const OPENAI_HOST: &str = "api.openai.com";

/// What a model is asked to call, to see whether it does.
const CLOCK: Tool = Tool {
    name: "clock",
    description: "Returns the time.",
};

/// Names a person so that a server can tell people apart, and nobody who lacks the key can tell who they are. 64 hexadecimal digits, which is
/// as long as OpenAI's `safety_identifier` may be.
fn name_without_telling(key: &SecretString, person: &UserId) -> String {
    let secret = key.expose_secret().as_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key may have any length");
    mac.update(person.as_str().as_bytes());
    hexadecimal(&mac.finalize().into_bytes())
}

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
    /// Makes the adapter. `client` is one made by [`super::client`] of the same settings.
    #[must_use]
    pub fn new(settings: Settings, client: Client, clock: Arc<dyn Clock>) -> Self {
        let access = Access {
            base_url: settings.base_url.clone(),
            api_keys: settings.api_keys.clone(),
            way: settings.way.clone(),
        };
        Self {
            server: Server::new(access, settings.protocol, client, Arc::clone(&clock)),
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
    fn body(&self, wire: Wire, asking: &Asking<'_>) -> Map<String, Value> {
        let lessons = self.lessons();
        let manners = lessons.manners(&self.settings.manners);
        let by_host = if self.is_openai() {
            AnswerLimit::MaxCompletionTokens
        } else {
            AnswerLimit::MaxTokens
        };
        let key = self.settings.user_key.as_ref();
        let user = key.zip(asking.prompt.choice.asker.as_ref());
        let user = user.map(|(key, person)| name_without_telling(key, person));
        let mut body = wire.body(&Ask {
            model: asking.model,
            prompt: asking.prompt,
            manners: &manners,
            caches: self.settings.caches,
            answer_limit: lessons.limit(manners.answer_limit.unwrap_or(by_host)),
            user: user.as_deref(),
            tool: asking.tool,
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

    async fn list_models(&self) -> Result<Incoming, ModelError> {
        let mut url = self.server.address(&["models"]);
        if let Protocol::Foreign(foreign) = self.settings.protocol {
            let query = foreign.list_query().ok_or_else(|| {
                caused(
                    ModelFailure::RequestRefused,
                    "the protocol lists no models at this host",
                )
            })?;
            url.query_pairs_mut().extend_pairs(query);
        }
        let listed = self.server.get(url).await;
        listed.map_err(|refusal| self.forgetting_what_is_gone(refusal).error)
    }

    /// Takes from a refusal that the model is not there.
    fn forgetting_what_is_gone(&self, refusal: Refusal) -> Refusal {
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

/// What is asked, of which of the server's models, and how long that may take.
struct Asking<'a> {
    model: &'a str,
    prompt: &'a Prompt,
    tool: Option<&'a Tool>,
    patience: Patience,
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
        match self.server.get(self.settings.base_url.clone()).await {
            Err(Refusal { error, .. }) if error.status.is_none_or(|status| status >= 500) => {
                Err(failed(ModelFailure::Unavailable))
            }
            Ok(_) | Err(_) => Ok(()),
        }
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
        let body = read_beginning(response, clock, SHORT_CALL_TIMEOUT, MAX_MODELS_BYTES).await;
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
        match self.settings.protocol {
            Protocol::Own(wire) => self.ask_own(wire, &asking).await,
            Protocol::Foreign(foreign) => self.ask_foreign(foreign, &asking).await,
        }
    }

    async fn ask_own(&self, wire: Wire, asking: &Asking<'_>) -> Result<DeltaStream, ModelError> {
        let mut corrections = MAX_CORRECTIONS;
        loop {
            let body = self.body(wire, asking);
            let call = Call {
                below: wire.path(),
                content_type: "application/json",
                accept: "text/event-stream, application/json",
                body: serde_json::to_vec(&body)
                    .expect("a map of JSON values is JSON")
                    .into(),
            };
            // From here on only the names of what was sent are needed, and a first token may be waited for long.
            let sent: Vec<String> = body.into_iter().map(|(field, _)| field).collect();
            let limit = || asking.patience.limit(Progress::Silent, self.clock.now());
            let refusal = match self.server.post(&call, limit).await {
                Ok(response) => return Ok(self.deltas_of(wire, response, asking, &sent)),
                Err(refusal) => self.forgetting_what_is_gone(refusal),
            };
            if corrections == 0 || !self.heeds(&refusal, &sent) {
                return Err(refusal.error);
            }
            corrections -= 1;
        }
    }

    fn deltas_of(
        &self,
        wire: Wire,
        response: Incoming,
        asking: &Asking<'_>,
        sent: &[String],
    ) -> DeltaStream {
        let says_limit = ["max_tokens", "max_completion_tokens", "max_output_tokens"]
            .iter()
            .any(|limit| sent.iter().any(|field| field == limit));
        let most_tokens = says_limit.then_some(asking.prompt.max_answer_tokens);
        let reply = Reply::new(wire, self.expected(most_tokens));
        let connection = Connection::new(response, reply);
        deltas(connection, Arc::clone(&self.clock), asking.patience)
    }

    async fn ask_foreign(
        &self,
        protocol: Foreign,
        asking: &Asking<'_>,
    ) -> Result<DeltaStream, ModelError> {
        let (steps, query) = protocol.path(asking.model);
        let steps: Vec<_> = steps.iter().map(String::as_str).collect();
        let mut address = self.server.address(&steps);
        if let Some((name, value)) = query {
            address.query_pairs_mut().append_pair(name, value);
        }
        let ask = |headers: HeaderMap| {
            let question = foreign::Question {
                protocol,
                model: asking.model,
                prompt: asking.prompt,
                manners: &self.settings.manners,
                tool: asking.tool,
                address: address.clone(),
                headers,
            };
            let expected = self.expected(Some(asking.prompt.max_answer_tokens));
            let (place, clock) = (self.server.place(), Arc::clone(&self.clock));
            async move {
                let asked = foreign::ask(question, place, expected, clock, asking.patience);
                Ok(asked.await?)
            }
        };
        let asked = self.server.with_a_key(ask).await;
        asked.map_err(|refusal| self.forgetting_what_is_gone(refusal).error)
    }

    /// Takes what a refusal teaches; returns whether asking once more, at once, may go better.
    fn heeds(&self, refusal: &Refusal, sent: &[String]) -> bool {
        let Refusal { error, said } = refusal;
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
                "the model's server refuses a field: it is asked otherwise from now on"
            );
        }
        is_new
    }

    fn expected(&self, most_tokens: Option<u32>) -> Expected {
        Expected {
            reasoning: self.settings.manners.reasoning,
            most_tokens,
            max_answer_bytes: self.settings.max_answer_bytes,
        }
    }
}
