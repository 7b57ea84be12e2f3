//! What a model's server has and takes, found out by asking it.
//!
//! Servers do not say which protocols they speak, which fields they refuse, or where they put reasoning; a dozen small requests show it. Nothing of
//! what they answer is kept but names, numbers and marks.

use std::sync::Arc;

use futures_util::StreamExt as _;

use super::doctor::{Finding, of_failure};
use crate::domain::completion::{Delta, Usage};
use crate::domain::prompt::{Prompt, Window};
use crate::llm::{
    AnswerLimit, ListedModel, Manners, Protocol, ReasoningForm, Sampling, Settings, Target, Wire,
    client,
};
use crate::ports::{Clock, LanguageModel as _, ModelError};
use crate::text::Ailment;

/// Tokens of an answer that is to be read.
const ANSWER_TOKENS: u32 = 512;

/// Tokens of an answer whose length shows whether the limit was heeded.
const FEW_TOKENS: u32 = 8;

/// What must have been written for the limit not to have been heeded.
const MANY_TOKENS: u64 = 16;

/// What a server was found to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suited {
    /// The protocols in which it answers, the best first; never empty.
    pub protocols: Vec<Protocol>,
    /// The model that answered, where it was not named before.
    pub model: Option<String>,
    /// How much its server says that it takes in.
    pub window_tokens: Option<u32>,
    /// Fields that it refuses; `system` for instructions.
    pub refused: Vec<&'static str>,
    /// The field that says how long an answer may be; `None` where it is the usual one.
    pub answer_limit: Option<AnswerLimit>,
    /// Where its reasoning stands.
    pub reasoning: ReasoningForm,
    /// Whether it calls tools.
    pub calls_tools: bool,
    /// Whether it says what was used.
    pub tells_usage: bool,
}

impl Suited {
    /// Writes the settings that suit it, for the model of this name in the configuration, with what else was found as comments.
    #[must_use]
    pub fn as_toml(&self, id: &str) -> String {
        let mut toml = if id == crate::llm::DEFAULT_ROUTE {
            "[model]\n".to_owned()
        } else {
            format!("[[models]]\nid = {}\n", quoted(id))
        };
        let mut line = |text: String| {
            toml.push_str(&text);
            toml.push('\n');
        };
        let words = self.protocols.iter().map(|protocol| protocol.as_str());
        let words: Vec<_> = words.collect();
        line(format!("# it speaks {}", words.join(", ")));
        if let Some(wire) = words.first() {
            line(format!("wire = \"{wire}\""));
        }
        if let Some(model) = &self.model {
            line(format!("name = {}", quoted(model)));
        }
        if let Some(tokens) = self.window_tokens {
            line(format!("window_tokens = {tokens}"));
        }
        if self.refused.contains(&"system") {
            line("instructions_role = \"user\"".to_owned());
        }
        match self.answer_limit {
            Some(AnswerLimit::MaxTokens) => line("answer_limit = \"max_tokens\"".to_owned()),
            Some(AnswerLimit::MaxCompletionTokens) => {
                line("answer_limit = \"max_completion_tokens\"".to_owned());
            }
            Some(AnswerLimit::Unsent) => line("answer_limit = \"none\"".to_owned()),
            None => {}
        }
        if self.reasoning == ReasoningForm::Open {
            line("reasoning = \"open\"".to_owned());
        }
        for field in self.refused.iter().filter(|field| **field != "system") {
            line(format!("# it refuses {field}"));
        }
        if self.refused.contains(&"stream_options") {
            line("body = { stream_options = \"null\" }".to_owned());
        }
        let does = |does: bool| if does { "" } else { " not" };
        line(format!("# it does{} call tools", does(self.calls_tools)));
        line(format!(
            "# it does{} say what was used",
            does(self.tells_usage)
        ));
        toml
    }
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

/// Returns the models that a server lists.
///
/// # Errors
/// What is wrong where it lists none.
pub async fn list(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Vec<ListedModel>, Finding> {
    let target = target(settings.clone(), &clock)?;
    if !target.lists_models() {
        return Err(Ailment::ModelListsNone.into());
    }
    target.models().await.map_err(|error| told(&error))
}

/// Finds out what a model's server takes. One that is asked in a protocol that is not ours is asked in no other.
///
/// # Errors
/// What is wrong where it answers in no protocol.
pub async fn probe(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Suited, Finding> {
    let listed = list(settings, clock.clone()).await.unwrap_or_default();
    let mut protocols = Vec::new();
    let mut refusal = None;
    for protocol in tried(settings.protocol) {
        let plain = Settings {
            protocol,
            manners: Manners::default(),
            ..settings.clone()
        };
        match asked(&target(plain, &clock)?, "Say hello.", ANSWER_TOKENS).await {
            Ok(_) => protocols.push(protocol),
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    let Some(protocol) = protocols.first().copied() else {
        let error = refusal.map(|error| told(&error));
        return Err(error.unwrap_or_else(|| Ailment::ModelUnavailable.into()));
    };
    let found = knobs(settings, protocol, &clock).await?;
    let model = settings.model.clone().or(found.model);
    let of_model = listed
        .iter()
        .find(|listed| Some(&listed.id) == model.as_ref());
    Ok(Suited {
        protocols,
        window_tokens: of_model.and_then(|listed| listed.window_tokens),
        answer_limit: limit(settings, protocol, &clock).await?,
        reasoning: found.reasoning,
        calls_tools: found.calls_tools,
        tells_usage: found.usage.is_some(),
        refused: found.refused,
        model,
    })
}

/// Returns the protocols to try, the configured one first.
fn tried(configured: Protocol) -> Vec<Protocol> {
    let own = Wire::ALL.map(Protocol::Own);
    let others = own
        .into_iter()
        .filter(|own| *own != configured && matches!(configured, Protocol::Own(_)));
    std::iter::once(configured).chain(others).collect()
}

/// What one model did with all that may be sent.
struct Found {
    model: Option<String>,
    refused: Vec<&'static str>,
    reasoning: ReasoningForm,
    calls_tools: bool,
    usage: Option<Usage>,
}

/// Asks with every knob turned, so that what is refused is learnt.
async fn knobs(
    settings: &Settings,
    protocol: Protocol,
    clock: &Arc<dyn Clock>,
) -> Result<Found, Finding> {
    let all = Settings {
        protocol,
        manners: Manners {
            sampling: match protocol {
                Protocol::Own(_) => Sampling {
                    temperature: Some(0.5),
                    top_p: Some(0.9),
                    ..Sampling::default()
                },
                // Of a refusal in one of these nothing is learnt.
                Protocol::Foreign(_) => settings.manners.sampling.clone(),
            },
            reasoning: ReasoningForm::Unmarked,
            ..settings.manners.clone()
        },
        ..settings.clone()
    };
    let target = target(all, clock)?;
    let answer = asked(&target, "What is 17 + 25?", ANSWER_TOKENS).await;
    let answer = answer.map_err(|error| told(&error))?;
    let marks = ["<think>", "</think>"].map(|mark| answer.text.find(mark));
    Ok(Found {
        model: answer.model,
        refused: target.learnt(),
        reasoning: match marks {
            [None, Some(_)] => ReasoningForm::Open,
            _ => ReasoningForm::Marked,
        },
        calls_tools: target.calls_tools(ANSWER_TOKENS).await.unwrap_or(false),
        usage: answer.usage,
    })
}

/// Finds the field of Chat Completions that a server heeds, where it is not the usual one.
async fn limit(
    settings: &Settings,
    protocol: Protocol,
    clock: &Arc<dyn Clock>,
) -> Result<Option<AnswerLimit>, Finding> {
    if protocol != Protocol::Own(Wire::ChatCompletions) {
        return Ok(None);
    }
    for limit in [
        settings.manners.answer_limit,
        Some(AnswerLimit::MaxTokens),
        Some(AnswerLimit::MaxCompletionTokens),
    ] {
        let manners = Manners {
            answer_limit: limit,
            ..settings.manners.clone()
        };
        let limited = Settings {
            protocol,
            manners,
            ..settings.clone()
        };
        let counting = "Count from one to fifty in words.";
        let answer = asked(&target(limited, clock)?, counting, FEW_TOKENS).await;
        let Ok(Answer {
            usage: Some(usage), ..
        }) = answer
        else {
            // Without a report of usage nothing can be told.
            return Ok(None);
        };
        if usage.completion_tokens < MANY_TOKENS {
            return Ok(limit);
        }
    }
    Ok(None)
}

/// What came back.
#[derive(Default)]
struct Answer {
    text: String,
    model: Option<String>,
    usage: Option<Usage>,
}

async fn asked(target: &Target, question: &str, tokens: u32) -> Result<Answer, ModelError> {
    let window = Window {
        total_tokens: u32::MAX,
        answer_tokens: tokens,
    };
    let prompt = Prompt::fit("You are kind.".to_owned(), &[], question.to_owned(), window);
    let mut deltas = target.complete(&prompt).await?;
    let mut answer = Answer::default();
    // The stream has its own time-outs and bound.
    while let Some(delta) = deltas.next().await {
        match delta? {
            Delta::Text(text) => answer.text.push_str(&text),
            Delta::Model(model) => answer.model = Some(model),
            Delta::Usage(usage) => answer.usage = Some(usage),
            Delta::Reasoning(_)
            | Delta::Failed(_)
            | Delta::Answering { .. }
            | Delta::Finished(_) => {}
        }
    }
    Ok(answer)
}

fn target(settings: Settings, clock: &Arc<dyn Clock>) -> Result<Target, Finding> {
    let http = client(&settings).map_err(|_| Finding::from(Ailment::ModelWay))?;
    Ok(Target::new(settings, http, Arc::clone(clock)))
}

fn told(error: &ModelError) -> Finding {
    of_failure(error.failure)
}
