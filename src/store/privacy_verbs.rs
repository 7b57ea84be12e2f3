//! The verbs of privacy's port.

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use super::session::{Database, Session};
use super::verbs::{SqlStore, verb};
use super::{privacy, reseal, scrub};
use crate::domain::conversation::ConversationKey;
use crate::domain::id::{QuestionId, ServerId};
use crate::domain::job::Lease;
use crate::domain::retention::{Forgetting, Forgotten};
use crate::domain::time::Timestamp;
use crate::ports::{KeptConversation, KeptQuestions, Privacy, Scrubbed, StoreError, UsageBefore};

#[async_trait]
impl Privacy for SqlStore {
    async fn erase_when_ended(&self, lease: &Lease) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(verb!(session => privacy::erase_when_ended(session, &lease)))
            .await
    }

    async fn forget(
        &self,
        server: &ServerId,
        forgetting: &Forgetting,
    ) -> Result<Forgotten, StoreError> {
        let (server, forgetting) = (server.clone(), forgetting.clone());
        self.write(verb!(session => privacy::forget(session, &server, &forgetting)))
            .await
    }

    async fn kept_questions(
        &self,
        server: &ServerId,
        after: Option<QuestionId>,
        limit: u32,
    ) -> Result<KeptQuestions, StoreError> {
        let server = server.clone();
        self.read(verb!(session => privacy::kept_questions(session, &server, after, limit)))
            .await
    }

    async fn erase(&self, questions: &[QuestionId], at: Timestamp) -> Result<u64, StoreError> {
        let questions = questions.to_vec();
        self.write(verb!(session => privacy::erase(session, &questions, at)))
            .await
    }

    async fn kept_summaries(
        &self,
        server: &ServerId,
        after: Option<&ConversationKey>,
        limit: u32,
    ) -> Result<Vec<KeptConversation>, StoreError> {
        let (server, after) = (server.clone(), after.cloned());
        self.read(
            verb!(session => privacy::kept_summaries(session, &server, after.as_ref(), limit)),
        )
        .await
    }

    async fn erase_usage(
        &self,
        server: &ServerId,
        before: &UsageBefore,
    ) -> Result<Option<String>, StoreError> {
        let (server, before) = (server.clone(), before.clone());
        self.write(verb!(session => scrub::erase_usage(session, &server, &before)))
            .await
    }

    async fn empty_log(&self) -> Result<(), StoreError> {
        match self.database() {
            Database::Sqlite(database) => database.empty_log().await,
            Database::Postgres(_) => Ok(()),
        }
    }

    async fn reseal(&self, after: &str) -> Result<(Option<String>, u64), StoreError> {
        let after = after.to_owned();
        self.write(verb!(session => reseal::reseal(session, &after)))
            .await
    }

    async fn write_anew(&self) -> Result<(), StoreError> {
        match self.database() {
            Database::Sqlite(database) => database.write_anew().await,
            Database::Postgres(database) => database.vacuum(&scrub::VACUUM).await,
        }
    }

    async fn scrub(&self, now: Timestamp) -> Result<Scrubbed, StoreError> {
        let begun = self
            .write(verb!(session => scrub::begin(session, now)))
            .await?;
        if !begun {
            return Ok(Scrubbed::NothingToDo);
        }
        self.write_anew().await?;
        self.write(verb!(session => scrub::done(session, now)))
            .await?;
        Ok(Scrubbed::Done)
    }
}
