//! Finishing: a finished answer goes out by the way that was chosen for it; where that is shut, to the asker alone.
//!
//! An answer that may not be posted where it was asked for turns to the asker: that it does is committed, with the text it then has,
//! before anything is posted in the direct channel. From then on it is an answer like any other of that channel, and a crash
//! changes nothing about it.

use super::super::delivery;
use super::super::interruption::Interruption;
use super::super::world::InlineAnswer;
use super::Publisher;
use crate::domain::event::Origin;
use crate::domain::id::{ChannelId, ResponseUrlId, UserId};
use crate::domain::post::{Audience, Delivery};
use crate::domain::question::Conclusion;
use crate::domain::retry::FailureClass;
use crate::ports::{MattermostError, Priority};

impl Publisher<'_> {
    /// Shows the finished answer, by whichever way it is delivered.
    pub(in crate::pipeline) async fn finish(
        mut self,
        conclusion: &Conclusion,
    ) -> Result<(), Interruption> {
        match self.deliver(conclusion).await {
            Err(Interruption::Mattermost(error))
                if error.kind.class() == FailureClass::Permanent =>
            {
                self.turn_to_asker(error, &conclusion.texts).await?;
            }
            result => result?,
        }
        if let Origin::Post { post, .. } = &self.question.origin {
            let acknowledgements = &self.world.acknowledgements;
            acknowledgements
                .take_back(&*self.world.mattermost, post)
                .await;
        }
        Ok(())
    }

    async fn deliver(&mut self, conclusion: &Conclusion) -> Result<(), Interruption> {
        let texts = &conclusion.texts;
        match self.question.delivery.clone() {
            Delivery::Bot { fallback, .. } => match (self.finish_as_bot(texts).await, fallback) {
                (Err(Interruption::Mattermost(error)), Some(id)) if error.kind.is_shut_out() => {
                    self.respond(&id, Audience::Channel, texts).await
                }
                (result, _) => result,
            },
            Delivery::Direct { .. } => self.finish_as_bot(texts).await,
            Delivery::Response { id, audience } => self.respond(&id, audience, texts).await,
            Delivery::Webhook {
                channel_name,
                channel,
            } => self.post_by_webhook(&channel_name, &channel, texts).await,
            Delivery::Inline => {
                let answer = InlineAnswer {
                    outcome: conclusion.outcome.clone(),
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
        texts: &[String],
    ) -> Result<(), Interruption> {
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
        self.finish_as_bot(&texts).await
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

    async fn finish_as_bot(&mut self, texts: &[String]) -> Result<(), Interruption> {
        self.bring_up_to(texts, Priority::First).await?;
        let surplus = self.posts.split_off(texts.len().min(self.posts.len()));
        for post in surplus.into_iter().filter_map(|posted| posted.post) {
            self.check_lease()?;
            match self.world.mattermost.delete_post(&post).await {
                // The answer is shown; what may not be deleted stays beneath it.
                Err(error) if error.kind.is_shut_out() => {
                    tracing::warn!(question.id = %self.question.id, status = error.status, "a post that an answer needs no more may not be deleted");
                }
                result => result?,
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

    async fn post_by_webhook(
        &self,
        name: &str,
        channel: &ChannelId,
        texts: &[String],
    ) -> Result<(), Interruption> {
        self.remember(channel, texts).await?;
        for text in texts {
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
