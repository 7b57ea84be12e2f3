//! A world to try things in: a team with channels, people, a bot, a slash command and webhooks.

use crate::handle::{CommandSpec, HookFormat, Playground};

/// The team's name.
pub const TEAM: &str = "demo";

/// The people; each has the password [`PASSWORD`](crate::PASSWORD).
pub const PEOPLE: [&str; 2] = ["alice", "bob"];

/// The administrator's name.
pub const ADMIN: &str = "admin";

/// The bot's name.
pub const BOT: &str = "gptbot";

/// The slash command's trigger, and the outgoing webhook's trigger word.
pub const TRIGGERS: (&str, &str) = ("askgpt", "gpt");

/// What askwell has to know to answer in the demonstration's world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demo {
    /// The server's base URL.
    pub mattermost_url: String,
    /// The bot's access token.
    pub bot_token: String,
    /// The slash command's token.
    pub command_token: String,
    /// The outgoing webhook's token.
    pub outgoing_token: String,
    /// The incoming webhook's URL, of Town Square.
    pub incoming_webhook_url: String,
}

impl Demo {
    /// Furnishes an empty playground; its integrations call askwell at a URL.
    #[must_use]
    pub fn furnish(playground: &Playground, askwell_url: &str) -> Self {
        playground.create_admin(ADMIN);
        for name in PEOPLE {
            playground.create_user(name);
        }
        let bot = playground.create_bot(BOT);
        playground.create_team(TEAM);
        playground.join_team(TEAM, &["alice", "bob", BOT]);
        playground.create_channel(TEAM, "questions", &["alice", "bob", BOT]);
        playground.create_private_channel(TEAM, "den", &["alice", BOT]);
        playground.direct_channel("alice", BOT);
        let (command, word) = TRIGGERS;
        let command = playground.create_command(TEAM, &CommandSpec::new(command, askwell_url));
        let outgoing_token =
            playground.create_outgoing_webhook(TEAM, word, askwell_url, HookFormat::Json);
        Self {
            mattermost_url: playground.url(),
            bot_token: bot.token,
            command_token: command.token,
            outgoing_token,
            incoming_webhook_url: playground.create_incoming_webhook("town-square", "askwell"),
        }
    }

    /// The same as lines of a `.env` file.
    #[must_use]
    pub fn env(&self) -> String {
        let Self {
            mattermost_url,
            bot_token,
            command_token,
            outgoing_token,
            incoming_webhook_url,
        } = self;
        format!(
            "MATTERMOST_URL={mattermost_url}\n\
             MATTERMOST_BOT_TOKEN={bot_token}\n\
             MATTERMOST_COMMAND_TOKENS={command_token}\n\
             MATTERMOST_OUTGOING_TOKENS={outgoing_token}\n\
             MATTERMOST_INCOMING_WEBHOOK_URL={incoming_webhook_url}\n"
        )
    }
}
