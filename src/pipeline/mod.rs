//! The verbs: what is done with an event, from its admission to the settled answer.
//!
//! In the order of a question's way: [`listen`] finds what is addressed to the bot (`cursors` says how far it has heard, `acknowledge` shows it);
//! [`admit`] makes an event durable; [`work`] leases questions and works on each; `answer` is the page
//! to read first, and calls `gather` (what the model is told, by what is `changed` since and what was said `elsewhere`), `generate` (what it writes) or `draw` (the picture that is wanted), `publish` (what people see) and `settle`
//! (how it ended); `recover` is what begins where a crash left off, `reconcile` what sees to posts of ours that came late; [`control`] does what people want done about an answer, by `buttons` that
//! `sign` signs, or by reactions (`wishes`). `compose` makes texts of posts, `delivery` chooses the way to
//! people, `typing` shows that one is being written, `hold` keeps a lease, `languages` knows who is spoken to in which language,
//! `summary` tells of the old turns of long conversations, `surroundings` what a question is asked in (both by what is `known` for a while),
//! `channels` what its channel does otherwise, `agents` whom it is for, `access` who may be answered (by what is known of `accounts`; [`explain`] says why), `invite` opens the page for administrators,
//! `budgets` what it may use (`meter` counts that, by the `calendar`; `used` tells people, `grants` gives them more), `retry` asks models of other media again, `room` counts what waits, `measure` says how all that goes, `forget` erases what somebody wants forgotten, [`retain`] what is kept no longer,
//! and `world` is what all of them share.

mod access;
mod accounts;
mod acknowledge;
pub mod admit;
mod agents;
mod answer;
mod attach;
mod attached;
mod budgets;
mod buttons;
pub mod calendar;
mod changed;
mod channels;
mod compose;
pub mod control;
mod cursors;
pub mod delivery;
mod draw;
mod elsewhere;
pub mod explain;
mod forget;
mod gather;
mod generate;
mod going_on;
mod grants;
mod hold;
mod interruption;
mod invite;
mod known;
mod languages;
pub mod listen;
mod measure;
mod meter;
mod publish;
mod reconcile;
mod recover;
pub mod retain;
mod retry;
mod room;
mod rules;
mod settle;
mod sign;
mod summary;
mod surroundings;
mod thinking;
mod thread;
mod typing;
mod used;
mod wishes;
pub mod work;
mod world;

pub use attach::{Attaching, MAX_FILES};
pub use compose::{DEFAULT_TEMPLATE, templates};
pub use world::{Ports, World};

use std::collections::HashMap;
use std::time::Duration;

use crate::domain::agent::Agents;
use crate::domain::attention::Hearing;
use crate::domain::budget::Budgets;
use crate::domain::channel_settings::ChannelSettings;
use crate::domain::conversation::ConversationScope;
use crate::domain::draft::Pace;
use crate::domain::id::ChannelId;
use crate::domain::money::Unpriced;
use crate::domain::retention::Retention;
use crate::domain::retry::RetryPolicy;
use crate::redaction::Patterns;
use crate::text::Language;

/// What becomes of a long conversation's older turns, for which a model has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldTurns {
    /// A summary is told in place of them.
    Summarised,
    /// They are not told.
    LeftOut,
}

/// What becomes of a model's reasoning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reasoning {
    /// It is shown by nothing but the seconds it takes.
    #[default]
    Hidden,
    /// Its beginning is quoted above the finished answer.
    Quoted,
}

/// How questions are answered.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The language askwell itself speaks.
    pub language: Language,
    /// In which language people are spoken to.
    pub spoken: SpokenLanguage,
    /// The assistant's name in answers, `GPT` by default.
    pub assistant_name: String,
    /// The word people type after the slash, for the help text: `askgpt`.
    pub command_trigger: String,
    /// A minijinja template of what is shown, checked; variables `name`, `question`, `assistant`, `answer`, `echo`, `agent`,
    /// `block`.
    pub template: String,
    /// What the model is told, as a minijinja template with the variables of [`crate::text::Surroundings`]; where absent, the text we ship.
    pub instructions: Option<String>,
    /// The time zone in which the model is told the date, an IANA name.
    pub time_zone: String,
    /// What becomes of the model's reasoning when its answer is finished.
    pub reasoning: Reasoning,
    /// How an answer grows.
    pub pace: Pace,
    /// Whether LaTeX is shown; where it was not said, the server is asked (`EnableLatex`).
    pub latex: Option<bool>,
    /// Characters of a question, at most.
    pub max_question_chars: usize,
    /// Which posts are heard, where there is a bot; `None` where it is not to listen.
    pub hearing: Option<Hearing>,
    /// A missed question that is older than this when it is read back is told so and not answered.
    pub late_after: Duration,
    /// Who shares a conversation outside threads.
    pub scope: ConversationScope,
    /// A conversation that was silent for this long begins afresh.
    pub session_idle: Duration,
    /// How many of a channel's posts before it are told with a mention that begins a thread; 0 for none.
    pub channel_posts: u32,
    /// Turns told, at most.
    pub max_turns: u32,
    /// What becomes of older turns for which there is no room.
    pub old_turns: OldTurns,
    /// A question ends within this time.
    pub deadline: Duration,
    /// The same where the answer goes by a `response_url`, which lives for 30 minutes.
    pub response_deadline: Duration,
    /// Questions worked on at once, at most.
    pub workers: u32,
    /// Questions waiting to be admitted, at most; more are told to come back.
    pub admission_queue: usize,
    /// Questions admitted and waiting for their turn or their next try, at most; more are told to come back.
    pub max_waiting: u64,
    /// How long a lease lasts without being renewed; at least what [`lease_for`] says of `longest_write`.
    pub lease: Duration,
    /// How long a write to Mattermost waits for its turn, at most.
    pub longest_wait: Duration,
    /// How long a write to Mattermost takes, at most, its wait included.
    pub longest_write: Duration,
    /// How often work on a question may die before it is given up.
    pub max_deaths: u32,
    /// Whether the asker is shown an answer as it grows, where the bot has the right.
    pub live_preview: bool,
    /// From which length on something is attached as a file.
    pub attaching: Attaching,
    /// How often a model is asked before its first token.
    pub model_retry: RetryPolicy,
    /// How often an answer is tried to be shown.
    pub delivery_retry: RetryPolicy,
    /// After a crash while the model wrote: what was shown is kept from this many characters on, below it the model is asked again.
    pub keep_from_chars: usize,
    /// What becomes of a half-written answer whose question was deleted.
    pub deleted_question: DeletedQuestion,
    /// Whether answers have buttons: there is a bot, and Mattermost can reach us.
    pub buttons: bool,
    /// Whether reactions to answers do something about them.
    pub reactions: bool,
    /// Posts of one answer, at most.
    pub max_posts: usize,
    /// How long a caller whose reply carries the answer waits for it; Mattermost itself waits 30 seconds.
    pub inline_timeout: Duration,
    /// What channels do otherwise, as far as nobody there says otherwise still.
    pub channels: HashMap<ChannelId, ChannelSettings>,
    /// The models that whoever administers a channel may choose for it.
    pub model_choices: Vec<String>,
    /// Who may be answered, where and by which models.
    pub access: crate::domain::access::Rules,
    /// The assistants that have a name of their own.
    pub agents: Agents,
    /// What may be used.
    pub budgets: Budgets,
    /// What is done with a model that has no price, where a budget counts money.
    pub unpriced: Unpriced,
    /// What is kept for how long.
    pub retention: Retention,
    /// What does not leave for a model.
    pub redaction: Patterns,
    /// How questions by hand, commands and hooks are delivered.
    pub delivery: DeliveryWays,
    /// Where people open the page for administrators, where there is one: an address without a slash at its end.
    pub page_url: Option<String>,
}

/// Returns the shortest lease under which a write that takes up to `longest_write` can always be begun.
///
/// A lease is renewed when a third of it has passed, so that two thirds are left at least; a half leaves time for the renewal itself.
#[must_use]
pub const fn lease_for(longest_write: Duration) -> Duration {
    longest_write.saturating_mul(2)
}

/// In which language people are spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpokenLanguage {
    /// In that of their Mattermost account, where there is a bot that can see it and askwell speaks it.
    AsTheirAccount,
    /// In the configured one.
    AsConfigured,
}

/// What becomes of what was shown of an answer, where its question was deleted before it was finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletedQuestion {
    /// A post in its place says that the question was deleted.
    SaidSo,
    /// It is deleted too.
    Removed,
}

/// The ways of delivery that are configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryWays {
    /// There is a bot account.
    pub bot: bool,
    /// There is an incoming webhook.
    pub incoming_webhook: bool,
}
