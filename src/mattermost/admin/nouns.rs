//! What an administrator sees of a server.

use std::collections::BTreeMap;

use secrecy::SecretString;

use crate::domain::id::{ChannelId, InvalidId, MATTERMOST_ID_LENGTH, TeamId, UserId};

/// An integration, a token or a role: 26 letters and digits. Its own kind of thing is said by the call it is used in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId(String);

impl ObjectId {
    /// Reads an id: 26 characters of `a-z` and `0-9`.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if text.len() == MATTERMOST_ID_LENGTH && text.bytes().all(is_plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId {
                what: "an id",
                expected: "26 characters of a-z and 0-9",
            })
        }
    }

    /// Returns the id as Mattermost writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The role that may do everything.
pub const SYSTEM_ADMIN: &str = "system_admin";

/// A person's or a bot's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Which.
    pub id: UserId,
    /// What it is mentioned by.
    pub username: String,
    /// The names of its roles on the whole server.
    pub roles: Vec<String>,
    /// Whether it is a bot.
    pub is_bot: bool,
    /// Whether it may act.
    pub is_active: bool,
    /// Whether somebody gave it a picture.
    pub has_picture: bool,
    /// What it is told of; `None` where the one who asks may not see it.
    pub notify_props: Option<BTreeMap<String, String>>,
}

impl Account {
    /// Whether it may change everything on its server.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.has_role(SYSTEM_ADMIN)
    }

    /// Whether it has a role on the whole server.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held == role)
    }
}

/// What a bot account is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotProfile {
    /// What it is mentioned by.
    pub username: String,
    /// What people read above its posts where the server shows full names.
    pub display_name: String,
    /// What people read of it.
    pub description: String,
}

/// An access token that was just made: the only time that it is shown.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// By which it can be taken back.
    pub id: ObjectId,
    /// The token itself.
    pub secret: SecretString,
}

/// A session that a password opened.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its token.
    pub token: SecretString,
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Which.
    pub id: TeamId,
    /// Its name in addresses.
    pub name: String,
    /// Its name for people.
    pub display_name: String,
}

/// A custom slash command.
#[derive(Clone, Debug)]
pub struct Command {
    /// Which.
    pub id: ObjectId,
    /// The team in which it is known.
    pub team: TeamId,
    /// The word after the slash.
    pub trigger: String,
    /// Whom it calls.
    pub url: String,
    /// Whether it calls by `POST`.
    pub is_post: bool,
    /// What it shows us.
    pub token: SecretString,
}

/// What a slash command is made of; all of ours call by `POST` and are completed while they are typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCommand<'a> {
    /// The team in which it is known.
    pub team: &'a TeamId,
    /// The word after the slash.
    pub trigger: &'a str,
    /// Whom it calls.
    pub url: &'a str,
    /// The name under which its replies are shown where the server allows it.
    pub username: &'a str,
    /// What is shown while it is typed.
    pub explanation: &'a str,
    /// What is to be typed after it.
    pub hint: &'a str,
}

/// A webhook that calls us when a post begins with a word.
#[derive(Clone, Debug)]
pub struct OutgoingHook {
    /// Which.
    pub id: ObjectId,
    /// The team whose posts it hears.
    pub team: TeamId,
    /// The words.
    pub words: Vec<String>,
    /// Whom it calls.
    pub urls: Vec<String>,
    /// What it shows us.
    pub token: SecretString,
}

/// A webhook by which we post.
#[derive(Clone, Debug)]
pub struct IncomingHook {
    /// Which. Whoever knows it may post, so it does not print.
    pub id: SecretString,
    /// Where it posts unless it is told otherwise.
    pub channel: ChannelId,
    /// Its name for those who look after it.
    pub display_name: String,
}

/// A role and what it permits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Which.
    pub id: ObjectId,
    /// Its name.
    pub name: String,
    /// What it permits.
    pub permissions: Vec<String>,
}

/// The value of a setting of the server's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingValue {
    /// On or off.
    Switch(bool),
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
}

/// The name of a setting of the server's, as `ServiceSettings.SiteURL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SettingName {
    /// The section.
    pub section: &'static str,
    /// The setting.
    pub name: &'static str,
}

impl std::fmt::Display for SettingName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.section, self.name)
    }
}
