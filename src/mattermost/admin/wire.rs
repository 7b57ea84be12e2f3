//! The JSON of what an administrator reads and writes, as far as we do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::nouns::{
    Account, Command, IncomingHook, NewCommand, NewToken, ObjectId, OutgoingHook, Role, Team,
};
use crate::domain::id::{ChannelId, TeamId, UserId};

/// Something of the wire that is one of our nouns, or is not.
pub(super) trait IntoNoun {
    /// The noun.
    type Noun;

    /// Makes the noun of it; `None` where an id is none.
    fn into_noun(self) -> Option<Self::Noun>;
}

#[derive(Deserialize)]
pub(super) struct RawAccount {
    id: String,
    username: String,
    #[serde(default)]
    roles: String,
    #[serde(default)]
    is_bot: bool,
    #[serde(default)]
    delete_at: i64,
    #[serde(default)]
    last_picture_update: i64,
    notify_props: Option<BTreeMap<String, String>>,
}

impl IntoNoun for RawAccount {
    type Noun = Account;

    fn into_noun(self) -> Option<Account> {
        Some(Account {
            id: UserId::parse(&self.id).ok()?,
            username: self.username,
            roles: self.roles.split_whitespace().map(str::to_owned).collect(),
            is_bot: self.is_bot,
            is_active: self.delete_at == 0,
            // A picture that was taken away leaves a negative time.
            has_picture: self.last_picture_update > 0,
            // Whoever may not see them is sent none, or an empty map.
            notify_props: self.notify_props.filter(|props| !props.is_empty()),
        })
    }
}

#[derive(Serialize)]
pub(super) struct WrittenBot<'a> {
    pub(super) username: &'a str,
    pub(super) display_name: &'a str,
    pub(super) description: &'a str,
}

#[derive(Deserialize)]
pub(super) struct RawBot {
    pub(super) user_id: String,
}

#[derive(Serialize)]
pub(super) struct WrittenNotifyProps<'a> {
    pub(super) notify_props: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
pub(super) struct WrittenToken<'a> {
    pub(super) description: &'a str,
}

#[derive(Deserialize)]
pub(super) struct RawToken {
    id: String,
    token: String,
}

impl IntoNoun for RawToken {
    type Noun = NewToken;

    fn into_noun(self) -> Option<NewToken> {
        Some(NewToken {
            id: ObjectId::parse(&self.id).ok()?,
            secret: self.token.into(),
        })
    }
}

#[derive(Serialize)]
pub(super) struct RevokedToken<'a> {
    pub(super) token_id: &'a str,
}

#[derive(Serialize)]
pub(super) struct RawCredentials<'a> {
    pub(super) login_id: &'a str,
    pub(super) password: &'a str,
    pub(super) token: &'a str,
}

#[derive(Serialize)]
pub(super) struct WrittenRoles<'a> {
    pub(super) roles: &'a str,
}

#[derive(Serialize)]
pub(super) struct WrittenPermissions<'a> {
    pub(super) permissions: &'a [String],
}

#[derive(Deserialize)]
pub(super) struct RawRole {
    id: String,
    name: String,
    #[serde(default)]
    permissions: Vec<String>,
}

impl IntoNoun for RawRole {
    type Noun = Role;

    fn into_noun(self) -> Option<Role> {
        Some(Role {
            id: ObjectId::parse(&self.id).ok()?,
            name: self.name,
            permissions: self.permissions,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct RawTeam {
    id: String,
    name: String,
    display_name: String,
    #[serde(default)]
    delete_at: i64,
}

impl IntoNoun for RawTeam {
    type Noun = Team;

    fn into_noun(self) -> Option<Team> {
        if self.delete_at != 0 {
            return None;
        }
        Some(Team {
            id: TeamId::parse(&self.id).ok()?,
            name: self.name,
            display_name: self.display_name,
        })
    }
}

#[derive(Serialize)]
pub(super) struct WrittenMember<'a> {
    pub(super) team_id: &'a str,
    pub(super) user_id: &'a str,
}

#[derive(Deserialize)]
pub(super) struct RawMember {
    #[serde(default)]
    pub(super) delete_at: i64,
}

#[derive(Deserialize)]
pub(super) struct RawCommand {
    id: String,
    token: String,
    team_id: String,
    trigger: String,
    method: String,
    url: String,
    #[serde(default)]
    plugin_id: String,
}

impl IntoNoun for RawCommand {
    type Noun = Command;

    fn into_noun(self) -> Option<Command> {
        // A plugin's command is nobody's to change.
        if !self.plugin_id.is_empty() {
            return None;
        }
        Some(Command {
            id: ObjectId::parse(&self.id).ok()?,
            team: TeamId::parse(&self.team_id).ok()?,
            trigger: self.trigger,
            url: self.url,
            is_post: self.method == "P",
            token: self.token.into(),
        })
    }
}

/// A command as we write it. Its id is absent where it is made.
#[derive(Serialize)]
pub(super) struct WrittenCommand<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<&'a str>,
    team_id: &'a str,
    method: &'static str,
    trigger: &'a str,
    url: &'a str,
    username: &'a str,
    auto_complete: bool,
    auto_complete_desc: &'a str,
    auto_complete_hint: &'a str,
    display_name: &'static str,
    description: &'static str,
}

/// What everything of ours is called where an administrator looks after integrations.
pub(super) const OUR_NAME: &str = "askwell";

/// What is written beside it.
pub(super) const OUR_DESCRIPTION: &str = "made by askwell setup";

impl<'a> WrittenCommand<'a> {
    pub(super) fn new(command: &NewCommand<'a>) -> Self {
        Self {
            id: None,
            team_id: command.team.as_str(),
            method: "P",
            trigger: command.trigger,
            url: command.url,
            username: command.username,
            auto_complete: true,
            auto_complete_desc: command.explanation,
            auto_complete_hint: command.hint,
            display_name: OUR_NAME,
            description: OUR_DESCRIPTION,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Execution<'a> {
    pub(super) channel_id: &'a str,
    pub(super) team_id: &'a str,
    pub(super) command: &'a str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Executed {
    pub(super) text: String,
}

#[derive(Deserialize)]
pub(super) struct RawOutgoingHook {
    id: String,
    token: String,
    team_id: String,
    trigger_words: Option<Vec<String>>,
    callback_urls: Option<Vec<String>>,
}

impl IntoNoun for RawOutgoingHook {
    type Noun = OutgoingHook;

    fn into_noun(self) -> Option<OutgoingHook> {
        Some(OutgoingHook {
            id: ObjectId::parse(&self.id).ok()?,
            team: TeamId::parse(&self.team_id).ok()?,
            words: self.trigger_words.unwrap_or_default(),
            urls: self.callback_urls.unwrap_or_default(),
            token: self.token.into(),
        })
    }
}

#[derive(Serialize)]
pub(super) struct WrittenOutgoingHook<'a> {
    pub(super) team_id: &'a str,
    pub(super) display_name: &'static str,
    pub(super) description: &'static str,
    pub(super) trigger_words: [&'a str; 1],
    /// 0: the first word equals one of them.
    pub(super) trigger_when: u8,
    pub(super) callback_urls: [&'a str; 1],
    pub(super) content_type: &'static str,
}

#[derive(Deserialize)]
pub(super) struct RawIncomingHook {
    id: String,
    channel_id: String,
    #[serde(default)]
    display_name: String,
}

impl IntoNoun for RawIncomingHook {
    type Noun = IncomingHook;

    fn into_noun(self) -> Option<IncomingHook> {
        Some(IncomingHook {
            channel: ChannelId::parse(&self.channel_id).ok()?,
            display_name: self.display_name,
            id: self.id.into(),
        })
    }
}

#[derive(Serialize)]
pub(super) struct WrittenIncomingHook<'a> {
    pub(super) channel_id: &'a str,
    pub(super) display_name: &'static str,
    pub(super) description: &'static str,
}
