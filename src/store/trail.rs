//! The verbs of the audit trail's port.

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use super::audit;
use super::session::Session;
use super::verbs::{SqlStore, verb};
use crate::domain::audit::{AuditEntry, AuditRecord, AuditVerdict};
use crate::ports::{AuditPage, AuditTrail, StoreError};

#[async_trait]
impl AuditTrail for SqlStore {
    async fn append(&self, entry: &AuditEntry) -> Result<u64, StoreError> {
        let entry = entry.clone();
        self.write(verb!(session => audit::append(session, &entry)))
            .await
    }

    async fn audited(&self, page: AuditPage) -> Result<Vec<AuditRecord>, StoreError> {
        self.read(verb!(session => audit::newest(session, page)))
            .await
    }

    async fn audited_after(&self, seq: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.read(verb!(session => audit::after(session, seq, limit)))
            .await
    }

    async fn verify_audit(&self) -> Result<AuditVerdict, StoreError> {
        self.read(verb!(session => audit::verify(session))).await
    }
}
