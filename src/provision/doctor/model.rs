//! The model: one short question, whether its answer comes bit by bit and with what was used, and whether it calls a tool.

use std::sync::Arc;

use futures_util::StreamExt as _;

use super::{Doctor, Finding, Severity, Sink};
use crate::domain::completion::{Delta, ModelFailure};
use crate::domain::money::{Price, Unpriced};
use crate::domain::prompt::Prompt;
use crate::llm;
use crate::ports::{Clock, LanguageModel as _, ModelError};
use crate::text::{Ailment, Healthy};

/// What is asked: its answer has some thirty tokens, enough to see whether they come one by one.
const QUESTION: &str = "Count from one to ten in words, separated by commas.";

/// Tokens of the answer, at most; models that reason need some for that.
const ANSWER_TOKENS: u32 = 512;

/// An answer with fewer characters may well come in one piece.
const SHORT: usize = 20;

/// What came of it.
#[derive(Default)]
struct Seen {
    pieces: usize,
    characters: usize,
    has_usage: bool,
    first_after: Option<std::time::Duration>,
}

impl Doctor {
    pub(super) async fn look_at_the_models(&self, found: Sink<'_>) {
        let targets = &self.config.models.targets;
        for target in targets {
            if targets.len() > 1 {
                found(named(target).into());
            }
            examine_model(&target.settings, Arc::clone(&self.clock), found).await;
            let price = priced(&target.settings);
            let pipeline = &self.config.pipeline;
            let is_needed =
                pipeline.budgets.count_money() && pipeline.unpriced == Unpriced::Refused;
            if price.severity() == Severity::Ok {
                found(price);
            } else if is_needed {
                found(Ailment::ModelNeverAsked.into());
            } else if self.config.models.have_prices() {
                // Where nobody counts money, a model of one's own needs no price.
                found(price);
            }
        }
    }
}

/// Says which model is looked at.
#[must_use]
pub fn named(target: &llm::TargetSettings) -> Healthy<'static> {
    let model = target.settings.model.clone();
    Healthy::ModelNamed {
        name: target.id.clone().into(),
        model: model.unwrap_or_else(|| "?".to_owned()).into(),
    }
}

/// Says what one model costs, and how that is known.
#[must_use]
pub fn priced(settings: &llm::Settings) -> Finding {
    let amount = |picos| Price::a_million(picos).to_string().into();
    match llm::Pricing::of(settings).price(None) {
        llm::Priced::Written(price) => Healthy::ModelPriced {
            input: amount(price.input),
            cached: amount(price.cached_input),
            output: amount(price.output),
        }
        .into(),
        llm::Priced::Listed(price) => Healthy::ModelListed {
            input: amount(price.input),
            cached: amount(price.cached_input),
            output: amount(price.output),
            date: llm::prices_date().into(),
        }
        .into(),
        llm::Priced::Unknown => Ailment::ModelUnpriced.into(),
    }
}

/// Asks one model a short question and has it call a tool, and says what it finds.
pub async fn examine_model(settings: &llm::Settings, clock: Arc<dyn Clock>, found: Sink<'_>) {
    let client = match llm::client(settings) {
        Ok(client) => client,
        Err(llm::ClientError::Client(_) | llm::ClientError::Tls(_)) => {
            return found(of_failure(ModelFailure::Unavailable));
        }
        Err(_) => return found(Ailment::ModelWay.into()),
    };
    let model = llm::Target::new(settings.clone(), client, Arc::clone(&clock));
    let answer_tokens = ANSWER_TOKENS.min(settings.window.answer_tokens);
    match ask(&model, answer_tokens, &*clock).await {
        Ok(seen) => seen.tell(found),
        Err(error) => return found(of_failure(error.failure)),
    }
    match model.calls_tools(answer_tokens).await {
        Ok(true) => found(Healthy::ModelTools.into()),
        Ok(false)
        | Err(ModelError {
            failure: ModelFailure::RequestRefused,
            ..
        }) => found(Healthy::ModelWithoutTools.into()),
        // It has just answered: what is wrong now says nothing of tools.
        Err(_) => {}
    }
    let learnt = model.learnt();
    if !learnt.is_empty() {
        let fields = learnt.join(", ").into();
        found(Ailment::ModelRefusesFields { fields }.into());
    }
}

async fn ask(
    model: &llm::Target,
    max_answer_tokens: u32,
    clock: &dyn Clock,
) -> Result<Seen, ModelError> {
    let prompt = Prompt::single(QUESTION, max_answer_tokens);
    let begun = clock.now();
    let mut deltas = model.complete(&prompt).await?;
    let mut seen = Seen::default();
    // The stream has its own time-outs and bound.
    while let Some(delta) = deltas.next().await {
        match delta? {
            Delta::Text(text) | Delta::Reasoning(text) => {
                seen.pieces += 1;
                seen.characters += text.chars().count();
                let after = clock.now().since(begun);
                seen.first_after.get_or_insert(after);
            }
            Delta::Usage(_) => seen.has_usage = true,
            Delta::Model(_) | Delta::Failed(_) | Delta::Answering { .. } | Delta::Finished(_) => {}
        }
    }
    Ok(seen)
}

impl Seen {
    fn tell(&self, found: Sink<'_>) {
        let streams = self.pieces > 1 || self.characters < SHORT;
        if streams && self.has_usage {
            let after = self.first_after.unwrap_or_default();
            let seconds = format!("{:.1}", after.as_secs_f64()).into();
            return found(Healthy::Model { seconds }.into());
        }
        if !streams {
            found(Ailment::ModelDoesNotStream.into());
        }
        if !self.has_usage {
            found(Ailment::ModelWithoutUsage.into());
        }
    }
}

pub(in crate::provision) fn of_failure(failure: ModelFailure) -> Finding {
    match failure {
        ModelFailure::KeyRefused => Ailment::ModelKeyRefused,
        ModelFailure::ModelUnknown => Ailment::ModelUnknown,
        ModelFailure::RateLimited | ModelFailure::QuotaSpent => Ailment::ModelLimited,
        ModelFailure::Unavailable => Ailment::ModelUnavailable,
        ModelFailure::FirstTokenTimeout
        | ModelFailure::IdleTimeout
        | ModelFailure::TotalTimeout => Ailment::ModelSlow,
        ModelFailure::ContextTooLong | ModelFailure::RequestRefused | ModelFailure::Filtered => {
            Ailment::ModelRefuses
        }
        ModelFailure::Broken
        | ModelFailure::Garbled
        | ModelFailure::Empty
        | ModelFailure::OnlyReasoned
        | ModelFailure::TooLarge
        | ModelFailure::PictureTooLarge
        | ModelFailure::PictureLinked
        // Only where calls are counted.
        | ModelFailure::OverBudget
        | ModelFailure::Unpriced
        | ModelFailure::Unmetered => Ailment::ModelGarbled,
    }
    .into()
}
