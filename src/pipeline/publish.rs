//! Publishing: an answer's posts are created once and then only edited, whatever Mattermost or this process does meanwhile.
//!
//! Mattermost offers no transactions (ADR 4). So an intent is committed before each create, with a random `pending_post_id` that
//! the server remembers for 30 seconds and a marker in the props that it keeps for ever. A create whose outcome is unknown
//! is repeated under the same `pending_post_id` while that is safe; later the channel is read back for the marker before another is
//! made. Everything after the create is an edit of full text, which may be repeated freely.
//!
//! A crash between the create and the commit of its id leaves an intent without a post; [`Publisher::resume`] finds it, and the next
//! show or finish resolves it as an unknown outcome. Here are the posts; `finish` has the ways by which a finished answer goes out.

mod finish;

use std::time::Duration;

use super::hold::Hold;
use super::interruption::Interruption;
use super::world::World;
use crate::domain::id::{ChannelId, PostId};
use crate::domain::post::{Delivery, Marker, NewPost, Part, PartIntent, SeenPost};
use crate::domain::question::Question;
use crate::domain::time::Timestamp;
use crate::ports::{Edited, MattermostError, MattermostFailure, Priority};

/// How long after its intent a create is repeated under the same `pending_post_id`: the server forgets it after 30 seconds.
const RESEND_WINDOW: Duration = Duration::from_secs(20);

/// Between two tries to resolve a create whose outcome is unknown, and between two readings back: wider than a replica's lag.
const RESOLVE_PAUSE: Duration = Duration::from_secs(3);

/// The longest a call to Mattermost takes, its wait for the limiter included; the adapter's time-outs are below it.
const LONGEST_CALL: Duration = Duration::from_secs(30);

/// How often the channel is read back before another create.
const READ_BACKS: u32 = 2;

/// The only generation there is until an answer can be regenerated.
const GENERATION: u32 = 1;

/// Publishes one answer.
pub(super) struct Publisher<'a> {
    world: &'a World,
    hold: &'a Hold,
    question: Question,
    posts: Vec<Posted>,
    /// The bot's direct channel with the asker, once opened.
    direct: Option<ChannelId>,
    /// Whether the bot may not post where it should.
    is_shut_out: bool,
}

struct Posted {
    intent: PartIntent,
    post: Option<PostId>,
    shown: Option<String>,
}

impl<'a> Publisher<'a> {
    /// Takes up publishing where an earlier attempt left it.
    pub(super) async fn resume(
        world: &'a World,
        question: &Question,
        hold: &'a Hold,
    ) -> Result<Self, Interruption> {
        let parts = world.store.parts(question.id).await?;
        let posted = |part: Part| Posted {
            intent: part.intent,
            post: part.post,
            shown: None,
        };
        Ok(Self {
            world,
            hold,
            question: question.clone(),
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

    /// Reads back the posts there are of this answer, in order; also one whose creation was never confirmed.
    pub(super) async fn read_back(&self) -> Result<Vec<SeenPost>, Interruption> {
        let mut seen = Vec::new();
        for posted in &self.posts {
            let found = match &posted.post {
                Some(post) => self.world.mattermost.read_post(post).await?,
                None => self.find(&posted.intent).await?,
            };
            seen.extend(found);
        }
        Ok(seen)
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
        let result = self.bring_up_to(&texts, Priority::Later).await;
        (self, tolerate(result))
    }

    /// Creates the posts that are missing and edits those that show something else.
    async fn bring_up_to(
        &mut self,
        texts: &[String],
        priority: Priority,
    ) -> Result<(), Interruption> {
        if self.is_shut_out && priority == Priority::Later {
            return Ok(());
        }
        let Some(address) = self.address().await? else {
            return Ok(());
        };
        for (index, text) in texts.iter().enumerate() {
            // A part that another follows is complete, so its edit may not be skipped for a later one.
            let priority = if index + 1 == texts.len() {
                priority
            } else {
                Priority::First
            };
            let shown = self.show_part(index, text, &address, priority).await;
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
        text: &str,
        address: &Address,
        priority: Priority,
    ) -> Result<(), Interruption> {
        let existing = self.posts.get(index).and_then(|posted| posted.post.clone());
        let post = match existing {
            Some(post) => post,
            None => self.create(index, text, address).await?,
        };
        let Some(posted) = self.posts.get_mut(index) else {
            return Ok(());
        };
        if posted.shown.as_deref() == Some(text) {
            return Ok(());
        }
        check_lease(self.world, self.hold)?;
        match self
            .world
            .mattermost
            .edit_post(&post, text, priority)
            .await?
        {
            // What somebody else has deleted stays deleted.
            Edited::Done | Edited::Gone => posted.shown = Some(text.to_owned()),
            Edited::Skipped => {}
        }
        Ok(())
    }

    /// Creates one post, once, and commits its id.
    async fn create(
        &mut self,
        index: usize,
        text: &str,
        address: &Address,
    ) -> Result<PostId, Interruption> {
        let mut creation = match self.posts.get(index) {
            Some(posted) => Creation::of_unknown(posted.intent.clone()),
            None => Creation::new(self.intend(index, address).await?),
        };
        let mut failed = None;
        let (post, shown) = loop {
            let world = self.world;
            match creation.step(world.clock.now()) {
                CreationStep::Create => match self.try_create(&creation.intent, text).await {
                    // A repeated create returns the post as it was first made.
                    Ok(post) => break (post, (!creation.is_repeated).then(|| text.to_owned())),
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
                        break (post.id, None);
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
            posted.shown = shown;
        }
        Ok(post)
    }

    async fn pause(&self, error: &MattermostError) {
        tracing::warn!(question.id = %self.question.id, status = error.status, "whether a post was created is unknown; finding out");
        let clock = &*self.world.clock;
        clock.sleep_until(clock.now().after(RESOLVE_PAUSE)).await;
    }

    async fn try_create(&self, intent: &PartIntent, text: &str) -> Result<PostId, Interruption> {
        check_lease(self.world, self.hold)?;
        let post = NewPost {
            channel: intent.channel.clone(),
            root: intent.root.clone(),
            message: text.to_owned(),
            marker: Some(self.marker(intent.part)),
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
            channel: address.channel.clone(),
            root,
            pending: world.ids.token(),
            anchor,
            intended_at: world.clock.now(),
        };
        world.store.intend(self.hold.lease(), &intent).await?;
        let posted = Posted {
            intent: intent.clone(),
            post: None,
            shown: None,
        };
        match self.posts.get_mut(index) {
            Some(earlier) => *earlier = posted,
            None => self.posts.push(posted),
        }
        Ok(intent)
    }

    /// Finds a post that was created without our knowing; where there are several, the oldest stays and the others are deleted.
    async fn find(&self, intent: &PartIntent) -> Result<Option<SeenPost>, Interruption> {
        let mattermost = &self.world.mattermost;
        let marker = self.marker(intent.part);
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

    fn marker(&self, part: u32) -> Marker {
        Marker {
            question: self.question.id,
            generation: GENERATION,
            part,
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

/// Where posts go.
struct Address {
    channel: ChannelId,
    root: Option<PostId>,
    /// Whether it is the channel in which the question was asked.
    channel_is_the_askers: bool,
}

/// How far the creation of one post has come.
struct Creation {
    intent: PartIntent,
    /// Whether a create under this intent may have happened already.
    is_repeated: bool,
    read_backs: u32,
}

#[derive(Debug, PartialEq, Eq)]
enum CreationStep {
    /// Create, or repeat a create that the server recognises.
    Create,
    /// Look for the post in the channel.
    ReadBack,
    /// It was never created: begin again.
    IntendAgain,
}

impl Creation {
    fn new(intent: PartIntent) -> Self {
        Self {
            intent,
            is_repeated: false,
            read_backs: 0,
        }
    }

    fn of_unknown(intent: PartIntent) -> Self {
        Self {
            is_repeated: true,
            ..Self::new(intent)
        }
    }

    fn step(&self, now: Timestamp) -> CreationStep {
        let is_recognised = now.since(self.intent.intended_at) < RESEND_WINDOW;
        if !self.is_repeated || (is_recognised && self.read_backs == 0) {
            CreationStep::Create
        } else if self.read_backs < READ_BACKS {
            CreationStep::ReadBack
        } else {
            CreationStep::IntendAgain
        }
    }
}

fn check_lease(world: &World, hold: &Hold) -> Result<(), Interruption> {
    if hold.outlasts(&*world.clock, LONGEST_CALL) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn creation(is_repeated: bool, read_backs: u32) -> Creation {
        let intent = PartIntent {
            part: 0,
            channel: ChannelId::parse("5y9gmg3343depb6sytofa1y1eh").unwrap(),
            root: None,
            pending: 7,
            anchor: None,
            intended_at: Timestamp::EPOCH,
        };
        Creation {
            intent,
            is_repeated,
            read_backs,
        }
    }

    #[test]
    fn an_unknown_create_is_repeated_while_the_server_recognises_it_then_looked_for_twice_then_made_again()
     {
        let early = Timestamp::EPOCH.after(RESEND_WINDOW.saturating_sub(Duration::from_micros(1)));
        let late = Timestamp::EPOCH.after(RESEND_WINDOW);
        assert_eq!(creation(false, 0).step(late), CreationStep::Create);
        assert_eq!(creation(true, 0).step(early), CreationStep::Create);
        assert_eq!(creation(true, 0).step(late), CreationStep::ReadBack);
        assert_eq!(
            creation(true, READ_BACKS - 1).step(late),
            CreationStep::ReadBack
        );
        assert_eq!(
            creation(true, READ_BACKS).step(late),
            CreationStep::IntendAgain
        );
    }
}
