//! One Mattermost server: its REST API as the bot account, its webhooks, and what its integrations send us.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::domain::id::ServerId;

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
    /// Writes a second, on average, at most.
    pub writes_per_second: f64,
    /// Writes at once, at most.
    pub write_burst: u32,
    /// One call, at most.
    pub call_timeout: Duration,
}
