//! Finishing: a finished answer goes out by the way that was chosen for it; where that is shut, to the asker alone.
//!
//! An answer that may not be posted where it was asked for turns to the asker: that it does is committed, with the text it then has,
//! before anything is posted in the direct channel. From then on it is an answer like any other of that channel, and a crash
//! changes nothing about it.

use super::super::attach;
use super::super::buttons;
use super::super::delivery;
use super::super::interruption::Interruption;
use super::super::measure;
use super::super::rules;
use super::super::world::InlineAnswer;
use super::{Posted, Publisher};
use crate::domain::control::{Stage, Tally};
use crate::domain::event::Origin;
use crate::domain::id::{ChannelId, ResponseUrlId, UserId};
use crate::domain::job::ClaimedJob;
use crate::domain::post::{Audience, Delivery, PartIntent};
use crate::domain::question::{Conclusion, Outcome, Refusal};
use crate::domain::retry::FailureClass;
use crate::ports::{MattermostError, MattermostFailure, Priority};

/// What was shown of a finished answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pipeline) enum Finished {
    /// All of it.
    Whole,
    /// Not its picture, which Mattermost refuses for good.
    WithoutPicture,
}

impl Publisher<'_> {
    /// Shows the finished answer as [`Publisher::finish`] does, as a step of its trace.
    pub(in crate::pipeline) async fn finish_measured(
        &mut self,
        job: &ClaimedJob,
        conclusion: &Conclusion,
    ) -> Result<Finished, Interruption> {
        let (world, begun) = (self.world, self.world.clock.now());
        self.shows_words(!conclusion.answer.is_empty());
        // Apart, so that a task is not as large as this from its beginning on.
        let finished = Box::pin(self.finish(conclusion)).await;
        let error = match &finished {
            Ok(_) => None,
            Err(Interruption::Mattermost(error)) => Some(measure::word_of(error)),
            Err(_) => Some("interrupted"),
        };
        measure::stepped(world, job, "publish", begun, error);
        if finished.is_ok() {
            self.sighting.seen(world);
        }
        finished
    }

    /// Shows the finished answer, by whichever way it is delivered.
    async fn finish(&mut self, conclusion: &Conclusion) -> Result<Finished, Interruption> {
        match self.deliver(conclusion).await {
            Err(Interruption::Mattermost(error))
                if error.kind.class() == FailureClass::Permanent =>
            {
                self.turn_to_asker(error, conclusion).await?;
            }
            result => result?,
        }
        let finished = self.attach(conclusion).await?;
        if let Origin::Post { post, .. } = &self.question.origin {
            let acknowledgements = &self.world.acknowledgements;
            acknowledgements
                .take_back(&*self.world.mattermost, post)
                .await;
        }
        Ok(finished)
    }

    async fn deliver(&mut self, conclusion: &Conclusion) -> Result<(), Interruption> {
        let texts = &conclusion.texts;
        let stage = buttons::stage_of(self.world, conclusion, Tally::default());
        match self.question.delivery.clone() {
            Delivery::Bot { .. } if is_for_the_asker_alone(&conclusion.outcome) => {
                self.finish_as_bot(&[], Stage::Bare).await?;
                Err(Interruption::Mattermost(shut_out("not_a_member")))
            }
            Delivery::Bot { fallback, .. } => {
                match (self.finish_as_bot(texts, stage).await, fallback) {
                    (Err(Interruption::Mattermost(error)), Some(id))
                        if error.kind.is_shut_out() && conclusion.picture.is_none() =>
                    {
                        self.respond(&id, Audience::Channel, texts).await
                    }
                    (result, _) => result,
                }
            }
            Delivery::Direct { .. } => self.finish_as_bot(texts, stage).await,
            Delivery::Response { id, audience } => self.respond(&id, audience, texts).await,
            Delivery::Webhook {
                channel_name,
                channel,
            } => self.post_by_webhook(&channel_name, &channel, texts).await,
            Delivery::Inline => {
                let answer = InlineAnswer {
                    outcome: conclusion.outcome.clone(),
                    audience: self.question.audience,
                    texts: texts.clone(),
                };
                self.world.callers.tell(self.question.id, answer);
                Ok(())
            }
        }
    }

    /// Tells the asker alone what may not be posted where it was asked for; where that cannot be done either, the refusal stands.
    async fn turn_to_asker(
        &mut self,
        refused: MattermostError,
        conclusion: &Conclusion,
    ) -> Result<(), Interruption> {
        let texts = &conclusion.texts;
        let Some(asker) = self.asker_elsewhere().filter(|_| !texts.is_empty()) else {
            return Err(refused.into());
        };
        tracing::warn!(question.id = %self.question.id, call = refused.call, status = refused.status, kind = ?refused.kind, "an answer may not be posted where it was asked for; the asker is told directly");
        // First, because where it is refused nothing is to be changed.
        let direct = self.world.mattermost.direct_channel(&asker).await?;
        let texts = self
            .world
            .composer
            .for_the_asker_alone(&self.question, texts);
        self.world
            .store
            .turn_to_asker(self.hold.lease(), &asker, &texts)
            .await?;
        self.question.delivery = Delivery::Direct { asker };
        self.direct = Some(direct);
        self.posts.clear();
        self.is_shut_out = false;
        let stage = buttons::stage_of(self.world, conclusion, Tally::default());
        self.finish_as_bot(&texts, stage).await
    }

    /// Returns the asker where the bot has another way to them than the one that is shut.
    fn asker_elsewhere(&self) -> Option<UserId> {
        match self.question.delivery {
            Delivery::Bot { .. } | Delivery::Response { .. } | Delivery::Webhook { .. } => {
                let asker = self.question.asker.id.clone();
                asker.filter(|_| self.world.settings.delivery.bot)
            }
            Delivery::Direct { .. } | Delivery::Inline => None,
        }
    }

    async fn finish_as_bot(&mut self, texts: &[String], stage: Stage) -> Result<(), Interruption> {
        let shorter;
        let texts = match self.bring_up_to(texts, stage, Priority::First).await {
            Err(Interruption::Mattermost(error)) if error.is_too_long() => {
                // The server was told to take less since it was asked.
                rules::learn(self.world).await;
                shorter = self.world.composer.shortened(&self.question, texts);
                self.bring_up_to(&shorter, stage, Priority::First).await?;
                &shorter
            }
            result => result.map(|()| texts)?,
        };
        self.check_shown(texts).await?;
        let surplus = self.posts.split_off(texts.len().min(self.posts.len()));
        self.remove(surplus).await?;
        self.make_sure(texts, stage).await
    }

    /// Edits the first post once more where the reply to a press on its buttons may have come between: Mattermost puts what a reply says in
    /// place of the post whenever it has it, so that it could undo the last edit.
    async fn make_sure(&mut self, texts: &[String], stage: Stage) -> Result<(), Interruption> {
        let clock = &self.world.clock;
        let Some(until) = self.hold.unsettled_until(clock.now()) else {
            return Ok(());
        };
        clock.sleep_until(until).await;
        if let Some(first) = self.posts.first_mut() {
            first.shown = None;
            first.dressed = None;
        }
        self.bring_up_to(texts, stage, Priority::First).await
    }

    /// Takes back all that was shown, because the answer goes elsewhere.
    pub(in crate::pipeline) async fn withdraw(&mut self) -> Result<(), Interruption> {
        let shown = self.posts.split_off(0);
        self.remove(shown).await
    }

    /// Deletes posts that the answer needs no more, and forgets them.
    pub(super) async fn remove(&mut self, surplus: Vec<Posted>) -> Result<(), Interruption> {
        for posted in surplus {
            let post = match posted.post {
                Some(post) => Some(post),
                None => self.find(&posted.intent).await?.map(|seen| seen.id),
            };
            if let Some(post) = post {
                self.check_lease()?;
                match self.world.mattermost.delete_post(&post).await {
                    // The answer is shown; what may not be deleted stays beneath it.
                    Err(error) if error.kind.is_shut_out() => {
                        tracing::warn!(question.id = %self.question.id, status = error.status, "a post that an answer needs no more may not be deleted");
                    }
                    result => result?,
                }
            }
            let store = &self.world.store;
            store
                .forget_part(self.hold.lease(), posted.intent.part)
                .await?;
        }
        Ok(())
    }

    /// Attaches what is long as files too, whether or not that can be done; and what was drawn, which must be seen.
    async fn attach(&self, conclusion: &Conclusion) -> Result<Finished, Interruption> {
        if conclusion.picture.is_none() && self.question.wanted_picture().is_some() {
            // What an earlier answer shows in these posts stays where no other was drawn.
            return Ok(Finished::Whole);
        }
        let shown = self.posts.iter().rev().find_map(|posted| {
            // What somebody else has deleted stays deleted.
            let post = posted.post.as_ref().filter(|_| !posted.is_fixed)?;
            Some((&posted.intent.channel, post))
        });
        let files = attach::files(&self.world.settings, conclusion);
        // An earlier answer in the same posts may have had some.
        let is_to_be = !files.is_empty() || self.generation > 1;
        let Some((channel, post)) = shown.filter(|_| is_to_be) else {
            return Ok(Finished::Whole);
        };
        self.check_lease()?;
        let Err(error) = self.world.mattermost.attach(channel, post, &files).await else {
            return Ok(Finished::Whole);
        };
        if conclusion.picture.is_some() && error.kind.class() != FailureClass::Permanent {
            return Err(error.into());
        }
        tracing::warn!(question.id = %self.question.id, call = error.call, status = error.status, kind = ?error.kind, "an answer's files could not be attached");
        Ok(match conclusion.picture {
            Some(_) => Finished::WithoutPicture,
            None => Finished::Whole,
        })
    }

    /// Fails where a post could not be edited though it is there, because the bot was taken out of the channel or the channel was
    /// archived: what it shows is not the answer.
    async fn check_shown(&self, texts: &[String]) -> Result<(), Interruption> {
        let mattermost = &self.world.mattermost;
        let fixed = self.posts.iter().zip(texts);
        for (posted, text) in fixed.filter(|(posted, _)| posted.is_fixed) {
            let bot = mattermost.identity().await?;
            let channel = &posted.intent.channel;
            if mattermost.is_member(channel, &bot.id).await? != Some(true) {
                return Err(Interruption::Mattermost(shut_out("not_a_member")));
            }
            let Some(post) = &posted.post else { continue };
            let seen = mattermost.read_post(post).await?;
            // What somebody else has deleted stays deleted.
            if seen.is_some_and(|seen| seen.message != *text) {
                return Err(Interruption::Mattermost(shut_out("archived")));
            }
        }
        Ok(())
    }

    async fn respond(
        &self,
        id: &ResponseUrlId,
        audience: Audience,
        texts: &[String],
    ) -> Result<(), Interruption> {
        if texts.is_empty() {
            return Ok(());
        }
        if let (Audience::Channel, Some(place)) = (audience, self.question.origin.place()) {
            self.remember(&place.channel, texts).await?;
        }
        self.check_lease()?;
        Ok(self.world.mattermost.respond(id, texts, audience).await?)
    }

    /// Posts by the incoming webhook, which gives no ids back: a part that was intended last may have been posted, those before it were.
    async fn post_by_webhook(
        &mut self,
        name: &str,
        channel: &ChannelId,
        texts: &[String],
    ) -> Result<(), Interruption> {
        self.remember(channel, texts).await?;
        let posted = self.posts.len().saturating_sub(1);
        for (index, text) in texts.iter().enumerate().skip(posted) {
            let intent = PartIntent {
                part: u32::try_from(index).unwrap_or(u32::MAX),
                generation: self.generation,
                channel: channel.clone(),
                root: None,
                pending: self.world.ids.token(),
                anchor: None,
                intended_at: self.world.clock.now(),
            };
            self.commit_intent(index, intent).await?;
            self.check_lease()?;
            self.world.mattermost.post_by_webhook(name, text).await?;
        }
        Ok(())
    }

    /// Remembers texts that carry no mark of ours, because an outgoing webhook may bring them back as the asker's words.
    async fn remember(&self, channel: &ChannelId, texts: &[String]) -> Result<(), Interruption> {
        let now = self.world.clock.now();
        for text in texts {
            let digest = delivery::digest(text);
            self.world
                .store
                .remember_text(&self.question.server, channel, &digest, now)
                .await?;
        }
        Ok(())
    }
}

/// Whether an end is nothing for the channel: whoever reads it there is not who asked.
fn is_for_the_asker_alone(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(Refusal::NotAMember))
}

/// The failure of a post that is not tried: the bot or the asker is no member of the channel, or it was archived.
fn shut_out(why: &str) -> MattermostError {
    MattermostError {
        call: "post an answer",
        kind: MattermostFailure::Forbidden,
        status: None,
        id: format!("askwell.{why}"),
        source: None,
    }
}
