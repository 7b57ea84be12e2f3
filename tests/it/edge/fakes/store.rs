//! A store that is asked nothing but how it is.

use std::time::Duration;

use askwell::domain::agent::AgentName;
use askwell::domain::audit::{AuditEntry, AuditRecord, AuditVerdict};
use askwell::domain::channel_settings::ChannelSettings;
use askwell::domain::chat::Cursor;
use askwell::domain::control::Opinion;
use askwell::domain::conversation::{ConversationKey, History};
use askwell::domain::door::{KeyHash, Link, Session};
use askwell::domain::figures::{Asked, Custom, Said, Slot, Timing, Underway};
use askwell::domain::id::{ChannelId, PostId, QuestionId, ServerId, UserId};
use askwell::domain::job::{AnswerState, ClaimedJob, ControlScope, DeadLetter, Lease};
use askwell::domain::post::{Delivery, Part, PartIntent};
use askwell::domain::question::Conclusion;
use askwell::domain::run::Run;
use askwell::domain::summary::Summary;
use askwell::domain::time::Timestamp;
use askwell::ports::{
    Admission, AskAgain, AskedAgain, AskedPage, AuditPage, Backlog, Burial, Candidate,
    ChangedChannel, Claim, KeptSummary, KeyAges, Letters, Renewal, SigningKey, StoreError,
};
use async_trait::async_trait;

use super::{NOT_OURS, State};

mod ledger;
mod privacy;

/// A store that is only asked how it is.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) state: State,
}

#[async_trait]
impl askwell::ports::Store for Store {
    fn is_shared(&self) -> bool {
        unreachable!("{NOT_OURS}")
    }

    async fn admit_within(&self, _: &[Candidate]) -> Result<Vec<Admission>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn claim(&self, _: Claim) -> Result<Vec<ClaimedJob>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn next_due(&self, _: &ServerId) -> Result<Option<Timestamp>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn take_over(&self, _: Timestamp) -> Result<u64, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn renew(&self, _: &Lease, _: Timestamp) -> Result<Renewal, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn history(
        &self,
        _: &ServerId,
        _: &ConversationKey,
        _: u32,
    ) -> Result<History, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn history_before(
        &self,
        _: &ServerId,
        _: &ConversationKey,
        _: QuestionId,
        _: u32,
    ) -> Result<History, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn place_in(&self, _: &Lease, _: &PostId, _: &ConversationKey) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn address_to_asker(
        &self,
        _: &Lease,
        _: &Delivery,
        _: &ConversationKey,
    ) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn give_to(&self, _: &Lease, _: &AgentName) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn last_agent(
        &self,
        _: &ServerId,
        _: &ConversationKey,
    ) -> Result<Option<AgentName>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn start_afresh(
        &self,
        _: &ServerId,
        _: &ConversationKey,
        _: Timestamp,
    ) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn request_stop(
        &self,
        _: &ServerId,
        _: &ControlScope,
    ) -> Result<Vec<QuestionId>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn stop_answer(
        &self,
        _: &ServerId,
        _: QuestionId,
        _: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn stops_of(&self, _: u128) -> Result<Vec<QuestionId>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn answer(&self, _: &ServerId, _: QuestionId) -> Result<Option<AnswerState>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn question_of_post(
        &self,
        _: &ServerId,
        _: &PostId,
    ) -> Result<Option<QuestionId>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn ask_again(&self, _: &ServerId, _: AskAgain) -> Result<AskedAgain, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn vote(&self, _: &ServerId, _: &Opinion, _: Timestamp) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn take_vote_back(&self, _: &ServerId, _: &Opinion) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn signing_keys(
        &self,
        _: &ServerId,
        _: SigningKey,
        _: KeyAges,
    ) -> Result<Vec<SigningKey>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn forget_part(&self, _: &Lease, _: u32) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn intend(&self, _: &Lease, _: &PartIntent) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn created(&self, _: &Lease, _: u32, _: &PostId) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn parts(&self, _: QuestionId) -> Result<Vec<Part>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn conclude(&self, _: &Lease, _: &Conclusion) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn turn_to_asker(&self, _: &Lease, _: &UserId, _: &[String]) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn settle(&self, _: &Lease, _: Timestamp) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn bury(&self, _: &Lease, _: Timestamp, _: &Burial) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn retry(&self, _: &Lease, _: Timestamp) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn retry_after_death(&self, _: &Lease, _: Timestamp) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn hand_back(&self, _: &Lease) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn dead_letters(&self, _: u32) -> Result<Vec<DeadLetter>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn revive(&self, _: &Letters, _: Timestamp) -> Result<Vec<QuestionId>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn remember_text(
        &self,
        _: &ServerId,
        _: &ChannelId,
        _: &[u8; 32],
        _: Timestamp,
    ) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn is_own_text(
        &self,
        _: &ServerId,
        _: &ChannelId,
        _: &[u8; 32],
        _: Timestamp,
    ) -> Result<bool, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn stop_questions_of(
        &self,
        _: &ServerId,
        _: &PostId,
    ) -> Result<Vec<QuestionId>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn cursors(&self, _: &ServerId) -> Result<Vec<Cursor>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn move_cursors(&self, _: &ServerId, _: &[Cursor]) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn has_addressed(
        &self,
        _: &ServerId,
        _: &PostId,
        _: &UserId,
    ) -> Result<bool, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn summary(
        &self,
        _: &ServerId,
        _: &ConversationKey,
    ) -> Result<Option<Summary>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn forget_summary(&self, _: &ServerId, _: &ConversationKey) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn keep_summary(
        &self,
        _: &ServerId,
        _: &ConversationKey,
        _: &KeptSummary,
    ) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn runs(&self, _: QuestionId) -> Result<Vec<Run>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn channel_settings(
        &self,
        _: &ServerId,
        _: &ChannelId,
    ) -> Result<ChannelSettings, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn change_channel(
        &self,
        _: &ServerId,
        _: &ChangedChannel,
    ) -> Result<ChannelSettings, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn backlog(&self, _: &ServerId) -> Result<Backlog, StoreError> {
        Ok(Backlog {
            waiting: 3,
            running: 2,
            dead: 1,
        })
    }

    async fn check_writable(&self, _: Timestamp) -> Result<(), StoreError> {
        let error = || StoreError::Unavailable("the disk is full".into());
        self.state.answer(error).await
    }
}

#[async_trait]
impl askwell::ports::AuditTrail for Store {
    async fn append(&self, _: &AuditEntry) -> Result<u64, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn audited(&self, _: AuditPage) -> Result<Vec<AuditRecord>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn audited_after(&self, _: u64, _: u32) -> Result<Vec<AuditRecord>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn verify_audit(&self) -> Result<AuditVerdict, StoreError> {
        unreachable!("{NOT_OURS}")
    }
}

#[async_trait]
impl askwell::ports::Door for Store {
    async fn keep_link(&self, _: &Link, _: Timestamp) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn enter(
        &self,
        _: &KeyHash,
        _: &KeyHash,
        _: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn session(&self, _: &KeyHash) -> Result<Option<Session>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn note_session(&self, _: &KeyHash, _: &Session) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn leave(&self, _: &KeyHash, _: Timestamp) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }
}

#[async_trait]
impl askwell::ports::Deeds for Store {
    async fn stop_as_written(
        &self,
        _: &ServerId,
        _: QuestionId,
        _: &AuditEntry,
    ) -> Result<bool, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn revive_as_written(
        &self,
        _: &ServerId,
        _: QuestionId,
        _: Timestamp,
        _: &AuditEntry,
    ) -> Result<bool, StoreError> {
        unreachable!("{NOT_OURS}")
    }
}

#[async_trait]
impl askwell::ports::Figures for Store {
    async fn tallied(
        &self,
        _: &ServerId,
        _: std::ops::Range<Timestamp>,
        _: Duration,
    ) -> Result<Vec<Slot>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn timings(&self, _: &ServerId, _: Timestamp, _: u32) -> Result<Vec<Timing>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn underway(&self, _: &ServerId, _: u32) -> Result<Vec<Underway>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn asked(&self, _: &ServerId, _: AskedPage) -> Result<Vec<Asked>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn asked_one(&self, _: &ServerId, _: QuestionId) -> Result<Option<Asked>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn look_at(
        &self,
        _: &ServerId,
        _: QuestionId,
        _: &AuditEntry,
    ) -> Result<Option<Said>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn customs(&self, _: &ServerId, _: u32) -> Result<Vec<Custom>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn dead_letters_of(&self, _: &ServerId, _: u32) -> Result<Vec<DeadLetter>, StoreError> {
        unreachable!("{NOT_OURS}")
    }
}
