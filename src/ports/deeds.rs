//! What those who look after askwell do from their page, each with the entry that tells of it.

use async_trait::async_trait;

use super::store::StoreError;
use crate::domain::audit::AuditEntry;
use crate::domain::id::{QuestionId, ServerId};
use crate::domain::time::Timestamp;

/// Deeds that are done and written down, both or neither.
///
/// # Errors
/// As those of [`super::Store`].
#[async_trait]
pub trait Deeds: Send + Sync {
    /// Marks an answer as to be stopped, where it has not ended yet; says whether it has not. Where it has, nothing is written down.
    async fn stop_as_written(
        &self,
        server: &ServerId,
        question: QuestionId,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Makes a dead letter of this server due again until `deadline`; says whether there was one. Where there was none, nothing is written
    /// down.
    async fn revive_as_written(
        &self,
        server: &ServerId,
        question: QuestionId,
        deadline: Timestamp,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError>;
}
