//! The language model: who answers.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::Stream;

use crate::domain::budget::Bound;
use crate::domain::completion::{Delta, ModelFailure, Usage};
use crate::domain::figures::ModelHealth;
use crate::domain::money::Price;
use crate::domain::prompt::{ModelChoice, Prompt, Window};

/// By how much a prompt was too long, in the tokens of whoever says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excess {
    /// What was sent; some count what was kept free for the answer, too.
    pub sent: u64,
    /// What prompt and answer may have together.
    pub most: u64,
}

/// How a model fails.
#[derive(Debug, thiserror::Error)]
#[error("ask the model ({failure:?}, status {status:?})")]
pub struct ModelError {
    /// Which way.
    pub failure: ModelFailure,
    /// The HTTP status, where one came.
    pub status: Option<u16>,
    /// The delay asked for, where one was.
    pub retry_after: Option<Duration>,
    /// By how much the prompt was too long, where that was said.
    pub excess: Option<Excess>,
    /// What the HTTP client or the decoder said.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// A completion as it arrives. Dropping it closes the connection, which ends the model's work.
///
/// It ends after [`Delta::Finished`] (a [`Delta::Usage`] may follow) or after the first error.
pub type DeltaStream = Pin<Box<dyn Stream<Item = Result<Delta, ModelError>> + Send>>;

/// Why a call may not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReserved {
    /// There is too little left of a budget.
    #[error("reserve a call: a budget is used up")]
    OverBudget,
    /// A budget counts money, and nobody knows what the model costs.
    #[error("reserve a call: the model has no price")]
    Unpriced,
    /// The ledger cannot be written.
    #[error("reserve a call: the ledger cannot be written")]
    Unavailable,
}

/// What a call has used, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallUse {
    /// What its provider reports of an answer that is whole.
    Reported(Usage),
    /// The provider reports nothing of an answer that is whole.
    Unreported {
        /// Bytes of answer and reasoning.
        written: u64,
    },
    /// It may have used all that was reserved: it broke off, or was given up.
    Unknown,
    /// Nothing: it reached no model, or was refused.
    Nothing,
}

/// A call that may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// By what it is known.
    pub call: u128,
    /// Whether a budget holds what was reserved, so that the answer may not have more tokens.
    pub is_bounded: bool,
}

/// Counts what calls use: asked before each, told after each.
#[async_trait]
pub trait Meter: Send + Sync {
    /// Reserves what a call of a target, by its name in the configuration, may use.
    async fn reserve(&self, target: &str, bound: Bound) -> Result<Allowed, NotReserved>;

    /// Takes in what a call has used, and which model answered, as its server names it.
    fn ended(&self, call: u128, used: CallUse, model: Option<String>);
}

/// A language model.
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// Asks, and returns when the server has begun to reply, or at once where several may be asked.
    ///
    /// The time-outs for the first token, between tokens and for the whole are the model's own; they arrive as errors here or in the stream.
    async fn complete(&self, prompt: &Prompt) -> Result<DeltaStream, ModelError>;

    /// Asks like [`LanguageModel::complete`] and has each call that is made counted. A model that is one, and not several, is counted by
    /// whoever asks it among others.
    async fn complete_within(
        &self,
        prompt: &Prompt,
        meter: Arc<dyn Meter>,
    ) -> Result<DeltaStream, ModelError> {
        drop(meter);
        self.complete(prompt).await
    }

    /// Returns what tokens of the models that a choice names cost: the most of them, where there are several; `None` where that of one is not
    /// known.
    fn price(&self, choice: &ModelChoice) -> Option<Price> {
        let _ = choice;
        None
    }

    /// Returns how much can be taken in of the models that a choice names: the most of them, where there are several.
    fn window(&self, choice: &ModelChoice) -> Window;

    /// Says whether one of the models that a choice names takes pictures.
    fn sees(&self, choice: &ModelChoice) -> bool;

    /// Returns the names of the models that a choice names; none where a model has no name.
    fn names(&self, _choice: &ModelChoice) -> Vec<String> {
        Vec::new()
    }

    /// Returns the names of those of them that are asked first, and not only where others fail.
    fn first_names(&self, choice: &ModelChoice) -> Vec<String> {
        self.names(choice)
    }

    /// Says how each of the models does, as far as this process has seen; nothing where nobody keeps account of it.
    fn health(&self) -> Vec<ModelHealth> {
        Vec::new()
    }

    /// Says whether the model's server answers, for `/readyz`.
    async fn ping(&self) -> Result<(), ModelError>;
}
