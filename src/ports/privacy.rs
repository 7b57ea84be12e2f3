//! Privacy: what is erased of what is remembered.

use async_trait::async_trait;

use super::store::StoreError;
use crate::domain::attention::ChannelKind;
use crate::domain::conversation::ConversationKey;
use crate::domain::id::{ChannelId, QuestionId, ServerId};
use crate::domain::job::Lease;
use crate::domain::retention::{Forgetting, Forgotten};
use crate::domain::time::Timestamp;

/// A question whose texts are there, and what decides for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptQuestion {
    /// Its id.
    pub id: QuestionId,
    /// Where it was asked; absent where by hand.
    pub channel: Option<ChannelId>,
    /// What that channel is called in URLs.
    pub channel_name: Option<String>,
    /// Its kind when it was asked, where that was said.
    pub kind: Option<ChannelKind>,
    /// When it was asked.
    pub asked_at: Timestamp,
}

/// Some of the questions of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptQuestions {
    /// Those of them that have ended and are not erased.
    pub questions: Vec<KeptQuestion>,
    /// The last that was looked at; absent where there are no more.
    pub last: Option<QuestionId>,
}

/// A summary that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptConversation {
    /// Which conversation it is of.
    pub conversation: ConversationKey,
    /// When it was made.
    pub made_at: Timestamp,
}

/// Up to when figures are erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageBefore {
    /// What was begun before this.
    pub at: Timestamp,
    /// What was used on days before this one, as `2026-11-28`.
    pub day: String,
    /// After which row is looked; empty at first.
    pub after: String,
}

/// What became of making sure that what was erased is gone from the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scrubbed {
    /// Nothing was erased since that was done last, or another process is at it.
    NothingToDo,
    /// It is done.
    Done,
}

/// What is erased. Counts, ids, times and the ledger stay.
///
/// # Errors
/// As those of [`super::Store`].
#[async_trait]
pub trait Privacy: Send + Sync {
    /// Says that the texts of a question are erased in the transaction in which it ends.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where the lease is no longer the question's.
    async fn erase_when_ended(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Erases a person's questions and answers, the votes they cast and the summaries that tell of them, some at a time, and writes each time
    /// into the audit trail. What has not ended is marked as to be stopped and erased when it has.
    async fn forget(
        &self,
        server: &ServerId,
        forgetting: &Forgetting,
    ) -> Result<Forgotten, StoreError>;

    /// Reads the next questions of a server, at most `limit`, in the order of their ids.
    async fn kept_questions(
        &self,
        server: &ServerId,
        after: Option<QuestionId>,
        limit: u32,
    ) -> Result<KeptQuestions, StoreError>;

    /// Erases the texts of questions that have ended; passes over all others. Returns how many were erased.
    async fn erase(&self, questions: &[QuestionId], at: Timestamp) -> Result<u64, StoreError>;

    /// Reads the next summaries of a server, at most `limit`, in the order of their conversations' names.
    async fn kept_summaries(
        &self,
        server: &ServerId,
        after: Option<&ConversationKey>,
        limit: u32,
    ) -> Result<Vec<KeptConversation>, StoreError>;

    /// Erases what the ledger and the tables of use hold of before a time, some rows at a time; returns after which row to go on, where
    /// there may be more. Calls that are not settled stay.
    async fn erase_usage(
        &self,
        server: &ServerId,
        before: &UsageBefore,
    ) -> Result<Option<String>, StoreError>;

    /// Empties the log of what was committed before, which still holds what was erased (SQLite); elsewhere does nothing.
    async fn empty_log(&self) -> Result<(), StoreError>;

    /// Seals some rows anew that are not sealed with the present key, or opens them where there is none; returns after which row to go on,
    /// where there may be more, and how many were. Empty at first.
    async fn reseal(&self, after: &str) -> Result<(Option<String>, u64), StoreError>;

    /// Writes the database's files anew, so that nothing is left in them of what was there before; see [`Privacy::scrub`].
    async fn write_anew(&self) -> Result<(), StoreError>;

    /// Makes sure that what was erased is gone from the database's files, where something was since that was done last: SQLite's file
    /// is written anew, PostgreSQL's tables are vacuumed. It may take as long as writing the whole database takes.
    async fn scrub(&self, now: Timestamp) -> Result<Scrubbed, StoreError>;
}
