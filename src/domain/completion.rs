//! What a language model sends, and the ways in which it fails.

use std::time::Duration;

use super::retry::FailureClass;

/// One step of a completion as it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delta {
    /// More of the answer. Never empty.
    Text(String),
    /// More of the model's reasoning, which is no part of the answer. Never empty.
    Reasoning(String),
    /// What was used so far; a later one replaces an earlier one.
    Usage(Usage),
    /// The model that answers, where its server names one. Sent once at most.
    Model(String),
    /// Asked of several models: this one failed before it had written a word of the answer, and another is asked.
    Failed(Attempt),
    /// Asked of several models: this one answers. What it writes follows.
    Answering {
        /// Its name in the configuration.
        target: String,
    },
    /// The model has finished. Nothing follows but [`Delta::Usage`].
    Finished(FinishReason),
}

/// A call of a model that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The model's name in the configuration.
    pub target: String,
    /// Which way it failed.
    pub failure: ModelFailure,
    /// How long that took.
    pub after: Duration,
}

/// Why a model stopped writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FinishReason {
    /// It had said everything, or met a stop sequence.
    Stop,
    /// It reached the limit of tokens.
    Length,
    /// A filter withheld the rest.
    ContentFilter,
    /// It asked for a tool that nobody offered.
    ToolCalls,
    /// Its server closed the stream properly without saying why.
    Unsaid,
}

impl FinishReason {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Stop,
        Self::Length,
        Self::ContentFilter,
        Self::ToolCalls,
        Self::Unsaid,
    ];

    /// Returns the word under which it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ContentFilter => "content_filter",
            Self::ToolCalls => "tool_calls",
            Self::Unsaid => "unsaid",
        }
    }

    /// Reads the word that [`FinishReason::as_str`] returned; `None` for any other.
    #[must_use]
    pub fn from_stored(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// What a completion used, as its provider reports; zero where it does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Tokens written, reasoning included.
    pub completion_tokens: u64,
    /// Tokens of the prompt that came from the provider's cache.
    pub cached_tokens: u64,
    /// Tokens written as reasoning.
    pub reasoning_tokens: u64,
}

impl Usage {
    /// Returns what two calls used together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            prompt_tokens: self.prompt_tokens.saturating_add(other.prompt_tokens),
            completion_tokens: self
                .completion_tokens
                .saturating_add(other.completion_tokens),
            cached_tokens: self.cached_tokens.saturating_add(other.cached_tokens),
            reasoning_tokens: self.reasoning_tokens.saturating_add(other.reasoning_tokens),
        }
    }
}

/// The ways in which a model fails that are told apart to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModelFailure {
    /// The key was refused (401, 403).
    KeyRefused,
    /// The server does not know the model (404, or 400 that says so).
    ModelUnknown,
    /// Too many requests (429).
    RateLimited,
    /// The account has no credit left (429 or 402 that says so): asking again does not help.
    QuotaSpent,
    /// It cannot be reached, or its server fails (5xx).
    Unavailable,
    /// Nothing was written in time.
    FirstTokenTimeout,
    /// It fell silent in the middle.
    IdleTimeout,
    /// It took longer than an answer may take.
    TotalTimeout,
    /// The prompt does not fit the model.
    ContextTooLong,
    /// The request was refused for another reason (other 4xx).
    RequestRefused,
    /// A filter refused the question or withheld the whole answer.
    Filtered,
    /// The stream broke: an error inside it, a cut connection, an end without a finish.
    Broken,
    /// What came was no completion: HTML, garbage, wrong encoding.
    Garbled,
    /// It finished without having written anything.
    Empty,
    /// It used all its tokens to reason, and wrote no answer.
    OnlyReasoned,
    /// It sent more bytes than are accepted.
    TooLarge,
    /// It drew a picture of more bytes than are accepted.
    PictureTooLarge,
    /// It sent the address of a picture in place of the picture. Addresses that a model chose are not fetched.
    PictureLinked,
    /// It was not asked: there is too little left of a budget.
    OverBudget,
    /// It was not asked: a budget counts money, and nobody knows what it costs.
    Unpriced,
    /// It was not asked: what it would use could not be written down.
    Unmetered,
}

impl ModelFailure {
    /// All of them, for tables and tests.
    pub const ALL: [Self; 21] = [
        Self::KeyRefused,
        Self::ModelUnknown,
        Self::RateLimited,
        Self::QuotaSpent,
        Self::Unavailable,
        Self::FirstTokenTimeout,
        Self::IdleTimeout,
        Self::TotalTimeout,
        Self::ContextTooLong,
        Self::RequestRefused,
        Self::Filtered,
        Self::Broken,
        Self::Garbled,
        Self::Empty,
        Self::OnlyReasoned,
        Self::TooLarge,
        Self::PictureTooLarge,
        Self::PictureLinked,
        Self::OverBudget,
        Self::Unpriced,
        Self::Unmetered,
    ];

    /// Whether the model was not asked at all, so that nothing is known of it.
    #[must_use]
    pub fn is_our_own(self) -> bool {
        matches!(self, Self::OverBudget | Self::Unpriced | Self::Unmetered)
    }

    /// Returns the class that decides whether to ask again.
    #[must_use]
    pub fn class(self, retry_after: Option<Duration>) -> FailureClass {
        match self {
            Self::RateLimited => FailureClass::RateLimited { retry_after },
            // Also where a model is left alone for a while because of what it did before.
            Self::Unavailable | Self::FirstTokenTimeout | Self::Broken | Self::Garbled
                if retry_after.is_some() =>
            {
                FailureClass::RateLimited { retry_after }
            }
            Self::Unavailable
            | Self::FirstTokenTimeout
            | Self::Broken
            | Self::Garbled
            | Self::Empty
            | Self::Unmetered => FailureClass::Transient,
            Self::KeyRefused
            | Self::ModelUnknown
            | Self::QuotaSpent
            | Self::ContextTooLong
            | Self::RequestRefused
            | Self::Filtered
            | Self::OnlyReasoned
            | Self::TooLarge
            | Self::PictureTooLarge
            | Self::PictureLinked
            | Self::OverBudget
            | Self::Unpriced
            | Self::IdleTimeout
            | Self::TotalTimeout => FailureClass::Permanent,
        }
    }

    /// Returns the word under which a question that failed so is stored and counted.
    #[must_use]
    pub fn as_outcome(self) -> &'static str {
        match self {
            Self::KeyRefused => "failed:model_key_refused",
            Self::ModelUnknown => "failed:model_unknown",
            Self::RateLimited => "failed:model_rate_limited",
            Self::QuotaSpent => "failed:model_quota_spent",
            Self::Unavailable => "failed:model_unavailable",
            Self::FirstTokenTimeout => "failed:model_first_token_timeout",
            Self::IdleTimeout => "failed:model_idle_timeout",
            Self::TotalTimeout => "failed:model_total_timeout",
            Self::ContextTooLong => "failed:model_context_too_long",
            Self::RequestRefused => "failed:model_request_refused",
            Self::Filtered => "failed:model_filtered",
            Self::Broken => "failed:model_broken",
            Self::Garbled => "failed:model_garbled",
            Self::Empty => "failed:model_empty",
            Self::OnlyReasoned => "failed:model_only_reasoned",
            Self::TooLarge => "failed:model_too_large",
            Self::PictureTooLarge => "failed:model_picture_too_large",
            Self::PictureLinked => "failed:model_picture_linked",
            Self::OverBudget => "failed:model_over_budget",
            Self::Unpriced => "failed:model_unpriced",
            Self::Unmetered => "failed:model_unmetered",
        }
    }

    /// Reads the word that [`ModelFailure::as_outcome`] returned; `None` for any other.
    #[must_use]
    pub fn from_outcome(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|failure| failure.as_outcome() == word)
    }
}
