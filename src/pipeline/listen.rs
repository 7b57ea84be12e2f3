//! Listening: what is heard where the bot is becomes questions, and what was missed is read back.
//!
//! A cursor says for each channel up to when every post was taken. It is moved only past what was taken, in order, and is remembered now and
//! then; so after a crash, a lost connection or a queue that was full, posts are read back from a little before it, and those taken twice are
//! known by their event. While something is missed, nothing newer is taken: a lane keeps its order.
//!
//! A crash here costs nothing but the reading back.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::acknowledge::EYES;
use super::admit::{Intake, NotTaken, Reply};
use super::changed::Addressees;
use super::channels::customs_of;
use super::cursors::{Cursors, OVERLAP_MS};
use super::wishes::Wishes;
use super::world::World;
use super::{accounts, reconcile};
use crate::domain::attention::{Attention, ChannelKind, Hearing, Identity, Overheard, attend};
use crate::domain::chat::{ChatEvent, Heard, HeardPost, JoinedChannel};
use crate::domain::event::{EventKey, InboundEvent, Origin, Person, Place, cleaned};
use crate::domain::id::PostId;
use crate::domain::post::{NewPost, PostProps, SeenPost};
use crate::domain::question::Request;
use crate::domain::time::Timestamp;
use crate::ports::{MattermostError, StoreError};

/// How often cursors that have moved are remembered: what is read back after a crash is at most so much more.
const REMEMBER_EVERY: Duration = Duration::from_secs(5);

/// How often it is looked whether something was missed that nothing said was.
const LOOK_EVERY: Duration = Duration::from_mins(10);

/// The wait after a neighbour failed, before it is tried again.
const PAUSE: Duration = Duration::from_secs(5);

/// How many small acts (a reaction, an answer to `help`) are under way at once; more are left out.
const ERRANDS: usize = 64;

/// Listens, and hands what is addressed to the bot to the intake.
pub struct Listener {
    world: Arc<World>,
    intake: Arc<Intake>,
    heard: mpsc::Receiver<Heard>,
    /// What reactions to answers ask for.
    wishes: Wishes,
    errands: TaskTracker,
    places: Arc<Semaphore>,
}

/// What broke off; it is gone through again from the cursors.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("ask Mattermost")]
    Mattermost(#[from] MattermostError),
    #[error("ask the store")]
    Store(#[from] StoreError),
    #[error("have a question taken")]
    NotTaken(#[from] NotTaken),
}

/// When a post is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    /// As it was made.
    Live,
    /// Read back, and never seen before.
    Missed,
    /// Read back, and perhaps seen before.
    Again,
}

/// What is known while listening.
struct Ears {
    bot: Identity,
    cursors: Cursors,
    /// Where something was missed that was not read back yet: up to when everything was heard before, by the server's clock.
    behind_since_ms: Option<i64>,
    remember_at: Timestamp,
    look_at: Timestamp,
}

impl Ears {
    /// Says that something may have been missed.
    fn fall_behind(&mut self) {
        let newest_ms = self.cursors.newest_ms();
        self.behind_since_ms.get_or_insert(newest_ms);
    }
}

impl Listener {
    /// Makes a listener of what comes out of `heard`.
    #[must_use]
    pub fn new(world: Arc<World>, intake: Arc<Intake>, heard: mpsc::Receiver<Heard>) -> Self {
        Self {
            world,
            intake,
            heard,
            wishes: Wishes::default(),
            errands: TaskTracker::new(),
            places: Arc::new(Semaphore::new(ERRANDS)),
        }
    }

    /// Listens until `stop` is cancelled or nothing more can be heard.
    pub async fn run(mut self, stop: CancellationToken) {
        let granting = self.wishes.granting(&self.world);
        self.errands.spawn(granting.run(stop.clone()));
        let mut heard_so_far = None;
        let listening = async {
            let ears = heard_so_far.insert(self.begin().await);
            while self.listen(ears).await {}
        };
        stop.run_until_cancelled(listening).await;
        if let Some(ears) = heard_so_far {
            self.remember(&ears.cursors).await;
        }
        self.errands.close();
        self.errands.wait().await;
    }

    /// Learns who the bot is and how far it has heard; waits until both can be learnt.
    async fn begin(&self) -> Ears {
        loop {
            match self.try_begin().await {
                Ok(ears) => return ears,
                Err(error) => self.pause(&error).await,
            }
        }
    }

    async fn try_begin(&self) -> Result<Ears, Broken> {
        let world = &self.world;
        let bot = world.mattermost.identity().await?;
        // A token may be replaced by one of the same account, never of another, while this process runs.
        world.bot.get_or_init(|| bot.clone());
        let cursors = world.store.cursors(world.mattermost.server()).await?;
        let now = world.clock.now();
        let cursors = Cursors::begin(cursors);
        let newest_ms = cursors.newest_ms();
        Ok(Ears {
            bot,
            cursors,
            // The first connection says so itself, but may come late.
            behind_since_ms: Some(newest_ms),
            remember_at: now.after(REMEMBER_EVERY),
            look_at: now.after(LOOK_EVERY),
        })
    }

    async fn pause(&self, error: &Broken) {
        tracing::warn!(error = %error, source = ?std::error::Error::source(error).map(ToString::to_string), "the bot cannot listen now; trying again");
        let clock = &*self.world.clock;
        clock.sleep_until(clock.now().after(PAUSE)).await;
    }

    /// Does the next thing; returns false when nothing more can be heard.
    async fn listen(&mut self, ears: &mut Ears) -> bool {
        let clock = Arc::clone(&self.world.clock);
        if let Some(since_ms) = ears.behind_since_ms {
            match self.catch_up(ears, since_ms).await {
                Ok(()) => ears.behind_since_ms = None,
                Err(error) => self.pause(&error).await,
            }
            self.remember(&ears.cursors).await;
            ears.cursors.remembered();
            return true;
        }
        tokio::select! {
            heard = self.heard.recv() => match heard {
                Some(Heard::Event(event)) => self.take(ears, event).await,
                Some(Heard::Missed) => ears.fall_behind(),
                None => return false,
            },
            () = clock.sleep_until(ears.remember_at) => {
                if ears.cursors.have_moved() {
                    self.remember(&ears.cursors).await;
                    ears.cursors.remembered();
                }
                ears.remember_at = clock.now().after(REMEMBER_EVERY);
            }
            () = clock.sleep_until(ears.look_at) => {
                ears.fall_behind();
                ears.look_at = clock.now().after(LOOK_EVERY);
            }
        }
        true
    }

    /// Remembers how far was heard. Where that fails, more is read back after a crash, which costs nothing else.
    async fn remember(&self, cursors: &Cursors) {
        let server = self.world.mattermost.server();
        let moved = cursors.moved();
        if moved.is_empty() {
            return;
        }
        if let Err(error) = self.world.store.move_cursors(server, &moved).await {
            tracing::warn!(error = %error, "how far was heard could not be remembered");
        }
    }

    async fn take(&mut self, ears: &mut Ears, event: ChatEvent) {
        let taken = match event {
            ChatEvent::Posted(heard) => {
                let taken = self.hear(&ears.bot, &heard, Taken::Live).await;
                if taken.is_ok() {
                    ears.cursors.take(&heard.post);
                }
                taken
            }
            ChatEvent::Deleted { post, .. } => self.stop_answering(&post).await,
            ChatEvent::Edited(post) => {
                // What waits for its turn is read when it comes to it.
                let addressees = Addressees::of(&self.world);
                self.world.halts.edited(&post, addressees);
                if let Some(marker) = post.marker.filter(|_| post.author == ears.bot.id) {
                    let world = Arc::clone(&self.world);
                    self.see_to(async move { reconcile::edited(&world, &post, marker).await });
                }
                Ok(())
            }
            // What was said in a channel before the bot came is not for it to answer.
            ChatEvent::Joined(channel) => {
                ears.cursors.join(channel, ears.cursors.newest_ms());
                Ok(())
            }
            ChatEvent::Left(channel) => {
                ears.cursors.leave(&channel);
                Ok(())
            }
            ChatEvent::ChannelChanged(channel) => {
                self.world.profiles.doubt(&channel);
                Ok(())
            }
            ChatEvent::PersonChanged(person) => {
                self.world.accounts.doubt(&person);
                if self.world.languages.doubt(&person) {
                    let world = Arc::clone(&self.world);
                    self.run_errand(async move {
                        accounts::keep_language_current(&world, Some(&person)).await;
                    });
                }
                Ok(())
            }
            ChatEvent::Reacted(reaction) => {
                self.wishes.reacted(&self.world, reaction);
                Ok(())
            }
            ChatEvent::Unreacted(reaction) => {
                self.wishes.unreacted(&self.world, reaction);
                Ok(())
            }
        };
        if let Err(error) = taken {
            ears.fall_behind();
            self.pause(&error).await;
        }
    }

    /// Reads back whatever was said in the bot's channels since their cursors; in those that it came to meanwhile, since a time.
    async fn catch_up(&self, ears: &mut Ears, since_ms: i64) -> Result<(), Broken> {
        let channels = self.world.mattermost.joined_channels().await?;
        let is_first = ears.cursors.is_empty();
        let mut posts = 0_u32;
        for channel in channels {
            if is_first {
                // Whoever asked before there was a bot does not wait for an answer.
                ears.cursors.join(channel.id, channel.last_post_at_ms);
                continue;
            }
            // Joined while nothing was heard.
            if !ears.cursors.knows(&channel.id) {
                let from_ms = match channel.kind {
                    // Whatever is said there is said to the bot.
                    ChannelKind::Direct => since_ms.saturating_sub(OVERLAP_MS),
                    ChannelKind::Open | ChannelKind::Private | ChannelKind::Group => since_ms,
                };
                ears.cursors.join(channel.id.clone(), from_ms);
            }
            posts = posts.saturating_add(self.read_back(ears, &channel).await?);
        }
        self.world.instruments.metrics.caught_up(posts);
        let world = Arc::clone(&self.world);
        self.see_to(async move { reconcile::look(&world).await });
        Ok(())
    }

    /// Reads back what was missed in a channel; returns how many posts that were.
    async fn read_back(&self, ears: &mut Ears, channel: &JoinedChannel) -> Result<u32, Broken> {
        let Some(gap) = ears.cursors.gap(&channel.id, channel.last_post_at_ms) else {
            return Ok(0);
        };
        let posts = self
            .world
            .mattermost
            .posts_since(&channel.id, gap.anchor.as_ref(), gap.since_ms)
            .await?;
        let posts = posts.unwrap_or_default();
        let count = u32::try_from(posts.len()).unwrap_or(u32::MAX);
        for post in posts {
            let taken = if post.created_at_ms > gap.heard_at_ms {
                Taken::Missed
            } else {
                Taken::Again
            };
            let heard = HeardPost {
                post,
                channel_kind: channel.kind,
                channel_name: channel.name.clone(),
                team: channel.team.clone(),
                writer_name: None,
            };
            self.hear(&ears.bot, &heard, taken).await?;
            ears.cursors.take(&heard.post);
        }
        Ok(count)
    }

    /// Takes one post: asks whether it is addressed to the bot, and if so hands it on.
    async fn hear(&self, bot: &Identity, heard: &HeardPost, taken: Taken) -> Result<(), Broken> {
        if let Some(marker) = heard.post.marker.filter(|_| heard.post.author == bot.id) {
            let (world, post) = (Arc::clone(&self.world), heard.post.clone());
            self.see_to(async move { reconcile::made(&world, &post, marker).await });
        }
        let Some(text) = self.addressed(bot, heard).await? else {
            return Ok(());
        };
        let name = self.name_of(heard).await?;
        let event = self.event(heard, &text, name, taken);
        let Some(reply) = self.ask(event, heard, taken).await? else {
            return Ok(());
        };
        match reply {
            Reply::Silent => {}
            // What was said when it was first heard is not said again.
            Reply::Ephemeral(_) | Reply::Failure(_) | Reply::Channel(_)
                if taken == Taken::Again => {}
            Reply::Ephemeral(text) | Reply::Failure(text) => self.say(heard, text),
            Reply::Channel(texts) => self.say(heard, texts.join("\n\n")),
        }
        Ok(())
    }

    async fn ask(
        &self,
        event: InboundEvent,
        heard: &HeardPost,
        taken: Taken,
    ) -> Result<Option<Reply>, Broken> {
        let request = Request::read(&event.text, &self.world.settings.agents);
        // Commands have no event that is known again.
        if taken == Taken::Again && !request.is_a_question() {
            return Ok(None);
        }
        if heard.channel_kind != ChannelKind::Direct && taken != Taken::Again {
            self.show_eyes(&heard.post.id);
        }
        if let Request::Channel(_) = request {
            self.obey(event, heard);
            return Ok(None);
        }
        Ok(Some(self.intake.take(event).await?))
    }

    /// Returns what is said to the bot in a post; `None` where it is not addressed.
    async fn addressed(
        &self,
        bot: &Identity,
        heard: &HeardPost,
    ) -> Result<Option<String>, StoreError> {
        let world = &self.world;
        let customs = customs_of(world, &heard.post.channel).await?;
        let hearing = customs
            .hearing
            .or(world.settings.hearing)
            .unwrap_or_default();
        let mut overheard = Overheard {
            text: &heard.post.message,
            writer: heard.post.writer(&bot.id),
            channel: heard.channel_kind,
            hearing,
            mentions_agent: world.settings.agents.are_mentioned_in(&heard.post.message),
            is_in_conversation: false,
        };
        if let Attention::Addressed { text } = attend(overheard, bot) {
            return Ok(Some(text));
        }
        let Some(root) = heard
            .post
            .root
            .as_ref()
            .filter(|_| hearing == Hearing::Thread)
        else {
            return Ok(None);
        };
        overheard.is_in_conversation = true;
        // Asked of the store only where it can make a difference.
        let Attention::Addressed { text } = attend(overheard, bot) else {
            return Ok(None);
        };
        let has_addressed = world
            .store
            .has_addressed(world.mattermost.server(), root, &heard.post.author)
            .await?;
        Ok(has_addressed.then_some(text))
    }

    async fn name_of(&self, heard: &HeardPost) -> Result<String, Broken> {
        if let Some(name) = &heard.writer_name {
            return Ok(name.clone());
        }
        let author = heard.post.author.clone();
        let names = self.world.mattermost.names(&[author]).await?;
        Ok(names.into_values().next().unwrap_or_default())
    }

    fn event(&self, heard: &HeardPost, text: &str, name: String, taken: Taken) -> InboundEvent {
        let HeardPost {
            post,
            channel_kind,
            channel_name,
            team,
            writer_name: _,
        } = heard;
        let now = self.world.clock.now();
        let made_at = Timestamp::from_micros(post.created_at_ms.saturating_mul(1_000));
        let is_late = taken != Taken::Live && now.since(made_at) > self.world.settings.late_after;
        InboundEvent {
            server: self.world.mattermost.server().clone(),
            key: EventKey::of_post(&post.id),
            origin: Origin::Post {
                place: Place {
                    team: team.clone(),
                    channel: post.channel.clone(),
                    channel_name: channel_name.clone(),
                    thread: thread_of(post, *channel_kind),
                },
                post: post.id.clone(),
                kind: *channel_kind,
            },
            asker: Person {
                id: Some(post.author.clone()),
                name,
            },
            // Only where an integration cannot say whose post it reports is it known by its text.
            address: String::new(),
            text: cleaned(text),
            received_at: if is_late { made_at } else { now },
            is_late,
        }
    }

    /// Ends the answers to questions that were deleted: a post's own, and those in the thread that goes with it.
    async fn stop_answering(&self, post: &PostId) -> Result<(), Broken> {
        let world = &self.world;
        let server = world.mattermost.server();
        let stopped = world.store.stop_questions_of(server, post).await?;
        world.halts.stop(&stopped);
        Ok(())
    }

    /// Shows that a post was heard.
    fn show_eyes(&self, post: &PostId) {
        let (world, post) = (Arc::clone(&self.world), post.clone());
        let shown = world.acknowledgements.begin(&post);
        self.run_errand(async move {
            let reacted = world.mattermost.react(&post, EYES).await;
            drop(shown);
            if let Err(error) = reacted {
                tracing::debug!(call = error.call, status = error.status, kind = ?error.kind, "a reaction was not shown");
            }
        });
    }

    /// Does what is wanted of a channel's settings, which asks Mattermost, and says what came of it.
    fn obey(&self, event: InboundEvent, heard: &HeardPost) {
        let (world, intake) = (Arc::clone(&self.world), Arc::clone(&self.intake));
        let heard = heard.clone();
        self.run_errand(async move {
            match intake.receive(event).await {
                Reply::Silent => {}
                Reply::Ephemeral(text) | Reply::Failure(text) => tell(&world, &heard, text).await,
                Reply::Channel(texts) => tell(&world, &heard, texts.join("\n\n")).await,
            }
        });
    }

    /// Says something that is no answer, where it was asked for.
    fn say(&self, heard: &HeardPost, message: String) {
        let (world, heard) = (Arc::clone(&self.world), heard.clone());
        self.run_errand(async move { tell(&world, &heard, message).await });
    }

    /// Sees to one of our own posts, which may wait until its answer is written. Such errands take no place of others: there are as many as
    /// posts of answers that are being written, and those few that our pace allows in a second.
    fn see_to(&self, reconciliation: impl Future<Output = ()> + Send + 'static) {
        self.errands.spawn(reconciliation);
    }

    fn run_errand(&self, errand: impl Future<Output = ()> + Send + 'static) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return;
        };
        self.errands.spawn(async move {
            errand.await;
            drop(place);
        });
    }
}

async fn tell(world: &World, heard: &HeardPost, message: String) {
    let post = NewPost {
        channel: heard.post.channel.clone(),
        root: thread_of(&heard.post, heard.channel_kind),
        message,
        props: PostProps::default(),
        pending: world.ids.token(),
    };
    if let Err(error) = world.mattermost.create_post(&post).await {
        tracing::warn!(call = error.call, status = error.status, kind = ?error.kind, "a word to somebody was not said");
    }
    let acknowledgements = &world.acknowledgements;
    acknowledgements
        .take_back(&*world.mattermost, &heard.post.id)
        .await;
}

/// The thread in which a post is answered: its own, else one beneath it; in a direct channel none is begun.
fn thread_of(post: &SeenPost, kind: ChannelKind) -> Option<PostId> {
    match kind {
        ChannelKind::Direct => post.root.clone(),
        ChannelKind::Open | ChannelKind::Private | ChannelKind::Group => {
            Some(post.root.clone().unwrap_or_else(|| post.id.clone()))
        }
    }
}
