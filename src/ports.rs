//! Every effect on the world, on one page: what the pipeline needs of time, chance, the store, Mattermost and a model.
//!
//! Adapters implement these; the pipeline knows nothing else of them. A method either happened or says how it failed; what is
//! expected to happen now and then (a duplicate, a post that is gone) is a value.

use std::collections::HashMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::Stream;
use futures_util::future::{Either, select};

use crate::domain::attention::Identity;
use crate::domain::chat::{Cursor, JoinedChannel};
use crate::domain::completion::{Delta, ModelFailure};
use crate::domain::conversation::{ConversationKey, History};
use crate::domain::event::EventKey;
use crate::domain::id::{ChannelId, PostId, QuestionId, QuotedId, ResponseUrlId, ServerId, UserId};
use crate::domain::job::{ClaimedJob, ControlScope, DeadLetter, Lease, Undeliverable};
use crate::domain::post::{Audience, NewPost, Part, PartIntent, SeenPost};
use crate::domain::prompt::Prompt;
use crate::domain::question::{Conclusion, Question};
use crate::domain::retry::FailureClass;
use crate::domain::time::Timestamp;

/// Time. Every wait in the pipeline and the adapters goes through it, so that tests hold it.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Returns the time. It never jumps while the process runs.
    fn now(&self) -> Timestamp;

    /// Returns what the wall clock shows, to tell people the date; it may jump.
    fn wall(&self) -> Timestamp {
        self.now()
    }

    /// Waits until a time; returns at once where it has passed. Cancellation safe.
    async fn sleep_until(&self, at: Timestamp);
}

/// Says that something took longer than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("wait for it any longer")]
pub struct Elapsed;

/// Waits for a future, but not longer than `limit`; the future is dropped when it takes longer.
///
/// # Errors
/// When the limit passed first.
pub async fn timeout<F: Future>(
    clock: &dyn Clock,
    limit: Duration,
    future: F,
) -> Result<F::Output, Elapsed> {
    let until = clock.now().after(limit);
    match select(pin!(future), clock.sleep_until(until)).await {
        Either::Left((output, _)) => Ok(output),
        Either::Right(((), _)) => Err(Elapsed),
    }
}

/// Chance. All randomness comes from here, so that a run can be repeated by its seed.
pub trait IdSource: Send + Sync {
    /// Makes an id that sorts by `now` (UUID version 7).
    fn question_id(&self, now: Timestamp) -> QuestionId;

    /// Makes 128 unguessable bits.
    fn token(&self) -> u128;

    /// Makes a number in `0.0..1.0`, to spread retries.
    fn jitter(&self) -> f64;
}

/// How a store fails.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The lease shown is no longer the question's: somebody else works on it, or it has ended. Nothing was written.
    #[error("write under a lease that was lost")]
    LeaseLost,
    /// The database cannot be reached, is full, or refuses to write. Nothing was written, as far as can be known.
    #[error("use the database")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row holds what no version of ours writes.
    #[error("read {what} from the database")]
    Corrupt {
        /// Which column or value.
        what: &'static str,
    },
}

/// What admission made of one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is durable and will end visibly.
    Accepted,
    /// Its event was accepted before; nothing was written.
    Duplicate,
}

/// Who claims work, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Identifies the process, for people who look into the database.
    pub worker: u128,
    /// How long the leases last.
    pub lease: Duration,
    /// How many at most.
    pub limit: u32,
    /// The time.
    pub now: Timestamp,
}

/// What a renewal found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// Until when the lease lasts now.
    pub until: Timestamp,
    /// Whether the asker has asked to stop this question.
    pub stop_requested: bool,
}

/// How much waits and how much is being worked on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Questions waiting for their turn or their next try.
    pub waiting: u64,
    /// Questions being worked on.
    pub running: u64,
    /// Questions whose end could not be shown to anybody.
    pub dead: u64,
}

/// Why a question is buried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burial {
    /// Why it could not be shown.
    pub reason: Undeliverable,
    /// See [`DeadLetter::detail`].
    pub detail: String,
}

/// Which dead letters are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Letters {
    /// Every one.
    All,
    /// Those whose id ends so: one, but for a chance of one in a million million.
    Quoted(QuotedId),
}

/// What is remembered. Each method is one transaction, atomic and durable as its caller sees it (exceptions are said).
///
/// # Errors
/// Every method fails with [`StoreError::Unavailable`] where the database cannot be used, and with [`StoreError::Corrupt`] where a row
/// it reads holds what no version of ours writes. A method that is shown a lease also fails with [`StoreError::LeaseLost`], which
/// each of them says, and then has written nothing.
#[async_trait]
pub trait Store: Send + Sync {
    /// Records questions, each with its job and its place in its lane, all in one transaction with one flush.
    ///
    /// Returns one [`Admission`] for each question, in order. The same event twice, in one batch or ever, is accepted once.
    async fn admit(&self, questions: &[Question]) -> Result<Vec<Admission>, StoreError>;

    /// Leases questions that are due: ready, or running under a lease that has ended, each the first unfinished of its lane. Of the
    /// latter each counts as a death.
    ///
    /// The commit does not wait for the disk: a claim that is lost is made again, under another token.
    async fn claim(&self, claim: Claim) -> Result<Vec<ClaimedJob>, StoreError>;

    /// Returns when the next question becomes due by itself (a delayed try, or a lease that ends), where one does; a time not after
    /// now means that one is due already.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Frees every lease of other processes where no other process can be running (SQLite), and counts a death for each; elsewhere
    /// does nothing. Returns how many were freed.
    async fn take_over(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Prolongs a lease until `until`. The commit does not wait for the disk.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where the lease is no longer the question's.
    async fn renew(&self, lease: &Lease, until: Timestamp) -> Result<Renewal, StoreError>;

    /// Reads the newest turns of a conversation, at most `limit`: questions whose conclusion is committed and is a turn.
    async fn history(
        &self,
        server: &ServerId,
        conversation: &ConversationKey,
        limit: u32,
    ) -> Result<History, StoreError>;

    /// Puts a question into its thread, once that is known: the place where it was asked, the conversation it belongs to, and the
    /// root under which the bot posts its answer.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where the lease is no longer the question's.
    async fn place_in(
        &self,
        lease: &Lease,
        thread: &PostId,
        conversation: &ConversationKey,
    ) -> Result<(), StoreError>;

    /// Remembers that a conversation begins afresh at `at`.
    async fn start_afresh(
        &self,
        server: &ServerId,
        conversation: &ConversationKey,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Marks the asker's questions in this channel (all its threads, and private ones) that have no conclusion yet as to be
    /// stopped; returns them, oldest first.
    async fn request_stop(
        &self,
        server: &ServerId,
        scope: &ControlScope,
    ) -> Result<Vec<QuestionId>, StoreError>;

    /// Marks the question of an event as to be stopped, where there is one that has no conclusion yet; returns it.
    async fn stop_question(
        &self,
        server: &ServerId,
        key: &EventKey,
    ) -> Result<Option<QuestionId>, StoreError>;

    /// Commits that a post is about to be created. Replaces an earlier intent of the same part that has no post.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where the lease is no longer the question's.
    async fn intend(&self, lease: &Lease, intent: &PartIntent) -> Result<(), StoreError>;

    /// Commits the id of a created post.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where the lease is no longer the question's; [`StoreError::Corrupt`] where the post was never intended.
    async fn created(&self, lease: &Lease, part: u32, post: &PostId) -> Result<(), StoreError>;

    /// Returns the posts of an answer, in order of their part.
    async fn parts(&self, question: QuestionId) -> Result<Vec<Part>, StoreError>;

    /// Commits how a question ended, with its final text and usage, before it is shown. A second conclusion of one question replaces
    /// the first.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where the lease is no longer the question's.
    async fn conclude(&self, lease: &Lease, conclusion: &Conclusion) -> Result<(), StoreError>;

    /// Turns a concluded question to its asker alone, in the bot's direct channel, with the texts it then has. What was intended or
    /// posted elsewhere is forgotten, because the bot can reach it no more.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where the lease is no longer the question's.
    async fn turn_to_asker(
        &self,
        lease: &Lease,
        asker: &UserId,
        texts: &[String],
    ) -> Result<(), StoreError>;

    /// Ends the job of a question whose conclusion was shown.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where the lease is no longer the question's.
    async fn settle(&self, lease: &Lease, at: Timestamp) -> Result<(), StoreError>;

    /// Ends the job of a question whose end could not be shown to anybody: a dead letter.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where the lease is no longer the question's.
    async fn bury(&self, lease: &Lease, at: Timestamp, burial: &Burial) -> Result<(), StoreError>;

    /// Gives a question back to be tried again at `at`, or in ten minutes if that is sooner.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where the lease is no longer the question's.
    async fn retry(&self, lease: &Lease, at: Timestamp) -> Result<(), StoreError>;

    /// Gives a question back whose work panicked, to be tried again as [`Store::retry`] has it, and counts a death.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where the lease is no longer the question's.
    async fn retry_after_death(&self, lease: &Lease, at: Timestamp) -> Result<(), StoreError>;

    /// Gives a question back to be taken up again at once.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where the lease is no longer the question's.
    async fn hand_back(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Returns dead letters, the last one first, at most `limit`.
    async fn dead_letters(&self, limit: u32) -> Result<Vec<DeadLetter>, StoreError>;

    /// Makes dead letters due again, each as the last of its lane and as if nobody had died over it: those with a conclusion are
    /// published, the others asked, until `deadline`. Returns them, oldest first.
    async fn revive(
        &self,
        letters: &Letters,
        deadline: Timestamp,
    ) -> Result<Vec<QuestionId>, StoreError>;

    /// Remembers the digest of a text that is about to be posted in a channel without a trace of us.
    async fn remember_text(
        &self,
        server: &ServerId,
        channel: &ChannelId,
        digest: &[u8; 32],
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Says whether a text with this digest was posted by us in this channel at or after `since`.
    async fn is_own_text(
        &self,
        server: &ServerId,
        channel: &ChannelId,
        digest: &[u8; 32],
        since: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Returns how far each channel of a server was heard.
    async fn cursors(&self, server: &ServerId) -> Result<Vec<Cursor>, StoreError>;

    /// Remembers how far channels were heard. The commit does not wait for the disk: what is forgotten is heard again, and known by its event.
    async fn move_cursors(&self, server: &ServerId, cursors: &[Cursor]) -> Result<(), StoreError>;

    /// Says whether a person has addressed the bot in the thread of this root, by a question that was accepted.
    async fn has_addressed(
        &self,
        server: &ServerId,
        root: &PostId,
        person: &UserId,
    ) -> Result<bool, StoreError>;

    /// Counts what waits and runs.
    async fn backlog(&self) -> Result<Backlog, StoreError>;

    /// Says whether the database can be written, by writing.
    async fn check_writable(&self, now: Timestamp) -> Result<(), StoreError>;
}

/// How a call to Mattermost fails.
#[derive(Debug, thiserror::Error)]
#[error("{call} in Mattermost (status {status:?}, {id})")]
pub struct MattermostError {
    /// Which call, as a verb and its object.
    pub call: &'static str,
    /// What kind of failure it is.
    pub kind: MattermostFailure,
    /// The HTTP status, where one came.
    pub status: Option<u16>,
    /// The error's id as Mattermost gives it, cut to a bound; empty where none came.
    pub id: String,
    /// What the HTTP client said, where no reply came.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The kinds of failure of a call to Mattermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MattermostFailure {
    /// The token is revoked or wrong (401).
    TokenRefused,
    /// We may not do this there, or the thing is not there (403).
    Forbidden,
    /// It is not there (404).
    NotFound,
    /// It will never be accepted as it is (400, 413 and the like).
    Rejected,
    /// A `response_url` that was used up or has expired.
    UsedUp,
    /// Too many requests (429); nothing happened.
    RateLimited {
        /// The delay asked for.
        retry_after: Option<Duration>,
    },
    /// It was never reached; nothing happened.
    Unreachable,
    /// It failed or fell silent after the request was sent (5xx, time-out, cut connection): it may have happened or not.
    Ambiguous,
}

impl MattermostFailure {
    /// Whether we may not post there at all, so that another way of delivery is to be taken.
    #[must_use]
    pub fn is_shut_out(self) -> bool {
        matches!(self, Self::Forbidden | Self::NotFound | Self::Rejected)
    }

    /// Returns the class that decides whether to try again.
    #[must_use]
    pub fn class(self) -> FailureClass {
        match self {
            Self::RateLimited { retry_after } => FailureClass::RateLimited { retry_after },
            // A token can be replaced while we wait.
            Self::Unreachable | Self::Ambiguous | Self::TokenRefused => FailureClass::Transient,
            Self::Forbidden | Self::NotFound | Self::Rejected | Self::UsedUp => {
                FailureClass::Permanent
            }
        }
    }
}

/// Which write goes first when writes have to wait for the pace that a server is spared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A new post, or the final edit of one.
    First,
    /// An edit that will be followed by another.
    Later,
}

/// What an edit found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edited {
    /// The post has the text now.
    Done,
    /// The post was deleted by somebody, or may no longer be edited: it stays as it is.
    Gone,
    /// It was not tried: an edit of low priority that would have had to wait.
    Skipped,
}

/// One Mattermost server, seen as the bot account where there is one.
#[async_trait]
pub trait Mattermost: Send + Sync {
    /// Which server this is.
    fn server(&self) -> &ServerId;

    /// Creates a post as the bot. The same `pending` within 30 seconds creates no second one.
    async fn create_post(&self, post: &NewPost) -> Result<PostId, MattermostError>;

    /// Replaces the text of a post of the bot's. Repeating it is harmless.
    async fn edit_post(
        &self,
        post: &PostId,
        message: &str,
        priority: Priority,
    ) -> Result<Edited, MattermostError>;

    /// Reads a post; `None` where it is gone or not to be seen.
    async fn read_post(&self, post: &PostId) -> Result<Option<SeenPost>, MattermostError>;

    /// Returns the newest post of a channel, replies included; `None` where the channel is empty or not to be seen.
    async fn newest_post(&self, channel: &ChannelId) -> Result<Option<PostId>, MattermostError>;

    /// Finds the bot's posts created in a channel after `anchor` that carry a marker of `question`, oldest first.
    async fn find_own_posts(
        &self,
        channel: &ChannelId,
        anchor: Option<&PostId>,
        question: QuestionId,
    ) -> Result<Vec<SeenPost>, MattermostError>;

    /// Deletes a post of the bot's; that it is gone already is no failure.
    async fn delete_post(&self, post: &PostId) -> Result<(), MattermostError>;

    /// Opens the direct channel between the bot and a person, or returns the one there is.
    async fn direct_channel(&self, person: &UserId) -> Result<ChannelId, MattermostError>;

    /// Says whether a person is a member of a channel; `None` where the bot cannot see that channel.
    async fn is_member(
        &self,
        channel: &ChannelId,
        person: &UserId,
    ) -> Result<Option<bool>, MattermostError>;

    /// Returns who the bot is.
    async fn identity(&self) -> Result<Identity, MattermostError>;

    /// Returns the channels the bot is in, archived ones left out.
    async fn joined_channels(&self) -> Result<Vec<JoinedChannel>, MattermostError>;

    /// Reads back the posts of a channel made at or after `since_ms` (the server's time), oldest first, from `anchor` where it is known, up to
    /// a bound; `None` where the channel is not to be seen.
    async fn posts_since(
        &self,
        channel: &ChannelId,
        anchor: Option<&PostId>,
        since_ms: i64,
    ) -> Result<Option<Vec<SeenPost>>, MattermostError>;

    /// Reads the newest posts of a thread, its root included, oldest first, up to a bound; `None` where it is gone or not to be seen.
    async fn thread(&self, root: &PostId) -> Result<Option<Vec<SeenPost>>, MattermostError>;

    /// Returns the account names of people, of as many as are known.
    async fn names(&self, people: &[UserId]) -> Result<HashMap<UserId, String>, MattermostError>;

    /// Puts the bot's reaction to a post. Best effort.
    async fn react(&self, post: &PostId, emoji: &str) -> Result<(), MattermostError>;

    /// Takes the bot's reaction from a post; that there is none is no failure. Best effort.
    async fn unreact(&self, post: &PostId, emoji: &str) -> Result<(), MattermostError>;

    /// Shows that the bot is typing. Best effort.
    async fn show_typing(
        &self,
        channel: &ChannelId,
        root: Option<&PostId>,
    ) -> Result<(), MattermostError>;

    /// Posts finished texts by a command's `response_url`, all in one of its five uses.
    async fn respond(
        &self,
        id: &ResponseUrlId,
        texts: &[String],
        audience: Audience,
    ) -> Result<(), MattermostError>;

    /// Posts a finished text by the incoming webhook, in the channel of this name.
    async fn post_by_webhook(&self, channel_name: &str, text: &str) -> Result<(), MattermostError>;

    /// Says whether the server answers, for `/readyz`.
    async fn ping(&self) -> Result<(), MattermostError>;
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
    /// Asks, and returns when the server has begun to reply.
    ///
    /// The time-outs for the first token, between tokens and for the whole are the model's own; they arrive as errors here or in the stream.
    async fn complete(&self, prompt: &Prompt) -> Result<DeltaStream, ModelError>;

    /// Says whether the model's server answers, for `/readyz`.
    async fn ping(&self) -> Result<(), ModelError>;
}
