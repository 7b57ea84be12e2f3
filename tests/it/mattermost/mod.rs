//! The Mattermost port against the simulated server, over real sockets.

mod hooks;
mod missed;
mod pace;
mod posts;
mod strangers;

use std::sync::Arc;
use std::time::Duration;

use askwell::domain::id::{ChannelId, PostId, QuestionId, ServerId, UserId};
use askwell::domain::post::{Marker, NewPost, PostProps};
use askwell::mattermost::{Server, Settings, http_client};
use askwell_playground::{ManualTime, Options, Playground, SeenPost, TimeSource};

use crate::clock::ManualClock;

pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// A channel with alice and the bot in it, and our way to it.
pub(crate) struct Chat {
    pub(crate) playground: Playground,
    pub(crate) time: ManualTime,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) server: Server,
    pub(crate) bot: UserId,
    pub(crate) alice: UserId,
    pub(crate) lobby: ChannelId,
}

impl Chat {
    pub(crate) async fn start() -> Self {
        Self::with(|_, _| {}).await
    }

    /// Starts with settings of ours changed by a test.
    pub(crate) async fn with(change: impl FnOnce(&Playground, &mut Settings)) -> Self {
        let time = ManualTime::default();
        let options = Options {
            time: TimeSource::Manual(time.clone()),
            ..Options::default()
        };
        let playground = Playground::start(options).await.unwrap();
        playground.create_admin("admin");
        let alice = playground.create_user("alice");
        let bot = playground.create_bot("gptbot");
        playground.create_team("acme");
        playground.join_team("acme", &["admin", "alice", "gptbot"]);
        let lobby = playground.create_channel("acme", "lobby", &["admin", "alice", "gptbot"]);
        let mut settings = Settings {
            server: ServerId::parse("main").unwrap(),
            url: playground.url().parse().unwrap(),
            bot_token: Some(bot.token.into()),
            incoming_webhook_url: None,
            actions_url: None,
            writes_per_second: 1_000.0,
            write_burst: 100,
            call_timeout: CALL_TIMEOUT,
        };
        change(&playground, &mut settings);
        let clock = Arc::new(ManualClock::new());
        let server = Server::new(settings, http_client().unwrap(), clock.clone());
        Self {
            playground,
            time,
            clock,
            server,
            bot: UserId::parse(&bot.id).unwrap(),
            alice: UserId::parse(&alice).unwrap(),
            lobby: ChannelId::parse(&lobby).unwrap(),
        }
    }

    pub(crate) fn new_post(&self, message: &str) -> NewPost {
        NewPost {
            channel: self.lobby.clone(),
            root: None,
            message: message.to_owned(),
            props: marked(marker(7, 0)),
            pending: 42,
        }
    }

    /// The posts that alice sees in the lobby, without those that say who came.
    pub(crate) fn seen(&self) -> Vec<SeenPost> {
        let mut posts = self
            .playground
            .look(|view| view.posts_seen_by("alice", "lobby"));
        posts.retain(|post| !post.kind.starts_with("system_") || post.is_ephemeral);
        posts
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.seen().into_iter().map(|post| post.text).collect()
    }

    /// Somebody says something, a moment later.
    pub(crate) fn say(&self, user: &str, text: &str) -> PostId {
        self.time.advance(Duration::from_millis(1));
        let id = self.playground.say(user, "lobby", text, None);
        self.time.advance(Duration::from_millis(1));
        PostId::parse(&id).unwrap()
    }
}

/// What stands beside a post of an answer without buttons.
pub(crate) fn marked(marker: Marker) -> PostProps {
    PostProps {
        marker: Some(marker),
        buttons: Vec::new(),
    }
}

pub(crate) fn marker(question: u128, part: u32) -> Marker {
    Marker {
        question: QuestionId::from_bits(question),
        generation: 1,
        part,
    }
}
