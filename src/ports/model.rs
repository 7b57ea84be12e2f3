//! The language model: who answers.

use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::Stream;

use crate::domain::completion::{Delta, ModelFailure};
use crate::domain::figures::ModelHealth;
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

/// A language model.
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// Asks, and returns when the server has begun to reply, or at once where several may be asked.
    ///
    /// The time-outs for the first token, between tokens and for the whole are the model's own; they arrive as errors here or in the stream.
    async fn complete(&self, prompt: &Prompt) -> Result<DeltaStream, ModelError>;

    /// Returns how much can be taken in of the models that a choice names: the most of them, where there are several.
    fn window(&self, choice: &ModelChoice) -> Window;

    /// Says whether one of the models that a choice names takes pictures.
    fn sees(&self, choice: &ModelChoice) -> bool;

    /// Says how each of the models does, as far as this process has seen; nothing where nobody keeps account of it.
    fn health(&self) -> Vec<ModelHealth> {
        Vec::new()
    }

    /// Says whether the model's server answers, for `/readyz`.
    async fn ping(&self) -> Result<(), ModelError>;
}
