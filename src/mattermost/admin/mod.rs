//! A Mattermost server as an administrator sees it: what `askwell setup` makes there, and what `askwell doctor` looks at.
//!
//! Every call is bounded as those of the bot are. A server that limits requests is obeyed: a refused call, which did nothing, is made
//! again when the server says so. Nothing here is repeated otherwise, because a second call could make a second thing.
//!
//! [`nouns`] is what is seen, `wire` its JSON; each subject has a file: `accounts` (people, bots, tokens, roles), `places` (teams and
//! channels), `integrations` (commands and webhooks), `settings` (the server's configuration). Facts: `recorded/administration.json`.

mod accounts;
mod integrations;
pub mod nouns;
mod places;
mod settings;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::client::{Call, Client, Reply};
use super::token::BotToken;
use crate::ports::{Clock, MattermostError, MattermostFailure};

pub use accounts::Credentials;
pub use settings::{FromEnvironment, Introduction, OLDEST_TRIED, ServerSettings, Version};

/// Items of a page; Mattermost gives at most 200.
const PAGE: usize = 200;

/// Pages that are read of a list, at most.
pub const MAX_PAGES: usize = 25;

/// How often a call is made that the server refuses because there were too many, at most.
const TRIES: u32 = 4;

/// The longest wait before such a call is made again; a person looks on.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The wait where the server does not say for how long.
const PAUSE_WITHOUT_A_WORD: Duration = Duration::from_secs(1);

/// One server, as the account of a token sees it.
pub struct Admin {
    client: Client,
    clock: Arc<dyn Clock>,
}

/// How a server is reached, whoever asks.
#[derive(Clone)]
pub struct Reach {
    /// See [`super::http_client`].
    pub http: reqwest::Client,
    /// The address of the server.
    pub url: Url,
    /// One call, at most.
    pub call_timeout: Duration,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Admin {
    /// Prepares to talk to a server as whoever this token belongs to; without one, only what anybody may ask is answered.
    #[must_use]
    pub fn new(reach: Reach, token: Option<SecretString>) -> Self {
        let Reach {
            http,
            url,
            call_timeout,
            clock,
        } = reach;
        Self {
            client: Client::new(
                http,
                url,
                token.map(BotToken::new),
                call_timeout,
                Arc::clone(&clock),
            ),
            clock,
        }
    }

    /// Makes a call, again where there were too many.
    async fn send(&self, call: Call) -> Result<Reply, MattermostError> {
        let mut tries = 1;
        loop {
            let error = match self.client.send(call.clone()).await {
                Err(error) if tries < TRIES => error,
                result => return result,
            };
            let MattermostFailure::RateLimited { retry_after } = error.kind else {
                return Err(error);
            };
            let pause = retry_after.unwrap_or(PAUSE_WITHOUT_A_WORD);
            if pause > LONGEST_PAUSE {
                return Err(error);
            }
            tries += 1;
            self.clock.sleep_until(self.clock.now().after(pause)).await;
        }
    }

    /// Makes a call of which only success is of interest.
    async fn order(&self, call: Call) -> Result<(), MattermostError> {
        self.send(call).await?.must_be_json()
    }
}

/// Takes «it is not there» for a value.
fn unless_missing<T>(result: Result<T, MattermostError>) -> Result<Option<T>, MattermostError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == MattermostFailure::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
