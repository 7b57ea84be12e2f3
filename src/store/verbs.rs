//! Every verb of the port: each begins a transaction, runs its page, and commits.

use std::sync::Arc;

use async_trait::async_trait;

use super::session::{Database, Durability};
use super::work::Ending;
use super::{admit, claim, dead, recall, work};
use crate::domain::conversation::{ConversationKey, History};
use crate::domain::id::{ChannelId, PostId, QuestionId, ServerId, UserId};
use crate::domain::job::{ClaimedJob, ControlScope, DeadLetter, Lease};
use crate::domain::post::{Part, PartIntent};
use crate::domain::question::{Conclusion, Question};
use crate::domain::time::Timestamp;
use crate::ports::{
    Admission, Backlog, Burial, Claim, Clock, IdSource, Letters, Renewal, Store, StoreError,
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

/// Runs one verb in a transaction of its own and commits it.
macro_rules! transaction {
    ($begin:expr, $session:ident => $verb:expr) => {{
        let mut $session = $begin.await?;
        let result = $verb.await?;
        $session.commit().await?;
        Ok(result)
    }};
}

#[async_trait]
impl Store for SqlStore {
    async fn admit(&self, questions: &[Question]) -> Result<Vec<Admission>, StoreError> {
        transaction!(self.write(), session => admit::admit(&mut session, questions))
    }

    async fn claim(&self, claim: Claim) -> Result<Vec<ClaimedJob>, StoreError> {
        transaction!(self.write_lazily(), session => claim::claim(&mut session, claim, &*self.ids))
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        transaction!(self.read(), session => claim::next_due(&mut session, self.clock.now()))
    }

    async fn take_over(&self, _now: Timestamp) -> Result<u64, StoreError> {
        match &self.database {
            Database::Sqlite(database) if database.is_served_by_us() => {
                transaction!(self.write(), session => work::free_all(&mut session))
            }
            Database::Sqlite(_) | Database::Postgres(_) => Ok(0),
        }
    }

    async fn renew(&self, lease: &Lease, until: Timestamp) -> Result<Renewal, StoreError> {
        let now = self.clock.now();
        transaction!(self.write_lazily(), session => work::renew(&mut session, lease, until, now))
    }

    async fn history(
        &self,
        server: &ServerId,
        conversation: &ConversationKey,
        limit: u32,
    ) -> Result<History, StoreError> {
        transaction!(self.read(), session => recall::history(&mut session, server, conversation, limit))
    }

    async fn place_in(
        &self,
        lease: &Lease,
        thread: &PostId,
        conversation: &ConversationKey,
    ) -> Result<(), StoreError> {
        transaction!(self.write(), session => work::place_in(&mut session, lease, thread, conversation))
    }

    async fn start_afresh(
        &self,
        server: &ServerId,
        conversation: &ConversationKey,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        transaction!(self.write(), session => recall::start_afresh(&mut session, server, conversation, at))
    }

    async fn request_stop(
        &self,
        server: &ServerId,
        scope: &ControlScope,
    ) -> Result<Vec<QuestionId>, StoreError> {
        transaction!(self.write(), session => work::request_stop(&mut session, server, scope))
    }

    async fn intend(&self, lease: &Lease, intent: &PartIntent) -> Result<(), StoreError> {
        transaction!(self.write(), session => work::intend(&mut session, lease, intent))
    }

    async fn created(&self, lease: &Lease, part: u32, post: &PostId) -> Result<(), StoreError> {
        transaction!(self.write(), session => work::created(&mut session, lease, part, post))
    }

    async fn parts(&self, question: QuestionId) -> Result<Vec<Part>, StoreError> {
        transaction!(self.read(), session => work::parts(&mut session, question))
    }

    async fn conclude(&self, lease: &Lease, conclusion: &Conclusion) -> Result<(), StoreError> {
        transaction!(self.write(), session => work::conclude(&mut session, lease, conclusion))
    }

    async fn turn_to_asker(
        &self,
        lease: &Lease,
        asker: &UserId,
        texts: &[String],
    ) -> Result<(), StoreError> {
        transaction!(self.write(), session => work::turn_to_asker(&mut session, lease, asker, texts))
    }

    async fn settle(&self, lease: &Lease, at: Timestamp) -> Result<(), StoreError> {
        transaction!(self.write(), session => work::end(&mut session, lease, Ending::Done, at))
    }

    async fn bury(&self, lease: &Lease, at: Timestamp, burial: &Burial) -> Result<(), StoreError> {
        transaction!(self.write(), session => work::end(&mut session, lease, Ending::Dead(burial), at))
    }

    async fn retry(&self, lease: &Lease, at: Timestamp) -> Result<(), StoreError> {
        let now = self.clock.now();
        transaction!(self.write(), session => work::retry(&mut session, lease, at, now))
    }

    async fn retry_after_death(&self, lease: &Lease, at: Timestamp) -> Result<(), StoreError> {
        let now = self.clock.now();
        transaction!(self.write(), session => work::retry_after_death(&mut session, lease, at, now))
    }

    async fn hand_back(&self, lease: &Lease) -> Result<(), StoreError> {
        transaction!(self.write(), session => work::hand_back(&mut session, lease))
    }

    async fn dead_letters(&self, limit: u32) -> Result<Vec<DeadLetter>, StoreError> {
        transaction!(self.read(), session => dead::dead_letters(&mut session, limit))
    }

    async fn revive(
        &self,
        letters: &Letters,
        deadline: Timestamp,
    ) -> Result<Vec<QuestionId>, StoreError> {
        transaction!(self.write(), session => dead::revive(&mut session, letters, deadline))
    }

    async fn remember_text(
        &self,
        server: &ServerId,
        channel: &ChannelId,
        digest: &[u8; 32],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        transaction!(self.write(), session => recall::remember_text(&mut session, server, channel, digest, at))
    }

    async fn is_own_text(
        &self,
        server: &ServerId,
        channel: &ChannelId,
        digest: &[u8; 32],
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        transaction!(self.read(), session => recall::is_own_text(&mut session, server, channel, digest, since))
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        transaction!(self.read(), session => recall::backlog(&mut session))
    }

    async fn check_writable(&self, now: Timestamp) -> Result<(), StoreError> {
        transaction!(self.write(), session => recall::check_writable(&mut session, now))
    }
}

impl SqlStore {
    async fn read(&self) -> Result<super::session::Session, StoreError> {
        self.database.read().await
    }

    async fn write(&self) -> Result<super::session::Session, StoreError> {
        self.database.write(Durability::Flushed).await
    }

    async fn write_lazily(&self) -> Result<super::session::Session, StoreError> {
        self.database.write(Durability::Lazy).await
    }
}
