//! Publishing: an answer's posts are created once and then only edited, whatever Mattermost or this process does meanwhile.
//!
//! Mattermost offers no transactions (ADR 4). So an intent is committed before each create, with a random `pending_post_id` that
//! the server remembers for 30 seconds and a marker in the props that it keeps for ever. A create whose outcome is unknown
//! is repeated under the same `pending_post_id` while that is safe; later the channel is read back for the marker before another is
//! made. Everything after the create is an edit of full text, which may be repeated freely.
//!
//! A crash between the create and the commit of its id leaves an intent without a post; [`Publisher::resume`] finds it, and the next
//! show or finish resolves it as an unknown outcome. Here are the posts; `finish` has the ways by which a finished answer goes out.

mod creation;
mod finish;
pub(super) mod preview;

use std::time::Duration;

use self::creation::{Creation, CreationStep};
pub(super) use self::finish::Finished;
use super::buttons;
use super::hold::Hold;
use super::interruption::Interruption;
use super::measure::Sighting;
use super::reconcile::is_answered;
use super::world::World;
use crate::domain::control::Stage;
use crate::domain::id::{ChannelId, PostId};
use crate::domain::job::ClaimedJob;
use crate::domain::post::{Delivery, Marker, NewPost, Part, PartIntent, SeenPost};
use crate::domain::question::Question;
use crate::domain::time::Timestamp;
use crate::ports::{Edited, MattermostError, MattermostFailure, Priority};
use crate::text::Language;

/// Between two tries to resolve a create whose outcome is unknown, and between two readings back: wider than a replica's lag.
const RESOLVE_PAUSE: Duration = Duration::from_secs(3);

/// Publishes one answer.
pub(super) struct Publisher<'a> {
    world: &'a World,
    hold: &'a Hold,
    question: Question,
    /// Which generation of the answer is published.
    generation: u32,
    posts: Vec<Posted>,
    /// The bot's direct channel with the asker, once opened.
    direct: Option<ChannelId>,
    /// Whether the bot may not post where it should.
    is_shut_out: bool,
    /// What people have seen of it.
    sighting: Sighting,
}

struct Posted {
    intent: PartIntent,
    post: Option<PostId>,
    shown: Option<String>,
    /// When everybody was shown something of it last, where that was in this attempt.
    shown_at: Option<Timestamp>,
    /// What stands beside its text, as far as this attempt knows.
    dressed: Option<Stage>,
    /// Whether it can be edited no more.
    is_fixed: bool,
}

impl<'a> Publisher<'a> {
    /// Takes up publishing where an earlier attempt left it.
    pub(super) async fn resume(
        world: &'a World,
        job: &ClaimedJob,
        hold: &'a Hold,
    ) -> Result<Self, Interruption> {
        let parts = world.store.parts(job.question.id).await?;
        let posted = |part: Part| Posted {
            intent: part.intent,
            post: part.post,
            shown: None,
            shown_at: None,
            dressed: None,
            is_fixed: false,
        };
        Ok(Self {
            world,
            hold,
            question: job.question.clone(),
            generation: job.generation,
            sighting: Sighting::begin(job, !parts.is_empty()),
            posts: parts.into_iter().map(posted).collect(),
            direct: None,
            is_shut_out: false,
        })
    }

    /// Addresses the answer as the question says now that its thread is known.
    pub(super) fn addressed_as(mut self, question: &Question) -> Self {
        self.question.clone_from(question);
        self
    }

    /// What people have seen of it in this attempt.
    pub(super) fn sighting(&self) -> &Sighting {
        &self.sighting
    }

    /// Says whether what is shown next has words of the answer.
    pub(super) fn shows_words(&mut self, has_words: bool) {
        self.sighting.shows_words(has_words);
    }

    /// Whether there is, or may be, a post of this answer.
    pub(super) fn has_begun(&self) -> bool {
        !self.posts.is_empty()
    }

    /// Reads back the posts that show this generation of the answer, in order; also one whose creation was never confirmed.
    pub(super) async fn read_back(&self) -> Result<Vec<SeenPost>, Interruption> {
        let mut seen = Vec::new();
        for posted in &self.posts {
            let found = match &posted.post {
                Some(post) => self.world.mattermost.read_post(post).await?,
                None => self.find(&posted.intent).await?,
            };
            seen.extend(found.filter(|post| self.is_of_this_generation(post)));
        }
        Ok(seen)
    }

    /// Whether a post shows the present generation: one that was made for an earlier one does once it was edited.
    fn is_of_this_generation(&self, post: &SeenPost) -> bool {
        post.marker
            .is_some_and(|marker| marker.generation == self.generation)
    }

    /// Makes room for another answer in place of an earlier one: of its posts the first stays, to be edited.
    pub(super) async fn clear_earlier(&mut self) -> Result<(), Interruption> {
        let is_earlier = |posted: &Posted| posted.intent.generation < self.generation;
        let Some(begin) = self.posts.iter().skip(1).position(is_earlier) else {
            return Ok(());
        };
        let earlier = self.posts.split_off(begin + 1);
        self.remove(earlier).await
    }

    /// Shows that work has begun, as well as that can be shown.
    pub(super) async fn show_begun(mut self) -> (Self, Result<(), Interruption>) {
        let result = match self.address().await {
            Ok(Some(address)) => {
                let shown = self
                    .world
                    .mattermost
                    .show_typing(&address.channel, address.root.as_ref());
                shown.await.map_err(Interruption::from)
            }
            Ok(None) => Ok(()),
            Err(interruption) => Err(interruption),
        };
        (self, tolerate(result))
    }

    /// Shows an answer that is not finished. That Mattermost fails is no failure here: the finished answer is tried for longer.
    pub(super) async fn show(mut self, texts: Vec<String>) -> (Self, Result<(), Interruption>) {
        let result = match self.try_preview(&texts).await {
            Ok(true) => {
                self.sighting.seen(self.world);
                Ok(())
            }
            Ok(false) => {
                self.bring_up_to(&texts, Stage::Growing, Priority::Later)
                    .await
            }
            Err(interruption) => Err(interruption),
        };
        (self, tolerate(result))
    }

    /// Creates the posts that are missing and edits those that show something else; the first has the buttons of the stage.
    async fn bring_up_to(
        &mut self,
        texts: &[String],
        stage: Stage,
        priority: Priority,
    ) -> Result<(), Interruption> {
        if self.is_shut_out && priority == Priority::Later {
            return Ok(());
        }
        let Some(address) = self.address().await? else {
            return Ok(());
        };
        let written_at = self.world.clock.now();
        for (index, text) in texts.iter().enumerate() {
            // A part that another follows is complete, so its edit may not be skipped for a later one.
            let priority = if index + 1 == texts.len() {
                priority
            } else {
                Priority::First
            };
            let has_buttons = index == 0 && self.world.settings.buttons;
            let stage = if has_buttons { stage } else { Stage::Bare };
            let view = View {
                text,
                stage,
                written_at,
            };
            let shown = self.show_part(index, view, &address, priority).await;
            if let Err(Interruption::Mattermost(error)) = &shown {
                self.is_shut_out |= error.kind.is_shut_out();
            }
            shown?;
        }
        Ok(())
    }

    async fn show_part(
        &mut self,
        index: usize,
        view: View<'_>,
        address: &Address,
        priority: Priority,
    ) -> Result<(), Interruption> {
        let existing = self.posts.get(index).and_then(|posted| posted.post.clone());
        let post = match existing {
            Some(post) => post,
            None => self.create(index, view, address).await?,
        };
        let language = self.language();
        let Some(posted) = self.posts.get_mut(index) else {
            return Ok(());
        };
        let View {
            text,
            stage,
            written_at,
        } = view;
        let is_dressed = posted.dressed == Some(stage);
        if posted.shown.as_deref() == Some(text) && is_dressed {
            return Ok(());
        }
        check_lease(self.world, self.hold)?;
        let marker = Marker {
            question: self.question.id,
            generation: self.generation,
            part: posted.intent.part,
        };
        // A text alone leaves the buttons as they are.
        let props = if is_dressed {
            None
        } else {
            Some(buttons::props(self.world, language, marker, stage).await?)
        };
        let mattermost = &self.world.mattermost;
        let edited = mattermost
            .edit_post(&post, text, props.as_ref(), priority)
            .await;
        if let Err(error) = &edited
            && error.kind == MattermostFailure::Ambiguous
        {
            self.world.late_edits.may_come(&post, text);
        }
        match edited? {
            Edited::Skipped => return Ok(()),
            // While it grows it stays as it is.
            Edited::TooOld if priority == Priority::Later => return Ok(()),
            Edited::TooOld => return self.replace(index, &post, view, address).await,
            Edited::Done => {
                posted.shown_at = Some(self.world.clock.now());
                self.sighting.edited(self.world, written_at);
            }
            // What somebody else has deleted stays deleted.
            Edited::Gone => posted.is_fixed = true,
        }
        posted.shown = Some(text.to_owned());
        posted.dressed = Some(stage);
        Ok(())
    }

    /// Puts a new post in the place of one that is too old to be edited; not before the answer is finished.
    ///
    /// That there will be a new one is committed first: after a crash the old one, where it is still there, is taken for it, and is
    /// replaced again.
    async fn replace(
        &mut self,
        index: usize,
        old: &PostId,
        view: View<'_>,
        address: &Address,
    ) -> Result<(), Interruption> {
        let is_answered = self.is_answered(index, old).await?;
        let intent = self.intend(index, address).await?;
        if !is_answered {
            self.check_lease()?;
            self.world.mattermost.delete_post(old).await?;
            // Where it began a thread, that went with it.
            self.posts.truncate(index + 1);
        }
        self.create_as(index, view, address, Creation::new(intent))
            .await?;
        Ok(())
    }

    /// Whether somebody else wrote in the thread that a post of ours began.
    async fn is_answered(&self, index: usize, post: &PostId) -> Result<bool, Interruption> {
        let begins_thread = |posted: &Posted| posted.intent.root.is_none();
        if !self.posts.get(index).is_some_and(begins_thread) {
            return Ok(false);
        }
        Ok(is_answered(self.world, self.question.id, post).await?)
    }

    /// Creates one post, once, and commits its id.
    async fn create(
        &mut self,
        index: usize,
        view: View<'_>,
        address: &Address,
    ) -> Result<PostId, Interruption> {
        let creation = match self.posts.get(index) {
            Some(posted) => Creation::of_unknown(posted.intent.clone()),
            None => Creation::new(self.intend(index, address).await?),
        };
        self.create_as(index, view, address, creation).await
    }

    async fn create_as(
        &mut self,
        index: usize,
        view: View<'_>,
        address: &Address,
        mut creation: Creation,
    ) -> Result<PostId, Interruption> {
        let mut failed = None;
        let (post, is_as_sent) = loop {
            let world = self.world;
            match creation.step(world.clock.now(), world.settings.longest_wait) {
                CreationStep::Create => match self.try_create(&creation.intent, view).await {
                    // A repeated create returns the post as it was first made.
                    Ok(post) => break (post, !creation.is_repeated),
                    Err(Interruption::Mattermost(error))
                        if error.kind == MattermostFailure::Ambiguous =>
                    {
                        creation.is_repeated = true;
                        self.pause(&error).await;
                        failed = Some(Interruption::Mattermost(error));
                    }
                    Err(interruption) => return Err(interruption),
                },
                CreationStep::ReadBack => {
                    if let Some(post) = self.find(&creation.intent).await? {
                        break (post.id, false);
                    }
                    creation.read_backs += 1;
                    world
                        .clock
                        .sleep_until(world.clock.now().after(RESOLVE_PAUSE))
                        .await;
                }
                CreationStep::IntendAgain => {
                    if let Some(error) = failed.take() {
                        // It was never made. The next attempt begins again, after a while and as the question's time allows.
                        self.intend(index, address).await?;
                        return Err(error);
                    }
                    creation = Creation::new(self.intend(index, address).await?);
                }
            }
        };
        self.world
            .store
            .created(self.hold.lease(), creation.intent.part, &post)
            .await?;
        if let Some(posted) = self.posts.get_mut(index) {
            posted.post = Some(post.clone());
            posted.shown = is_as_sent.then(|| view.text.to_owned());
            posted.dressed = is_as_sent.then_some(view.stage);
            posted.shown_at = Some(self.world.clock.now());
        }
        if is_as_sent {
            self.sighting.seen(self.world);
        }
        Ok(post)
    }

    async fn pause(&self, error: &MattermostError) {
        tracing::warn!(question.id = %self.question.id, status = error.status, "whether a post was created is unknown; finding out");
        let clock = &*self.world.clock;
        clock.sleep_until(clock.now().after(RESOLVE_PAUSE)).await;
    }

    fn language(&self) -> Language {
        self.world.languages.of_asker(&self.question)
    }

    async fn try_create(
        &self,
        intent: &PartIntent,
        view: View<'_>,
    ) -> Result<PostId, Interruption> {
        check_lease(self.world, self.hold)?;
        let marker = self.marker(intent);
        let props = buttons::props(self.world, self.language(), marker, view.stage).await?;
        let post = NewPost {
            channel: intent.channel.clone(),
            root: intent.root.clone(),
            message: view.text.to_owned(),
            props,
            pending: intent.pending,
        };
        Ok(self.world.mattermost.create_post(&post).await?)
    }

    /// Commits that a post is about to be created.
    async fn intend(
        &mut self,
        index: usize,
        address: &Address,
    ) -> Result<PartIntent, Interruption> {
        let world = self.world;
        // Later parts continue in a thread: the question's, else one under the first part.
        let first = self.posts.first().and_then(|posted| posted.post.clone());
        let root = address
            .root
            .clone()
            .or(if index > 0 { first } else { None });
        // A post that is just older than ours: a thread's root may be months old.
        let anchor = match self.question.origin.post() {
            Some(post) if address.channel_is_the_askers => Some(post.clone()),
            _ => world.mattermost.newest_post(&address.channel).await?,
        };
        let intent = PartIntent {
            part: u32::try_from(index).unwrap_or(u32::MAX),
            generation: self.generation,
            channel: address.channel.clone(),
            root,
            pending: world.ids.token(),
            anchor,
            intended_at: world.clock.now(),
        };
        self.commit_intent(index, intent.clone()).await?;
        Ok(intent)
    }

    async fn commit_intent(
        &mut self,
        index: usize,
        intent: PartIntent,
    ) -> Result<(), Interruption> {
        self.world.store.intend(self.hold.lease(), &intent).await?;
        let posted = Posted {
            intent,
            post: None,
            shown: None,
            shown_at: None,
            dressed: None,
            is_fixed: false,
        };
        match self.posts.get_mut(index) {
            Some(earlier) => *earlier = posted,
            None => self.posts.push(posted),
        }
        Ok(())
    }

    /// Finds a post that was created without our knowing; where there are several, the oldest stays and the others are deleted.
    async fn find(&self, intent: &PartIntent) -> Result<Option<SeenPost>, Interruption> {
        let mattermost = &self.world.mattermost;
        let marker = self.marker(intent);
        let found = mattermost
            .find_own_posts(&intent.channel, intent.anchor.as_ref(), self.question.id)
            .await?;
        let mut posts = found.into_iter().filter(|post| post.marker == Some(marker));
        let oldest = posts.next();
        for surplus in posts {
            self.check_lease()?;
            mattermost.delete_post(&surplus.id).await?;
        }
        Ok(oldest)
    }

    /// Returns the marker that a post is created with.
    fn marker(&self, intent: &PartIntent) -> Marker {
        Marker {
            question: self.question.id,
            generation: intent.generation,
            part: intent.part,
        }
    }

    /// Returns where posts of this answer go; `None` where it is not delivered by posts of the bot.
    async fn address(&mut self) -> Result<Option<Address>, Interruption> {
        match &self.question.delivery {
            Delivery::Bot { channel, root, .. } => Ok(Some(Address {
                channel: channel.clone(),
                root: root.clone(),
                channel_is_the_askers: true,
            })),
            Delivery::Direct { asker } => {
                let channel = match self.direct.take() {
                    Some(channel) => channel,
                    None => self.world.mattermost.direct_channel(asker).await?,
                };
                self.direct = Some(channel.clone());
                Ok(Some(Address {
                    channel,
                    root: None,
                    channel_is_the_askers: false,
                }))
            }
            Delivery::Response { .. } | Delivery::Webhook { .. } | Delivery::Inline => Ok(None),
        }
    }

    fn check_lease(&self) -> Result<(), Interruption> {
        check_lease(self.world, self.hold)
    }
}

/// What a post is to show.
#[derive(Clone, Copy)]
struct View<'v> {
    text: &'v str,
    /// By which its buttons go.
    stage: Stage,
    /// When what it shows was written.
    written_at: Timestamp,
}

/// Where posts go.
struct Address {
    channel: ChannelId,
    root: Option<PostId>,
    /// Whether it is the channel in which the question was asked.
    channel_is_the_askers: bool,
}

fn check_lease(world: &World, hold: &Hold) -> Result<(), Interruption> {
    if hold.outlasts(&*world.clock, world.settings.longest_write) {
        Ok(())
    } else {
        Err(Interruption::LeaseLost)
    }
}

/// Takes a failure of Mattermost while an answer grows for what it is: a view that was not shown.
fn tolerate(result: Result<(), Interruption>) -> Result<(), Interruption> {
    match result {
        Err(Interruption::Mattermost(error)) => {
            tracing::debug!(call = error.call, status = error.status, kind = ?error.kind, "a growing answer could not be shown");
            Ok(())
        }
        other => other,
    }
}
