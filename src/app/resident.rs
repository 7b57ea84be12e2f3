//! A bot that is served: by what it is replaced, and what of it the next one takes over.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::config::Config;
use crate::domain::id::ServerId;
use crate::mattermost::{self, BotToken};
use crate::pipeline::World;

/// Returns the bots of a configuration, the first one first.
pub(super) fn bots(config: &Config) -> impl Iterator<Item = &Config> {
    std::iter::once(config).chain(&config.also)
}

/// How fast a server may be written to, as it is configured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    writes_per_second: f64,
    burst: u32,
}

impl Rate {
    pub(super) fn of(settings: &mattermost::Settings) -> Self {
        Self {
            writes_per_second: settings.writes_per_second,
            burst: settings.write_burst,
        }
    }
}

/// A bot that is served under one configuration.
pub(super) struct Resident {
    pub(super) server: ServerId,
    url: Url,
    pub(super) world: Arc<World>,
    token: Option<BotToken>,
    /// Shuts its ears.
    pub(super) ears: CancellationToken,
    /// What hears for it.
    pub(super) listening: TaskTracker,
    /// Has it claim nothing more.
    pub(super) replaced: CancellationToken,
}

impl Resident {
    /// Makes one that hears until the process stops, where nobody takes its place before.
    pub(super) fn new(
        (server, url): (ServerId, Url),
        world: &Arc<World>,
        token: Option<BotToken>,
        stop: &CancellationToken,
    ) -> Self {
        Self {
            server,
            url,
            world: world.clone(),
            token,
            ears: stop.child_token(),
            listening: TaskTracker::new(),
            replaced: CancellationToken::new(),
        }
    }

    /// Goes on with the token that another configuration has for it: the one it began with may be refused by now.
    pub(super) fn take_token_of(&self, config: &Config) {
        let mut same = bots(config)
            .map(|bot| &bot.mattermost)
            .filter(|bot| bot.server == self.server && bot.url == self.url);
        let given = same.next().and_then(|bot| bot.bot_token.clone());
        if let (Some(token), Some(given)) = (&self.token, given)
            && token.replace(given)
        {
            tracing::info!(server = %self.server, "what is still being answered goes on with the bot's new token");
        }
    }
}
