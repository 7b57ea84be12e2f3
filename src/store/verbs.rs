//! Every verb of the port: each runs its page in a transaction of its own.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use super::session::{Database, Durability, Session, Verb};
use super::work::Ending;
use super::{admit, channels, claim, control, dead, hearing, recall, runs, summaries, work};
use crate::domain::agent::AgentName;
use crate::domain::channel_settings::ChannelSettings;
use crate::domain::chat::Cursor;
use crate::domain::control::Opinion;
use crate::domain::conversation::{ConversationKey, History};
use crate::domain::id::{ChannelId, PostId, QuestionId, ServerId, UserId};
use crate::domain::job::{AnswerState, ClaimedJob, ControlScope, DeadLetter, Lease};
use crate::domain::post::{Delivery, Part, PartIntent};
use crate::domain::question::Conclusion;
use crate::domain::run::Run;
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;
use crate::ports::{
    Admission, AskAgain, AskedAgain, Backlog, Burial, Candidate, ChangedChannel, Claim, Clock,
    IdSource, KeptSummary, KeyAges, Letters, Renewal, SigningKey, Store, StoreError,
};

/// The store on either database.
pub(super) struct SqlStore {
    database: Database,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl SqlStore {
    pub(super) fn new(database: Database, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self {
            database,
            clock,
            ids,
        }
    }
}

/// Writes a call of a verb's page as what a transaction runs; it owns what it is given.
macro_rules! verb {
    ($session:ident => $verb:expr) => {
        move |$session: &mut Session| -> BoxFuture<'_, _> { Box::pin(async move { $verb.await }) }
    };
}
pub(super) use verb;

#[async_trait]
impl Store for SqlStore {
    fn is_shared(&self) -> bool {
        match self.database {
            Database::Sqlite(_) => false,
            Database::Postgres(_) => true,
        }
    }

    async fn admit_within(&self, candidates: &[Candidate]) -> Result<Vec<Admission>, StoreError> {
        let candidates = candidates.to_vec();
        self.write(verb!(session => admit::admit(session, &candidates)))
            .await
    }

    async fn claim(&self, claim: Claim) -> Result<Vec<ClaimedJob>, StoreError> {
        let ids = Arc::clone(&self.ids);
        self.write_lazily(verb!(session => claim::claim(session, &claim, &*ids)))
            .await
    }

    async fn next_due(&self, server: &ServerId) -> Result<Option<Timestamp>, StoreError> {
        let (server, now) = (server.clone(), self.clock.now());
        self.read(verb!(session => claim::next_due(session, &server, now)))
            .await
    }

    async fn take_over(&self, _now: Timestamp) -> Result<u64, StoreError> {
        match &self.database {
            Database::Sqlite(database) if database.is_served_by_us() => {
                self.write(verb!(session => work::free_all(session))).await
            }
            Database::Sqlite(_) | Database::Postgres(_) => Ok(0),
        }
    }

    async fn renew(&self, lease: &Lease, until: Timestamp) -> Result<Renewal, StoreError> {
        let (lease, now) = (lease.clone(), self.clock.now());
        self.write_lazily(verb!(session => work::renew(session, &lease, until, now)))
            .await
    }

    async fn history(
        &self,
        server: &ServerId,
        conversation: &ConversationKey,
        limit: u32,
    ) -> Result<History, StoreError> {
        let (server, conversation) = (server.clone(), conversation.clone());
        self.read(verb!(session => recall::history(session, &server, &conversation, None, limit)))
            .await
    }

    async fn history_before(
        &self,
        server: &ServerId,
        conversation: &ConversationKey,
        question: QuestionId,
        limit: u32,
    ) -> Result<History, StoreError> {
        let (server, conversation) = (server.clone(), conversation.clone());
        let before = Some(question);
        self.read(verb!(session => recall::history(session, &server, &conversation, before, limit)))
            .await
    }

    async fn place_in(
        &self,
        lease: &Lease,
        thread: &PostId,
        conversation: &ConversationKey,
    ) -> Result<(), StoreError> {
        let (lease, thread) = (lease.clone(), thread.clone());
        let conversation = conversation.clone();
        self.write(verb!(session => work::place_in(session, &lease, &thread, &conversation)))
            .await
    }

    async fn address_to_asker(
        &self,
        lease: &Lease,
        delivery: &Delivery,
        conversation: &ConversationKey,
    ) -> Result<(), StoreError> {
        let (lease, delivery) = (lease.clone(), delivery.clone());
        let conversation = conversation.clone();
        self.write(
            verb!(session => work::address_to_asker(session, &lease, &delivery, &conversation)),
        )
        .await
    }

    async fn give_to(&self, lease: &Lease, agent: &AgentName) -> Result<(), StoreError> {
        let (lease, agent) = (lease.clone(), agent.clone());
        self.write(verb!(session => work::give_to(session, &lease, &agent)))
            .await
    }

    async fn last_agent(
        &self,
        server: &ServerId,
        conversation: &ConversationKey,
    ) -> Result<Option<AgentName>, StoreError> {
        let (server, conversation) = (server.clone(), conversation.clone());
        self.read(verb!(session => recall::last_agent(session, &server, &conversation)))
            .await
    }

    async fn start_afresh(
        &self,
        server: &ServerId,
        conversation: &ConversationKey,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (server, conversation) = (server.clone(), conversation.clone());
        self.write(verb!(session => recall::start_afresh(session, &server, &conversation, at)))
            .await
    }

    async fn request_stop(
        &self,
        server: &ServerId,
        scope: &ControlScope,
    ) -> Result<Vec<QuestionId>, StoreError> {
        let (server, scope) = (server.clone(), scope.clone());
        self.write(verb!(session => work::request_stop(session, &server, &scope)))
            .await
    }

    async fn stop_questions_of(
        &self,
        server: &ServerId,
        post: &PostId,
    ) -> Result<Vec<QuestionId>, StoreError> {
        let (server, post) = (server.clone(), post.clone());
        self.write(verb!(session => work::stop_questions_of(session, &server, &post)))
            .await
    }

    async fn stop_answer(
        &self,
        server: &ServerId,
        question: QuestionId,
        pressed_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let server = server.clone();
        self.write(verb!(session => control::stop_answer(session, &server, question, pressed_at)))
            .await
    }

    async fn stops_of(&self, worker: u128) -> Result<Vec<QuestionId>, StoreError> {
        self.read(verb!(session => control::stops_of(session, worker)))
            .await
    }

    async fn answer(
        &self,
        server: &ServerId,
        question: QuestionId,
    ) -> Result<Option<AnswerState>, StoreError> {
        let server = server.clone();
        self.read(verb!(session => control::answer(session, &server, question)))
            .await
    }

    async fn question_of_post(
        &self,
        server: &ServerId,
        post: &PostId,
    ) -> Result<Option<QuestionId>, StoreError> {
        let (server, post) = (server.clone(), post.clone());
        self.read(verb!(session => control::question_of_post(session, &server, &post)))
            .await
    }

    async fn ask_again(
        &self,
        server: &ServerId,
        again: AskAgain,
    ) -> Result<AskedAgain, StoreError> {
        let server = server.clone();
        self.write(verb!(session => control::ask_again(session, &server, again)))
            .await
    }

    async fn vote(
        &self,
        server: &ServerId,
        opinion: &Opinion,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (server, opinion) = (server.clone(), opinion.clone());
        self.write(verb!(session => control::vote(session, &server, &opinion, at)))
            .await
    }

    async fn take_vote_back(&self, server: &ServerId, opinion: &Opinion) -> Result<(), StoreError> {
        let (server, opinion) = (server.clone(), opinion.clone());
        self.write(verb!(session => control::take_vote_back(session, &server, &opinion)))
            .await
    }

    async fn signing_keys(
        &self,
        server: &ServerId,
        offered: SigningKey,
        ages: KeyAges,
    ) -> Result<Vec<SigningKey>, StoreError> {
        let server = server.clone();
        self.write(verb!(session => control::signing_keys(session, &server, offered, ages)))
            .await
    }

    async fn intend(&self, lease: &Lease, intent: &PartIntent) -> Result<(), StoreError> {
        let (lease, intent) = (lease.clone(), intent.clone());
        self.write(verb!(session => work::intend(session, &lease, &intent)))
            .await
    }

    async fn created(&self, lease: &Lease, part: u32, post: &PostId) -> Result<(), StoreError> {
        let (lease, post) = (lease.clone(), post.clone());
        self.write(verb!(session => work::created(session, &lease, part, &post)))
            .await
    }

    async fn forget_part(&self, lease: &Lease, part: u32) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(verb!(session => work::forget_part(session, &lease, part)))
            .await
    }

    async fn parts(&self, question: QuestionId) -> Result<Vec<Part>, StoreError> {
        self.read(verb!(session => work::parts(session, question)))
            .await
    }

    async fn conclude(&self, lease: &Lease, conclusion: &Conclusion) -> Result<(), StoreError> {
        let (lease, conclusion) = (lease.clone(), conclusion.clone());
        self.write(verb!(session => work::conclude(session, &lease, &conclusion)))
            .await
    }

    async fn turn_to_asker(
        &self,
        lease: &Lease,
        asker: &UserId,
        texts: &[String],
    ) -> Result<(), StoreError> {
        let (lease, asker) = (lease.clone(), asker.clone());
        let texts = texts.to_vec();
        self.write(verb!(session => work::turn_to_asker(session, &lease, &asker, &texts)))
            .await
    }

    async fn settle(&self, lease: &Lease, at: Timestamp) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(verb!(session => work::end(session, &lease, Ending::Done, at)))
            .await
    }

    async fn bury(&self, lease: &Lease, at: Timestamp, burial: &Burial) -> Result<(), StoreError> {
        let (lease, burial) = (lease.clone(), burial.clone());
        self.write(verb!(session => work::end(session, &lease, Ending::Dead(&burial), at)))
            .await
    }

    async fn retry(&self, lease: &Lease, at: Timestamp) -> Result<(), StoreError> {
        let (lease, now) = (lease.clone(), self.clock.now());
        self.write(verb!(session => work::retry(session, &lease, at, now)))
            .await
    }

    async fn retry_after_death(&self, lease: &Lease, at: Timestamp) -> Result<(), StoreError> {
        let (lease, now) = (lease.clone(), self.clock.now());
        self.write(verb!(session => work::retry_after_death(session, &lease, at, now)))
            .await
    }

    async fn hand_back(&self, lease: &Lease) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(verb!(session => work::hand_back(session, &lease)))
            .await
    }

    async fn dead_letters(&self, limit: u32) -> Result<Vec<DeadLetter>, StoreError> {
        self.read(verb!(session => dead::dead_letters(session, limit)))
            .await
    }

    async fn revive(
        &self,
        letters: &Letters,
        deadline: Timestamp,
    ) -> Result<Vec<QuestionId>, StoreError> {
        let letters = letters.clone();
        self.write(verb!(session => dead::revive(session, &letters, deadline)))
            .await
    }

    async fn remember_text(
        &self,
        server: &ServerId,
        channel: &ChannelId,
        digest: &[u8; 32],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (server, channel, digest) = (server.clone(), channel.clone(), *digest);
        self.write(verb!(session => recall::remember_text(session, &server, &channel, &digest, at)))
            .await
    }

    async fn is_own_text(
        &self,
        server: &ServerId,
        channel: &ChannelId,
        digest: &[u8; 32],
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let (server, channel, digest) = (server.clone(), channel.clone(), *digest);
        self.read(verb!(session => recall::is_own_text(session, &server, &channel, &digest, since)))
            .await
    }

    async fn cursors(&self, server: &ServerId) -> Result<Vec<Cursor>, StoreError> {
        let server = server.clone();
        self.read(verb!(session => hearing::cursors(session, &server)))
            .await
    }

    async fn move_cursors(&self, server: &ServerId, cursors: &[Cursor]) -> Result<(), StoreError> {
        let (server, cursors) = (server.clone(), cursors.to_vec());
        self.write_lazily(verb!(session => hearing::move_cursors(session, &server, &cursors)))
            .await
    }

    async fn has_addressed(
        &self,
        server: &ServerId,
        root: &PostId,
        person: &UserId,
    ) -> Result<bool, StoreError> {
        let (server, root, person) = (server.clone(), root.clone(), person.clone());
        self.read(verb!(session => hearing::has_addressed(session, &server, &root, &person)))
            .await
    }

    async fn summary(
        &self,
        server: &ServerId,
        conversation: &ConversationKey,
    ) -> Result<Option<Summary>, StoreError> {
        let (server, conversation) = (server.clone(), conversation.clone());
        self.read(verb!(session => summaries::of_conversation(session, &server, &conversation)))
            .await
    }

    async fn forget_summary(
        &self,
        server: &ServerId,
        conversation: &ConversationKey,
    ) -> Result<(), StoreError> {
        let (server, conversation) = (server.clone(), conversation.clone());
        self.write(verb!(session => summaries::forget(session, &server, &conversation)))
            .await
    }

    async fn keep_summary(
        &self,
        server: &ServerId,
        conversation: &ConversationKey,
        kept: &KeptSummary,
    ) -> Result<(), StoreError> {
        let (server, conversation) = (server.clone(), conversation.clone());
        let kept = kept.clone();
        self.write(verb!(session => summaries::keep(session, &server, &conversation, &kept)))
            .await
    }

    async fn runs(&self, question: QuestionId) -> Result<Vec<Run>, StoreError> {
        self.read(verb!(session => runs::of_question(session, question)))
            .await
    }

    async fn channel_settings(
        &self,
        server: &ServerId,
        channel: &ChannelId,
    ) -> Result<ChannelSettings, StoreError> {
        let (server, channel) = (server.clone(), channel.clone());
        self.read(verb!(session => channels::settings(session, &server, &channel)))
            .await
    }

    async fn change_channel(
        &self,
        server: &ServerId,
        changed: &ChangedChannel,
    ) -> Result<ChannelSettings, StoreError> {
        let (server, changed) = (server.clone(), changed.clone());
        self.write(verb!(session => channels::change(session, &server, &changed)))
            .await
    }

    async fn backlog(&self, server: &ServerId) -> Result<Backlog, StoreError> {
        let server = server.clone();
        self.read(verb!(session => recall::backlog(session, &server)))
            .await
    }

    async fn check_writable(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write(verb!(session => recall::check_writable(session, now)))
            .await
    }
}

impl SqlStore {
    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        verb: impl Verb<T>,
    ) -> Result<T, StoreError> {
        self.database.read(verb).await
    }

    pub(super) async fn write<T: Send + 'static>(
        &self,
        verb: impl Verb<T>,
    ) -> Result<T, StoreError> {
        self.database.write(Durability::Flushed, verb).await
    }

    pub(super) async fn write_lazily<T: Send + 'static>(
        &self,
        verb: impl Verb<T>,
    ) -> Result<T, StoreError> {
        self.database.write(Durability::Lazy, verb).await
    }
}
