//! The protocols that we do not speak ourselves: Gemini, Vertex AI, Bedrock and Cohere, spoken by the crate `genai` (ADR 19).
//!
//! Of the crate nothing is seen outside this folder. `question` puts a question into its words, `answer` reads what it makes of a reply,
//! `heard` looks at the frames before it does, `failure` tells what went wrong. Where a request goes and under which headers is ours, as for our own
//! wires: so are the client, the time-outs, the keys and the bound on the text of an answer. The library holds a frame until it is whole,
//! and a refusal, in a buffer without a bound; it holds them for as long as the time-outs let it.

mod answer;
mod failure;
mod heard;
mod question;

use std::sync::Arc;

use futures_util::StreamExt as _;
use genai::Client;
use reqwest::header::{HeaderMap, HeaderName};
use url::Url;

use self::answer::Hearing;
use super::answer::{Patience, accepted_deltas};
use super::client::Place;
use super::completion::Expected;
use super::error::caused;
use super::settings::{InstructionsRole, Manners};
use super::wire::Tool;
use crate::domain::completion::ModelFailure;
use crate::domain::prompt::Prompt;
use crate::ports::{Clock, DeltaStream, ModelError};

/// A protocol that a library speaks for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Foreign {
    /// Google's Gemini API, `streamGenerateContent`.
    Gemini,
    /// Google Cloud's Vertex AI: Gemini and Claude.
    Vertex,
    /// Amazon Bedrock's `ConverseStream`, with an API key of Bedrock's.
    Bedrock,
    /// Cohere's Chat, version 1.
    Cohere,
}

/// A question that is on its way to a server.
pub(super) struct Question<'a> {
    pub(super) protocol: Foreign,
    pub(super) model: &'a str,
    pub(super) prompt: &'a Prompt,
    pub(super) manners: &'a Manners,
    pub(super) tool: Option<&'a Tool>,
    pub(super) address: Url,
    pub(super) headers: HeaderMap,
}

impl Foreign {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Gemini, Self::Vertex, Self::Bedrock, Self::Cohere];

    /// Returns the word by which it is configured.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gemini => "gemini",
            Self::Vertex => "vertex",
            Self::Bedrock => "bedrock",
            Self::Cohere => "cohere",
        }
    }

    /// Reads the word that [`Foreign::as_str`] returned; `None` for any other.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|foreign| foreign.as_str() == word)
    }

    /// Returns the base of its provider's API; `None` where that depends on a project or region.
    #[must_use]
    pub fn base_url(self) -> Option<&'static str> {
        match self {
            Self::Gemini => Some("https://generativelanguage.googleapis.com/v1beta"),
            Self::Cohere => Some("https://api.cohere.com/v1"),
            Self::Vertex | Self::Bedrock => None,
        }
    }

    /// Returns how its base is written, for people.
    #[must_use]
    pub fn base_url_form(self) -> &'static str {
        match self {
            Self::Vertex => {
                "https://REGION-aiplatform.googleapis.com/v1/projects/PROJECT/locations/REGION"
            }
            Self::Bedrock => "https://bedrock-runtime.REGION.amazonaws.com",
            Self::Gemini | Self::Cohere => "https://…",
        }
    }

    /// Returns the header in which the key is sent as it is; where there is none, it is a bearer token.
    pub(super) fn key_header(self) -> Option<HeaderName> {
        match self {
            Self::Gemini => Some(HeaderName::from_static("x-goog-api-key")),
            Self::Vertex | Self::Bedrock | Self::Cohere => None,
        }
    }

    /// Returns the steps below the base at which a model is asked, and the query.
    pub(super) fn path(self, model: &str) -> (Vec<String>, Option<(&'static str, &'static str)>) {
        let sse = Some(("alt", "sse"));
        match self {
            Self::Gemini => {
                // Tuned models are named with their folder; the list names all so.
                let model = model.strip_prefix("models/").unwrap_or(model);
                let named = format!("{model}:streamGenerateContent");
                let folder = (!model.contains('/')).then(|| "models".to_owned());
                let steps = named.split('/').map(str::to_owned);
                (folder.into_iter().chain(steps).collect(), sse)
            }
            Self::Vertex if is_claude(model) => {
                let named = format!("{model}:streamRawPredict");
                (steps(&["publishers", "anthropic", "models", &named]), None)
            }
            Self::Vertex => {
                let named = format!("{model}:streamGenerateContent");
                (steps(&["publishers", "google", "models", &named]), sse)
            }
            Self::Bedrock => (steps(&["model", model, "converse-stream"]), None),
            Self::Cohere => (steps(&["chat"]), None),
        }
    }

    /// Returns the query with which models are listed; `None` where the host that is asked lists none.
    pub(super) fn list_query(self) -> Option<&'static [(&'static str, &'static str)]> {
        match self {
            Self::Gemini => Some(&[("pageSize", "1000")]),
            Self::Cohere => Some(&[("page_size", "1000"), ("endpoint", "chat")]),
            Self::Vertex | Self::Bedrock => None,
        }
    }

    /// Says whether pictures can be sent.
    #[must_use]
    pub fn shows_pictures(self) -> bool {
        match self {
            Self::Gemini | Self::Vertex | Self::Bedrock => true,
            Self::Cohere => false,
        }
    }

    /// Says whether tools can be offered.
    pub(super) fn offers_tools(self) -> bool {
        match self {
            Self::Gemini | Self::Vertex | Self::Bedrock => true,
            Self::Cohere => false,
        }
    }

    /// Says whether a model is asked in Gemini's words.
    fn is_google(self, model: &str) -> bool {
        match self {
            Self::Gemini => true,
            Self::Vertex => !is_claude(model),
            Self::Bedrock | Self::Cohere => false,
        }
    }

    /// Returns the keys of the configuration that are set and that the library has no words for, so that they would be lost.
    #[must_use]
    pub fn lacks(self, model: &str, manners: &Manners) -> Vec<&'static str> {
        let Manners {
            sampling,
            answer_limit,
            instructions,
            reasoning: _,
            body,
        } = manners;
        let is_google = self.is_google(model);
        let lost = [
            ("top_k", sampling.top_k.is_some()),
            ("frequency_penalty", sampling.frequency_penalty.is_some()),
            ("presence_penalty", sampling.presence_penalty.is_some()),
            ("seed", sampling.seed.is_some() && !is_google),
            (
                "reasoning_effort",
                sampling.reasoning_effort.is_some() && !is_google,
            ),
            ("answer_limit", answer_limit.is_some()),
            (
                "instructions_role",
                *instructions == InstructionsRole::Developer,
            ),
            ("body", !body.is_empty() && !is_google),
        ];
        lost.iter()
            .filter(|(_, is_lost)| *is_lost)
            .map(|(key, _)| *key)
            .collect()
    }

    /// Says whether a model of this name can be asked.
    #[must_use]
    pub fn knows(self, model: &str) -> bool {
        self != Self::Vertex || is_claude(model) || model.starts_with("gemini")
    }
}

/// The words for how much a model is to reason.
pub const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

fn is_claude(model: &str) -> bool {
    model.starts_with("claude")
}

fn steps(steps: &[&str]) -> Vec<String> {
    steps.iter().map(|step| (*step).to_owned()).collect()
}

/// Puts a question, and returns when something of the answer has come.
pub(super) async fn ask(
    question: Question<'_>,
    place: Place,
    expected: Expected,
    clock: Arc<dyn Clock>,
    patience: Patience,
) -> Result<DeltaStream, ModelError> {
    let refused = |why: &'static str| caused(ModelFailure::RequestRefused, why);
    if !question.protocol.knows(question.model) {
        return Err(caused(
            ModelFailure::ModelUnknown,
            "the protocol has no such models",
        ));
    }
    // Another model of the same server may be chosen in a channel; the configuration knows only of its own.
    if !question
        .protocol
        .lacks(question.model, question.manners)
        .is_empty()
    {
        return Err(refused("what is configured cannot be said to this model"));
    }
    let heard = Arc::new(question.heard());
    let client = Client::builder().with_reqwest(place.http()).build();
    let client = client.map_err(|_| refused("the library cannot be set up"))?;
    let (target, request, options) = question.in_words(Arc::clone(&heard))?;
    let reply = client.exec_chat_stream(target, request, Some(&options));
    let reply = reply
        .await
        .map_err(|error| failure::told(error, clock.wall()))?;
    let hearing = Hearing::new(reply.stream, heard, expected, Arc::clone(&clock));
    let deltas = accepted_deltas(hearing, clock, patience).await?;
    // The place is taken for as long as the answer comes.
    Ok(Box::pin(deltas.inspect(move |_| {
        let _ = &place;
    })))
}
