//! What is done from the page for administrators, in one transaction with the entry that tells of it.

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use super::session::Session;
use super::statement::Statement;
use super::verbs::{SqlStore, verb};
use super::{audit, control, dead};
use crate::domain::audit::AuditEntry;
use crate::domain::id::{QuestionId, QuotedId, ServerId};
use crate::domain::time::Timestamp;
use crate::ports::{Deeds, Letters, StoreError};

#[async_trait]
impl Deeds for SqlStore {
    async fn stop_as_written(
        &self,
        server: &ServerId,
        question: QuestionId,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let (server, entry) = (server.clone(), entry.clone());
        self.write(verb!(session => stop(session, &server, question, &entry)))
            .await
    }

    async fn revive_as_written(
        &self,
        server: &ServerId,
        question: QuestionId,
        deadline: Timestamp,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let (server, entry) = (server.clone(), entry.clone());
        self.write(verb!(session => revive(session, &server, question, deadline, &entry)))
            .await
    }
}

async fn stop(
    session: &mut Session,
    server: &ServerId,
    question: QuestionId,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let is_to_stop = control::stop_answer(session, server, question, None).await?;
    if is_to_stop {
        audit::append(session, entry).await?;
    }
    Ok(is_to_stop)
}

const IS_THEIRS: &str = "SELECT id FROM questions WHERE id = $2 AND server_id = $1";

async fn revive(
    session: &mut Session,
    server: &ServerId,
    question: QuestionId,
    deadline: Timestamp,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    // What belongs to another server is nothing here.
    let theirs = Statement::new(IS_THEIRS)
        .bind(server.as_str())
        .bind(question);
    if session.fetch_optional(theirs).await?.is_none() {
        return Ok(false);
    }
    // The whole id is one of its ends.
    let quoted = QuotedId::parse(&question.to_string());
    let letters = Letters::Quoted(quoted.map_err(|_| StoreError::Corrupt { what: "id" })?);
    let was_dead = !dead::revive(session, &letters, deadline).await?.is_empty();
    if was_dead {
        audit::append(session, entry).await?;
    }
    Ok(was_dead)
}
