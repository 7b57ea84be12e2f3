//! One Mattermost server: its REST API as the bot account, its webhooks, and what its integrations send us.
//!
//! - `actions` are the buttons of posts: how they are written, what comes when one is pressed, and how that is replied to.
//! - [`inbound`] reads, purely, what a slash command, an outgoing webhook or a caller by hand sent.
//! - `rest` is the [`Mattermost`](crate::ports::Mattermost) port over HTTP; each subject of the API has a file: `posts`, `channels`, `chat`,
//!   `hooks`. `client` sends one call and `failure` says what kind of failure a reply is; `limiter` paces every write.
//! - `token` is what the bot shows, and how it is replaced.
//! - [`socket`] hears over the WebSocket what happens where the bot is.
//! - [`admin`] is the same server as an administrator sees it, for setting up and looking after.
//! - `wire` is the JSON of all of them. The facts it relies on were recorded from a Mattermost 11.1 server (`recorded/`).

mod accounts;
mod actions;
pub mod admin;
mod channels;
mod chat;
mod client;
mod failure;
mod files;
mod hooks;
pub mod inbound;
mod limiter;
mod posts;
mod previews;
mod rest;
mod rules;
pub mod socket;
mod token;
mod wire;

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::domain::id::ServerId;

pub use actions::{ACTIONS_PATH, MAX_CONTEXT_BYTES, NoPress, PressReply, read_press};
pub use chat::{MAX_MISSED_PAGES, THREAD_POSTS};
pub use client::{CONNECT_TIMEOUT, MAX_REPLY_BYTES, http_client};
pub use failure::{MAX_ERROR_ID_CHARS, MAX_RETRY_AFTER};
pub use limiter::{LATER_RESERVE, MAX_WAITING_WRITES, SIGN_RESERVE, SLOW_WRITE};
pub use posts::{FIND_PAGE_POSTS, MAX_FIND_PAGES};
pub use rest::{Pace, Server};
pub use token::BotToken;

/// How to reach a Mattermost server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name of this server in keys and rows.
    pub server: ServerId,
    /// Its address as we reach it; trusted, because an operator wrote it. No other host is ever sent a token.
    pub url: Url,
    /// The bot account's token, where there is a bot.
    pub bot_token: Option<SecretString>,
    /// The address of the incoming webhook, where there is one; whoever knows it may post, so it is a secret. Only its id is used, on `url`.
    pub incoming_webhook_url: Option<SecretString>,
    /// Where buttons of posts report to: an address of ours as Mattermost reaches it. Without it posts have no buttons.
    pub actions_url: Option<Url>,
    /// Writes a second, on average, at most.
    pub writes_per_second: f64,
    /// Writes at once, at most.
    pub write_burst: u32,
    /// One call, at most. A write may wait for its turn before it is sent, see [`longest_wait`].
    pub call_timeout: Duration,
}

/// How long a write waits for its turn, at most: as long again as its call may take.
#[must_use]
pub const fn longest_wait(call_timeout: Duration) -> Duration {
    call_timeout
}

/// How long a write takes, at most, its wait included.
#[must_use]
pub const fn longest_write(call_timeout: Duration) -> Duration {
    longest_wait(call_timeout).saturating_add(call_timeout)
}
