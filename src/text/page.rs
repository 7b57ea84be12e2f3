//! What the page for administrators says, and what is said in the chat about it. Plain text but for the latter, which is Markdown.

use super::language::Language;
use super::sayings::sayings;
use super::sentence::{Message, render};
use crate::domain::audit::AuditAction;
use crate::domain::channel_settings::SettingName;
use crate::domain::completion::ModelFailure;
use crate::domain::question::Failure;

/// Makes an enum of words without arguments, each known by its id.
macro_rules! words {
    ($( $variant:ident = $id:literal, )+) => {
        /// One thing that stands on the page, and says the same each time.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum PageWord {
            $( #[doc = concat!("`", $id, "`")] $variant, )+
        }

        impl PageWord {
            /// All of them.
            #[cfg(test)]
            const ALL: &[Self] = &[ $( Self::$variant, )+ ];

            fn id(self) -> &'static str {
                match self {
                    $( Self::$variant => $id, )+
                }
            }
        }
    };
}

words! {
    // Around every page.
    Navigation = "word-navigation",
    SkipToContent = "word-skip-to-content",
    SignOut = "word-sign-out",
    GroupNow = "word-group-now",
    GroupUse = "word-group-use",
    GroupSetUp = "word-group-set-up",

    // The door.
    SignIn = "word-sign-in",
    SignInMore = "word-sign-in-more",
    OpenThePage = "word-open-the-page",
    SignedOutNow = "word-signed-out-now",
    HowToSignIn = "word-how-to-sign-in",
    LinkSpent = "word-link-spent",
    LinkSpentMore = "word-link-spent-more",
    TooMany = "word-too-many",
    TooManyMore = "word-too-many-more",
    RoleUnknown = "word-role-unknown",
    RoleUnknownMore = "word-role-unknown-more",
    StoreFailed = "word-store-failed",
    StoreFailedMore = "word-store-failed-more",
    FormRefused = "word-form-refused",
    FormRefusedMore = "word-form-refused-more",
    NoSuchPage = "word-no-such-page",
    NoSuchPageMore = "word-no-such-page-more",

    // The overview.
    Overview = "word-overview",
    RightNow = "word-right-now",
    AsOf = "word-as-of",
    LastDay = "word-last-day",
    FirstWord = "word-first-word",
    WholeAnswer = "word-whole-answer",
    MostWithin = "word-most-within",
    HalfWithin = "word-half-within",
    Tokens = "word-tokens",
    PromptAndAnswer = "word-prompt-and-answer",
    QuestionsByHour = "word-questions-by-hour",
    FirstWordByHour = "word-first-word-by-hour",
    AsTable = "word-as-table",
    Hour = "word-hour",
    LastFailures = "word-last-failures",
    EndedOtherwise = "word-ended-otherwise",

    // Answers in progress.
    InProgress = "word-in-progress",
    InProgressMore = "word-in-progress-more",
    NothingInProgress = "word-nothing-in-progress",
    State = "word-state",
    Since = "word-since",
    Attempt = "word-attempt",
    Stop = "word-stop",
    Running = "word-running",
    Waiting = "word-waiting",
    Stopping = "word-stopping",
    OnlyTheFirst = "word-only-the-first",

    // Questions.
    Questions = "word-questions",
    QuestionsMore = "word-questions-more",
    NothingYet = "word-nothing-yet",
    AskedAt = "word-asked-at",
    Asker = "word-asker",
    Channel = "word-channel",
    Agent = "word-agent",
    Model = "word-model",
    Took = "word-took",
    Id = "word-id",
    WholeId = "word-whole-id",
    Older = "word-older",
    Outcome = "word-outcome",
    Runs = "word-runs",
    BegunAt = "word-begun-at",
    Finish = "word-finish",
    FailedCalls = "word-failed-calls",
    WhatWasSaid = "word-what-was-said",
    Question = "word-question",
    Answer = "word-answer",
    NoAnswer = "word-no-answer",
    Look = "word-look",
    LookMore = "word-look-more",
    TextsLeftOut = "word-texts-left-out",
    NotEnded = "word-not-ended",
    Answered = "word-answered",
    CutShort = "word-cut-short",
    Interrupted = "word-interrupted",
    Stopped = "word-stopped",
    Refused = "word-refused",
    Failed = "word-failed",
    Withdrawn = "word-withdrawn",
    Ignored = "word-ignored",

    // Budgets and usage.
    Budgets = "word-budgets",
    BudgetsMore = "word-budgets-more",
    NoBudgets = "word-no-budgets",
    Account = "word-account",
    ForAll = "word-for-all",
    Taken = "word-taken",
    Limit = "word-limit",
    Granted = "word-granted",
    BeginsAnew = "word-begins-anew",
    Grant = "word-grant",
    Amount = "word-amount",
    OnlyTop = "word-only-top",
    NotUsed = "word-not-used",
    Granting = "word-granting",
    NoAmount = "word-no-amount",
    NoAmountMore = "word-no-amount-more",
    CountsRequests = "word-counts-requests",
    CountsTokens = "word-counts-tokens",
    EachMinute = "word-each-minute",
    EachDay = "word-each-day",
    EachMonth = "word-each-month",
    ForEver = "word-for-ever",
    OfTotal = "word-of-total",
    OfPerson = "word-of-person",
    OfChannel = "word-of-channel",
    OfTeam = "word-of-team",
    OfAgent = "word-of-agent",
    OfModel = "word-of-model",
    Usage = "word-usage",
    UsageMore = "word-usage-more",
    By = "word-by",
    Span = "word-span",
    SpanToday = "word-span-today",
    SpanMonth = "word-span-month",
    ByTotal = "word-by-total",
    ByPerson = "word-by-person",
    ByChannel = "word-by-channel",
    ByTeam = "word-by-team",
    ByAgent = "word-by-agent",
    ByModel = "word-by-model",
    Whose = "word-whose",
    Calls = "word-calls",
    PromptTokens = "word-prompt-tokens",
    AnswerTokens = "word-answer-tokens",
    Cost = "word-cost",
    CostToday = "word-cost-today",
    ThisMonth = "word-this-month",

    // Models.
    Models = "word-models",
    ModelsMore = "word-models-more",
    ModelAsked = "word-model-asked",
    ModelFailing = "word-model-failing",
    ModelResting = "word-model-resting",
    FirstWordMost = "word-first-word-most",
    Writing = "word-writing",
    Window = "word-window",

    // Channels and agents.
    Channels = "word-channels",
    ChannelsMore = "word-channels-more",
    NoCustoms = "word-no-customs",
    Agents = "word-agents",
    NoAgents = "word-no-agents",
    Name = "word-name",
    About = "word-about",
    WhoMayAsk = "word-who-may-ask",
    Everybody = "word-everybody",
    Everywhere = "word-everywhere",
    TheConfiguration = "word-the-configuration",
    SettingPrompt = "word-setting-prompt",
    SettingTemperature = "word-setting-temperature",
    SettingHearing = "word-setting-hearing",
    SettingContext = "word-setting-context",
    SettingTimeZone = "word-setting-time-zone",

    // Failures.
    Failures = "word-failures",
    FailuresMore = "word-failures-more",
    NoFailures = "word-no-failures",
    When = "word-when",
    Failure = "word-failure",
    WhatToDo = "word-what-to-do",

    // What to do about a failure.
    RemedyKeyRefused = "word-remedy-key-refused",
    RemedyModelUnknown = "word-remedy-model-unknown",
    RemedyRateLimited = "word-remedy-rate-limited",
    RemedyQuotaSpent = "word-remedy-quota-spent",
    RemedyUnavailable = "word-remedy-unavailable",
    RemedyFirstTokenTimeout = "word-remedy-first-token-timeout",
    RemedyIdleTimeout = "word-remedy-idle-timeout",
    RemedyTotalTimeout = "word-remedy-total-timeout",
    RemedyContextTooLong = "word-remedy-context-too-long",
    RemedyRequestRefused = "word-remedy-request-refused",
    RemedyFiltered = "word-remedy-filtered",
    RemedyBroken = "word-remedy-broken",
    RemedyGarbled = "word-remedy-garbled",
    RemedyEmpty = "word-remedy-empty",
    RemedyOnlyReasoned = "word-remedy-only-reasoned",
    RemedyTooLarge = "word-remedy-too-large",
    RemedyPicture = "word-remedy-picture",
    RemedyOverBudget = "word-remedy-over-budget",
    RemedyUnpriced = "word-remedy-unpriced",
    RemedyUnmetered = "word-remedy-unmetered",
    RemedyPictureNotTaken = "word-remedy-picture-not-taken",
    RemedyDeadline = "word-remedy-deadline",
    RemedyAbandoned = "word-remedy-abandoned",
    RemedyInternal = "word-remedy-internal",

    // Dead letters.
    DeadLetters = "word-dead-letters",
    DeadMore = "word-dead-more",
    NoDead = "word-no-dead",
    Why = "word-why",
    TryAgain = "word-try-again",

    // The audit trail.
    AuditTrail = "word-audit-trail",
    AuditMore = "word-audit-more",
    Number = "word-number",
    Who = "word-who",
    Action = "word-action",
    Subject = "word-subject",
    Detail = "word-detail",
    Hash = "word-hash",
    All = "word-all",
    Show = "word-show",
    ActionSignedIn = "word-action-signed-in",
    ActionSignInRefused = "word-action-sign-in-refused",
    ActionSignedOut = "word-action-signed-out",
    ActionAnswerStopped = "word-action-answer-stopped",
    ActionTextLookedAt = "word-action-text-looked-at",
    ActionDeadLetterRetried = "word-action-dead-letter-retried",
    ActionBudgetGranted = "word-action-budget-granted",
    ActionChannelChanged = "word-action-channel-changed",
    ActionConfigurationChanged = "word-action-configuration-changed",
    ActionForgotten = "word-action-forgotten",
    ActionKeysRotated = "word-action-keys-rotated",
    ActionBackupMade = "word-action-backup-made",
    ActionBackupRestored = "word-action-backup-restored",
    ActionExported = "word-action-exported",

    // Settings.
    Settings = "word-settings",
    SettingsMore = "word-settings-more",
    ByDefault = "word-by-default",
}

sayings! {
    /// One thing that stands on the page, or is said about it, with what it is about.
    pub enum PageSaying {
        /// That there is no page.
        NoPage = "page-off",
        /// That a link is given to people, who ask for it in the chat.
        ByCommand { trigger } = "page-by-command",
        /// That whoever asks administers nothing.
        NotForYou = "page-not-for-you",
        /// The link.
        Link { link } = "page-link",
        /// That the link was sent as a direct message.
        LinkSent = "page-link-sent",
        /// For how long a model is left alone, and the word of its failure.
        RestsFor { wait, word } = "page-rests-for",
        /// How long a text is that is not shown.
        Characters { count } = "page-characters",
        /// Where a setting comes from.
        From { name } = "page-from",
    }
}

/// Says a word of the page's.
#[must_use]
pub fn word_of_page(language: Language, word: PageWord) -> String {
    render(language, &Message::named(word.id()))
}

/// Says something of the page, or about it.
#[must_use]
pub fn say_of_page(language: Language, saying: &PageSaying<'_>) -> String {
    render(language, &saying.message(saying.id()))
}

/// Returns what a setting of a channel is called.
#[must_use]
pub fn setting_word(name: SettingName) -> PageWord {
    match name {
        SettingName::Prompt => PageWord::SettingPrompt,
        SettingName::Model => PageWord::Model,
        SettingName::Temperature => PageWord::SettingTemperature,
        SettingName::Hearing => PageWord::SettingHearing,
        SettingName::ChannelPosts => PageWord::SettingContext,
        SettingName::TimeZone => PageWord::SettingTimeZone,
        SettingName::Agent => PageWord::Agent,
    }
}

/// Returns what was done, as it is said of whoever did it.
#[must_use]
pub fn action_word(action: AuditAction) -> PageWord {
    match action {
        AuditAction::SignedIn => PageWord::ActionSignedIn,
        AuditAction::SignInRefused => PageWord::ActionSignInRefused,
        AuditAction::SignedOut => PageWord::ActionSignedOut,
        AuditAction::AnswerStopped => PageWord::ActionAnswerStopped,
        AuditAction::TextLookedAt => PageWord::ActionTextLookedAt,
        AuditAction::DeadLetterRetried => PageWord::ActionDeadLetterRetried,
        AuditAction::BudgetGranted => PageWord::ActionBudgetGranted,
        AuditAction::ChannelChanged => PageWord::ActionChannelChanged,
        AuditAction::ConfigurationChanged => PageWord::ActionConfigurationChanged,
        AuditAction::Forgotten => PageWord::ActionForgotten,
        AuditAction::KeysRotated => PageWord::ActionKeysRotated,
        AuditAction::BackupMade => PageWord::ActionBackupMade,
        AuditAction::BackupRestored => PageWord::ActionBackupRestored,
        AuditAction::Exported => PageWord::ActionExported,
    }
}

/// Returns what is to be done about a failure.
#[must_use]
pub fn remedy_word(failure: &Failure) -> PageWord {
    match failure {
        Failure::Model(failure) => remedy_of_model(*failure),
        Failure::PictureNotTaken => PageWord::RemedyPictureNotTaken,
        Failure::Deadline => PageWord::RemedyDeadline,
        Failure::Abandoned => PageWord::RemedyAbandoned,
        Failure::Internal => PageWord::RemedyInternal,
    }
}

fn remedy_of_model(failure: ModelFailure) -> PageWord {
    match failure {
        ModelFailure::KeyRefused => PageWord::RemedyKeyRefused,
        ModelFailure::ModelUnknown => PageWord::RemedyModelUnknown,
        ModelFailure::RateLimited => PageWord::RemedyRateLimited,
        ModelFailure::QuotaSpent => PageWord::RemedyQuotaSpent,
        ModelFailure::Unavailable => PageWord::RemedyUnavailable,
        ModelFailure::FirstTokenTimeout => PageWord::RemedyFirstTokenTimeout,
        ModelFailure::IdleTimeout => PageWord::RemedyIdleTimeout,
        ModelFailure::TotalTimeout => PageWord::RemedyTotalTimeout,
        ModelFailure::ContextTooLong => PageWord::RemedyContextTooLong,
        ModelFailure::RequestRefused => PageWord::RemedyRequestRefused,
        ModelFailure::Filtered => PageWord::RemedyFiltered,
        ModelFailure::Broken => PageWord::RemedyBroken,
        ModelFailure::Garbled => PageWord::RemedyGarbled,
        ModelFailure::Empty => PageWord::RemedyEmpty,
        ModelFailure::OnlyReasoned => PageWord::RemedyOnlyReasoned,
        ModelFailure::TooLarge => PageWord::RemedyTooLarge,
        ModelFailure::PictureTooLarge | ModelFailure::PictureLinked => PageWord::RemedyPicture,
        ModelFailure::OverBudget => PageWord::RemedyOverBudget,
        ModelFailure::Unpriced => PageWord::RemedyUnpriced,
        ModelFailure::Unmetered => PageWord::RemedyUnmetered,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sayings::held;
    use super::*;

    fn everything(language: Language) -> Vec<held::Said> {
        let words = PageWord::ALL.iter().map(|word| {
            let said = word_of_page(language, *word);
            (word.id().to_owned(), said, Vec::new())
        });
        let said = PageSaying::all().into_iter().map(|saying| {
            let said = say_of_page(language, &saying);
            (saying.id().to_owned(), said, held::arguments(&saying))
        });
        words.chain(said).collect()
    }

    #[test]
    fn both_languages_hold_exactly_what_can_be_said_with_its_arguments() {
        let korean = include_str!("ko/page.ftl");
        held::together(Language::Korean, korean, everything(Language::Korean));
        let english = include_str!("en/page.ftl");
        held::together(Language::English, english, everything(Language::English));
    }
}
