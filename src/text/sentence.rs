//! The sentences, one variant each, and how they are said.

use std::borrow::Cow;
use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{Loader, static_loader};

use super::language::Language;
use crate::domain::completion::ModelFailure;
use crate::domain::file::FileTrouble;
use crate::domain::question::{Failure, Refusal};

static_loader! {
    static SENTENCES = {
        locales: "./src/text",
        fallback_language: "en",
        // Without this, fluent puts U+2068 and U+2069 around every argument, which breaks Markdown and copied text.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// One thing askwell says to a person, in Mattermost's Markdown.
///
/// Arguments go in as they are: whoever passes text written by people neutralises it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sentence<'a> {
    /// Explains all commands.
    Help {
        /// The word people type after the slash, such as `askgpt`.
        trigger: &'a str,
        /// The assistant's name.
        assistant: &'a str,
    },
    /// Goes on with [`Sentence::Help`] where pictures can be drawn.
    HelpImages {
        /// The word people type after the slash, such as `askgpt`.
        trigger: &'a str,
    },
    /// Answers a command without a question: how to ask.
    NothingAsked {
        /// The word people type after the slash, such as `askgpt`.
        trigger: &'a str,
    },
    /// Acknowledges a question where there is no bot whose typing could show it.
    Working,
    /// Acknowledges a private question.
    WorkingPrivately,
    /// Confirms that a fresh conversation has begun.
    ConversationBegun,
    /// Confirms that the asker's running answers were stopped.
    Stopped {
        /// How many were running; at least one.
        count: u32,
    },
    /// Says that the asker has no running answer.
    NothingToStop,
    /// Footnote: the asker stopped this answer.
    AnswerStopped,
    /// In place of an answer: the question was deleted.
    QuestionDeleted,
    /// In place of an answer: the question came while nobody listened, and too long ago.
    WasAway,
    /// Footnote: the model reached the length reserved for it.
    AnswerCutAtLength,
    /// Footnote: a crash or a lost connection ended this answer.
    AnswerInterrupted,
    /// Another model went on where one had broken off.
    AnswerWentOn,
    /// A file that was attached does not reach the model, or not whole.
    FileUnread {
        /// Its name, made fit to be repeated.
        name: &'a str,
        /// Why.
        trouble: FileTrouble,
    },
    /// The model reasons, for so many seconds so far.
    Thinking {
        /// Whole seconds.
        seconds: u64,
    },
    /// A picture is being drawn.
    Drawing,
    /// Stands with a picture that was drawn.
    PictureDrawn,
    /// Footnote: the model or its server withheld the rest.
    AnswerWithheld,
    /// Marks a post that goes on from the one before.
    Continued,
    /// Stands before an answer that only the asker sees, because it may not be posted where it was asked for.
    AnsweredDirectly,
    /// Footnote: no other answer was written in place of this one, and why.
    EarlierKept {
        /// Why.
        reason: Reason,
    },
    /// Footnote: no other answer was written in place of this one, because the asker stopped it.
    EarlierKeptStopped,
    /// On a button: end the answer.
    ButtonStop,
    /// On a button that was pressed: the answer will end.
    ButtonStopping,
    /// On a button: write another answer in place of this one.
    ButtonRegenerate,
    /// On a button: go on with the answer where it was cut.
    ButtonContinue,
    /// Tells whoever pressed a button that only the asker and administrators may.
    NotYours,
    /// Tells whoever pressed a button that it is too old.
    ButtonExpired,
    /// Tells whoever pressed a button that it could not be done now.
    ControlFailed,
    /// Says that a question failed, why, what to do, and which id to quote.
    Error {
        /// Why, and what to do about it.
        reason: Reason,
        /// The id by which an administrator finds the question.
        id: &'a str,
    },
    /// Says a reason alone, where nothing was accepted and so no id exists.
    Refused(Reason),
    /// Tells a caller by hand that the question is missing.
    UsageNoText,
    /// Tells a caller by hand which content types are understood.
    UsageContentType,
    /// Tells a caller by hand that the request is too large.
    UsageBodyTooLarge {
        /// The largest body taken, in bytes.
        limit: u64,
    },
    /// Tells a caller by hand that the request cannot be read.
    UsageMalformed,
}

/// Why a question was not answered; said together with what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The model server refused our key (401, 403).
    ModelKeyRejected,
    /// The model server knows no model of the configured name.
    ModelNotFound,
    /// The model server asks us to slow down (429).
    ModelRateLimited,
    /// The account at the model server has no quota left.
    ModelQuotaExhausted,
    /// The model server cannot be reached.
    ModelUnreachable,
    /// The model server failed (5xx, an error inside the stream, an answer that cannot be read).
    ModelFailed,
    /// The model server refused the request as such (another 4xx).
    ModelRejectedRequest,
    /// No first token came in time.
    ModelSlowToBegin,
    /// The model stopped writing in the middle.
    ModelFellSilent,
    /// The model's answer holds no text.
    ModelAnsweredNothing,
    /// It reasoned until its tokens were used up.
    ModelOnlyReasoned,
    /// The model or a content filter declined.
    ModelRefused,
    /// The conversation does not fit the model's window.
    ContextTooLong,
    /// The answer is larger than we keep.
    AnswerTooLarge,
    /// The picture is larger than we keep.
    PictureTooLarge,
    /// The address of a picture came in place of the picture.
    PictureLinked,
    /// Mattermost takes no such picture.
    PictureNotTaken,
    /// No model that draws is configured.
    ImagesNotSetUp,
    /// Without a bot account no picture can be posted.
    ImagesNeedBot,
    /// The question's deadline passed.
    DeadlinePassed,
    /// Mattermost refused the post: the channel is archived, or the bot has no right to write there.
    PostRefused,
    /// Mattermost could not be reached to deliver the answer.
    MattermostUnreachable,
    /// The question is longer than we take.
    QuestionTooLong {
        /// The longest question taken, in characters.
        limit: u32,
    },
    /// The question holds only white space or control characters.
    QuestionWithoutText,
    /// The failure is ours.
    Internal,
    /// Work on it began several times and never ended.
    GaveUp,
    /// The asker is no member of the channel where the answer would be posted.
    NotAMember,
    /// The agent that was asked is not for the asker, or not for that channel.
    AgentNotForThem,
    /// The asker may not ask this here.
    NotAllowed,
    /// The server is being stopped and takes no questions.
    ShuttingDown,
    /// Too many questions wait already.
    QueueFull,
    /// No way to answer only one person exists here.
    PrivateUnavailable,
    /// The `response_url` no longer takes an answer.
    ResponseExpired,
    /// There is too little left of a budget.
    OverBudget,
    /// A budget counts money, and nobody knows what the model costs.
    Unpriced,
}

impl From<ModelFailure> for Reason {
    fn from(failure: ModelFailure) -> Self {
        match failure {
            ModelFailure::KeyRefused => Self::ModelKeyRejected,
            ModelFailure::ModelUnknown => Self::ModelNotFound,
            ModelFailure::RateLimited => Self::ModelRateLimited,
            ModelFailure::QuotaSpent => Self::ModelQuotaExhausted,
            ModelFailure::Unavailable => Self::ModelUnreachable,
            ModelFailure::FirstTokenTimeout => Self::ModelSlowToBegin,
            ModelFailure::IdleTimeout => Self::ModelFellSilent,
            ModelFailure::TotalTimeout => Self::DeadlinePassed,
            ModelFailure::ContextTooLong => Self::ContextTooLong,
            ModelFailure::RequestRefused => Self::ModelRejectedRequest,
            ModelFailure::Filtered => Self::ModelRefused,
            ModelFailure::Broken | ModelFailure::Garbled => Self::ModelFailed,
            ModelFailure::Empty => Self::ModelAnsweredNothing,
            ModelFailure::OnlyReasoned => Self::ModelOnlyReasoned,
            ModelFailure::TooLarge => Self::AnswerTooLarge,
            ModelFailure::PictureTooLarge => Self::PictureTooLarge,
            ModelFailure::PictureLinked => Self::PictureLinked,
            ModelFailure::OverBudget => Self::OverBudget,
            ModelFailure::Unpriced => Self::Unpriced,
            ModelFailure::Unmetered => Self::Internal,
        }
    }
}

impl From<&Failure> for Reason {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Model(failure) => (*failure).into(),
            Failure::PictureNotTaken => Self::PictureNotTaken,
            Failure::Deadline => Self::DeadlinePassed,
            Failure::Abandoned => Self::GaveUp,
            Failure::Internal => Self::Internal,
        }
    }
}

impl From<Refusal> for Reason {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Filtered => Self::ModelRefused,
            Refusal::NotAMember => Self::NotAMember,
            Refusal::AgentNotForThem => Self::AgentNotForThem,
            Refusal::Late => Self::DeadlinePassed,
            Refusal::NoImages => Self::ImagesNotSetUp,
            Refusal::NoBot => Self::ImagesNeedBot,
            Refusal::OverBudget => Self::OverBudget,
            Refusal::NotAllowed => Self::NotAllowed,
            Refusal::NoPrivateWay => Self::PrivateUnavailable,
        }
    }
}

/// Says a sentence in a language.
#[must_use]
pub fn say(language: Language, sentence: &Sentence<'_>) -> String {
    render(language, &sentence.message(language))
}

/// A Fluent message with its arguments.
pub(super) struct Message<'a> {
    id: &'static str,
    arguments: HashMap<Cow<'static, str>, FluentValue<'a>>,
}

impl<'a> Message<'a> {
    pub(super) fn named(id: &'static str) -> Self {
        Self {
            id,
            arguments: HashMap::new(),
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<FluentValue<'a>>) -> Self {
        self.arguments.insert(Cow::Borrowed(name), value.into());
        self
    }

    #[cfg(test)]
    pub(super) fn id(&self) -> &'static str {
        self.id
    }
}

pub(super) fn render(language: Language, message: &Message<'_>) -> String {
    SENTENCES.lookup_complete(language.identifier(), message.id, Some(&message.arguments))
}

impl<'a> Sentence<'a> {
    fn message(&self, language: Language) -> Message<'a> {
        match *self {
            Self::Help { trigger, assistant } => Message::named("help")
                .with("trigger", trigger)
                .with("assistant", assistant),
            Self::HelpImages { trigger } => Message::named("help-images").with("trigger", trigger),
            Self::NothingAsked { trigger } => {
                Message::named("nothing-asked").with("trigger", trigger)
            }
            Self::Working => Message::named("working"),
            Self::WorkingPrivately => Message::named("working-privately"),
            Self::ConversationBegun => Message::named("conversation-begun"),
            Self::Stopped { count } => Message::named("stopped").with("count", count),
            Self::NothingToStop => Message::named("nothing-to-stop"),
            Self::AnswerStopped => Message::named("answer-stopped"),
            Self::QuestionDeleted => Message::named("question-deleted"),
            Self::WasAway => Message::named("was-away"),
            Self::AnswerCutAtLength => Message::named("answer-cut-at-length"),
            Self::AnswerInterrupted => Message::named("answer-interrupted"),
            Self::AnswerWentOn => Message::named("answer-went-on"),
            Self::FileUnread { name, trouble } => {
                let why = match trouble {
                    FileTrouble::TooLarge => "file-too-large",
                    FileTrouble::Encrypted => "file-encrypted",
                    FileTrouble::Unsupported => "file-unsupported",
                    FileTrouble::Broken => "file-broken",
                    FileTrouble::TooHard => "file-too-hard",
                    FileTrouble::Unavailable => "file-unavailable",
                    FileTrouble::Unheard => "file-unheard",
                    FileTrouble::Unseen => "file-unseen",
                    FileTrouble::Cut => "file-cut",
                    FileTrouble::TooMany => "file-too-many",
                };
                Message::named(why).with("name", (*name).to_owned())
            }
            Self::Thinking { seconds } => {
                Message::named("thinking").with("seconds", seconds.to_string())
            }
            Self::Drawing => Message::named("drawing"),
            Self::PictureDrawn => Message::named("picture-drawn"),
            Self::AnswerWithheld => Message::named("answer-withheld"),
            Self::Continued => Message::named("continued"),
            Self::AnsweredDirectly => Message::named("answered-directly"),
            Self::EarlierKept { reason } => {
                Message::named("earlier-kept").with("reason", render(language, &reason.message()))
            }
            Self::EarlierKeptStopped => Message::named("earlier-kept-stopped"),
            Self::ButtonStop => Message::named("button-stop"),
            Self::ButtonStopping => Message::named("button-stopping"),
            Self::ButtonRegenerate => Message::named("button-regenerate"),
            Self::ButtonContinue => Message::named("button-continue"),
            Self::NotYours => Message::named("not-yours"),
            Self::ButtonExpired => Message::named("button-expired"),
            Self::ControlFailed => Message::named("control-failed"),
            Self::Error { reason, id } => Message::named("error")
                .with("reason", render(language, &reason.message()))
                .with("id", id),
            Self::Refused(reason) => reason.message(),
            Self::UsageNoText => Message::named("usage-no-text"),
            Self::UsageContentType => Message::named("usage-content-type"),
            Self::UsageBodyTooLarge { limit } => {
                Message::named("usage-body-too-large").with("limit", limit)
            }
            Self::UsageMalformed => Message::named("usage-malformed"),
        }
    }
}

impl Reason {
    fn message<'a>(self) -> Message<'a> {
        let message = Message::named(self.id());
        if let Self::QuestionTooLong { limit } = self {
            message.with("limit", limit)
        } else {
            message
        }
    }

    fn id(self) -> &'static str {
        match self {
            Self::ModelKeyRejected => "model-key-rejected",
            Self::ModelNotFound => "model-not-found",
            Self::ModelRateLimited => "model-rate-limited",
            Self::ModelQuotaExhausted => "model-quota-exhausted",
            Self::ModelUnreachable => "model-unreachable",
            Self::ModelFailed => "model-failed",
            Self::ModelRejectedRequest => "model-rejected-request",
            Self::ModelSlowToBegin => "model-slow-to-begin",
            Self::ModelFellSilent => "model-fell-silent",
            Self::ModelAnsweredNothing => "model-answered-nothing",
            Self::ModelOnlyReasoned => "model-only-reasoned",
            Self::ModelRefused => "model-refused",
            Self::ContextTooLong => "context-too-long",
            Self::AnswerTooLarge => "answer-too-large",
            Self::PictureTooLarge => "picture-too-large",
            Self::PictureLinked => "picture-linked",
            Self::PictureNotTaken => "picture-not-taken",
            Self::ImagesNotSetUp => "images-not-set-up",
            Self::ImagesNeedBot => "images-need-bot",
            Self::DeadlinePassed => "deadline-passed",
            Self::PostRefused => "post-refused",
            Self::MattermostUnreachable => "mattermost-unreachable",
            Self::QuestionTooLong { .. } => "question-too-long",
            Self::QuestionWithoutText => "question-without-text",
            Self::Internal => "internal",
            Self::GaveUp => "gave-up",
            Self::NotAMember => "not-a-member",
            Self::AgentNotForThem => "agent-not-for-them",
            Self::NotAllowed => "not-allowed",
            Self::ShuttingDown => "shutting-down",
            Self::QueueFull => "queue-full",
            Self::PrivateUnavailable => "private-unavailable",
            Self::ResponseExpired => "response-expired",
            Self::OverBudget => "over-budget",
            Self::Unpriced => "unpriced",
        }
    }
}

#[cfg(test)]
mod tests;
