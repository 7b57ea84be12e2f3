//! The audit trail: what is written down of those who look after askwell.

use async_trait::async_trait;

use super::store::StoreError;
use crate::domain::audit::{AuditAction, AuditEntry, AuditRecord, AuditVerdict};
use crate::domain::id::ServerId;

/// Which entries are read, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// Those of this server and of the whole installation only; `None` for all.
    pub server: Option<ServerId>,
    /// Those before this place only; `None` begins with the newest.
    pub before: Option<u64>,
    /// Those of this kind only.
    pub action: Option<AuditAction>,
    /// How many at most.
    pub limit: u32,
}

/// Entries that are never changed, each tied to those before it by a hash. What changes something and is audited writes its entry in the
/// same transaction as the change; this is for all else.
///
/// # Errors
/// As those of [`super::Store`].
#[async_trait]
pub trait AuditTrail: Send + Sync {
    /// Writes an entry down as the last one; returns its place.
    async fn append(&self, entry: &AuditEntry) -> Result<u64, StoreError>;

    /// Reads entries, the newest first.
    async fn audited(&self, page: AuditPage) -> Result<Vec<AuditRecord>, StoreError>;

    /// Reads the entries after a place, the oldest first, at most `limit`.
    async fn audited_after(&self, seq: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;

    /// Reads the whole trail, and says whether it is as it was written.
    async fn verify_audit(&self) -> Result<AuditVerdict, StoreError>;
}
