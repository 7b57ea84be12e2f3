//! How one answer came about: which models were asked, how each did, and what it took. Never a word of what was said.

use std::time::Duration;

use super::completion::{Attempt, FinishReason, Usage};
use super::time::Timestamp;

/// One run of the models over a question; a question that is asked again has several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// When it began.
    pub begun_at: Timestamp,
    /// The route or model that was chosen, where one was.
    pub asked: Option<String>,
    /// The model that answered last, by its name in the configuration.
    pub target: Option<String>,
    /// The model that answered, as its server names it.
    pub model: Option<String>,
    /// The calls that failed, in their order; at most [`MOST_ATTEMPTS`].
    pub attempts: Vec<Attempt>,
    /// From the beginning to the first word or the first of the reasoning, where any came.
    pub first_token: Option<Duration>,
    /// From the beginning to the end.
    pub whole: Duration,
    /// What all calls used together, as their providers report.
    pub usage: Usage,
    /// Why the model stopped, where it said so.
    pub finish: Option<FinishReason>,
}

impl Run {
    /// A run that has just begun: nothing has come of it yet.
    #[must_use]
    pub fn begun(at: Timestamp, asked: Option<String>) -> Self {
        Self {
            begun_at: at,
            asked,
            target: None,
            model: None,
            attempts: Vec::new(),
            first_token: None,
            whole: Duration::ZERO,
            usage: Usage::default(),
            finish: None,
        }
    }
}

/// Calls that are remembered of one run.
pub const MOST_ATTEMPTS: usize = 50;
