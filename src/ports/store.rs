//! The store: what is remembered.

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use super::{AuditTrail, Deeds, Door, Figures, Ledger, Privacy};
use crate::domain::agent::AgentName;
use crate::domain::budget::{self, Account};
use crate::domain::channel_settings::{ChannelChange, ChannelSettings};
use crate::domain::chat::Cursor;
use crate::domain::control::Opinion;
use crate::domain::conversation::{ConversationKey, History};
use crate::domain::id::{ChannelId, PostId, QuestionId, QuotedId, ServerId, UserId};
use crate::domain::job::{AnswerState, ClaimedJob, ControlScope, DeadLetter, Lease, Undeliverable};
use crate::domain::post::{Delivery, Part, PartIntent};
use crate::domain::question::{Conclusion, Question};
use crate::domain::run::Run;
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is durable and will end visibly.
    Accepted,
    /// Its event was accepted before; nothing was written.
    Duplicate,
    /// There is too little left of a budget; nothing was written.
    OverBudget(Account),
}

/// What becomes of a question for which too little is left of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfOver {
    /// It is recorded, and ends by being refused: its event may come again.
    Recorded,
    /// Nothing is recorded: whoever asked is told at once.
    Dropped,
}

/// A question that is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The question.
    pub question: Question,
    /// What it claims of budgets, all of it or nothing.
    pub claims: Vec<budget::Claim>,
    /// What becomes of it where that does not fit.
    pub if_over: IfOver,
}

/// Who claims work, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Whose questions are claimed, and no other server's.
    pub server: ServerId,
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

/// A secret with which buttons are signed, shared by all replicas.
#[derive(Clone, Debug)]
pub struct SigningKey {
    /// By which a signature names it.
    pub id: u64,
    /// 64 hexadecimal digits, none of which anybody can guess.
    pub secret: SecretString,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Which signing keys are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyAges {
    /// For how long a key signs; then another is made.
    pub signs: Duration,
    /// For how long it is kept, so that what it signed is believed.
    pub is_kept: Duration,
}

impl SigningKey {
    /// Whether it signs at a time. One that was made long after, by a clock that has since jumped back, does not.
    #[must_use]
    pub fn signs_at(&self, now: Timestamp, ages: KeyAges) -> bool {
        now.since(self.created_at) < ages.signs && self.created_at.since(now) < ages.signs
    }
}

/// What of an answer is to be written once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgainKind {
    /// All of it, in place of what there is.
    Regenerate,
    /// What follows.
    Continue,
}

/// That an answer is to be written once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskAgain {
    /// Which question's.
    pub question: QuestionId,
    /// The generation that whoever wants it saw.
    pub generation: u32,
    /// What of it.
    pub kind: AgainKind,
    /// When it must have ended.
    pub deadline: Timestamp,
    /// See [`ClaimedJob::pressed_at`]; absent where no button was pressed.
    pub pressed_at: Option<Timestamp>,
}

/// What became of an [`AskAgain`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedAgain {
    /// It waits for its turn, as the last of its lane.
    Begun {
        /// The generation that is to be written.
        generation: u32,
    },
    /// Nothing was done: the answer has not ended, is of another generation by now, or is none that can be written so.
    NotNow,
}

/// That somebody changed what a channel does otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedChannel {
    /// Which channel.
    pub channel: ChannelId,
    /// What is otherwise now.
    pub change: ChannelChange,
    /// Who said so.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

/// A summary that is to be remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptSummary {
    /// What is told of which turns.
    pub summary: Summary,
    /// After which question it was made.
    pub after: QuestionId,
    /// How the model did over it.
    pub run: Run,
    /// When.
    pub at: Timestamp,
}

/// What is remembered. Each method is one transaction, atomic and durable as its caller sees it (exceptions are said).
///
/// # Errors
/// Every method fails with [`StoreError::Unavailable`] where the database cannot be used, and with [`StoreError::Corrupt`] where a row
/// it reads holds what no version of ours writes. A method that is shown a lease also fails with [`StoreError::LeaseLost`], which
/// each of them says, and then has written nothing.
#[async_trait]
pub trait Store: AuditTrail + Deeds + Door + Figures + Ledger + Privacy {
    /// Says whether other processes may serve from the same database.
    fn is_shared(&self) -> bool;

    /// Records questions, each with its job and its place in its lane, all in one transaction with one flush.
    ///
    /// Returns one [`Admission`] for each question, in order. The same event twice, in one batch or ever, is accepted once. What they claim of
    /// budgets is reserved in their order, for each question all of it or nothing.
    async fn admit_within(&self, candidates: &[Candidate]) -> Result<Vec<Admission>, StoreError>;

    /// The same of questions that claim nothing.
    async fn admit(&self, questions: &[Question]) -> Result<Vec<Admission>, StoreError> {
        let candidates = questions.iter().map(|question| Candidate {
            question: question.clone(),
            claims: Vec::new(),
            if_over: IfOver::Recorded,
        });
        self.admit_within(&candidates.collect::<Vec<_>>()).await
    }

    /// Leases questions that are due: ready, or running under a lease that has ended, each the first unfinished of its lane. Of the
    /// latter each counts as a death.
    ///
    /// The commit does not wait for the disk: a claim that is lost is made again, under another token.
    async fn claim(&self, claim: Claim) -> Result<Vec<ClaimedJob>, StoreError>;

    /// Returns when the next question of a server becomes due by itself (a delayed try, or a lease that ends), where one does; a time not after
    /// now means that one is due already.
    async fn next_due(&self, server: &ServerId) -> Result<Option<Timestamp>, StoreError>;

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

    /// The same as [`Store::history`], of questions accepted before another one only.
    async fn history_before(
        &self,
        server: &ServerId,
        conversation: &ConversationKey,
        question: QuestionId,
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

    /// Addresses the answer to a question to its asker alone, before anything of it was posted: by another way, and in a conversation
    /// that nobody else reads.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where the lease is no longer the question's.
    async fn address_to_asker(
        &self,
        lease: &Lease,
        delivery: &Delivery,
        conversation: &ConversationKey,
    ) -> Result<(), StoreError>;

    /// Remembers whom a question is for.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where the lease is no longer the question's.
    async fn give_to(&self, lease: &Lease, agent: &AgentName) -> Result<(), StoreError>;

    /// Returns whom the newest finished turn of a conversation was for, where that was said.
    async fn last_agent(
        &self,
        server: &ServerId,
        conversation: &ConversationKey,
    ) -> Result<Option<AgentName>, StoreError>;

    /// Remembers that a conversation begins afresh at `at`, and forgets its summary.
    async fn start_afresh(
        &self,
        server: &ServerId,
        conversation: &ConversationKey,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Marks the asker's questions in this thread, or where it is none in this channel (all its threads, and private ones), that have no
    /// conclusion yet as to be stopped; returns them, oldest first.
    async fn request_stop(
        &self,
        server: &ServerId,
        scope: &ControlScope,
    ) -> Result<Vec<QuestionId>, StoreError>;

    /// Marks the questions that a post asked, or that posts in the thread it begins asked, as to be stopped, where they have no conclusion
    /// yet; returns them.
    async fn stop_questions_of(
        &self,
        server: &ServerId,
        post: &PostId,
    ) -> Result<Vec<QuestionId>, StoreError>;

    /// Marks a question as to be stopped, where it has no conclusion yet; says whether it has none. Where a button was pressed,
    /// `pressed_at` is remembered as [`ClaimedJob::pressed_at`].
    async fn stop_answer(
        &self,
        server: &ServerId,
        question: QuestionId,
        pressed_at: Option<Timestamp>,
    ) -> Result<bool, StoreError>;

    /// Returns the questions that a worker holds and that are to be stopped, whoever said so.
    async fn stops_of(&self, worker: u128) -> Result<Vec<QuestionId>, StoreError>;

    /// Returns all that is known of an answer; `None` where there is no such question.
    async fn answer(
        &self,
        server: &ServerId,
        question: QuestionId,
    ) -> Result<Option<AnswerState>, StoreError>;

    /// Returns the question of whose answer a post is part.
    async fn question_of_post(
        &self,
        server: &ServerId,
        post: &PostId,
    ) -> Result<Option<QuestionId>, StoreError>;

    /// Puts a question that has ended back to be answered once more, with a new generation and as the last of its lane. What was concluded
    /// is no turn of its conversation any more, and kept as what there was before.
    async fn ask_again(&self, server: &ServerId, again: AskAgain)
    -> Result<AskedAgain, StoreError>;

    /// Counts what a person thinks of the present generation of an answer, in place of what they thought before.
    async fn vote(
        &self,
        server: &ServerId,
        opinion: &Opinion,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Forgets that a person thought so of an answer; leaves what they think otherwise.
    async fn take_vote_back(&self, server: &ServerId, opinion: &Opinion) -> Result<(), StoreError>;

    /// Returns the keys by which buttons of a server are signed, the newest first. Makes one of what is offered where none signs any longer,
    /// and forgets those too old to be kept. Two replicas at once may make two.
    async fn signing_keys(
        &self,
        server: &ServerId,
        offered: SigningKey,
        ages: KeyAges,
    ) -> Result<Vec<SigningKey>, StoreError>;

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

    /// Forgets a post of an answer that was deleted because the answer has no such part any more.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where the lease is no longer the question's.
    async fn forget_part(&self, lease: &Lease, part: u32) -> Result<(), StoreError>;

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

    /// Returns the summary of a conversation's first turns, where there is one.
    async fn summary(
        &self,
        server: &ServerId,
        conversation: &ConversationKey,
    ) -> Result<Option<Summary>, StoreError>;

    /// Forgets the summary of a conversation.
    async fn forget_summary(
        &self,
        server: &ServerId,
        conversation: &ConversationKey,
    ) -> Result<(), StoreError>;

    /// Remembers a summary of a conversation in place of the one there was, and how the model did over it as a run of its question.
    async fn keep_summary(
        &self,
        server: &ServerId,
        conversation: &ConversationKey,
        kept: &KeptSummary,
    ) -> Result<(), StoreError>;

    /// Returns how the models did over a question, the first run first.
    async fn runs(&self, question: QuestionId) -> Result<Vec<Run>, StoreError>;

    /// Returns what a channel does otherwise than the installation, as people said it.
    async fn channel_settings(
        &self,
        server: &ServerId,
        channel: &ChannelId,
    ) -> Result<ChannelSettings, StoreError>;

    /// Remembers a change of what a channel does otherwise, and returns all that it does otherwise now.
    async fn change_channel(
        &self,
        server: &ServerId,
        changed: &ChangedChannel,
    ) -> Result<ChannelSettings, StoreError>;

    /// Counts what waits and runs of a server's questions, and what is dead.
    async fn backlog(&self, server: &ServerId) -> Result<Backlog, StoreError>;

    /// Says whether the database can be written, by writing.
    async fn check_writable(&self, now: Timestamp) -> Result<(), StoreError>;
}
