//! What is told about questions to those who look after askwell.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;

use super::store::StoreError;
use crate::domain::audit::AuditEntry;
use crate::domain::figures::{Asked, Custom, Said, Slot, Timing, Underway};
use crate::domain::id::{QuestionId, ServerId};
use crate::domain::job::DeadLetter;
use crate::domain::time::Timestamp;

/// Which questions are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Every one.
    All,
    /// Those that failed.
    Failed,
}

/// Which questions are listed, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedPage {
    /// Those that are older than this one only.
    pub before: Option<QuestionId>,
    /// Of which kind.
    pub which: Which,
    /// How many at most.
    pub limit: u32,
}

/// Reads that take no longer with a million questions than with a thousand: each reads a page, or a window of time, by an index.
///
/// # Errors
/// As those of [`super::Store`].
#[async_trait]
pub trait Figures: Send + Sync {
    /// Counts what ended in a span of time, in stretches of `slot`, the earliest first; those in which nothing ended are left out.
    async fn tallied(
        &self,
        server: &ServerId,
        span: Range<Timestamp>,
        slot: Duration,
    ) -> Result<Vec<Slot>, StoreError>;

    /// Returns how fast the last runs were that began at or after a time, the newest first, at most `limit`.
    async fn timings(
        &self,
        server: &ServerId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Timing>, StoreError>;

    /// Returns questions that have not ended, the oldest first, at most `limit`.
    async fn underway(&self, server: &ServerId, limit: u32) -> Result<Vec<Underway>, StoreError>;

    /// Lists questions.
    async fn asked(&self, server: &ServerId, page: AskedPage) -> Result<Vec<Asked>, StoreError>;

    /// Returns one question; `None` where there is none.
    async fn asked_one(
        &self,
        server: &ServerId,
        question: QuestionId,
    ) -> Result<Option<Asked>, StoreError>;

    /// Returns what was said, and writes down who looked, both or neither; where there is no such question, neither.
    async fn look_at(
        &self,
        server: &ServerId,
        question: QuestionId,
        entry: &AuditEntry,
    ) -> Result<Option<Said>, StoreError>;

    /// Returns what channels do otherwise, the last change first, at most `limit` settings.
    async fn customs(&self, server: &ServerId, limit: u32) -> Result<Vec<Custom>, StoreError>;

    /// Returns a server's dead letters, the last one first, at most `limit`.
    async fn dead_letters_of(
        &self,
        server: &ServerId,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, StoreError>;
}
