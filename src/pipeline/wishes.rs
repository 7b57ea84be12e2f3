//! Wishes: what reactions to answers ask for, heard from Mattermost itself, and granted one after the other.
//!
//! In order, because a reaction may be taken back as soon as it was put. A crash, or more wishes than can wait, costs those that wait: a
//! reaction is a small thing, and can be put again.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::access::may_ask_again;
use super::buttons;
use super::control::{Controls, LONGEST_PRESS, Trouble, may};
use super::world::World;
use crate::domain::chat::Reaction;
use crate::domain::control::{Control, Opinion, Vote};
use crate::domain::id::{PostId, QuestionId, UserId};
use crate::domain::job::{AnswerState, Progress};
use crate::domain::post::Part;
use crate::ports::{AgainKind, timeout};

/// How many wishes may wait; further ones are left out.
const WAITING_WISHES: usize = 256;

/// What somebody's reaction asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wish {
    person: UserId,
    post: PostId,
    kind: WishKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WishKind {
    /// That something is done about the answer.
    Do(Control),
    /// That they are counted no more among those who think so.
    TakeBack(Vote),
}

/// Where wishes wait.
pub(super) struct Wishes {
    sender: mpsc::Sender<Wish>,
    /// The other end, until somebody grants them.
    receiver: Option<mpsc::Receiver<Wish>>,
}

impl Default for Wishes {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_WISHES);
        Self {
            sender,
            receiver: Some(receiver),
        }
    }
}

/// Who grants wishes.
pub(super) struct Granting {
    controls: Controls,
    receiver: Option<mpsc::Receiver<Wish>>,
}

impl Wishes {
    /// Returns who grants these wishes; whoever is asked for later grants none.
    pub(super) fn granting(&mut self, world: &Arc<World>) -> Granting {
        Granting {
            controls: Controls::new(Arc::clone(world)),
            receiver: self.receiver.take(),
        }
    }

    /// Hears that somebody put a reaction to a post.
    pub(super) fn reacted(&self, world: &World, reaction: Reaction) {
        if let Some(control) = Control::of_reaction(&reaction.emoji) {
            self.wish(world, reaction, WishKind::Do(control));
        }
    }

    /// Hears that somebody took a reaction back.
    pub(super) fn unreacted(&self, world: &World, reaction: Reaction) {
        if let Some(Control::Vote(vote)) = Control::of_reaction(&reaction.emoji) {
            self.wish(world, reaction, WishKind::TakeBack(vote));
        }
    }

    fn wish(&self, world: &World, reaction: Reaction, kind: WishKind) {
        let is_ours = world.bot.get().is_none_or(|bot| bot.id == reaction.person);
        if is_ours || !world.settings.reactions {
            return;
        }
        let wish = Wish {
            person: reaction.person,
            post: reaction.post,
            kind,
        };
        if self.sender.try_send(wish).is_err() {
            tracing::warn!("more reactions ask for something than can wait; one is left out");
        }
    }
}

impl Granting {
    /// Grants wishes until `stop` is cancelled or nobody can wish any more.
    pub(super) async fn run(self, stop: CancellationToken) {
        let Some(mut receiver) = self.receiver else {
            return;
        };
        let granting = async {
            while let Some(wish) = receiver.recv().await {
                self.controls.grant(wish).await;
            }
        };
        // What waits when the process ends is left out.
        let _ended = stop.run_until_cancelled(granting).await;
    }
}

impl Controls {
    /// Grants what a reaction to an answer asks for, within [`LONGEST_PRESS`].
    async fn grant(&self, wish: Wish) {
        let granted = self.try_grant(&wish);
        match timeout(&*self.world.clock, LONGEST_PRESS, granted).await {
            Ok(Ok(())) => {}
            Ok(Err(trouble)) => {
                tracing::warn!(error = %trouble, source = ?std::error::Error::source(&trouble).map(ToString::to_string), "what a reaction asked for could not be done");
            }
            Err(_elapsed) => {
                tracing::warn!("what a reaction asked for could not be done in time");
            }
        }
    }

    async fn try_grant(&self, wish: &Wish) -> Result<(), Trouble> {
        let world = &self.world;
        let server = world.mattermost.server();
        let Some(question) = self.question_of(&wish.post).await? else {
            return Ok(());
        };
        let opinion = |vote| Opinion {
            question,
            person: wish.person.clone(),
            vote,
        };
        match wish.kind {
            WishKind::Do(Control::Vote(vote)) => {
                let opinion = opinion(vote);
                let now = world.clock.now();
                world.store.vote(server, &opinion, now).await?;
                self.count_anew(question).await
            }
            WishKind::TakeBack(vote) => {
                let opinion = opinion(vote);
                world.store.take_vote_back(server, &opinion).await?;
                self.count_anew(question).await
            }
            WishKind::Do(control) => self.grant_asker(control, question, &wish.person).await,
        }
    }

    /// Finds the question of whose answer a post is part.
    async fn question_of(&self, post: &PostId) -> Result<Option<QuestionId>, Trouble> {
        let world = &self.world;
        let known = world
            .store
            .question_of_post(world.mattermost.server(), post)
            .await?;
        // Nearly all posts that people react to are none of ours; one of ours may be so new that it is not known yet.
        if known.is_some() || world.halts.are_none() {
            return Ok(known);
        }
        let post = world.mattermost.read_post(post).await?;
        let ours = post.filter(|post| {
            let bot = world.bot.get();
            bot.is_some_and(|bot| bot.id == post.author)
        });
        Ok(ours.and_then(|post| Some(post.marker?.question)))
    }

    /// Does what only the asker and administrators may.
    async fn grant_asker(
        &self,
        control: Control,
        question: QuestionId,
        person: &UserId,
    ) -> Result<(), Trouble> {
        let world = &self.world;
        let server = world.mattermost.server();
        let Some(answer) = world.store.answer(server, question).await? else {
            return Ok(());
        };
        let Some(first) = &answer.first else {
            return Ok(());
        };
        let standing = self
            .standing(&answer, &first.intent.channel, person)
            .await?;
        if !may(control, standing) {
            return Ok(());
        }
        tracing::info!(question.id = %question, control = control.as_str(), "a reaction asked for something");
        match control {
            Control::Stop => {
                self.request_stop(question, None).await?;
            }
            Control::Regenerate => {
                self.until_shown(question).await?;
                let may = may_ask_again::<Trouble>(world, &answer.question, person);
                if may.await? && !self.is_full().await? {
                    self.begin_again(AgainKind::Regenerate, &answer, None)
                        .await?;
                }
            }
            Control::Continue | Control::Vote(_) => {}
        }
        Ok(())
    }

    /// Brings what stands on the thumbs of an answer up to date, where it has any.
    async fn count_anew(&self, question: QuestionId) -> Result<(), Trouble> {
        let world = &self.world;
        let answer = world
            .store
            .answer(world.mattermost.server(), question)
            .await?;
        let Some(AnswerState {
            question: asked,
            conclusion: Some(conclusion),
            first: Some(Part {
                post: Some(post), ..
            }),
            generation,
            tally,
            progress: Progress::Ended,
            ..
        }) = answer
        else {
            return Ok(());
        };
        if world.settings.buttons {
            let stage = buttons::stage_of(world, &conclusion, tally);
            let marker = buttons::first_of(question, generation);
            let language = world.languages.of_asker(&asked);
            let props = buttons::props(world, language, marker, stage).await?;
            world.mattermost.edit_props(&post, &props).await?;
        }
        Ok(())
    }
}
