//! What a store that is asked nothing but how it is erases.

use askwell::domain::conversation::ConversationKey;
use askwell::domain::id::{QuestionId, ServerId};
use askwell::domain::job::Lease;
use askwell::domain::retention::{Forgetting, Forgotten};
use askwell::domain::time::Timestamp;
use askwell::ports::{KeptConversation, KeptQuestions, Privacy, Scrubbed, StoreError, UsageBefore};
use async_trait::async_trait;

use super::{NOT_OURS, Store};

#[async_trait]
impl Privacy for Store {
    async fn erase_when_ended(&self, _: &Lease) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn forget(&self, _: &ServerId, _: &Forgetting) -> Result<Forgotten, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn kept_questions(
        &self,
        _: &ServerId,
        _: Option<QuestionId>,
        _: u32,
    ) -> Result<KeptQuestions, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn erase(&self, _: &[QuestionId], _: Timestamp) -> Result<u64, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn kept_summaries(
        &self,
        _: &ServerId,
        _: Option<&ConversationKey>,
        _: u32,
    ) -> Result<Vec<KeptConversation>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn erase_usage(
        &self,
        _: &ServerId,
        _: &UsageBefore,
    ) -> Result<Option<String>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn empty_log(&self) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn reseal(&self, _: &str) -> Result<(Option<String>, u64), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn write_anew(&self) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn scrub(&self, _: Timestamp) -> Result<Scrubbed, StoreError> {
        unreachable!("{NOT_OURS}")
    }
}
