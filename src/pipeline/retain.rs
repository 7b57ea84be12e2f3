//! Retention: what is kept no longer is erased, in small batches beside the work, and what was erased is made to be gone from the disk.
//!
//! Any number of replicas may do this at once: what one has erased the next passes over. A crash costs nothing but time.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::hold::Hold;
use super::interruption::Interruption;
use super::surroundings::profile;
use super::world::World;
use crate::domain::attention::ChannelKind;
use crate::domain::budget::BudgetPeriod;
use crate::domain::event::Origin;
use crate::domain::id::{ChannelId, QuestionId};
use crate::domain::question::Question;
use crate::domain::retention::{Keep, Retention, kind_by_name};
use crate::ports::{KeptQuestion, Scrubbed, StoreError, UsageBefore};

/// How often it is looked whether something is kept no longer.
pub const LOOK_EVERY: Duration = Duration::from_hours(1);

/// How many questions are looked at in one read.
const LOOKED_AT: u32 = 500;

/// How many questions are erased in one transaction: a few milliseconds in which nobody else writes.
const ERASED_AT_A_TIME: usize = 100;

/// How many looks writing the file anew waits for a moment in which nobody is answered; then it waits no longer, so that what was erased
/// is gone within the day.
const MOST_PUT_OFF: u32 = 3;

/// Erases what is kept no longer, as long as it runs.
pub struct Keeper {
    world: Arc<World>,
    /// How often writing the file anew was put off.
    put_off: u32,
}

impl Keeper {
    /// Makes one for a world.
    #[must_use]
    pub fn new(world: Arc<World>) -> Self {
        Self { world, put_off: 0 }
    }

    /// Looks now and then until `stop` is cancelled.
    pub async fn run(mut self, stop: CancellationToken) {
        let clock = Arc::clone(&self.world.clock);
        let keeping = async {
            loop {
                self.look().await;
                clock.sleep_until(clock.now().after(LOOK_EVERY)).await;
            }
        };
        // A batch that was begun is whole or not at all.
        let _ended = stop.run_until_cancelled(keeping).await;
    }

    async fn look(&mut self) {
        let retention = &self.world.settings.retention;
        if retention.erases_texts() {
            report(self.erase_questions().await);
            report(self.erase_summaries().await);
        }
        if let Some(time) = retention.usage {
            report(self.erase_usage(time).await);
        }
        report(self.scrub().await);
    }

    async fn erase_questions(&self) -> Result<(), StoreError> {
        let world = &*self.world;
        let (server, now) = (world.mattermost.server(), world.clock.now());
        let (mut after, mut erased) = (None, 0);
        loop {
            let kept = world.store.kept_questions(server, after, LOOKED_AT).await?;
            let mut over: Vec<QuestionId> = Vec::new();
            for question in kept.questions {
                if keep_of(world, &question)
                    .await
                    .is_over(question.asked_at, now)
                {
                    over.push(question.id);
                }
            }
            for some in over.chunks(ERASED_AT_A_TIME) {
                erased += world.store.erase(some, now).await?;
            }
            match kept.last {
                Some(last) => after = Some(last),
                None => break,
            }
        }
        if erased > 0 {
            tracing::info!(
                questions = erased,
                "texts that are kept no longer were erased"
            );
        }
        Ok(())
    }

    async fn erase_summaries(&self) -> Result<(), StoreError> {
        let world = &*self.world;
        let (server, now) = (world.mattermost.server(), world.clock.now());
        let mut after = None;
        loop {
            let kept = world
                .store
                .kept_summaries(server, after.as_ref(), LOOKED_AT)
                .await?;
            for summary in &kept {
                let keep = match summary.conversation.channel_id() {
                    Some(channel) => keep_in(world, &channel, None, "").await,
                    None => world.settings.retention.texts,
                };
                if keep.is_over(summary.made_at, now) {
                    let conversation = &summary.conversation;
                    world.store.forget_summary(server, conversation).await?;
                }
            }
            match kept.into_iter().next_back() {
                Some(last) => after = Some(last.conversation),
                None => return Ok(()),
            }
        }
    }

    async fn erase_usage(&self, time: Duration) -> Result<(), StoreError> {
        let world = &*self.world;
        let at = world.clock.now().before(time);
        let day = world.counting.calendar.period(BudgetPeriod::Day, at).name;
        let mut before = UsageBefore {
            at,
            day,
            after: String::new(),
        };
        let server = world.mattermost.server();
        while let Some(after) = world.store.erase_usage(server, &before).await? {
            before.after = after;
        }
        Ok(())
    }

    async fn scrub(&mut self) -> Result<(), StoreError> {
        let world = &*self.world;
        if !world.halts.are_none() && self.put_off < MOST_PUT_OFF {
            self.put_off += 1;
            return Ok(());
        }
        self.put_off = 0;
        let begun = world.clock.now();
        if world.store.scrub(begun).await? == Scrubbed::Done {
            let duration_ms = u64::try_from(world.clock.now().since(begun).as_millis());
            let duration_ms = duration_ms.unwrap_or(u64::MAX);
            tracing::info!(
                duration_ms,
                "what was erased is gone from the database's files"
            );
        }
        Ok(())
    }
}

fn report(done: Result<(), StoreError>) {
    if let Err(error) = done {
        tracing::warn!(error = %error, source = ?std::error::Error::source(&error).map(ToString::to_string), "what is kept no longer could not be erased; that is tried again");
    }
}

/// Has a question's texts erased in the moment when it ends, where nothing is kept of what is asked there; says whether.
pub(super) async fn leave_nothing(
    world: &World,
    question: &Question,
    hold: &Hold,
) -> Result<bool, Interruption> {
    if !world.settings.retention.leaves_nothing_somewhere() {
        return Ok(false);
    }
    let Some(place) = question.origin.place() else {
        return Ok(false);
    };
    let kind = match &question.origin {
        Origin::Post { kind, .. } => Some(*kind),
        Origin::Command { .. } | Origin::OutgoingHook { .. } | Origin::ByHand => None,
    };
    let keep = keep_in(world, &place.channel, kind, &place.channel_name).await;
    if keep != Keep::UntilEnded {
        return Ok(false);
    }
    world.store.erase_when_ended(hold.lease()).await?;
    Ok(true)
}

async fn keep_of(world: &World, question: &KeptQuestion) -> Keep {
    let Some(channel) = &question.channel else {
        return world.settings.retention.texts;
    };
    let name = question.channel_name.as_deref().unwrap_or_default();
    keep_in(world, channel, question.kind, name).await
}

/// Returns for how long texts of a channel are kept; Mattermost is asked for its kind only where that makes a difference. A channel may have
/// become private after its kind was stored.
async fn keep_in(
    world: &World,
    channel: &ChannelId,
    kind: Option<ChannelKind>,
    name: &str,
) -> Keep {
    let retention: &Retention = &world.settings.retention;
    if !retention.asks_for_kind(channel) {
        return retention.of(channel, None);
    }
    let kind = match kind.or_else(|| kind_by_name(name)) {
        Some(kind @ (ChannelKind::Direct | ChannelKind::Group)) => Some(kind),
        known => profile(world, channel).await.kind.or(known),
    };
    retention.of(channel, kind)
}
